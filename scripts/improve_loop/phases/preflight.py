"""Is it safe to run, and with what limits?

reads:  the target at its base commit, its configuration and memory files, the forge, the state, live runs
writes: preflight/run.json, preflight/state.yaml, preflight/target.bundle
exits:  0 · 2 no such target, or bad configuration · 3 broken state · 75 another run is at work, or the disk is full
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import timedelta
from functools import partial

from improve_loop import sources
from improve_loop.edges import (
    artifacts,
    configuration,
    health,
    leftovers,
    lock,
    outbox,
    scratch,
    statefile,
    targets,
    unrecorded,
    workshop,
)
from improve_loop.edges.desk import BUNDLE, RUN, STATE, Desk, stamp
from improve_loop.edges.environment import variables
from improve_loop.edges.forge.contract import ForgeReader
from improve_loop.edges.forge.reading import reader
from improve_loop.edges.release import FOLDER
from improve_loop.edges.targets import Located
from improve_loop.edges.trees import CommitTree
from improve_loop.errors import ConfigError, UsageError
from improve_loop.model.codec import to_plain
from improve_loop.model.config import Config, Exclusion, Mode
from improve_loop.model.find import HealthCheck, Run, TargetAt
from improve_loop.model.forge import STATE_BRANCH, STATE_PATH
from improve_loop.model.state import RunRecord, State
from improve_loop.rules import exclusions, limits, memory, turns
from improve_loop.rules.ci.settings import kept_at
from improve_loop.rules.config import NAME
from improve_loop.rules.model_settings import default_mode, may_pay
from improve_loop.rules.task import DOMAIN as TASK

UNSEEN = (
    "earlier pipelines cannot be listed, or are too many to look into, so one that died while it read texts would not "
    "be counted: paid models read none in this run. GitLab 18 shows them to the job's own token; before that make the "
    "user of IL_READ_TOKEN a Reporter of the project that runs the loop. Of a hub with several targets let "
    "`workflow: name` say for which one a pipeline is, as `improve-loop init` writes it"
)
MISNAMED = ".improve-loop.yaml"  # passing over somebody's policy would be taking silence for a yes


def main(desk: Desk) -> str:
    """Takes the lock (on GitLab gives way to an older run), looks, and permits the run last. Raises LoopError."""
    located = targets.locate(desk.options.target, desk.environment)
    config, config_bytes = _config(located)
    forge = reader(_target(located, located.base_sha), config.forge)
    run_id = desk.options.run_id or desk.environment.pipeline_id or _named_by_inputs(desk, located, config_bytes, forge)
    looked_at = health.checks(desk.out, located, config_bytes, desk.environment)
    if located.forge == "gitlab":
        turns.yield_to_older(forge.live_runs(), desk.environment.pipeline_id, located.url)
        return _permit(desk, located, config, config_bytes, forge, run_id, looked_at, None)
    folder = located.repository.git_dir / FOLDER
    lasts = timedelta(minutes=config.limits.minutes or 360)
    mine = partial(lock.holder_here, run_id, desk.clock(), lasts, desk.out, desk.scratch)
    taken = lock.take(folder, mine(by_verbs=False), desk.clock())
    try:
        summary = _permit(desk, located, config, config_bytes, forge, run_id, looked_at, taken.stale_holder)
        if not desk.options.whole_run:
            lock.update(folder, mine(by_verbs=True))  # the run outlives this process
        return summary
    except BaseException:
        lock.release(folder, run_id)
        raise


def _permit(
    desk: Desk,
    located: Located,
    config: Config,
    config_bytes: bytes,
    forge: ForgeReader,
    run_id: str,
    looked_at: list[HealthCheck],
    gone: lock.Holder | None,
) -> str:
    state = statefile.load(forge.read_state().text, f"{STATE_BRANCH}:{STATE_PATH}")
    mode: Mode = desk.options.mode or config.mode or default_mode(config.models, variables())
    died = _died(desk, located, config, forge, state, mode)
    state = memory.with_unrecorded(state, died or ())
    scratch.sweep(desk.clock())
    locks = located.repository.git_dir / FOLDER if located.forge == "local" else None
    state, notes = leftovers.booked(state, gone, desk.clock(), locks)
    mine = forge.open_merge_requests()
    known = {record.branch for record in state.candidates.values() if record.outcome == "open" and record.branch}
    others = [forge.merge_request_of(branch) for branch in sorted(known - {mr.branch for mr in mine})]
    # Locally the checks are the pipeline; where a run died before it recorded them, nobody else ever will.
    local = _target(located, located.base_sha).forge == "local"
    unchecked = {mr.id for mr in mine if local and config.checks and not forge.pipelines_of(mr)}
    state = memory.reconciled(state, [*mine, *(mr for mr in others if mr)], desk.time, unchecked)
    aside = outbox.prepare(desk.out)
    if aside:
        notes.append(f"artifacts of an earlier run were moved to {aside}")
    bundle = desk.out / BUNDLE
    bundle.parent.mkdir(parents=True, exist_ok=True)
    alone = workshop.make_bundle(located.repository.folder, located.base_sha, bundle)
    artifacts.write_bytes(desk.out, STATE, statefile.dump(state).encode())
    zones, zone_health = _zones(located, config)
    looked_at += [*zone_health, *(HealthCheck(name="earlier run", status="warning", detail=note) for note in notes)]
    if died is None:
        looked_at.append(HealthCheck(name="earlier run", status="warning", detail=UNSEEN))
    run = _settled(desk, located, config, config_bytes, state, run_id, alone, zones, tuple(looked_at), len(mine), mode)
    if died is None:
        run = dataclasses.replace(run, limits=dataclasses.replace(run.limits, usd_reading=0.0))
    if not desk.environment.pipeline_id:
        unrecorded.allow(located.repository.git_dir / FOLDER, run)
    for check in looked_at:
        if check.status == "warning":
            desk.log.warn(f"{check.name}: {check.detail}")
    artifacts.write(desk.out, RUN, run)
    return _summary(run)


def _died(
    desk: Desk, located: Located, config: Config, forge: ForgeReader, state: State, mode: Mode
) -> tuple[RunRecord, ...] | None:
    """Runs that may have spent and are not on record; None where they cannot be looked at."""
    if not (located.forge == "gitlab" and desk.environment.pipeline_id):
        return unrecorded.left(located.repository.git_dir / FOLDER, state)
    if not may_pay(config.models, mode):
        return ()  # it spends nothing, so it need not know
    return unrecorded.of_pipelines(forge, state, config, located.url, desk.clock())


def _summary(run: Run) -> str:
    money = "" if run.mode == "none" else f" and ${run.limits.usd:g}"
    most = f"at most {run.limits.candidates} candidates{money}"
    return f"{run.target.name} at {run.target.base_sha[:12]} ({run.target.branch}); mode {run.mode}, {most}"


def _settled(
    desk: Desk,
    located: Located,
    config: Config,
    config_bytes: bytes,
    state: State,
    run_id: str,
    bundle_sha: str,
    zones: tuple[Exclusion, ...],
    looked_at: tuple[HealthCheck, ...],
    open_count: int,
    mode: Mode,
) -> Run:
    """Options over configuration, settled once for every later phase."""
    options = desk.options
    intensity = options.intensity or config.intensity
    spent = state.spend_usd_by_day.get(desk.time[:10], 0.0)
    limit = limits.run_limits(config, intensity, open_count, spent if mode != "none" else 0.0)
    if options.dry_run and config.limits.usd_per_day is not None:
        # It writes no state, so nobody could count to the day what it bought.
        limit = dataclasses.replace(limit, usd=0.0, usd_per_candidate=0.0)
    if options.slots:
        limit = dataclasses.replace(limit, slots=options.slots)
    known = tuple(sources.SOURCES)
    unknown = [name for name in options.domains if name not in known]
    if unknown:
        raise UsageError(f"--domain {unknown[0]}: no such domain; there are {', '.join(known)}")
    name, email = health.committer(located)
    return Run(
        run_id=run_id,
        run_kind=options.run_kind,
        started_at=stamp(memory.starts_at(state, run_id, desk.clock())),
        deadline=stamp(desk.clock() + timedelta(seconds=limit.seconds)),
        target=_target(located, bundle_sha),
        intensity=intensity,
        mode=mode,
        auto=config.auto if options.auto is None else options.auto,
        dry_run=options.dry_run,
        ask_only=intensity == "light",
        domains=(TASK,)
        if options.task is not None
        else limits.chosen_domains(known, config, options.domains, options.light, limit.domains),
        limits=limit,
        exclusions=zones,
        health=looked_at,
        committer_name=name,
        committer_email=email,
        config_sha256=hashlib.sha256(config_bytes).hexdigest(),
        config=kept_at(config, located.ci_file),
    )


def _target(located: Located, bundle_sha: str) -> TargetAt:
    return TargetAt(
        name=located.name,
        url=located.url,
        forge=located.forge,
        branch=located.branch,
        base_sha=located.base_sha,
        bundle_sha=bundle_sha,
        folder=str(located.repository.folder) if located.forge == "local" else None,
        project_id=located.project_id,
        ci_file=located.ci_file,
    )


def _config(located: Located) -> tuple[Config, bytes]:
    """The configuration at the base commit: never the one in the working tree, which nobody has reviewed."""
    with CommitTree(located.repository.git_dir, located.base_sha) as tree:
        content = tree.read(NAME)
        if content is None and NAME in tree.entries:
            raise ConfigError(f"{NAME} at {located.base_sha[:12]}: not a plain file; policy is read from a plain file")
        if MISNAMED in tree.entries:
            raise ConfigError(f"{MISNAMED} at {located.base_sha[:12]}: read by nothing; rename it to {NAME}")
    return configuration.from_bytes(content, f"{NAME} at {located.base_sha[:12]}"), content or b""


def _named_by_inputs(desk: Desk, located: Located, config_bytes: bytes, forge: ForgeReader) -> str:
    """The same inputs make the same run: a run that was cut off and started again keeps its name."""
    options = to_plain(dataclasses.replace(desk.options, target=None, keep_worktrees=False, whole_run=False))
    inputs = [located.name, located.base_sha, config_bytes.hex(), forge.read_state().revision, options]
    return "local-" + hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:12]


def _zones(located: Located, config: Config) -> tuple[tuple[Exclusion, ...], list[HealthCheck]]:
    zones = [*exclusions.of_config(config, NAME)]
    looked_at = []
    with CommitTree(located.repository.git_dir, located.base_sha) as tree:
        for path in config.memory_files:
            content = tree.read(path)
            if content is None:
                looked_at.append(HealthCheck(name="memory", status="warning", detail=f"{path}: not at the base commit"))
                continue
            words = content.decode("utf-8", "replace")
            zones += exclusions.of_memory(words, path)
            looked_at += [
                HealthCheck(name="memory", status="warning", detail=problem)
                for problem in exclusions.memory_problems(words, path)
            ]
    return tuple(zones), looked_at
