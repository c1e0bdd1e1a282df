"""Tolerances of assertions made wider: of the argument that says how far off a value may be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.testing.places import is_about_tests

_NUMBER = r"(-?\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?)"
_TOLERANCE = lazy(
    rf"(?:assert_in_(?:delta|epsilon)|InDelta\w*|InEpsilon\w*|EqualsWithDelta|_NEAR|closeTo|close_to|approximately|assertEquals|IsEqual|AreEqual)\b[^\n]{{0,300}},\s*{_NUMBER}[fFdDmM]?\s*(?:,\s*[^,\n]{{0,200}})?\)?\s*;?\s*$"
    rf"|(?:accuracy:|within\(|be_within\(|offset\(|withPrecision\(|Percentage\(|margin\(|epsilon\(|tolerance[:=(]\s?|maxDiffPixel\w*\W{{1,3}}|BeApproximately\([^\n]{{0,80}},|plusOrMinus\s|plusMinus\s)\s*{_NUMBER}"
)
_SKELETON = lazy(r"\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?")
_THREE = lazy(r"assertEquals|IsEqual|AreEqual")
WIDER = 2.0  # times, from which on a tolerance is told


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
            if _skeleton(text) == _skeleton(line.text) and match >= WIDER * old:
                yield line.number, line.text.strip()[:80]
                break


def _read(text: str) -> float | None:
    """The tolerance of a line; none where it has none, or three arguments of which the last is no small number."""
    match = _TOLERANCE.search(text[:1_000])
    if match is None:
        return None
    number = float((match[1] or match[2]).replace("_", ""))
    if _THREE.search(match[0]) and match[1] and match[0].count(",") < 2:
        return None
    return number


def _skeleton(text: str) -> str:
    return re.sub(r"\s+", "", _SKELETON.sub("0", text))
