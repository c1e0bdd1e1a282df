"""Assertions written anew: several become one that compares the same values, or rows of one loop; by what they speak of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.testing.asserts import Assertion
from improve_loop.rules.gating.testing.cases import Case
from improve_loop.rules.gating.testing.likeness import PLAIN

_STRING = lazy(r"\"((?:[^\"\\]|\\.){0,300})\"|'((?:[^'\\]|\\.){0,300})'|`([^`]{0,300})`")
_HOLDS = lazy(r"[cC]ontain|[iI]nclude|\bin\b|assertIn\b|[sS]tarts_?[wW]ith|[eE]nds_?[wW]ith")
_WITH = lazy(r"^(?:async)?with|:$")
_NUMBER = lazy(r"(?<![\w.])\d[\d_]*(?:\.\d+)?")
_INDEX = lazy(r"(?<=[\w\])])\[-?\d+\]")
_NAME = lazy(r"[A-Za-z_]\w*")
_VOCABULARY = lazy(
    r"(?i)(?:assert|refute|expect|should|verify|check|require|must)\w*$|(?:to|is|be|have|has|not|called|raise|raises|throw|throws)(?:_\w+)?$|(?:to|is|has|be|eq)[A-Z]\w*$"
)
_EITHER = lazy(r"\bor\b|\|\||\bany\(|\bsome\(|\.any\b|\.some\(|anyOf|any_of|\bif\b|\bunless\b|\bin\b")
_LOOPS = lazy(r"^for(?:\(|[\w,()]+(?:in|:=range|of))|^foreach\(|\.(?:each|forEach|each_with_index|each_pair)\b")
_SIZE = lazy(r"\blen\(|\.length\b|\.size\b|\.count\b|\bLen\(|Object\.keys|\bcount\(|HaveLength|hasSize|HaveCount")
_ONCE = lazy(r"Once(?:With)?\(|once_with\(")
_OF_SIZE = frozenset(("Object", "keys", "len", "length", "size", "count"))
_HELPER = lazy(
    r"^(?:self\.|this\.)?((?:assert|check|verify|expect)_?(?!True|true|False|false|That|that|Is|is|Not|not)\w+)\("
)
_SET = lazy(r"(?:let|const|var|val)?(?:mut)?\(?([A-Za-z_]\w*+(?:,[A-Za-z_]\w*+){0,5},?)\)?:?=(?![=>])(.{1,300})$")
_EMPTY = lazy(r"(?P<what>[\w.()\[\]\"']{1,80}) == (?:\[\]|\{\}|\(\)|\"\"|'')$")
_ONLY_LOOKS = lazy(
    r"NotNull\b|NotNil\b|is not None|refute_nil|toBeDefined|isNotNull|not_to be_nil|IsInstance|isinstance"
)
MIN_CORE = 12  # characters of an assertion that may stand within another one
SHARE = 0.5  # of the names of a lost assertion that one elsewhere must have beside all of its values


class Said(NamedTuple):
    """What an assertion speaks of: the values it compares with, and names."""

    values: frozenset[str]
    names: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        """Values and names."""
        return self.values | self.names


def said(text: str) -> Said:
    """The values and the names of a text, without the words of assertions."""
    text = _INDEX.sub(" ", text[:2_000])
    strings = ["".join(next(filter(None, found), "").replace("\\", "").split()) for found in _STRING.findall(text)]
    rest = _STRING.sub(" ", text)
    names = {name.strip("_") for name in _NAME.findall(rest) if name not in PLAIN and not _VOCABULARY.match(name)}
    once = ("1",) if _ONCE.search(rest) else ()
    return Said(frozenset((*strings, *once, *_NUMBER.findall(rest))), frozenset(names))


def is_look(text: str) -> bool:
    """Whether an assertion only looks whether something is there."""
    return bool(_ONLY_LOOKS.search(text))


def left_over(gone: Sequence[Assertion], old: Case, new: Case, before: str) -> tuple[list[Assertion], int]:
    """The lost assertions that no new one of the same case compares again, and how strong those are that do.

    `before` is the whole file as it was: what it called to assert something counts as comparing.
    """
    known = {item.text for item in old.asserts}
    come = [
        item._replace(strength=2) if _is_helper_of(before, item) else item
        for item in new.asserts
        if item.text not in known and item.strength and not _EITHER.search(item.said) and not reports_less(item, gone)
    ]
    table = _table(old, new)
    left, used = [], set()
    for item in gone:
        by = next((other for other in come if _is_in(item, other, old, new, table)), None)
        if by is None:
            left.append(item)
        else:
            used.add(by)
    return left, sum(item.strength for item in used)


def reports_less(item: Assertion, gone: Sequence[Assertion]) -> bool:
    """Whether Go reports what it reported before only where something else holds too."""
    return any(item.text.startswith(old.text.partition("→")[0] + "&&") for old in gone if "→" in old.text)


def _is_helper_of(before: str, item: Assertion) -> bool:
    """Whether an assertion calls a function of the project's own that the tests called before."""
    match = _HELPER.match(item.said)
    return item.strength == 1 and match is not None and f"{match[1]}(" in before


