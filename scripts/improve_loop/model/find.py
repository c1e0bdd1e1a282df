"""Artifacts of the act Find: preflight, discover, extract, triage. `schemas/<kind>.schema.json` says the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from improve_loop.model.candidate import Candidate, Dropped, Finding, Item, Lead, SourceStatus
from improve_loop.model.config import Config, Exclusion, Intensity, Mode
from improve_loop.model.state import RunKind

HealthStatus = Literal["ok", "warning", "skipped"]


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The merge request as a colleague would explain it. Markdown, one paragraph or list each."""

    title: str
    what: str
    why_here: str
    could_go_wrong: str
    how_to_revert: str


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """One model call: what was reserved before it and what it cost after."""

    at: str
    role: str
    model: str
    candidate: str | None
    reserved_usd: float
    spent_usd: float | None  # None: unknown, so the reservation stays
    input_tokens: int | None
    output_tokens: int | None
    seconds: float
    finish: str
    prompt_sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class LedgerLine:
    """A line of `<phase>/ledger/<job>.jsonl`. A call has one before it (`finish` is `open`) and one after it."""

    kind: ClassVar[str] = "ledger"
    version: int = 1
    run_id: str
    call: str  # the same in both lines
    entry: LedgerEntry


@dataclass(frozen=True, kw_only=True)
class TargetAt:
    """The repository to improve, at the one commit this run looks at."""

    name: str
    url: str  # without credentials
    forge: Literal["local", "gitlab"]
    branch: str  # where a merge request goes; the branch or "HEAD" when detached
    base_sha: str  # the real commit
    bundle_sha: str  # the parentless commit of the same tree in target.bundle
    folder: str | None = None  # of a local target: where its repository is
    project_id: int | None = None
    ci_file: str | None = None  # where the forge says that the pipeline is; None: it says nothing


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """One thing that preflight looked at."""

    name: str
    status: HealthStatus
    detail: str


@dataclass(frozen=True, kw_only=True)
class RunLimits:
    """What this run may use, settled: configuration, intensity and options together."""

    candidates: int
    domains: int
    usd: float
    usd_reading: float  # of `usd`, what may be spent before the run is on record; 0: nobody could count it
    usd_per_candidate: float
    seconds: int
    seconds_per_candidate: int
    open_merge_requests: int
    slots: int


@dataclass(frozen=True, kw_only=True)
class Run:
    """`preflight/run.json`: the permission to run, and the policy every later phase reads."""

    kind: ClassVar[str] = "run"
    version: int = 1
    run_id: str
    run_kind: RunKind
    started_at: str
    deadline: str
    target: TargetAt
    intensity: Intensity
    mode: Mode
    auto: bool
    dry_run: bool
    ask_only: bool  # the run ends after propose
    domains: tuple[str, ...]
    limits: RunLimits
    exclusions: tuple[Exclusion, ...]
    health: tuple[HealthCheck, ...]
    committer_name: str
    committer_email: str
    config_sha256: str
    config: Config


@dataclass(frozen=True, kw_only=True)
class Discovery:
    """`discover/<domain>.json`: what one domain found. A source that is down is not an empty source."""

    kind: ClassVar[str] = "discovery"
    version: int = 1
    run_id: str
    domain: str
    status: SourceStatus
    reason: str
    candidates: tuple[Candidate, ...] = ()
    leads: tuple[Lead, ...] = ()
    findings: tuple[Finding, ...] = ()
    items: tuple[Item, ...] = ()
    problems: tuple[str, ...] = ()  # what was broken in part, the rest went on
    cursor: str | None = None
    retry_at: str | None = None


@dataclass(frozen=True, kw_only=True)
class Extraction:
    """`extract/<domain>.json`: what the texts say, each value checked in code."""

    kind: ClassVar[str] = "extraction"
    version: int = 1
    run_id: str
    domain: str
    status: Literal["read", "skipped", "degraded"]
    reason: str
    candidates: tuple[Candidate, ...] = ()
    leads: tuple[Lead, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    prompts: Mapping[str, str] = field(default_factory=dict)  # prompt -> sha256 of its file


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a recipe would change: `triage/<id>.patch`."""

    patch_sha256: str
    files: tuple[str, ...]
    added: int
    removed: int
    conflicts_with: tuple[str, ...] = ()  # ids of shortlisted candidates that do not merge beside it


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """One of the few worth a human's minute."""

    rank: int
    score: float
    candidate: Candidate
    explanation: Explanation | None = None
    preview: Preview | None = None


@dataclass(frozen=True, kw_only=True)
class Shortlist:
    """`triage/shortlist.json`, with every dropped candidate and the rule that dropped it."""

    kind: ClassVar[str] = "shortlist"
    version: int = 1
    run_id: str
    base_sha: str
    shortlisted: tuple[Ranked, ...]
    dropped: tuple[Dropped, ...]
    found: int
