"""Long lists cut down to what a page can carry: grouped by rule, the first few of each group, and how many more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from improve_loop.model.tend import Timing

T = TypeVar("T")


@dataclass(frozen=True)
class Group(Generic[T]):
    """Everything of one rule, of which `shown` are on the page."""

    name: str
    count: int
    shown: tuple[T, ...]

    @property
    def hidden(self) -> int:
        """How many are not on the page."""
        return self.count - len(self.shown)


@dataclass(frozen=True)
class Grouped(Generic[T]):
    """All groups that are on the page, the largest first, and what is in those that are not."""

    groups: tuple[Group[T], ...]
    count: int
    hidden_groups: int
    hidden: int


def grouped(items: Sequence[T], name: Callable[[T], str], each: int, groups: int) -> Grouped[T]:
    """At most `each` items of at most `groups` groups; groups by size, then name; items in their own order."""
    by_name: dict[str, list[T]] = {}
    for item in items:
        by_name.setdefault(name(item), []).append(item)
    ordered = sorted(by_name.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    kept = tuple(Group(key, len(found), tuple(found[:each])) for key, found in ordered[:groups])
    rest = ordered[groups:]
    return Grouped(kept, len(items), len(rest), sum(len(found) for _, found in rest))


@dataclass(frozen=True)
class PhaseRow:
    """All jobs of one phase together."""

    phase: str
    jobs: int
    seconds: float
    usd: float
    exit_code: int  # the worst
    summaries: tuple[str, ...]


def phase_rows(timings: Sequence[Timing]) -> list[PhaseRow]:
    """One row a phase, in the order in which they first ran."""
    by_phase: dict[str, list[Timing]] = {}
    for timing in timings:
        by_phase.setdefault(timing.phase, []).append(timing)
    return [
        PhaseRow(
            phase,
            len(found),
            sum(one.seconds for one in found),
            sum(one.usd for one in found),
            max((one.exit_code for one in found), key=_badness),
            tuple(one.summary for one in found if one.summary),
        )
        for phase, found in by_phase.items()
    ]


def _badness(code: int) -> tuple[int, int]:
    """0 is best; 5 (budget) and 75 (later) are less bad than a failure."""
    return (0 if code == 0 else 1 if code in (5, 75) else 2, code)
