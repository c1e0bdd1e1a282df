"""Several candidates side by side, in threads: the work is git, files and child processes, not Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from threading import Event
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
LOOK_SECONDS = 0.2  # a signal that another thread was given is noticed within this


def side_by_side(work: Callable[[T, Event], R], items: Iterable[T], workers: int) -> list[R]:
    """The results in the order of the items. An interrupt, or the first error, sets the event that `work` watches,
    waits until the running ones have ended, starts no more, and is raised again.
    """
    stop = Event()
    with ThreadPoolExecutor(max_workers=workers) as pool:
        try:
            futures = [pool.submit(work, item, stop) for item in items]
            return _results(futures)
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _results(futures: list[Future[R]]) -> list[R]:
    """Waits in short steps: Python acts on Ctrl-C only in the main thread, and nothing else would wake it."""
    left = set(futures)
    while left:
        done, left = wait(left, LOOK_SECONDS, FIRST_EXCEPTION)
        for future in done:
            future.result()
    return [future.result() for future in futures]
