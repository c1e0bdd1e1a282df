"""What every match of a pattern holds, read off its parse tree: the proof that a look for words leaves nothing out.

A match, in lower case, is one of the texts that are followed here, once each `ANY` in it is replaced by some text. A
word that is whole between two `ANY` of a text stands in every such match.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import product
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

ANY = "\0"
MOST = 4_000  # texts of one part; a part with more says less
FEW = 4  # characters of a class that are told apart

Words = tuple[str, ...]


def without(source: str, words: Iterable[str], flags: int = 0) -> list[str]:
    """Texts of a pattern in which none of these words stands, shortest first; none at all is a proof.

    Case never counts, which only makes a proof harder.
    """
    known = tuple(words)
    return sorted(_of(_parser.parse(source, flags), known), key=len)


def _of(items: Any, words: Words) -> set[str]:
    found = {""}
    for operation, argument in items:
        part = _one(operation, argument, words)
        if len(found) * len(part) > MOST:
            found, part = _merged(found), part if len(part) <= MOST // 4 else _merged(part)
        joined = {re.sub(f"{ANY}+", ANY, before + after) for before, after in product(found, part)}
        found = {text for text in joined if not any(word in text for word in words)}
    return found


def _merged(texts: set[str]) -> set[str]:
    """Fewer texts that say less: only the longest literal of each is kept."""
    return {f"{ANY}{max(text.split(ANY), key=len)}{ANY}" for text in texts}


def _one(operation: Any, argument: Any, words: Words) -> set[str]:
    if operation is op.LITERAL:
        return {_folded(argument)}
    if operation is op.IN:
        return _of_class(argument)
    if operation is op.BRANCH:
        return set().union(*(_of(branch, words) for branch in argument[1]))
    if operation is op.SUBPATTERN:
        return _of(argument[3], words)
    if operation is op.ATOMIC_GROUP:
        return _of(argument, words)
    if operation in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        least, most, repeated = argument
        return _repeated(least, most, repeated, words)
    if operation in (op.AT, op.ASSERT, op.ASSERT_NOT):
        return {""}
    return {ANY}


def _folded(code: int) -> str:
    return {"\u0130": "i", "\u0131": "i", "\u017f": "s"}.get(chr(code), chr(code).lower())


def _of_class(items: Sequence[Any]) -> set[str]:
    if any(kind is not op.LITERAL for kind, _ in items):
        return {ANY}
    marks = {_folded(code) for _, code in items}
    return marks if len(marks) <= FEW else {ANY}


def _repeated(least: int, most: Any, items: Any, words: Words) -> set[str]:
    part = _of(items, words)
    if (least, most) == (1, 1):
        return part
    more = set() if most == 1 else {f"{text}{ANY}" for text in part}
    return more | (part if least < 2 else set()) | ({""} if least == 0 else set())


def beginnings(source: str, flags: int = 0) -> set[str]:
    """With what the alternatives of a pattern begin: `\\b` and what follows it, `^`, or a literal."""
    return _beginnings(list(_parser.parse(source, flags)))


def _beginnings(items: list[Any]) -> set[str]:
    operation, argument = items[0]
    if operation is op.BRANCH:
        return set().union(*(_beginnings([*branch, *items[1:]]) for branch in argument[1]))
    if operation is op.SUBPATTERN:
        return _beginnings([*argument[3], *items[1:]])
    if operation is op.LITERAL:
        return {chr(argument)}
    if operation is op.IN:
        return {chr(each) for kind, each in argument if kind is op.LITERAL} or {ANY}
    if operation is op.AT:
        return {"^"} if argument is op.AT_BEGINNING else {"\\b" + begin for begin in _beginnings(items[1:])}
    return {ANY}
