"""Work side by side, and how it ends early."""

from __future__ import annotations

import signal
import threading
from threading import Event

import pytest

from improve_loop.edges.parallel import side_by_side


def test_an_interrupt_that_another_thread_was_given_still_stops_the_work() -> None:
    stopped = []

    def work(item: int, stop: Event) -> None:
        stop.wait(0.3)  # until the main thread waits for this one
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        stopped.append(stop.wait(10))

    with pytest.raises(KeyboardInterrupt):
        side_by_side(work, [1], 2)
    assert stopped == [True]


def test_the_first_error_stops_the_others() -> None:
    stopped = []

    def work(item: int, stop: Event) -> None:
        if item:
            raise ValueError(item)
        stopped.append(stop.wait(10))

    with pytest.raises(ValueError, match="1"):
        side_by_side(work, [0, 1], 2)
    assert stopped == [True]


def test_results_come_in_the_order_of_the_items() -> None:
    assert side_by_side(lambda item, stop: -item, [3, 1, 2], 2) == [-3, -1, -2]
