"""What `ship` writes under a merge request: one comment a kind, replaced when it says something new. Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from improve_loop.model.tend import JobResult, Validation
from improve_loop.rules.labels import Say, Step
from improve_loop.rules.render.markdown import code, inline_prose, link
from improve_loop.rules.render.words import job

JOBS = 10
SAID: dict[Say, str] = {
    "red": "The pipeline is red. The loop mends what its own change broke, within the files that were approved.",
    "given-up": "The loop gives up on this one and closes it: a person would have to plan it. The branch stays.",
    "no-pipeline": "No pipeline has judged this commit, so nobody knows whether it works. It asks for a person's eye.",
    "stopped": "The pipeline does not run to its end, however often it is started. It asks for a person's eye.",
}


def ship_comment(step: Step, validation: Validation) -> str | None:
    """The comment for this step; None where it says nothing."""
    if not step.say:
        return None
    parts = [
        SAID[step.say],
        f"At {code(validation.head_sha[:12])}: {inline_prose(validation.reason or step.reason)}.",
        "\n".join(_job(one) for one in _failed(validation.jobs)[:JOBS]),
        f"Next: {inline_prose(step.reason)}." if validation.reason else "",
        "Push a commit of your own and the branch is yours; close this merge request and the loop remembers the no.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _failed(jobs: Sequence[JobResult]) -> list[JobResult]:
    return [one for one in jobs if job(one.status).tone in ("bad", "warn")]


def _job(one: JobResult) -> str:
    return f"- {link(code(one.name, 120), one.url)}: {code(one.status, 40)}{' (may fail)' if one.allow_failure else ''}"
