"""What a gate says of a change. By itself, so that judging a patch imports little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class GateFinding:
    """Where a gate rule matched. Never the secret itself: at most its first and last two characters."""

    rule: str
    family: str
    path: str
    line: int | None
    reason: str
    advice: str
    severity: Literal["refuse", "warn"] = "refuse"
