"""Time, as something that is handed in: tests hand in another."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def utc_now() -> str:
    """RFC 3339, UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, kw_only=True)
class Clock:
    """What time it is, how long something took (seconds), and how to wait."""

    now: Callable[[], str] = utc_now
    monotonic: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep
