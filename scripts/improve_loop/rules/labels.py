"""What is done about a merge request of the loop, as a table: from its validation to a label and an action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from improve_loop.model.forge import MergeRequest
from improve_loop.model.tend import ShipAction, ValidationStatus

AUTO_MERGEABLE = "improve-loop/auto-mergeable"
NEEDS_REVIEW = "improve-loop/needs-review"
FIXING = "improve-loop/fixing"
NEEDS_HUMAN_PLAN = "improve-loop/needs-human-plan"
STATES = (AUTO_MERGEABLE, NEEDS_REVIEW, FIXING, NEEDS_HUMAN_PLAN)
OURS = "improve-loop"  # on every merge request of the loop
MANUAL = "manual"  # a human's: hands off

MAX_RETRIGGERS = 3
MAX_REPAIRS = 2

ReviewDecision = Literal["approve", "degraded", "reject", "not_needed", "unavailable"]
Say = Literal["", "red", "given-up", "no-pipeline", "stopped"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """What to do: the action, the one state label to carry afterwards, and which comment to leave."""

    action: ShipAction
    label: str | None
    say: Say = ""
    reason: str
    keep_labels: bool = False  # True: no label is touched

    def removed(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """The state labels to take off: all that are there but the one to carry."""
        return () if self.keep_labels else tuple(name for name in STATES if name in labels and name != self.label)


HANDS_OFF: dict[ValidationStatus, str] = {
    "merged": "merged",
    "closed": "closed",
}
WAITING: dict[ValidationStatus, str] = {
    "pending": "its pipeline has not ended",
}
STOPPED: dict[ValidationStatus, str] = {
    "canceled": "its pipeline was cancelled",
    "timed_out": "its pipeline ran out of time",
}
UNJUDGED: dict[ValidationStatus, str] = {
    "missing": "no pipeline has judged this commit",
    "skipped": "its pipeline was skipped",
}


def step(
    mr: MergeRequest,
    status: ValidationStatus,
    *,
    review: ReviewDecision,
    harmless: bool,
    repairs_allowed: int = MAX_REPAIRS,
) -> Step:
    """The next step for a merge request whose head has this status.

    `harmless`: low risk and reversible at once or easily, by the shortlist. `repairs_allowed`: 0 where nobody repairs.
    """
    if MANUAL in mr.labels:
        return Step(action="left_alone", label=None, reason=f"it carries the label {MANUAL}", keep_labels=True)
    if status in HANDS_OFF:
        return Step(action="left_alone", label=None, reason=f"it is {HANDS_OFF[status]}", keep_labels=True)
    if status == "taken_over":
        return Step(action="left_alone", label=None, reason="somebody else committed on its branch")
    if status in WAITING:
        kept = FIXING if FIXING in mr.labels else None
        return Step(action="left_alone", label=kept, reason=WAITING[status])
    if status in STOPPED:
        return _stopped(mr, STOPPED[status])
    if status in UNJUDGED:
        return Step(action="labelled", label=NEEDS_REVIEW, say="no-pipeline", reason=UNJUDGED[status])
    if status == "green":
        return _green(review, harmless)
    return _red(mr, repairs_allowed)


def _green(review: ReviewDecision, harmless: bool) -> Step:
    if not harmless:
        return Step(action="labelled", label=NEEDS_REVIEW, reason="green; its risk asks for a human's eye")
    if review in ("approve", "not_needed"):
        return Step(action="labelled", label=AUTO_MERGEABLE, reason="green, low risk, easily reverted")
    return Step(action="labelled", label=NEEDS_REVIEW, reason=f"green; its review says {review}")


def _red(mr: MergeRequest, allowed: int) -> Step:
    done = mr.marker.repairs if mr.marker else allowed
    if done < allowed:
        return Step(action="labelled", label=FIXING, say="red", reason=f"red; repair {done + 1} of {allowed} is due")
    reason = f"red after {done} of {allowed} repairs"
    return Step(action="closed", label=NEEDS_HUMAN_PLAN, say="given-up", reason=reason)


def _stopped(mr: MergeRequest, why: str) -> Step:
    done = mr.marker.retriggers if mr.marker else MAX_RETRIGGERS
    if done < MAX_RETRIGGERS:
        return Step(action="retriggered", label=None, reason=f"{why}; started again, {done + 1} of {MAX_RETRIGGERS}")
    reason = f"{why}, {done} restarts did not help"
    return Step(action="labelled", label=NEEDS_REVIEW, say="stopped", reason=reason)
