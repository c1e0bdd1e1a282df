"""Assertions that compare a thing with itself, whatever brackets it holds: their arguments are read, not matched."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.rules.gating.lazy import lazy

_CALL = lazy(
    r"(?:(?:\b[aA]ssert\w*|\b(?:EXPECT|ASSERT|REQUIRE|CHECK)_\w*|\b\w*(?:[eE]qual|[sS]ame|Diff)\w*)!?)\(|\bexpect\(|\bassertThat\(|\bassert\s"
)
_COMPARES = lazy(r"(?i)eq|same|diff|is\b|be\b|assert!?\($|assert_?$|match")
_NEVER = lazy(r"(?i)not|ne\b|_ne!|unequal|differ|hash")
_CHAINED = lazy(
    r"\.(?:resolves\.|rejects\.)?(?:to(?:Be|Equal|StrictEqual|MatchObject)|to(?:\.be)?\.(?:deep\.)?(?:equal|eql)|isEqualTo|isSameAs|isEqualByComparingTo)\($|\.to\s+(?:eq|eql|be)[\s(]$"
)
_OPENS, _CLOSES = frozenset("([{"), frozenset(")]}")
MAX_TEXT = 1_000  # characters of one assertion that are read


def compares_itself(line: str) -> bool:
    """Whether an assertion wants that something equals itself."""
    text = line[:MAX_TEXT]
    for match in _CALL.finditer(text):
        if match[0].endswith("("):
            inner, end = _inside(text, match.end())
            parts = [part for part in inner if part not in ("t", "self", "this")]
            if _NEVER.search(match[0]):
                return False
            if len(parts) >= 2 and parts[0] == parts[1] and _says_something(parts[0]) and _COMPARES.search(match[0]):
                return True
            if len(parts) == 1 and _is_of_both(parts[0]):
                return True
            if len(parts) == 1 and _is_same_chain(text, end, parts[0]):
                return True
        elif _is_of_both(_squeezed(text[match.end() :].partition(" #")[0])):
            return True
    return False


def _is_same_chain(text: str, end: int, wanted: str) -> bool:
    """Whether what follows a call asks for the same as stood in it: `expect(x).toBe(x)`."""
    opens = text.find("(", end)
    if opens < 0 or not _CHAINED.search(text[end : opens + 1]):
        return False
    return _inside(text, opens + 1)[0][:1] == [wanted] and _says_something(wanted)


def _is_of_both(text: str) -> bool:
    """Whether a condition is `x == x`."""
    sides = re.split(r"===?", text)
    return len(sides) == 2 and sides[0] == sides[1] and _says_something(sides[0])


def _says_something(text: str) -> bool:
    return bool(re.search(r"[A-Za-z_]\w*", text)) and len(text) < 300


def _inside(text: str, at: int) -> tuple[list[str], int]:
    """The arguments of a call whose bracket opens before `at`, without blanks, and where it ends."""
    parts: list[str] = []
    depth, begun, quote = 0, at, ""
    for index in _marks(text, at):
        mark = text[index]
        if quote:
            quote = "" if mark == quote and text[index - 1] != "\\" else quote
        elif mark in "\"'`":
            quote = mark
        elif mark in _OPENS:
            depth += 1
        elif mark in _CLOSES and depth:
            depth -= 1
        elif mark in _CLOSES:
            return [*parts, _squeezed(text[begun:index])], index + 1
        elif mark == "," and not depth:
            parts.append(_squeezed(text[begun:index]))
            begun = index + 1
    return [*parts, _squeezed(text[begun:])], len(text)


def _marks(text: str, at: int) -> Iterator[int]:
    return (match.start() for match in re.finditer(r"[\"'`,()\[\]{}]", text) if match.start() >= at)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text).rstrip(";")
