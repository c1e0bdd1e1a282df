"""How strong what a case lost was, and what it gained for that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.testing.asserts import GUARDED, Assertion, is_boolean
from improve_loop.rules.gating.testing.cases import Case
from improve_loop.rules.gating.testing.folded import is_look, reports_less, said
from improve_loop.rules.gating.testing.likeness import minus


def lost(old: Case, new: Case, moved: Counter[str]) -> tuple[int, int, tuple[Assertion, ...]]:
    """Strength that a case lost and gained, and which assertions it lost; what moved to other cases is not lost."""
    before, after = old.asserts, new.asserts
    gone = minus(before, Counter(item.text for item in after))
    come = minus(after, Counter(item.text for item in before))
    kept = []
    for item in gone:
        if moved[item.text] > 0:
            moved[item.text] -= 1
        else:
            kept.append(item)
    rows = max(1, old.rows) - max(1, new.rows)  # a case without a table runs once
    return (
        weight_of(kept) + max(0, rows),
        sum(worth(item, kept) for item in come) + max(0, -rows) * _each_row(new),
        tuple(kept),
    )


_NOTHING = lazy(r"\b(?:False|false|None|null|nil|undefined)\b[\s)\]};,]*$")
_PARTLY = lazy(
    r"\blen\(|\.len\(\)|\.length\b|\.size\b|\bround\(|Object\.keys|toHaveLength|hasSize|HaveLength|HaveCount|toContain|\.[cC]ontains?\(|assertIn\b|\bassert\s[^\n]*\sin\s"
)
_NOT = lazy(r"\bnot\b|!|[Ff]als|refute|[Nn]ull|[Nn]il|None|[Ee]mpty|undefined|\.not\.")


def _is_of_nothing(item: Assertion) -> bool:
    """Whether an assertion wants false, or nothing at all."""
    return bool(_NOTHING.search(item.said))


def _is_partial(item: Assertion) -> bool:
    """Whether an assertion only looks at the size of something, or whether something is within it."""
    return bool(_PARTLY.search(item.said))


def worth(item: Assertion, gone: Sequence[Assertion]) -> int:
    """What a new assertion is worth for lost ones: little where it is one of them under a condition, or only a look."""
    if item.text.endswith(GUARDED) and any(item.text == old.text + GUARDED for old in gone):
        return min(item.strength, 1)
    if reports_less(item, gone):
        return min(item.strength, 1)
    own = said(item.said).all
    compared = [old for old in gone if old.strength > 1 and own & said(old.said).all]
    if compared and _is_partial(item) and not any(map(_is_partial, compared)):
        return min(item.strength, 1)
    flags = [old for old in gone if is_boolean(old.text)]
    if flags and (
        is_look(item.said) or (item.strength == 1 and all(map(_is_of_nothing, flags)) and not _NOT.search(item.said))
    ):
        return 0
    return item.strength


def weight_of(gone: Sequence[Assertion]) -> int:
    """How strong lost assertions were; one that only compares with true, false or nothing counts little."""
    return sum(1 if is_boolean(item.text) else item.strength for item in gone)


def _each_row(case: Case) -> int:
    """What one row of parameters asserts: all that the case does."""
    return max(1, sum(item.strength for item in case.asserts))


def by_rows(case: Case) -> int:
    """What the rows after the first assert more."""
    return max(0, case.rows - 1) * _each_row(case)
