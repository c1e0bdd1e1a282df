"""The command in this process, where the model client is loaded once for many runs; its environment is all its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from improve_loop.cli.verbs import improve_loop
from improve_loop.errors import LoopError
from tests.support.repositories import clean


@dataclass(frozen=True, kw_only=True)
class Played:
    """How a command ended and what it printed."""

    code: int
    output: str


def played(*args: str | Path, **env: str) -> Played:
    """`improve-loop <args>` with this environment and nothing of the person who runs the tests."""
    with _environment(clean(**env)):
        done = CliRunner().invoke(improve_loop, [*map(str, args)], standalone_mode=False)
    if isinstance(done.exception, LoopError):
        return Played(code=done.exception.exit_code, output=f"{done.output}error: {done.exception}")
    if done.exception is not None:
        raise done.exception
    return Played(code=0, output=done.output)


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
