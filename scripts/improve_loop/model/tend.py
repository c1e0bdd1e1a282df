"""Artifacts of the act Tend: validate, ship, cleanup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from improve_loop.model.candidate import Dropped, Finding, Lead, SourceStatus
from improve_loop.model.config import Intensity, Mode
from improve_loop.model.find import Explanation, HealthCheck, TargetAt
from improve_loop.model.make import CheckStatus
from improve_loop.model.state import RunKind

ValidationStatus = Literal[
    "green", "red", "pending", "missing", "canceled", "timed_out", "skipped", "merged", "closed", "taken_over"
]
ShipAction = Literal["labelled", "retriggered", "closed", "left_alone"]


@dataclass(frozen=True, kw_only=True)
class JobResult:
    """One job of the pipeline that was judged."""

    name: str
    status: str
    allow_failure: bool
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Validation:
    """`validate/<mr>.json`: what the pipeline says of exactly this head commit. No pipeline is `missing`."""

    kind: ClassVar[str] = "validation"
    version: int = 1
    run_id: str
    candidate: str
    merge_request: str
    head_sha: str
    status: ValidationStatus
    reason: str
    jobs: tuple[JobResult, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Shipment:
    """`ship/<mr>.json`: what was done about it."""

    kind: ClassVar[str] = "shipment"
    version: int = 1
    run_id: str
    candidate: str
    merge_request: str
    head_sha: str
    action: ShipAction
    label: str | None
    reason: str
    comment: str | None = None


@dataclass(frozen=True, kw_only=True)
class Timing:
    """`<phase>/timing*.json`: what one phase took and how it ended; written also when it failed."""

    kind: ClassVar[str] = "timing"
    version: int = 1
    run_id: str
    phase: str
    started_at: str
    seconds: float
    usd: float
    exit_code: int
    summary: str


@dataclass(frozen=True, kw_only=True)
class Funnel:
    """Found, shortlisted, accepted, published, green."""

    found: int
    shortlisted: int
    accepted: int
    published: int
    green: int


@dataclass(frozen=True, kw_only=True)
class ReportedMergeRequest:
    """One merge request in the report."""

    candidate: str
    merge_request: str | None
    url: str | None
    branch: str
    title: str
    summary: str
    outcome: str
    label: str | None
    reason: str
    explanation: Explanation | None
    patch: str
    check_status: CheckStatus
    usd: float


@dataclass(frozen=True, kw_only=True)
class SourceReport:
    """How one domain fared."""

    domain: str
    status: SourceStatus
    reason: str
    candidates: int
    leads: int
    findings: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """`cleanup/report.json`; the Markdown and HTML pages are rendered from it alone."""

    kind: ClassVar[str] = "report"
    version: int = 1
    run_id: str
    run_kind: RunKind
    started_at: str
    finished_at: str
    target: TargetAt
    mode: Mode
    intensity: Intensity
    dry_run: bool
    funnel: Funnel
    merge_requests: tuple[ReportedMergeRequest, ...]
    dropped: tuple[Dropped, ...]
    leads: tuple[Lead, ...]
    findings: tuple[Finding, ...]
    sources: tuple[SourceReport, ...]
    health: tuple[HealthCheck, ...]
    phases: tuple[Timing, ...]
    spent_usd: float
    limit_usd: float
    notes: tuple[str, ...] = ()