def _is_in(lost: Assertion, other: Assertion, old: Case, new: Case, table: frozenset[str]) -> bool:
    """Whether a new assertion fails wherever the lost one did, as far as its words tell."""
    empty = _EMPTY.search(lost.said)
    if empty and re.search(rf"\bnot {re.escape(empty['what'])}$", other.said):
        return True
    if other.strength < min(lost.strength, 2):
        return False
    core = _WITH.sub("", lost.text)
    if len(core) > MIN_CORE and core in other.text:
        return True
    wanted, has = said(lost.said), said(other.said)
    bound = _unbound(wanted, old, new)
    helper = _HELPER.match(other.said)
    called = frozenset(helper[1].split("_")) if helper else frozenset[str]()
    if wanted.values and (wanted.all <= has.all | called or bound.all <= has.all):
        return True
    if table and wanted.values and wanted.names & has.names and wanted.all <= has.all | table:
        return True
    return _compares_whole(lost, wanted, other, has)


def _compares_whole(lost: Assertion, wanted: Said, other: Assertion, has: Said) -> bool:
    """Whether the other compares all of what the lost one looked into: its fields, its size, whether it is there."""
    if other.strength < 2:
        return False
    if _ONLY_LOOKS.search(lost.said) and wanted.names and wanted.all <= has.all:
        return True
    names = [name for name in _NAME.findall(_STRING.sub(" ", lost.said)) if name in wanted.names - _OF_SIZE]
    if not names or not re.search(rf"(?:^|[\s(,@\[]){names[0]}(?:[\s,)\]]|$)", other.said):
        return False
    if _ONLY_LOOKS.search(lost.said):
        return True
    if wanted.values and _HOLDS.search(lost.said) and not _HOLDS.search(other.said):
        return all(any(value in whole for whole in has.values) for value in wanted.values)
    return bool(wanted.values) and (wanted.values <= has.values or _SIZE.search(lost.said) is not None)


def _unbound(wanted: Said, old: Case, new: Case) -> Said:
    """The same with names that only the old case set replaced by what they were set to."""
    names, values = set(wanted.names), set(wanted.values)
    for line in old.body:
        match = _SET.match(line)
        given = set(match[1].split(",")) & wanted.names - new.words if match else set()
        if match and given:
            names -= given
            more = said(re.sub(r"\.(?:unwrap|expect)\(\)", "", match[2]))
            names, values = names | more.names, values | more.values
    return Said(frozenset(values), frozenset(names))


def _table(old: Case, new: Case) -> frozenset[str]:
    """What stands in the lines that a case with a loop, or with more rows, has newly."""
    lines = new.body - old.body
    if not any(_LOOPS.search(line) for line in lines) and new.rows <= old.rows:
        return frozenset()
    found = [said(line) for line in lines]
    return frozenset(word for each in found for word in each.all)


def carried(case: Case, fresh: Iterable[Case]) -> Case | None:
    """The new case whose assertions compare all the values of a case that is gone, with most of its names."""
    wanted = [(item, said(item.said)) for item in case.asserts if item.strength]
    if not any(item.strength > 1 and each.values for item, each in wanted):
        return None
    for other in fresh:
        has = [(item, said(item.said)) for item in other.asserts if not _EITHER.search(item.said)]
        if not other.skipped and all(any(_is_like(*one, *new) for new in has) for one in wanted):
            return other
    return None


def _is_like(lost: Assertion, wanted: Said, other: Assertion, has: Said) -> bool:
    names = {name.lower() for name in wanted.names}
    shared = len(names & {name.lower() for name in has.names})
    enough = shared >= SHARE * len(names) and (shared > 0 or bool(wanted.values))
    return (
        other.strength >= min(lost.strength, 2)
        and wanted.values <= has.values
        and (enough if wanted.values else shared == len(names) > 0)
    )
