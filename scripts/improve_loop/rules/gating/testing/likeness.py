"""How much two cases, assertions or lines are alike, and which names they speak of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.testing.asserts import Assertion
from improve_loop.rules.gating.testing.cases import Case, squeezed
from improve_loop.rules.gating.testing.places import is_about_tests, is_collected

_DEFINED = lazy(
    r"^\s*(?:export\s+)?(?:default\s+)?(?:(?:public|private|protected|static|async|abstract|final|pub(?:\([^)]*\))?|unsafe)\s+)*(?:def|class|func|fn|function|struct|interface|type|enum|trait|module|object|record)\s+(?:\([^)]*\)\s*)?([A-Za-z_]\w{2,})"
    r"|^(?:export\s+)?(?:const|let|var)\s+([A-Za-z_]\w{2,})|^\s*(?:(?:public|private|protected|internal|static|final|abstract|override|virtual|async|default|synchronized)\s+){1,4}[\w<>\[\],.?]{1,80}\s+([A-Za-z_]\w{7,})\s*\("
    r"|^\s+(?:get\s+|set\s+)?(?!if\b|for\b|while\b|switch\b|catch\b|function\b|with\b|else\b|return\b)([a-z]\w{3,})\s*\([^()\n]{0,200}\)\s*(?::\s*[\w<>\[\]|. ]{1,80})?\s*\{\s*$"
)
COMPOUND = lazy(r"\b_{0,2}(?=\w{8})(?:[a-z]+(?:_[a-z0-9]+)+|[a-zA-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+)\b")
LOOKS = lazy(
    r"isinstance\(|IsInstance\(|instanceof|NotNil\(|NotNull\(|toBeDefined|toBeInstanceOf|NotEmpty\(|(?:Remove|Close|Cleanup|unlink)\w*\("
)
WORDS_SAID = lazy(r"(?:===?|!==?|case)\s*[\"'](\w{4,40})[\"']")  # values that code compares with
PLAIN = frozenset(
    "assert assertEqual assertEquals assertTrue assertFalse assertThat expect toBe toEqual toStrictEqual true false True False None"
    " null require Equal NoError report Errorf Fatalf equal assert_eq self that this isEqualTo is_expected result error message exception described_class subject thrown caught t s".split()
)


def asserted(case: Case) -> frozenset[str]:
    """The names in what a case asserts."""
    words = (word for item in case.asserts if item.strength for word in re.findall(r"[A-Za-z_]\w{3,}", item.text))
    return frozenset(words) - PLAIN


def name_words(name: str) -> frozenset[str]:
    """The words of a case's name."""
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)
    return frozenset(part.lower() for part in parts) - {"test", "tests", "it", "should", "the", "a"}


def likeness(old: Assertion, new: Assertion) -> float:
    """Which share of the words of one assertion another has."""
    words = set(re.findall(r"\w+", old.text))
    return len(words & set(re.findall(r"\w+", new.text))) / max(1, len(words))


def alike(old: Case, new: Case) -> float:
    """Which share of the lines of a case another has."""
    if not old.body:
        return 1.0 if not new.body else 0.0
    return len(old.body & new.body) / len(old.body)


def defined(lines: Iterator[str]) -> Iterator[str]:
    """The names that lines define."""
    for line in lines:
        if match := _DEFINED.match(line[:500]):
            yield match[1] or match[2] or match[3] or match[4]


class SameLines:
    """The removed lines of a file, squeezed when first asked: what comes back with other white space was not added."""

    def __init__(self, file: FileDelta) -> None:
        self._file = file

    @cached_property
    def _squeezed(self) -> frozenset[str]:
        return frozenset(squeezed(line.text) for line in self._file.removed)

    def __contains__(self, text: object) -> bool:
        return text in self._squeezed


def minus(items: Sequence[Assertion], taken: Counter[str]) -> list[Assertion]:
    """The assertions that are left once as many of the same text are taken away."""
    left = []
    for item in items:
        if taken[item.text] > 0:
            taken[item.text] -= 1
        else:
            left.append(item)
    return left


def outside(files: Sequence[FileDelta]) -> int:
    """What helpers around the tests assert more than before, by added and removed lines outside of cases."""
    total = 0
    for file in files:
        if is_about_tests(file.path) and not is_collected(file.path):
            total += sum("assert" in line.text for line in file.added) - sum(
                "assert" in line.text for line in file.removed
            )
    return 2 * total
