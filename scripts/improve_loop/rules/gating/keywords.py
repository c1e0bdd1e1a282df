"""Which lines hold which keywords. All looks at the same texts go through each of them together, once (Aho-Corasick)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cached_property
from typing import Any, Literal

from improve_loop.model.delta import FileDelta
from improve_loop.model.lines import CUT, Lines, holds_one, lowered

__all__ = ["CUT", "Keywords", "lowered"]

Reads = Literal["added", "added script", "removed script", "odd", "bare", "commands"]
# What a look is taken at; looks at the same share a pass. What only scripts and settings are asked is a pass of its own.

_TOGETHER: dict[Reads, list[Keywords]] = {}
_AUTOMATA: dict[tuple[Reads, int], Any] = {}


class Keywords:
    """Words (lower-case), each row of them leading to its number. A module makes its own where it is imported."""

    def __init__(self, rows: Iterable[Sequence[str]], reads: Reads) -> None:
        self._rows, self._reads = rows, reads
        _TOGETHER.setdefault(reads, []).append(self)

    @cached_property
    def leads(self) -> Mapping[str, tuple[int, ...]]:
        """Each word and the numbers of the rows that name it."""
        leads: dict[str, tuple[int, ...]] = {}
        for number, words in enumerate(self._rows):
            for word in words:
                leads[word] = (*leads.get(word, ()), number)
        return leads

    def lines(self, lines: Lines) -> Mapping[int, Set[int]]:
        """Index of each line that holds words, to the numbers of their rows; lines ascend."""
        if self not in lines.found:
            _go_through(lines, self._reads)
        found: Mapping[int, Set[int]] = lines.found[self]
        return found

    def near(self, file: FileDelta, *, everywhere: bool = False) -> list[int]:
        """Indexes of the lines of a file near added ones, and of these, that hold words, sorted; or of all its lines."""
        if everywhere:
            return list(self.lines(file.new_lines))
        indexes, around = file.around_added
        held = {file.added[index].number - 1 for index in self.lines(file.added_lines)}
        return sorted(held.union(indexes[index] for index in self.lines(around)))

    def targets(self, text: str) -> set[int]:
        """The numbers of the rows whose words one line holds."""
        return {target for _, targets in self._alone.iter(lowered(text[:CUT])) for target in targets}

    @cached_property
    def _alone(self) -> Any:
        return _automaton(self.leads)


class Spelled:
    """A few words that are looked for on added lines as they are spelled, in the pass of all."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words
        self._keywords = Keywords([[word.lower() for word in words]], "added")

    def lines(self, lines: Lines) -> list[int]:
        """The lines that hold one, sorted."""
        return [index for index in self._keywords.lines(lines) if holds_one(lines.texts[index], self.words)]


def look_at(texts: Iterable[Lines]) -> None:
    """Go through added lines now, for all that will ask."""
    for lines in texts:
        _go_through(lines, "added")


def _go_through(lines: Lines, reads: Reads) -> None:
    """Keep with the lines what every look finds that is taken at them."""
    looks = _TOGETHER[reads]
    if (reads, len(looks)) not in _AUTOMATA:
        _AUTOMATA[reads, len(looks)] = _automaton(_all_leads(looks))
    found: list[dict[int, frozenset[int]]] = [{} for _ in looks]
    starts, line, stop = lines.starts, 0, -1
    for end, leads in _AUTOMATA[reads, len(looks)].iter(lines.lowered):
        if end >= stop:
            line = bisect_right(starts, end) - 1
            stop = starts[line + 1]
        for look, targets in leads:
            here = found[look]
            before = here.get(line)
            here[line] = before | targets if before else targets
    lines.found.update(zip(looks, found, strict=True))


def _all_leads(looks: Sequence[Keywords]) -> dict[str, tuple[tuple[int, frozenset[int]], ...]]:
    """Each word to the places in `looks` of those that look for it, and where it leads there."""
    leads: dict[str, tuple[tuple[int, frozenset[int]], ...]] = {}
    for number, look in enumerate(looks):
        for word, targets in look.leads.items():
            leads[word] = (*leads.get(word, ()), (number, frozenset(targets)))
    return leads


def _automaton(leads: Mapping[str, object]) -> Any:
    from ahocorasick import Automaton

    automaton: Any = Automaton()
    for word, lead in leads.items():
        automaton.add_word(word, lead)
    automaton.make_automaton()
    return automaton
