"""What the person who starts a run asks for: options of the command over variables, before the configuration."""

from __future__ import annotations

from dataclasses import dataclass

from improve_loop.model.config import Intensity, Mode
from improve_loop.model.state import RunKind


@dataclass(frozen=True, kw_only=True)
class Options:
    """None where nothing was asked for: the configuration decides."""

    target: str | None = None
    run_kind: RunKind = "sweep"
    domains: tuple[str, ...] = ()
    intensity: Intensity | None = None
    mode: Mode | None = None
    light: bool = False
    auto: bool | None = None
    dry_run: bool = False
    keep_worktrees: bool = False
    run_id: str | None = None
    slot: int | None = None
    slots: int | None = None
    task: str | None = None  # a person's own request: the run looks for nothing else
    target_paths: tuple[str, ...] = ()  # what the task's change may touch
    whole_run: bool = False  # all phases are played in this process, which then holds the lock
