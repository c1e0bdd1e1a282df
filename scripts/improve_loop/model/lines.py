"""Lines of text that are also one text: C code goes through all of it at once, and a place leads back to its line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any

CUT = 10_000  # characters of a line that are looked at; longer lines are refused by `kinds/long-line`


_AND_NEWLINE = (1).__add__
_ODD_SPACE = bytes(0 if byte in b"\0\r\x0b\x0c\x1c\x1d\x1e\x1f" else 1 for byte in range(256))


class Lines:
    """Lines without their newlines, each cut after `CUT` characters."""

    def __init__(self, texts: Iterable[str]) -> None:
        whole = list(texts)
        self.longest = max(map(len, whole), default=0)  # characters, before it is cut
        self.texts: Sequence[str] = [text[:CUT] for text in whole] if self.longest > CUT else whole
        self.found: dict[Any, Any] = {}  # by who looked for something: what it found, kept for the next that asks

    @cached_property
    def whole(self) -> str:
        """All lines, with newlines between them."""
        return "\n".join(self.texts)

    @cached_property
    def lowered(self) -> str:
        """`whole` in lower case, every character at its own place."""
        return lowered(self.whole)

    @cached_property
    def ascii(self) -> bytes:
        """`whole` with one byte a character, every character at its own place: `?` for what is not ASCII."""
        return self.whole.encode("ascii", "replace")

    @cached_property
    def is_plain(self) -> bool:
        """Whether all is ASCII without other white space than blanks, tabs and newlines."""
        return self.whole.isascii() and b"\0" not in self.ascii.translate(_ODD_SPACE)

    @cached_property
    def starts(self) -> list[int]:
        """Where each line begins in `whole`, and where one more would."""
        return list(accumulate(map(_AND_NEWLINE, map(len, self.texts)), initial=0))

    def start(self, index: int) -> int:
        """Where a line begins in `whole`."""
        return self.starts[index]

    def index(self, place: int) -> int:
        """The line that a place of `whole` is in."""
        return bisect_right(self.starts, place) - 1

    def indexes(self, places: Iterable[int]) -> Iterator[int]:
        """The line of each place, once; places ascend."""
        starts, stop = self.starts, -1
        for place in places:
            if place >= stop:
                line = bisect_right(starts, place)
                stop = starts[line]
                yield line - 1

    def holding(self, words: Iterable[str]) -> list[int]:
        """The lines that hold one of a few words, spelled like that, sorted."""
        return sorted({index for word in words for index in self.indexes(_places(self.whole, word))})


def _places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def holds_one(text: str, words: Iterable[str]) -> bool:
    """Whether one of these words stands in a text: a loop of its own, since `any` takes twice as long for few words."""
    for word in words:  # noqa: SIM110
        if word in text:
            return True
    return False


def lowered(text: str) -> str:
    """Lower case, every character at its own place (only U+0130 becomes two); the long s is an s, as `re.I` has it."""
    return (text if text.isascii() else text.replace("\u0130", "I").replace("\u017f", "s")).lower()
