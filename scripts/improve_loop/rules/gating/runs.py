"""Runs of characters of one kind, found in a whole text by C: one byte a character, a table of kinds, a search."""

from __future__ import annotations

from collections.abc import Iterator

_IN, _OUT = b"a", b"\n"


def table(marks: str) -> bytes:
    """The table that tells these ASCII characters from all others."""
    wanted = marks.encode("ascii")
    return bytes(_IN[0] if byte in wanted else _OUT[0] for byte in range(256))


def runs(text: bytes, marks: bytes, least: int) -> Iterator[tuple[int, int]]:
    """Start and end of every longest run of at least so many characters that a `table` marks, in order."""
    kinds = text.translate(marks)
    needle = _IN * least
    start = kinds.find(needle)
    while start >= 0:
        end = kinds.find(_OUT, start + least)
        end = len(kinds) if end < 0 else end
        yield start, end
        start = kinds.find(needle, end)
