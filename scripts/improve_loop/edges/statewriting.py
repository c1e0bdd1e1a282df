"""Changing the state on the forge: read, change, write exactly what was read; a lost race is tried again."""

from __future__ import annotations

from collections.abc import Callable

from improve_loop.edges import statefile
from improve_loop.edges.forge.contract import ForgeReader, ForgeWriter, StateConflict
from improve_loop.model.forge import STATE_BRANCH, STATE_PATH
from improve_loop.model.state import State

TRIES = 5


def update(read: ForgeReader, write: ForgeWriter, change: Callable[[State], State], message: str) -> State:
    """The state after `change`, which is applied again to what another run wrote meanwhile. Raises StateConflict."""
    for attempt in range(1, TRIES + 1):
        file = read.read_state()
        state = change(statefile.load(file.text, f"{STATE_BRANCH}:{STATE_PATH}"))
        text = statefile.dump(state)
        if text == file.text:
            return state
        try:
            write.write_state(text, file.revision, message)
        except StateConflict:
            if attempt == TRIES:
                raise
        else:
            return state
    raise AssertionError("unreachable: the last attempt returns or raises")
