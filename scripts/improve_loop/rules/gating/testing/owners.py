"""Which methods of Python stand in a class that a runner looks into; worked out once for all lines of a file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from improve_loop.rules.gating.lazy import lazy

_CLASS_OF_TESTS = lazy(r"\s*class\s+(?:Test\w*|\w+\s*\([^)]*Test)")
DEF = lazy(r"^\s*(?:async\s+)?def\s+\w+")
_CONSTRUCTOR = lazy(r"\s+def\s+__init__\(")


class Owners:
    """The functions and classes of a file, by their lines."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self._collected: dict[int, bool] = {}  # by the line of a class

    def are_collected(self, at: int) -> bool:
        """Whether pytest or unittest looks into what a line stands in: no function, and a class of tests if any."""
        above = self._above[at]
        if above < 0:
            return True
        if above not in self._collected:
            line = self.lines[above]
            tests = not DEF.match(line) and bool(_CLASS_OF_TESTS.match(line))
            self._collected[above] = tests and not self._has_constructor(above)
        return self._collected[above]

    @cached_property
    def _indents(self) -> list[int]:
        """The column of each line; of an empty one none that anything stands left of."""
        return [_indent(line) if line.strip() else -1 for line in self.lines]

    @cached_property
    def _above(self) -> list[int]:
        """For each line the nearest `def` or `class` above that stands further left; -1 for none."""
        found: list[int] = []
        open_: list[int] = []  # their lines, each further right than the one before
        for at, (line, indent) in enumerate(zip(self.lines, self._indents, strict=True)):
            found.append(next((above for above in reversed(open_) if self._indents[above] < indent), -1))
            if indent >= 0 and (DEF.match(line) or line.lstrip().startswith("class ")):
                while open_ and self._indents[open_[-1]] >= indent:
                    open_.pop()
                open_.append(at)
        return found

    def _has_constructor(self, at: int) -> bool:
        """Whether a class that is no unittest case has `__init__`, for which pytest leaves it out."""
        if "(" in self.lines[at]:
            return False
        for below in range(at + 1, len(self.lines)):
            if 0 <= self._indents[below] <= self._indents[at]:
                return False
            if _CONSTRUCTOR.match(self.lines[below]):
                return True
        return False


_LAST = [Owners(())]


def owners_of(lines: Sequence[str]) -> Owners:
    """The owners of these very lines, kept until others are asked for."""
    if _LAST[0].lines is not lines:
        _LAST[0] = Owners(lines)
    return _LAST[0]


def _indent(line: str) -> int:
    wide = line.expandtabs(4)
    return len(wide) - len(wide.lstrip())
