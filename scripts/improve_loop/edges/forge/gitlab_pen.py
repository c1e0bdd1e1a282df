"""The one way to change anything by the API: a change whose reply was lost is looked for before it is repeated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from improve_loop.edges.forge.gitlab_session import WAITS, Lost, Reply, Session, may_repeat
from improve_loop.errors import TryLater

T = TypeVar("T")


class WritingSession(Session):
    """A session that may also write. Made by `gitlab_write` alone."""

    def write(self, verb: str, path: str, data: Mapping[str, Any], done: Callable[[], T | None]) -> T | Any:
        """One change. When the reply is lost, `done` looks whether it was carried out before it is tried again.

        `done` gives what the reply would have given, or None. Raises Reply for a refusal.
        """
        for wait in WAITS:
            try:
                return self.once(verb, path, {}, data)
            except Reply as reply:
                if not may_repeat(reply):
                    raise
                self.wait(reply.retry_after or wait, reply)
                found = done() if isinstance(reply, Lost) else None
                if found is not None:
                    return found
                last = reply
        raise TryLater(f"{last}; tried {len(WAITS)} times, try again later")
