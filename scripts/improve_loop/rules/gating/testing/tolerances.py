"""Tolerances of assertions made wider: of the argument that says how far off a value may be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from improve_loop.model.delta import FileDelta, Line
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.testing.places import is_about_tests

_NUMBER = r"(-?\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?)"
_TOLERANCE = lazy(
    rf"(?:assert_in_(?:delta|epsilon)|InDelta\w*|InEpsilon\w*|EqualsWithDelta|_NEAR|closeTo|close_to|approximately|assertEquals|IsEqual|AreEqual)\b[^\n]{{0,300}},\s*{_NUMBER}[fFdDmM]?\s*(?:,\s*[^,\n]{{0,200}})?\)?\s*;?\s*$"
    rf"|(?:accuracy:|within\(|be_within\(|offset\(|withPrecision\(|Percentage\(|margin\(|epsilon\(|tolerance[:=(]\s?|maxDiffPixel\w*\W{{1,3}}|BeApproximately\([^\n]{{0,80}},|plusOrMinus\s|plusMinus\s)\s*{_NUMBER}"
)
_ROUNDS = lazy(
    r"\bfor\s*\(?[^\n]{1,80}<=?\s*(\d[\d_]*)\s*;|\bin\s+range\((\d[\d_]*)\)|\b(\d[\d_]*)\.times\b|\brepeat\((\d[\d_]*)\)|@RepeatedTest\((?:value\s*=\s*)?(\d[\d_]*)|\bin\s+0\.\.=?(\d[\d_]*)\b"
)
_CHECKS = lazy(r"\b(?:assert\w*|expect\w*|should\w*|EXPECT_\w+|CHECK\w*|REQUIRE\w*)\W|\bt\.(?:Error|Fatal)")
_SKELETON = lazy(r"\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?")
_SAYS_FIRST = lazy(r"\w+\(\s*[\"']")  # JUnit 4: the message stands before both values
_THREE = lazy(r"assertEquals|IsEqual|AreEqual")
WIDER = 2.0  # times, from which on a tolerance, or fewer rounds, are told


def widened(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Line and text of each assertion whose tolerance is wider than on the line that it replaces."""
    if file.old is None or not (is_about_tests(file.path) or "playwright.config" in file.path):
        return
    before = [(match, line.text) for line in file.removed if (match := _read(line.text))]
    for line in file.added if before else ():
        match = _read(line.text)
        if match is None:
            continue
        for old, text in before:
            if _skeleton(text) == _skeleton(line.text) and match > old and match >= WIDER * old:
                yield line.number, line.text.strip()[:80]
                break


def cut_short(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Loops and repeats around what a test asserts that go round less often than before."""
    if file.old is None or not is_about_tests(file.path):
        return
    before = {_skeleton(line.text): found for line in file.removed if (found := _ROUNDS.search(line.text[:500]))}
    lines = file.new_text.split("\n") if before else []
    for line in file.added if before else ():
        match, old = _ROUNDS.search(line.text[:500]), before.get(_skeleton(line.text))
        below = "\n".join(_inside(lines, line))
        if match and old and _bound(match) * WIDER <= _bound(old) and (_CHECKS.search(below) or "@" in line.text):
            yield line.number, line.text.strip()[:80]


def _inside(lines: Sequence[str], line: Line) -> Iterator[str]:
    """The first lines that stand deeper than a loop, which are its own."""
    for below in lines[line.number : line.number + 5]:
        if below.strip() and len(below) - len(below.lstrip()) <= len(line.text) - len(line.text.lstrip()):
            return
        yield below


def _bound(match: re.Match[str]) -> int:
    return int(next(filter(None, match.groups())).replace("_", ""))


def _read(text: str) -> float | None:
    """The tolerance of a line; none where it has none, or three arguments of which the last is no small number."""
    match = _TOLERANCE.search(text[:1_000])
    if match is None:
        return None
    number = float((match[1] or match[2]).replace("_", ""))
    if _THREE.match(match[0]) and match[1] and (match[0].count(",") < 2 or _SAYS_FIRST.match(match[0])):
        return None
    return number


def _skeleton(text: str) -> str:
    return re.sub(r"\s+", "", _SKELETON.sub("0", text))
