"""What fresh eyes said of each recipe's merge requests: read, would be merged unchanged, and what was wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Findings read as a maintainer would."""

    read: int
    merged: int
    where: str
    doubts: str = ""


READINGS: dict[str, Reading] = {}
