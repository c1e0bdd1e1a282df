"""What outlives a run: one YAML file on the branch `improve-loop/state`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from improve_loop.model.candidate import Candidate, Dropped

RunKind = Literal["sweep", "tend"]
Outcome = Literal["shortlisted", "rejected", "later", "gave_up", "refused", "open", "merged", "closed", "taken_over"]


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One run, as the next ones need it."""

    run_id: str
    run_kind: RunKind
    started_at: str
    finished_at: str | None  # None: it never reached cleanup
    base_sha: str
    found: int
    shortlisted: int
    accepted: int
    published: int
    green: int
    spent_usd: float
    reserved_usd: float = 0.0  # booked in full when a run died without its ledger


@dataclass(frozen=True, kw_only=True)
class CandidateRecord:
    """What became of one candidate."""

    domain: str
    subject: str
    fingerprint: str
    outcome: Outcome
    reason: str
    first_seen: str
    last_seen: str
    branch: str | None = None
    merge_request: str | None = None
    attempts: int = 0


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """A human's no, remembered by subject; another fingerprint is another question."""

    domain: str
    subject: str
    fingerprint: str
    reason: str
    by: str
    at: str
    until: str | None = None  # None: for good


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A capability that was missing, as the implementer named it."""

    kind: str
    needed: str
    candidate: str
    seen_at: str
    count: int = 1


@dataclass(frozen=True, kw_only=True)
class FailureSignature:
    """A failure seen before, so that it is not met by the same attempt again."""

    signature: str
    meaning: str
    first_seen: str
    last_seen: str
    count: int


@dataclass(frozen=True, kw_only=True)
class State:
    """Everything the loop remembers about one target."""

    version: int = 1
    updated_at: str | None = None
    runs: tuple[RunRecord, ...] = ()
    candidates: Mapping[str, CandidateRecord] = field(default_factory=dict)
    rejections: tuple[Rejection, ...] = ()
    spill_over: tuple[Dropped, ...] = ()
    filed: tuple[Candidate, ...] = ()  # work found on the way, outside what was asked; the next sweep ranks it
    gaps: tuple[Gap, ...] = ()
    leads_seen: Mapping[str, str] = field(default_factory=dict)  # lead id -> first seen
    failure_signatures: tuple[FailureSignature, ...] = ()
    spend_usd_by_day: Mapping[str, float] = field(default_factory=dict)  # "2026-11-20" -> dollars
    source_cursors: Mapping[str, str] = field(default_factory=dict)
