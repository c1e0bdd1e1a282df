"""`improve-loop state show`."""

from __future__ import annotations

import click

from improve_loop.cli import options as shared
from improve_loop.edges import statefile, targets
from improve_loop.edges.environment import read
from improve_loop.edges.forge.local_read import LocalReader
from improve_loop.model.forge import STATE_BRANCH, STATE_PATH
from improve_loop.model.state import State


@click.group(short_help="Look at what the loop remembers")
def state() -> None:
    """What the loop remembers about a repository, on its branch improve-loop/state."""


@state.command()
@shared.target
@click.option("--raw", is_flag=True, help="The file as it is.")
def show(target: str | None, raw: bool) -> None:
    """Show runs, candidates and what humans said no to."""
    located = targets.locate(target, read())
    text = LocalReader(repository=located.repository).read_state().text
    found = statefile.load(text, f"{STATE_BRANCH}:{STATE_PATH}")
    click.echo(text or "" if raw else "\n".join(_lines(found, located.name)))


def _lines(found: State, name: str) -> list[str]:
    if not found.runs and not found.candidates:
        return [f"{name}: nothing is remembered yet; `improve-loop run` starts it"]
    lines = [f"{name}: {len(found.runs)} runs, {len(found.candidates)} candidates"]
    for run in found.runs[-5:]:
        counts = f"found {run.found}, accepted {run.accepted}, published {run.published}, green {run.green}"
        lines.append(f"  run {run.run_id} {run.started_at}: {counts}" + ("" if run.finished_at else " (unfinished)"))
    for id, record in sorted(found.candidates.items()):
        lines.append(f"  {record.outcome:<11} {id}: {record.reason}")
    for no in found.rejections:
        until = f" until {no.until}" if no.until else ""
        lines.append(f"  no to {no.domain}/{no.subject} by {no.by} on {no.at[:10]}{until}: {no.reason}")
    for each in found.spill_over:
        lines.append(f"  next time  {each.id}: {each.reason}")
    return lines
