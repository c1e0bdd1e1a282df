"""The garbage collector, out of the way while much is read that holds no cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """What is read holds no cycles: a collector that walks a growing million of values only takes time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # what was read is not walked again either; reference counts still free it
        if was:
            gc.enable()
