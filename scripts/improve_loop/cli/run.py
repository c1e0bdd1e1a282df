"""`improve-loop run`: every phase in one process, on a laptop or in one job."""

from __future__ import annotations

import dataclasses
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import click

from improve_loop.cli import options as shared
from improve_loop.cli.phase import play
from improve_loop.edges import artifacts
from improve_loop.edges.configuration import from_bytes
from improve_loop.edges.console import harmless
from improve_loop.edges.desk import RUN, Desk, now, stamp
from improve_loop.edges.environment import Environment, read
from improve_loop.edges.outbox import default_out
from improve_loop.edges.targets import locate
from improve_loop.edges.trees import CommitTree
from improve_loop.errors import BudgetSpent, LoopError
from improve_loop.model.find import Run
from improve_loop.model.tend import Report
from improve_loop.rules.config import NAME
from improve_loop.rules.render.summary import unknown_cost
from improve_loop.rules.render.text import money

FIND = ("preflight", "discover", "extract", "triage")
ASK = ("propose", "approve")
MAKE = ("implement", "check", "gate", "publish")
TEND = ("validate", "ship")


@click.command(short_help="Play a whole run on one repository")
@shared.target
@shared.domain
@shared.task
@shared.target_path
@shared.intensity
@shared.light
@shared.mode
@shared.local
@shared.auto
@shared.dry_run
@shared.out
@shared.keep
@shared.quiet
def run(out: Path | None, quiet: bool, **given: Any) -> None:
    """Finds small improvements of a git repository, asks you, makes them on branches of their own, and reports.

    Your working tree, index and current branch are not touched; what is accepted and passes every gate lands on
    local branches improve-loop/<id>, described by `improve-loop mr list`. Nothing is ever merged.

    In a hub, a repository whose configuration names `targets`, one run is played per target.

    \b
    Examples:
        improve-loop run                               ask about each candidate of this repository
        improve-loop run --target ~/src/app --dry-run  look, and change nothing
        improve-loop run --target https://git.example/app.git --auto
        improve-loop run --task "Quote $1 in deploy.sh" --target-path deploy.sh
    """
    environment = read()
    options = shared.options(environment, given, whole_run=True)
    targets = [options.target] if options.target else _configured() or [None]
    failed = []
    for target in targets:
        mine = dataclasses.replace(options, target=target)
        desk = Desk(
            out=_out(out, environment, target, alone=len(targets) == 1),
            options=mine,
            environment=environment,
            log=shared.log(environment, quiet=quiet),
        )
        try:
            play_all(desk)
            _tell(desk)
        except LoopError as error:
            if len(targets) == 1:
                raise
            click.echo(f"error: {target}: {error}", err=True)
            failed.append(error)
    if failed:
        raise type(failed[0])(f"{len(failed)} of {len(targets)} targets did not end well; what stopped each is above")


def _configured() -> list[str | None]:
    """The targets that the configuration of the repository here names, if it names any: it is a hub."""
    located = locate(None, read())
    with CommitTree(located.repository.git_dir, located.base_sha) as tree:
        config = from_bytes(tree.read(NAME), f"{NAME} at {located.base_sha[:12]}")
    return [target.url for target in config.targets]


def play_all(desk: Desk) -> None:
    """All phases in order; whatever happens after preflight, cleanup has the last word. Raises LoopError."""
    started = time.monotonic()
    allowed = play("preflight", desk)
    try:
        desk.log.say(allowed)
        limit = desk.run().limits.seconds
        for name in TEND if desk.options.run_kind == "tend" else (*FIND[1:], *ASK, *MAKE, *TEND):
            if time.monotonic() - started > limit and name in MAKE:
                raise BudgetSpent(f"the run's {limit // 60} minutes were over before {name}; raise limits.minutes")
            asked = time.monotonic()
            desk.log.say(f"  {play(name, desk)}")
            if name == "approve":
                started += time.monotonic() - asked  # a person may think as long as they like
    except BaseException:
        _last_word(desk)
        raise
    play("cleanup", desk)


def _last_word(desk: Desk) -> None:
    """Cleanup of a run that stopped; why it stopped is what the caller hears, whatever cleanup stumbles over."""
    try:
        play("cleanup", desk)
    except LoopError as error:
        desk.log.warn(f"cleanup: {error}")


def _out(out: Path | None, environment: Environment, target: str | None, *, alone: bool) -> Path:
    name = (target or str(Path.cwd())).rstrip("/").rpartition("/")[2].removesuffix(".git") or "target"
    named = out or (Path(given) if (given := environment.text("IL_OUT")) else None)
    if named:
        return named.absolute() if alone else named.absolute() / name
    return default_out(environment, name, stamp(now()))


def _tell(desk: Desk) -> None:
    run_id = artifacts.read(desk.out, Run, RUN, None).run_id
    report = artifacts.read(desk.out, Report, "cleanup/report.json", run_id)
    page = (desk.out / "cleanup" / "report.html").as_uri()
    if sys.stdout.isatty():
        from improve_loop.edges import terminal

        where = {
            "report": page,
            "merge requests": shlex.join(["improve-loop", "mr", "list", "--target", report.target.folder or "."]),
        }
        terminal.show_summary(report, where, terminal.open_console())
        return
    funnel = report.funnel
    click.echo(
        f"found {funnel.found}, shortlisted {funnel.shortlisted}, accepted {funnel.accepted}, "
        f"published {funnel.published}, green {funnel.green}; {money(report.spent_usd)} spent{unknown_cost(report)}"
    )
    for each in report.merge_requests:
        click.echo(f"  {each.outcome:<12} {each.branch}  {harmless(each.title)}")
    if report.approval and report.approval.reason:
        click.echo(report.approval.reason)
    click.echo(f"report: {page}")
