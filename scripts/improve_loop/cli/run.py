"""`improve-loop run`: every phase in one process, on a laptop or in one job."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from improve_loop.cli import options as shared
from improve_loop.cli.phase import play
from improve_loop.edges import artifacts
from improve_loop.edges.console import harmless
from improve_loop.edges.desk import RUN, Desk
from improve_loop.edges.environment import Environment, read
from improve_loop.edges.outbox import default_out
from improve_loop.errors import LoopError
from improve_loop.model.find import Run
from improve_loop.model.tend import Report

FIND = ("preflight", "discover", "extract", "triage")
ASK = ("propose", "approve")
MAKE = ("implement", "check", "gate", "publish")
TEND = ("validate", "ship")


@click.command(short_help="Play a whole run on one repository")
@shared.target
@shared.domain
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

    \b
    Examples:
        improve-loop run                               ask about each candidate of this repository
        improve-loop run --target ~/src/app --dry-run  look, and change nothing
        improve-loop run --target https://git.example/app.git --auto
    """
    environment = read()
    options = shared.options(environment, given, whole_run=True)
    desk = Desk(
        out=_out(out, environment, options.target),
        options=options,
        environment=environment,
        log=shared.log(environment, quiet=quiet),
    )
    play_all(desk)
    _tell(desk)


def play_all(desk: Desk) -> None:
    """All phases in order; whatever happens after preflight, cleanup has the last word. Raises LoopError."""
    allowed = play("preflight", desk)
    try:
        desk.log.say(allowed)
        phases = TEND if desk.options.run_kind == "tend" else (*FIND[1:], *ASK, *MAKE, *TEND)
        for name in phases:
            desk.log.say(f"  {play(name, desk)}")
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


def _out(out: Path | None, environment: Environment, target: str | None) -> Path:
    named = out or (Path(given) if (given := environment.text("IL_OUT")) else None)
    if named:
        return named.absolute()
    name = (target or str(Path.cwd())).rstrip("/").rpartition("/")[2].removesuffix(".git")
    from improve_loop.edges.desk import now, stamp

    return default_out(environment, name or "target", stamp(now()))


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
        f"published {funnel.published}, green {funnel.green}; ${report.spent_usd:.2f} spent"
    )
    for each in report.merge_requests:
        click.echo(f"  {each.outcome:<12} {each.branch}  {harmless(each.title)}")
    if report.approval and report.approval.reason:
        click.echo(report.approval.reason)
    click.echo(f"report: {page}")
