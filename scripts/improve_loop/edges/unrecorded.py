"""Runs that may have spent money and are not on record: nothing writes the state before a run asks.

On a laptop preflight leaves a file for each run that it allows to spend, beside the lock; the next one reads it. In a
pipeline preflight may only read, so the next one looks at the pipelines themselves, and where it is not shown them
nothing is bought before a run is on record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from improve_loop.edges import artifacts, statefile
from improve_loop.edges.desk import stamp
from improve_loop.edges.exclusive import replace_file
from improve_loop.edges.forge.contract import ForgeReader
from improve_loop.errors import ArtifactError
from improve_loop.model.config import Config
from improve_loop.model.find import Run
from improve_loop.model.forge import EarlierRun
from improve_loop.model.state import RunRecord, State
from improve_loop.rules import limits, memory, turns
from improve_loop.rules.model_settings import may_pay

FOLDER = "allowed"
LOOK_BACK = timedelta(days=8)  # a weekly run sees the one before it


def allow(folder: Path, run: Run) -> None:
    """Leaves word of what this run may spend, for the case that it dies. A dry run is never on record."""
    if run.dry_run or not (record := _record(run)).reserved_usd:
        return
    name = hashlib.sha256("/".join(memory.key(record)).encode()).hexdigest()[:16]
    replace_file(folder / FOLDER / f"{name}.yaml", statefile.dump(State(runs=(record,))).encode())


def left(folder: Path, state: State) -> tuple[RunRecord, ...]:
    """The runs allowed here that the state does not know; word of those that it knows is removed."""
    known = {memory.key(run) for run in state.runs}
    found = []
    for path in sorted((folder / FOLDER).glob("*.yaml")):
        mine = [run for run in statefile.load(path.read_text(), str(path)).runs if memory.key(run) not in known]
        if not mine:
            path.unlink(missing_ok=True)
        found += mine
    return tuple(found)


def of_pipelines(
    forge: ForgeReader, state: State, config: Config, target: str, now: datetime
) -> tuple[RunRecord, ...] | None:
    """The ended pipelines for this target that the state does not know; None where they cannot be looked at."""
    since = now - LOOK_BACK
    if len(state.runs) >= memory.RUNS_KEPT:  # what is older may have been forgotten
        since = max(since, min(datetime.fromisoformat(run.started_at) for run in state.runs))
    earlier = forge.earlier_runs(stamp(since), [run.run_id for run in state.runs])
    return None if earlier is None else tuple(_of_pipelines(earlier, config, target))


def _of_pipelines(earlier: tuple[EarlierRun, ...], config: Config, target: str) -> Iterator[RunRecord]:
    for pipeline in earlier:
        permit = _permit(pipeline)
        if permit is None and turns.perhaps_on(pipeline.target, target):
            yield _unknown(pipeline, limits.dearest_usd(config))
        elif permit and turns.perhaps_on(permit.target.url, target) and not permit.dry_run:
            yield _record(permit)


def _permit(pipeline: EarlierRun) -> Run | None:
    """What the pipeline was allowed, by its own run.json; None where that is not to be had, or not to be believed."""
    if pipeline.permit is None:
        return None
    try:
        return artifacts.judged(f"run.json of pipeline {pipeline.id}", Run, pipeline.permit, pipeline.id)
    except ArtifactError:
        return None


def _record(run: Run) -> RunRecord:
    usd = run.limits.usd if may_pay(run.config.models, run.mode) else 0.0
    return _dead(run.run_id, run.started_at, run.target.base_sha, usd)


def _unknown(pipeline: EarlierRun, usd: float) -> RunRecord:
    return _dead(pipeline.id, stamp(datetime.fromisoformat(pipeline.started_at)), "0" * 40, usd)


def _dead(run_id: str, started_at: str, base_sha: str, usd: float) -> RunRecord:
    return RunRecord(
        run_id=run_id,
        run_kind="sweep",
        started_at=started_at,
        finished_at=None,
        base_sha=base_sha,
        found=0,
        shortlisted=0,
        accepted=0,
        published=0,
        green=0,
        spent_usd=0.0,
        reserved_usd=usd,
    )
