"""What making brings, and every reason for which it stops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from improve_loop.model.candidate import Candidate
from improve_loop.model.find import Explanation, LedgerEntry
from improve_loop.model.make import Review
from improve_loop.model.state import Gap

Status = Literal["made", "nothing_to_do", "gave_up", "failed"]
Reason = Literal[
    "done",
    "goal_met",
    "not_its_failure",
    "no_model",
    "degraded",
    "no_target",
    "planner_stopped",
    "gap",
    "spill_only",
    "not_applied",
    "not_valid",
    "too_large",
    "iterations",
    "same_reply",
    "same_diff",
    "same_failure",
    "oscillation",
    "tokens",
    "money",
    "wall_clock",
    "expired",
    "rejected",
    "incoherent",
    "unreadable",
    "steered",
    "model_failed",
]

ESCALATING: frozenset[Reason] = frozenset(
    {"not_applied", "not_valid", "same_reply", "same_diff", "same_failure", "oscillation"}
)
"""The maker cannot do it: another may. Money, time, a server that is away and a gap are not mended by another model."""

NOT_ITS_FAULT: frozenset[Reason] = frozenset(
    {"no_model", "degraded", "money", "tokens", "wall_clock", "expired", "model_failed"}
)
"""These say nothing about the candidate: the change `failed`, and a later run may try again."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A change as files written anew, or the reason why there is none. Nothing was written to disk or run."""

    status: Status
    reason: Reason
    detail: str
    how: Literal["recipe", "model", "none"] = "none"
    files: Mapping[str, bytes | None] = field(default_factory=dict)
    explanation: Explanation | None = None
    review: Review | None = None
    ledger: tuple[LedgerEntry, ...] = ()
    spill: tuple[Candidate, ...] = ()
    gaps: tuple[Gap, ...] = ()
    attempts: int = 0
    prompts: Mapping[str, str] = field(default_factory=dict)  # name -> sha256 of the prompts that were used


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """What a check said of an earlier change of this candidate; the files are that change."""

    files: Mapping[str, bytes | None]
    output: str
    signature: str  # the same failure has the same signature
    seen_before: bool = False  # this signature already came back once: the next tier mends it


class Stopped(Exception):
    """Making ends here, for this reason."""

    def __init__(self, reason: Reason, detail: str, *, escalates: bool | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.escalates = reason in ESCALATING if escalates is None else escalates

    @property
    def status(self) -> Status:
        """How the change ends."""
        return "failed" if self.reason in NOT_ITS_FAULT else "gave_up"
