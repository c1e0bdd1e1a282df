"""Several candidates side by side, in threads: the work is git, files and child processes, not Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(work: Callable[[T, Event], R], items: Iterable[T], workers: int) -> list[R]:
    """The results in the order of the items. An interrupt, or the first error, sets the event that `work` watches,
    waits until the running ones have ended, starts no more, and is raised again.
    """
    stop = Event()
    with ThreadPoolExecutor(max_workers=workers) as pool:
        futures = [pool.submit(work, item, stop) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
