"""Giving the lock of a target back."""

from __future__ import annotations

from pathlib import Path

from improve_loop.edges import lock
from improve_loop.edges.forge.reading import local_repository
from improve_loop.model.find import Run, TargetAt

FOLDER = "improve-loop"


def lock_folder(target: TargetAt) -> Path:
    """Where a local target keeps its lock: beside its objects, shared by its linked worktrees."""
    return local_repository(target).git_dir / FOLDER


def release(run: Run) -> None:
    """Gives the lock back if it is this run's; GitLab's own pipelines are the lock there."""
    if run.target.forge == "local":
        lock.release(lock_folder(run.target), run.run_id)
