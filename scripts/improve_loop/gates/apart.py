"""Two halves of one judgement side by side, the second in a forked process, where the change is large enough for that.

What the other process tells is taken only when it ended well. In every other case its half is judged again here, so
nothing passes because a process died, and an error shows itself where it is handled.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from improve_loop.model.delta import TreeDelta
from improve_loop.model.finding import GateFinding

LARGE = 1_000_000  # characters of added text; below it a fork costs more than it saves

LOAD = Path("/proc/loadavg")
Told = Sequence[GateFinding]


def is_worth_it(delta: TreeDelta) -> bool:
    """Whether the change is large, a second processor is free to use, and no other thread could be lost in a fork."""
    if sys.platform != "linux" or threading.active_count() > 1 or not _is_free():
        return False
    return sum(len(file.new or b"") for file in delta.files if file.added) > LARGE


def _is_free() -> bool:
    """Whether a processor beside this one has nothing to do now: the average of a minute says what was there before."""
    try:
        running = int(LOAD.read_text().split()[3].partition("/")[0])  # this process is one of them
    except (OSError, ValueError, IndexError):
        return False
    return running < len(os.sched_getaffinity(0))


def side_by_side(here: Callable[[], Told], there: Callable[[], Told]) -> tuple[Told, Told]:
    """What both say; `there` is asked in a process of its own."""
    reader, writer = os.pipe()
    gc.freeze()  # a collection would write to every page that the two share
    child = os.fork()
    if child == 0:
        _tell(writer, there)
    os.close(writer)
    try:
        with os.fdopen(reader, "rb") as pipe:
            mine, told = here(), pipe.read()
    except BaseException:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    finally:
        gc.unfreeze()
    _, status = os.waitpid(child, 0)
    return mine, _heard(told) if status == 0 else there()


def _tell(writer: int, there: Callable[[], Told]) -> None:
    """The life of the other process: it judges, tells and is gone, whatever happens."""
    import json

    code = 1
    try:
        told = json.dumps([asdict(found) for found in there()]).encode()
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(told)
        code = 0
    finally:
        os._exit(code)


def _heard(told: bytes) -> Told:
    import json

    return [GateFinding(**item) for item in json.loads(told)]
