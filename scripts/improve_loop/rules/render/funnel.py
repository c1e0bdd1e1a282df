"""The funnel as a picture: found, shortlisted, accepted, published, green."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from improve_loop.model.tend import Funnel

THINNEST = 0.05  # of the widest stage, so that a stage of one is still seen beside ten thousand
LOST = ("dropped", "not accepted", "not published", "not green yet")


@dataclass(frozen=True)
class Stage:
    """One stage, and the two outlines of it (in a box of 100 by 100) for a wide and for a narrow page."""

    name: str
    count: int
    lost: str
    across: str
    down: str


def stages(funnel: Funnel) -> list[Stage]:
    """The five stages; a stage ends as wide as the next one begins. Widths follow the square root of the count."""
    named = [
        ("found", funnel.found),
        ("shortlisted", funnel.shortlisted),
        ("accepted", funnel.accepted),
        ("published", funnel.published),
        ("green", funnel.green),
    ]
    most = max(count for _, count in named)
    widths = [50 * max(THINNEST, sqrt(count / most)) if count else 0.7 for _, count in named]
    return [
        Stage(
            name,
            count,
            _lost(count, named[index + 1][1], LOST[index]) if index < len(LOST) else "",
            _outline(widths[index], widths[min(index + 1, 4)], across=True),
            _outline(widths[index], widths[min(index + 1, 4)], across=False),
        )
        for index, (name, count) in enumerate(named)
    ]


def _lost(count: int, following: int, why: str) -> str:
    return f"{count - following:,} {why}" if count > following else ""


def _outline(start: float, end: float, *, across: bool) -> str:
    """A shape around the middle line, from half-width `start` to half-width `end`, as an SVG path."""

    def at(along: float, aside: float) -> str:
        x, y = (along, 50 + aside) if across else (50 + aside, along)
        return f"{x:.4g},{y:.4g}"

    return (
        f"M{at(0, -start)} C{at(50, -start)} {at(50, -end)} {at(100, -end)} "
        f"L{at(100, end)} C{at(50, end)} {at(50, start)} {at(0, start)} Z"
    )
