"""The model layer against the scripted server: drift, calls, bytes and reserved dollars, overhead of the door.

No model runs here: every reply is scripted, so the figures are about the plumbing. Ratios within this run.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import click

from improve_loop.edges.llm import Door
from improve_loop.edges.llm_sdk import sdk
from improve_loop.making.made import Made
from improve_loop.making.maker import make
from improve_loop.model.config import Mode
from improve_loop.rules.budget import Allowance
from tests.llm import drift
from tests.llm.answers import queues
from tests.llm.script import by_role
from tests.llm.support import KEY, Ticking, settings
from tests.llm.tasks import TASKS, Files, Task
from tests.support.scripted_model import Reply, ScriptedServer, serving

CALLS = 60
MEDIUM = 6  # candidates of a medium run
BY_RECIPE = ("ci", "image", "dependency")  # classes that a recipe usually makes


def main() -> None:
    """Prints the figures."""
    _drift()
    _runs()
    _overhead()


def _drift() -> None:
    click.echo("edits under drift, 1000 each over the project's own files: right / rejected / wrong place")
    for change in (drift.exact, drift.trailing, drift.outdented, drift.indented, drift.mistyped, drift.omitted):
        edits = drift.edits(1000, 11, partial(_drifts, change))
        found = Counter(drift.outcome(edit, change) for edit in edits)
        click.echo(
            f"  {change.__name__:<10} {found['right'] / 10:5.1f} % {found['rejected'] / 10:5.1f} % {found['wrong']:3d}"
        )


def _drifts(change: Callable[[list[str]], list[str]], edit: drift.Edit) -> bool:
    return change is drift.exact or change(list(edit.search)) != edit.search


def _runs() -> None:
    click.echo(
        f"a medium run of {MEDIUM} of the twelve tasks, right the first time: calls, prompt kB, reserved and spent $"
    )
    modes: tuple[Mode, ...] = ("none", "cron", "local", "full")
    for mode in modes:
        for recipes in (False, True):
            tasks = [task for task in TASKS[:MEDIUM] if not (recipes and task.class_ in BY_RECIPE)]
            calls, size, reserved, spent = _run(mode, tasks)
            click.echo(
                f"  {mode:<6} recipes {'on ' if recipes else 'off'}  {calls:3d} calls  {size / 1000:6.1f} kB  "
                f"${reserved:.3f} reserved  ${spent:.4f} spent"
            )


def _run(mode: Mode, tasks: Sequence[Task]) -> tuple[int, int, float, float]:
    calls, size, reserved, spent = 0, 0, 0.0, 0.0
    for task in tasks:
        made, server = _made(mode, task)
        calls += len(server.requests)
        size += sum(len(request.prompt.encode()) for request in server.requests)
        reserved += sum(entry.reserved_usd for entry in made.ledger)
        spent += sum(entry.spent_usd or 0.0 for entry in made.ledger)
    return calls, size, reserved, spent


def _made(mode: Mode, task: Task) -> tuple[Made, ScriptedServer]:
    with serving(by_role(queues(task.name))) as server:
        made = make(
            Files(task.files),
            task.candidate,
            Allowance(usd=5.0),
            settings(server, mode),
            run_id="bench",
            clock=Ticking().clock(),
        )
    return made, server


def _overhead() -> None:
    click.echo(f"one call, median of {CALLS}, interleaved: the SDK alone, and through the door")
    with serving(lambda received: Reply(text="hello " * 50)) as server:
        for tier, protocol in enumerate(("openai", "anthropic")):
            choice = settings(server).ladder("implement")[tier]
            door = Door(settings(server), Allowance(usd=1000.0))
            messages = [{"role": "user", "content": "hello " * 2000}]

            def alone(choice: Any = choice, messages: Any = messages) -> None:
                stream = sdk().completion(
                    model=f"{choice.endpoint.protocol}/{choice.model}",
                    messages=messages,
                    max_tokens=500,
                    api_base=choice.endpoint.url,
                    api_key=KEY,
                    stream=True,
                    max_retries=0,
                )
                "".join(part.choices[0].delta.content or "" for part in stream if part.choices)

            def through(door: Door = door, choice: Any = choice, messages: Any = messages) -> None:
                door.ask("implement", messages, choice=choice, max_tokens=500)

            bare, ours = _medians(alone, through)
            click.echo(f"  {protocol:<10} {bare * 1000:5.1f} ms  {ours * 1000:5.1f} ms  ratio {ours / bare:.2f}")


def _medians(first: Callable[[], None], second: Callable[[], None]) -> tuple[float, float]:
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(CALLS + 5):
        for call, kept in zip((first, second), times, strict=True):
            start = time.perf_counter()
            call()
            if number >= 5:
                kept.append(time.perf_counter() - start)
    return statistics.median(times[0]), statistics.median(times[1])
