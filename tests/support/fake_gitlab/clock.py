"""A clock that moves only when it is told to, or by a fixed step with each request."""

from __future__ import annotations

from datetime import UTC, datetime

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC).timestamp()


class Clock:
    """Seconds since the epoch, virtual."""

    def __init__(self, start: float = START, tick: float = 0.0) -> None:
        self.now = start
        self.tick = tick

    def advance(self, seconds: float) -> None:
        self.now += seconds

    def iso(self, at: float | None = None) -> str:
        """GitLab's way to write a time: milliseconds and Z."""
        moment = datetime.fromtimestamp(self.now if at is None else at, UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
