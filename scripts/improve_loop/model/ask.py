"""Artifacts of the act Ask: propose and approve. Permission is an artifact, never the colour of a job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

How = Literal["terminal", "auto", "manual_job", "nobody"]


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """`propose/proposal.json`: where the question was put."""

    kind: ClassVar[str] = "proposal"
    version: int = 1
    run_id: str
    proposed: tuple[str, ...]
    proposed_at: str
    expires_at: str
    where: Literal["terminal", "control_issue", "nowhere"]
    url: str | None = None
    asked_by: str | None = None  # user name of who wrote the control issue; None: it stands in none
    shortlist_sha256: str


@dataclass(frozen=True, kw_only=True)
class Declined:
    """A human's no to one candidate."""

    id: str
    reason: str
    until: str | None = None


@dataclass(frozen=True, kw_only=True)
class Deferred:
    """Accepted, but not in this run."""

    id: str
    because: str


@dataclass(frozen=True, kw_only=True)
class Approval:
    """`approve/approval.json`: permission, as an artifact. Nothing accepted says why in `reason`."""

    kind: ClassVar[str] = "approval"
    version: int = 1
    run_id: str
    decided_at: str
    decided_by: str
    how: How
    accepted: tuple[str, ...]
    declined: tuple[Declined, ...] = ()
    later: tuple[str, ...] = ()
    deferred: tuple[Deferred, ...] = ()
    reason: str = ""
    shortlist_sha256: str
