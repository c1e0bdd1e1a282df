"""What every phase is given: where the artifacts are, what was asked for, a log and a clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from improve_loop.edges import artifacts
from improve_loop.edges.console import Log
from improve_loop.edges.environment import Environment
from improve_loop.model.find import Run
from improve_loop.model.options import Options

T = TypeVar("T")
RUN = "preflight/run.json"
STATE = "preflight/state.yaml"
BUNDLE = "preflight/target.bundle"
SHORTLIST = "triage/shortlist.json"
PROPOSAL = "propose/proposal.json"
APPROVAL = "approve/approval.json"
SCRATCH = ".scratch"


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One phase's view of the world."""

    out: Path
    options: Options
    environment: Environment
    log: Log
    clock: Callable[[], datetime] = now

    @property
    def time(self) -> str:
        """Now, as artifacts write it."""
        return stamp(self.clock())

    @property
    def scratch(self) -> Path:
        """Where worktrees and the unpacked target live; removed at the end of the run."""
        return self.out / SCRATCH

    def job(self, phase: str) -> str:
        """The name of this job among those of its phase, for files that each of them writes."""
        part = f"-{self.options.slot}" if self.options.slot else ""
        many = phase in ("discover", "extract") and self.options.domains
        return f"{phase}{part}{'-' + '-'.join(self.options.domains) if many else ''}"

    def ledger(self, phase: str) -> str:
        """Where this job's calls of models are written down."""
        return f"{phase}/ledger/{self.job(phase)}.jsonl"

    def run(self) -> Run:
        """The run that preflight allowed. Raises ArtifactError: without it nothing is allowed."""
        return artifacts.read(self.out, Run, RUN, None)
