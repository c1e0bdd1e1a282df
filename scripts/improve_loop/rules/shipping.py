"""What the loop says on a merge request when it acts on it: one comment, replaced as things change."""

from __future__ import annotations

from improve_loop.model.tend import Validation
from improve_loop.rules.labels import Step

_TEXTS = {
    "red": "The pipeline of {sha} failed ({reason}). The loop will try to mend its own change.",
    "given-up": (
        "The pipeline of {sha} failed ({reason}) and the loop cannot mend it. This merge request is closed so that it "
        "does not wait for anyone; it needs a human's plan. The branch stays, and the loop will not propose the same "
        "change again."
    ),
    "no-pipeline": (
        "Nothing has judged {sha}: {reason}. The loop does not take silence for green; please look at it with care."
    ),
    "stopped": "The pipeline of {sha} did not come to an end ({reason}); starting it again did not help.",
}


def comment_of(step: Step, validation: Validation) -> str | None:
    """The comment that goes with a step, or None where there is nothing to say."""
    if not step.say:
        return None
    return _TEXTS[step.say].format(sha=validation.head_sha[:12], reason=validation.reason)
