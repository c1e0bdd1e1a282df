"""One verb per phase, and how a phase is played: in its log section, timed, its end written down."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from improve_loop.cli import options as shared
from improve_loop.edges import artifacts, ledger
from improve_loop.edges.desk import Desk
from improve_loop.edges.environment import read
from improve_loop.errors import LoopError
from improve_loop.model.find import Run
from improve_loop.model.tend import Timing

STARTING = (shared.target, shared.intensity, shared.light, shared.mode, shared.local, shared.auto, shared.dry_run)
OF = {
    "preflight": (*STARTING, shared.domain),
    "discover": (shared.domain,),
    "implement": (
        click.option("--slot", type=click.IntRange(1), help="Take every n-th accepted candidate from this."),
    ),
    "check": (click.option("--slot", type=click.IntRange(1), help="Take every n-th accepted candidate from this."),),
}


def command(name: str, title: str) -> click.Command:
    """The verb of one phase; its help is the docstring of its module."""

    def play_it(out: Path | None, quiet: bool, **given: Any) -> None:
        environment = read()
        folder = (out or Path(environment.text("IL_OUT") or "il-out")).absolute()
        desk = Desk(
            out=folder,
            options=shared.options(environment, given, whole_run=False),
            environment=environment,
            log=shared.log(environment, quiet=quiet),
        )
        click.echo(f"{name}: {play(name, desk)}")

    doc = importlib.import_module(f"improve_loop.phases.{name}").__doc__ or title
    made = click.command(name, help="\b\n" + doc, short_help=title)(play_it)
    for option in (shared.out, shared.keep, shared.quiet, *OF.get(name, ())):
        made = option(made)
    return made


def play(name: str, desk: Desk) -> str:
    """Plays one phase and returns what it says of itself. Raises LoopError, after its end is on record."""
    main: Callable[[Desk], str] = importlib.import_module(f"improve_loop.phases.{name}").main
    started, clock = desk.time, time.monotonic()
    code, summary = 1, "did not end"
    try:
        with desk.log.phase(name, _title(name)):
            summary = main(desk)
        code = 0
    except LoopError as error:
        code, summary = error.exit_code, str(error)
        raise
    except KeyboardInterrupt:
        code, summary = 130, "interrupted"
        raise
    except Exception as error:
        summary = f"bug: {error!r}"
        raise
    finally:
        _on_record(name, desk, started, time.monotonic() - clock, code, summary)
    return summary


def _title(name: str) -> str:
    from improve_loop.cli.verbs import PHASE_VERBS

    return PHASE_VERBS.get(name, name).partition(": ")[2] or name


def _on_record(name: str, desk: Desk, started: str, seconds: float, code: int, summary: str) -> None:
    """How the phase went, for the report; without a run there is nothing to report to."""
    try:
        run = artifacts.read(desk.out, Run, "preflight/run.json", None)
        timing = Timing(
            run_id=run.run_id,
            phase=name,
            started_at=started,
            seconds=round(seconds, 3),
            usd=ledger.spent(desk.out, run.run_id, desk.ledger(name)),
            exit_code=code,
            summary=summary,
        )
        artifacts.write(desk.out, f"{name}/timing/{desk.job(name)}.json", timing)
    except LoopError as error:
        desk.log.warn(f"{name}: how it went is not on record: {error}") if not _no_run(desk) else None


def _no_run(desk: Desk) -> bool:
    return not artifacts.exists(desk.out, "preflight/run.json")
