"""Which lines hold which keywords: one pass over all text, whatever the number of keywords (Aho-Corasick)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

CUT = 10_000  # characters of a line that are looked at; longer lines are refused by `kinds/long-line`


class Keywords:
    """Keywords (lower-case) and what each of them leads to."""

    def __init__(self, leads: Mapping[str, tuple[int, ...]]) -> None:
        from ahocorasick import Automaton

        self._automaton: Any = Automaton()
        for keyword, targets in leads.items():
            self._automaton.add_word(keyword, targets)
        self._automaton.make_automaton()

    def lines(self, texts: Sequence[str]) -> dict[int, set[int]]:
        """Index of each line that holds keywords, to what they lead to."""
        cut = [text if len(text) <= CUT else text[:CUT] for text in texts]
        starts = list(accumulate((len(text) + 1 for text in cut), initial=0))
        found: dict[int, set[int]] = {}
        line, stop = -1, -1
        for end, targets in self._automaton.iter(lowered("\n".join(cut))):
            if end >= stop:
                line = bisect_right(starts, end) - 1
                stop = starts[line + 1]
            if line in found:
                found[line].update(targets)
            else:
                found[line] = set(targets)
        return found


def leads_of(keywords: Iterable[Sequence[str]]) -> dict[str, tuple[int, ...]]:
    """Keyword to the indexes of those that name it."""
    leads: dict[str, tuple[int, ...]] = {}
    for index, words in enumerate(keywords):
        for word in words:
            leads[word] = (*leads.get(word, ()), index)
    return leads


def lowered(text: str) -> str:
    """Lower case, every character at its own place (only U+0130 becomes two)."""
    return (text if text.isascii() else text.replace("\u0130", "I")).lower()
