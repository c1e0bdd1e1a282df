"""Whose turn it is when several runs want the same target: the older one's."""

from __future__ import annotations

from collections.abc import Sequence

from improve_loop.errors import TryLater
from improve_loop.model.forge import LiveRun


def older(runs: Sequence[LiveRun], mine: str | None, target: str) -> LiveRun | None:
    """The oldest other run at work on this target, or perhaps on it; None where it is this run's turn.

    Pipelines are numbered as they are made. A run that does not know its own number gives way to all.
    """
    own = int(mine) if mine and mine.isdigit() else None
    return next(
        (
            run
            for run in sorted(runs, key=lambda run: (run.started_at, run.id))
            if perhaps_on(run.target, target) and (own is None or not run.id.isdigit() or int(run.id) < own)
        ),
        None,
    )


def perhaps_on(named: str | None, target: str) -> bool:
    """Whether what carries this target's URL, or none, may be for `target`: GitLab takes several spellings for one."""
    return named is None or _spelt(named) == _spelt(target)


def _spelt(url: str) -> str:
    return url.removesuffix("/").removesuffix(".git").lower()


def yield_to_older(runs: Sequence[LiveRun], mine: str | None, target: str) -> None:
    """Raises TryLater when it is another run's turn."""
    first = older(runs, mine, target)
    if first:
        raise TryLater(f"run {first.id} of {first.started_at} is at work on {target} ({first.url}); try again later")
