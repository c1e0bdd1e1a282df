"""Which lines hold which keywords: one pass over all text, whatever the number of keywords (Aho-Corasick)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from improve_loop.model.lines import CUT, Lines, lowered

__all__ = ["CUT", "Keywords", "leads_of", "lowered"]


class Keywords:
    """Keywords (lower-case) and what each of them leads to."""

    def __init__(self, leads: Mapping[str, tuple[int, ...]]) -> None:
        from ahocorasick import Automaton

        self._automaton: Any = Automaton()
        for keyword, targets in leads.items():
            self._automaton.add_word(keyword, targets)
        self._automaton.make_automaton()

    def lines(self, texts: Sequence[str] | Lines) -> dict[int, set[int]]:
        """Index of each line that holds keywords, to what they lead to."""
        lines = texts if isinstance(texts, Lines) else Lines(texts)
        found: dict[int, set[int]] = {}
        here: set[int] = set()
        stop = -1
        for end, targets in self._automaton.iter(lines.lowered):
            if end >= stop:
                line = lines.index(end)
                stop = lines.start(line + 1)
                here = found[line] = set()
            here.update(targets)
        return found

    def targets(self, text: str) -> set[int]:
        """What the keywords of one line lead to."""
        return {target for _, targets in self._automaton.iter(lowered(text[:CUT])) for target in targets}


def leads_of(keywords: Iterable[Sequence[str]]) -> dict[str, tuple[int, ...]]:
    """Keyword to the indexes of those that name it."""
    leads: dict[str, tuple[int, ...]] = {}
    for index, words in enumerate(keywords):
        for word in words:
            leads[word] = (*leads.get(word, ()), index)
    return leads
