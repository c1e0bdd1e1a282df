"""Which lines may hold a provider's token: a run of its characters that is long enough, and its literal in that run.

Runs of fifteen characters are frequent in code, so the few formats that may be that short are looked for by their literal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from improve_loop.model.lines import Lines
from improve_loop.rules.gating.keywords import Keywords
from improve_loop.rules.gating.runs import runs, table
from improve_loop.rules.gating.secrets.tokens import ALPHABETS, TOKENS

SHORT = 25  # characters: tokens that may be shorter all have a literal that is rare
LONG = 40  # characters: tokens that have no literal to speak of are all longer

_SHORT_ONES = Keywords(([token.keyword] if token.least < SHORT else [] for token in TOKENS), "added")


def token_lines(lines: Lines) -> dict[int, set[int]]:
    """Index of each line that may hold tokens, to the indexes of their formats."""
    spans = list(runs(lines.ascii, _marks(), SHORT))
    found = {index: set(targets) for index, targets in _SHORT_ONES.lines(lines).items()}
    for long in (False, True):
        some = [span for span in spans if (span[1] - span[0] >= LONG) is long]
        for start, targets in _hits(lines.whole, some, _literals(long)) if some else ():
            found.setdefault(lines.index(start), set()).update(targets)
    return found


def _hits(text: str, spans: list[tuple[int, int]], literals: Any) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Where a run starts that holds a literal and is long enough for it, and the indexes of its formats."""
    joined = Lines(text[start:end] for start, end in spans)
    for place, (shortest, targets) in literals.iter(joined.whole):
        start, end = spans[joined.index(place)]
        if end - start >= shortest:
            yield start, targets


def targets_of(line: str) -> set[int]:
    """The indexes of the formats that one line may hold."""
    if len(line) < _shortest():
        return set()
    hits = _literals(len(line) >= LONG).iter(line)
    return {target for _, (shortest, targets) in hits if len(line) >= shortest for target in targets}


@cache
def _shortest() -> int:
    """The length of the shortest token."""
    return min(token.least for token in TOKENS)


@cache
def _marks() -> bytes:
    """The characters that tokens are made of, as a `table`."""
    spelled = re.compile("|".join(f"[{alphabet}]" for alphabet in ALPHABETS.values()))
    alphabet = spelled.findall("".join(map(chr, range(128))))
    literals = {mark for token in TOKENS for mark in token.literals}
    return table("".join({*alphabet, *literals}))


@cache
def _literals(long: bool) -> Any:
    """The literals of the tokens that fit in a short run, or of all; each with its shortest token and their indexes."""
    from ahocorasick import Automaton

    leads: dict[str, tuple[int, tuple[int, ...]]] = {}
    for index, token in enumerate(TOKENS):
        if long or token.least < LONG:
            shortest, targets = leads.get(token.literal, (token.least, ()))
            leads[token.literal] = (min(shortest, token.least), (*targets, index))
    automaton: Any = Automaton()
    for literal, lead in leads.items():
        automaton.add_word(literal, lead)
    automaton.make_automaton()
    return automaton
