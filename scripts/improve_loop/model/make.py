"""Artifacts of the act Make: implement, check, gate, publish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from improve_loop.model.candidate import Candidate
from improve_loop.model.find import Explanation, LedgerEntry
from improve_loop.model.finding import GateFinding as GateFinding  # part of a verdict
from improve_loop.model.state import Gap

CheckStatus = Literal["passed", "failed", "timed_out", "not_run", "not_configured"]
Decision = Literal["passed", "refused", "undecided"]


@dataclass(frozen=True, kw_only=True)
class FileChange:
    """One file of a change, with its lines added and removed."""

    path: str
    added: int
    removed: int


@dataclass(frozen=True, kw_only=True)
class Change:
    """`implement/<id>/change.json` beside the `.patch` it describes."""

    kind: ClassVar[str] = "change"
    version: int = 1
    run_id: str
    candidate: str
    status: Literal["made", "nothing_to_do", "gave_up", "failed"]
    reason: str
    how: Literal["recipe", "model", "none"]
    base_sha: str
    patch_sha256: str | None = None
    files: tuple[FileChange, ...] = ()
    explanation: Explanation | None = None
    attempts: int = 1
    spill: tuple[Candidate, ...] = ()  # work found outside target_paths, as candidates of their own
    gaps: tuple[Gap, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    seconds: float = 0.0
    prompts: Mapping[str, str] = field(default_factory=dict)  # of a model's change: prompt -> sha256 of its file


@dataclass(frozen=True, kw_only=True)
class Objection:
    """A reviewer's reason to reject; the quote was found in the diff by code."""

    path: str
    line: int | None
    quote: str
    reason: str
    criterion: str


@dataclass(frozen=True, kw_only=True)
class Review:
    """`implement/<id>/review.json`: what planner, reviewer and verdict said. It opens no gate."""

    kind: ClassVar[str] = "review"
    version: int = 1
    run_id: str
    candidate: str
    decision: Literal["approve", "degraded", "reject", "not_needed", "unavailable"]
    reason: str | None = None  # code: why nobody, or only the maker's own family, could be asked
    summary: str
    rounds: int
    plan: str | None = None
    maker: str | None = None
    reviewer: str | None = None
    objections: tuple[Objection, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    prompts: Mapping[str, str] = field(default_factory=dict)  # prompt -> sha256 of its file

    @property
    def by(self) -> str:
        """Who reviewed, and why nobody else did."""
        return " ".join(filter(None, (self.reviewer, f"({self.decision}: {self.reason})" if self.reason else "")))


@dataclass(frozen=True, kw_only=True)
class CommandResult:
    """One of the target's commands, run on the changed tree."""

    name: str
    argv: tuple[str, ...]
    status: CheckStatus
    exit_code: int | None
    seconds: float
    output_tail: str


@dataclass(frozen=True, kw_only=True)
class CheckRun:
    """`check/<id>.json`: the target's own commands on exactly this patch."""

    kind: ClassVar[str] = "check"
    version: int = 1
    run_id: str
    candidate: str
    status: CheckStatus
    reason: str
    sandbox: Literal["bubblewrap", "namespaces", "none"]
    patch_sha256: str
    results: tuple[CommandResult, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CheckedCommand:
    """How one of the target's commands ended, as the verdict passes it on."""

    name: str
    status: CheckStatus


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`gate/<id>.json` beside a copy of the patch it judged; it names the bytes. `undecided` is a refusal."""

    kind: ClassVar[str] = "verdict"
    version: int = 1
    run_id: str
    candidate: str
    decision: Decision
    reason: str
    base_sha: str
    patch_sha256: str | None
    result_tree: str | None  # the tree that base and patch make
    findings: tuple[GateFinding, ...] = ()
    check_status: CheckStatus = "not_run"
    checks: tuple[CheckedCommand, ...] = ()
    canaries: int = 0  # planted and caught before this was judged
    explanation: Explanation | None = None


@dataclass(frozen=True, kw_only=True)
class Publication:
    """`publish/<id>.json`: the merge request as it now stands."""

    kind: ClassVar[str] = "publication"
    version: int = 1
    run_id: str
    candidate: str
    status: Literal["opened", "updated", "unchanged", "not_published"]
    reason: str
    branch: str
    head_sha: str | None = None
    merge_request: str | None = None  # "!12", or the candidate id on the local forge
    url: str | None = None
    title: str = ""
    labels: tuple[str, ...] = ()
