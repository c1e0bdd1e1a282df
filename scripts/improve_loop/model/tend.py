"""Artifacts of the act Tend: validate, ship, cleanup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from improve_loop.model.ask import How
from improve_loop.model.candidate import Dropped, Evidence, Finding, Lead, Level, Reversibility, SourceStatus
from improve_loop.model.config import Intensity, Mode
from improve_loop.model.find import Explanation, HealthCheck, TargetAt
from improve_loop.model.make import CheckStatus, CommandResult, FileChange, GateFinding, Objection
from improve_loop.model.state import Gap, RunKind

ValidationStatus = Literal[
    "green", "red", "pending", "missing", "canceled", "timed_out", "skipped", "merged", "closed", "taken_over"
]
ShipAction = Literal["labelled", "retriggered", "closed", "left_alone"]
ReportedOutcome = Literal[
    # what its pipeline said (`ValidationStatus`)
    "green",
    "red",
    "pending",
    "missing",
    "canceled",
    "timed_out",
    "skipped",
    "merged",
    "closed",
    "taken_over",
    # published, and nobody has looked yet
    "published",
    # it got no merge request: dry run or forge; gate; implement; its slot left nothing behind
    "not_published",
    "refused",
    "undecided",
    "nothing_to_do",
    "gave_up",
    "failed",
    "not_made",
]
Answer = Literal["accepted", "declined", "later", "deferred", "unanswered"]


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
    title: str = ""  # of the merge request, as the forge shows it
    url: str = ""
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
    """`<phase>/timing/*.json`: what one phase took and how it ended; written also when it failed."""

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
class ReportedAnswer:
    """One shortlisted candidate and what was answered."""

    candidate: str
    rank: int
    score: float
    title: str
    summary: str
    answer: Answer
    reason: str = ""
    until: str | None = None  # of a "no" that does not hold for good


@dataclass(frozen=True, kw_only=True)
class ReportedApproval:
    """Who decided, and how; or where the question waits. `how` None: nobody was asked yet."""

    how: How | None
    decided_by: str | None
    decided_at: str | None
    reason: str = ""
    url: str | None = None  # the control issue
    expires_at: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReportedMergeRequest:
    """One accepted candidate or, in a tend run, one open merge request: how far it came, and its merge request."""

    candidate: str
    merge_request: str | None
    url: str | None
    branch: str
    title: str
    summary: str
    outcome: ReportedOutcome
    label: str | None
    reason: str
    explanation: Explanation | None
    patch: str
    check_status: CheckStatus
    usd: float
    domain: str = ""
    source: str = ""  # the rule or feed that found it
    value: Level | None = None
    risk: Level | None = None
    reversibility: Reversibility | None = None
    how: Literal["recipe", "model", "none"] = "none"
    made_by: str = ""  # the recipe's name, or the model that was served
    reviewed_by: str = ""  # empty: a recipe's equality checks, or nobody
    head_sha: str | None = None
    seconds: float = 0.0
    evidence: tuple[Evidence, ...] = ()
    files: tuple[FileChange, ...] = ()
    checks: tuple[CommandResult, ...] = ()
    gate_findings: tuple[GateFinding, ...] = ()
    objections: tuple[Objection, ...] = ()  # of the reviewer, each with a quote that is in the diff
    jobs: tuple[JobResult, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SourceReport:
    """How one domain fared."""

    domain: str
    status: SourceStatus
    reason: str
    candidates: int
    leads: int
    findings: int
    problems: tuple[str, ...] = ()  # what was broken in part, the rest went on
    retry_at: str | None = None


@dataclass(frozen=True, kw_only=True)
class ModelUse:
    """What one model was asked and cost in this run. Tokens None: not known for some call."""

    model: str
    calls: int
    input_tokens: int | None
    output_tokens: int | None
    usd: float


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
    reserved_usd: float = 0.0  # calls whose cost is unknown, booked in full; not within `spent_usd`
    url: str | None = None  # the pipeline that ran this
    approval: ReportedApproval | None = None  # None: a run that asks nobody (tend)
    answers: tuple[ReportedAnswer, ...] = ()  # the shortlist, by rank
    models: tuple[ModelUse, ...] = ()
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()
