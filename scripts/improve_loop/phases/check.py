"""Do the target's own commands pass on it?

reads:  preflight/run.json, preflight/target.bundle, approved shortlist, implement/<id>/change.json and .patch
writes: check/<id>.json; in GitLab check/reports/junit-<slot>.xml
exits:  0, whatever the commands said: it is in the artifact · 3
"""

from __future__ import annotations

from pathlib import Path
from threading import Event

from improve_loop.edges import artifacts, sandbox, workshop
from improve_loop.edges.desk import Desk
from improve_loop.edges.environment import variables
from improve_loop.edges.git import git
from improve_loop.edges.parallel import side_by_side
from improve_loop.model.config import Check
from improve_loop.model.find import Run
from improve_loop.model.make import Change, CheckRun, CheckStatus, CommandResult
from improve_loop.phases.accepted import accepted, changed, of_slot
from improve_loop.rules.ci_reports import junit
from improve_loop.rules.model_settings import model_settings

BESIDE_A_KEY = (
    "`sandbox: none` would let the target's code read the model key that this process was started with; take it out of "
    ".improve-loop.yml, or use a model without a key"
)
WORST: tuple[CheckStatus, ...] = ("failed", "timed_out", "not_run", "passed")


def main(desk: Desk) -> str:
    """Runs the configured commands on each changed tree, in a sandbox. Raises ArtifactError."""
    run = desk.run()
    mine = of_slot(accepted(desk.out, run), desk.options.slot, run.limits.slots)
    ids = [each.candidate.id for each in changed(desk.out, mine)]
    made = [artifacts.read(desk.out, Change, f"implement/{id}/change.json", run.run_id) for id in ids]
    todo = [change for change in made if change.status == "made"]
    git_dir = workshop.opened(desk.out, run)
    done = side_by_side(lambda change, stop: _checked(desk, run, git_dir, change, stop), todo, run.limits.slots)
    for each in done:
        artifacts.write(desk.out, f"check/{each.candidate}.json", each)
        desk.log.say(f"  {each.candidate}: {each.status}; {each.reason}")
    if desk.environment.in_gitlab:
        artifacts.write_bytes(desk.out, f"check/reports/junit-{desk.options.slot or 1}.xml", junit(done))
    if not run.config.checks:
        return "no checks are configured, so nothing can count as green"
    return f"{sum(each.status == 'passed' for each in done)} of {len(done)} pass the target's own checks"


def _checked(desk: Desk, run: Run, git_dir: Path, change: Change, stop: Event) -> CheckRun:
    patch = artifacts.read_bytes(desk.out, f"implement/{change.candidate}/change.patch")
    sha = artifacts.sha256(patch)
    if not run.config.checks:
        return _result(run, change, sha, "not_configured", "no checks in the configuration", ())
    if run.config.sandbox == "none" and model_settings(run.config.models, run.mode, variables()).keys:
        return _result(run, change, sha, "not_run", BESIDE_A_KEY, ())
    keep = desk.options.keep_worktrees
    base = run.target.bundle_sha
    with workshop.worktree(git_dir, f"check-{change.candidate}", base, None, keep=keep) as folder:
        git(folder, "apply", "--index", "-", stdin=patch)
        ran = [(check, _ran(run, git_dir, check, folder, stop)) for check in run.config.checks]
    results = tuple(_command(check, each) for check, each in ran)
    status = min((result.status for result in results), key=WORST.index)
    first = next(index for index, result in enumerate(results) if result.status == status)
    reason = (
        "every command passed" if status == "passed" else f"{results[first].name}: {ran[first][1].reason or status}"
    )
    if status in ("failed", "timed_out"):
        reason += _also_without(run, git_dir, change, ran[first][0], stop, keep=keep)
    return _result(run, change, sha, status, reason, results, ran[first][1].sandbox)


def _also_without(run: Run, git_dir: Path, change: Change, check: Check, stop: Event, *, keep: bool) -> str:
    """A command that fails on the base too says nothing about the change; the reader must know."""
    name = f"base-{change.candidate}"
    with workshop.worktree(git_dir, name, run.target.bundle_sha, None, keep=keep) as folder:
        before = _ran(run, git_dir, check, folder, stop)
    return "" if before.status == "passed" else "; it does so without the change too"


def _ran(run: Run, git_dir: Path, check: Check, folder: Path, stop: Event) -> sandbox.Ran:
    """One command in a worktree, which may read the repository that the worktree belongs to."""
    seconds, confined = min(check.timeout_seconds, run.limits.seconds_per_candidate), run.config.sandbox
    return sandbox.run(check.run, folder, seconds, confined, readable=[git_dir], stop=stop)


def _command(check: Check, ran: sandbox.Ran) -> CommandResult:
    return CommandResult(
        name=check.name,
        argv=check.run,
        status=ran.status,
        exit_code=ran.exit_code,
        seconds=round(ran.seconds, 3),
        output_tail=ran.output_tail,
    )


def _result(
    run: Run,
    change: Change,
    sha: str,
    status: CheckStatus,
    reason: str,
    results: tuple[CommandResult, ...],
    used: sandbox.Used = "none",
) -> CheckRun:
    return CheckRun(
        run_id=run.run_id,
        candidate=change.candidate,
        status=status,
        reason=reason,
        sandbox=used,
        patch_sha256=sha,
        results=results,
    )
