"""Hundreds of seeded bad days of the GitLab forge, each against the good one: `python -m bench faults`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.support.fault_matrix import Outcome, day

SEEDS = int(os.environ.get("FAULT_SEEDS", "320"))


def main() -> None:
    """Plays each seed and prints how the days ended."""
    with tempfile.TemporaryDirectory() as folder:
        good = day(Path(folder) / "good", None).end
        days = [day(Path(folder) / str(seed), seed) for seed in range(SEEDS)]
    bad = [each for each in days if each.end != good or each.lost_unread or each.theirs_gone]
    print(f"{SEEDS} seeded days, {sum(each.fired for each in days)} faults met; {_stops(days)} clean stops with 75")
    print(f"days whose own pair of fault and write was not met: {[each.name for each in days if not each.met]}")
    print(f"ended unlike the good day, wrote again unread, or took away what others wrote: {len(bad)}")
    for each in bad:
        print(f"  {each.name}: {each.lost_unread or each.theirs_gone or each.end}")
    if bad:
        raise SystemExit(1)


def _stops(days: list[Outcome]) -> int:
    return sum(each.stops for each in days)
