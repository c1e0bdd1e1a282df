"""Tests are not deleted, emptied or weakened to make a change pass; counts are net, on the resulting tree."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from improve_loop.model.delta import FileDelta, TreeDelta
from improve_loop.model.finding import GateFinding
from improve_loop.rules.gating.kinds import kind_of
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.testing import (
    asked,
    caught,
    checks,
    fewer,
    finding,
    narrowed,
    providers,
    settings,
    silenced,
    swallow,
)
from improve_loop.rules.gating.testing.asserts import Assertion, assertions_of
from improve_loop.rules.gating.testing.cases import cases_of, helpers_of
from improve_loop.rules.gating.testing.compare import Comparison, Pair, moved_asserts
from improve_loop.rules.gating.testing.fewer import inline_rewritten
from improve_loop.rules.gating.testing.folded import left_over
from improve_loop.rules.gating.testing.likeness import SameLines
from improve_loop.rules.gating.testing.losses import lost, weight_of
from improve_loop.rules.gating.testing.lowered import lowered
from improve_loop.rules.gating.testing.off import switched_off
from improve_loop.rules.gating.testing.places import (
    is_about_tests,
    is_collected,
    is_put_away,
    is_snapshot,
    runs_by_name,
)
from improve_loop.rules.gating.testing.skips import skip_lines
from improve_loop.rules.gating.testing.standins import stood_in
from improve_loop.rules.gating.testing.subjects import went_with_code
from improve_loop.rules.gating.testing.table import (
    CAUGHT,
    CHECK_REMOVED,
    DELETED,
    LOOSENED,
    RELAXED,
    REMOVED,
    RULES,
    SKIPPED,
    SNAPSHOT,
    SUPPRESSED,
    SWALLOWED,
    WEAKENED,
)
from improve_loop.rules.gating.testing.tolerances import widened
from improve_loop.rules.gating.testing.waited import unwaited

__all__ = ["FAMILY", "RULES", "findings"]

FAMILY = "tests"
_DEFINED = r"(?m)^(?:export\s+)?(?:async\s+)?(?:def|func|fn|function)\s+{0}\s*\(|^(?:export\s+)?const\s+{0}\s*=\s*(?:async\s*)?\(|^\s+(?:private|protected|static)\s[\w<>\[\]\s,.?]{{1,80}}\s{0}\s*\("
_EMPTY = re.compile(r"assert ([\w.]{1,80}) == (?:\[\]|\(\)|\{\})(?=\n)")
REWRITTEN = 0.75  # share of what a case lost that it gains itself, from which on it counts as written anew


def findings(delta: TreeDelta, scope: Scope | None, policy: Policy) -> Iterator[GateFinding]:
    """What makes the tests of the result weaker than those of the base."""
    texts = [file for file in delta.files if not file.is_binary]
    comparison = Comparison(delta)
    gained, moved = checks.checks_gained(texts), settings.taken_out(texts)
    come = settings.put_in(texts)
    yield from _vanished(delta, comparison)
    yield from _weaker(comparison, scope)
    for file in texts:
        yield from _unread_deletion(delta, file)
        yield from _unread_asserts(file)
        yield from _weaker_helpers(file)
        yield from (WEAKENED.at(file.path, _line_of(file, name), detail=name) for name in providers.shortened(file))
        yield from _lines(file, gained, (moved, come), scope, keeps=finding.still_found(delta, file))
        yield from _passed_by(file, delta)
        yield from _decided(file, scope)
    for file, path in finding.unfound(delta):
        yield DELETED.at(file.path, detail=f"{path} is no longer found")
    for file, number, detail, one_line in silenced.suppressed(texts):
        found = SUPPRESSED.at(file.path, number, detail=detail)
        yield replace(found, severity="warn") if one_line and scope is None else found
    if not comparison.changes_code:
        yield from (SNAPSHOT.at(file.path, number) for file in texts for number in inline_rewritten(file))
        yield from (SNAPSHOT.at(file.path) for file in texts if is_snapshot(file.path) and _is_rewritten(file, texts))


def _is_rewritten(file: FileDelta, texts: Sequence[FileDelta]) -> bool:
    """Whether a snapshot loses lines, or goes, and nothing that it is made from changes with it."""
    if not file.removed or file.status not in ("modified", "deleted"):
        return False
    parent = re.sub(r"[^/]*/[^/]*$", "", file.path)
    made_from = file.path.rpartition("/")[2].rpartition(".")[0]
    beside = [other for other in texts if other is not file and not is_snapshot(other.path)]
    if file.status == "deleted":
        return not any(is_collected(other.old_path or other.path) for other in beside)
    return not any(
        (parent and other.path.startswith(parent)) or other.path.endswith(f"/{made_from}") for other in beside
    )


def _vanished(delta: TreeDelta, comparison: Comparison) -> Iterator[GateFinding]:
    by_file: dict[str, int] = {}
    for placed in comparison.fresh:
        by_file[placed.file.path] = by_file.get(placed.file.path, 0) + 1
    rows = _new_rows(comparison)
    for placed in comparison.vanished:
        if comparison.excused(placed.case):
            continue
        file = placed.file
        if file.status == "deleted" and (went_with_code(delta, file.path)):
            continue
        if comparison.changes_code and by_file.get(file.path, 0) > 0 and comparison.succeeded(placed):
            by_file[file.path] -= 1
            continue
        if rows.get(file.path, 0) > 0:
            rows[file.path] -= 1
            continue
        if comparison.doubled(placed) or comparison.rewritten(placed) or comparison.carried_on(placed):
            continue
        left = file.status != "deleted" and cases_of(file.path, file.new_text)
        yield (REMOVED if left or (file.new_text.strip() and is_collected(file.path)) else DELETED).at(
            file.path, detail=placed.case.name
        )


def _new_rows(comparison: Comparison) -> dict[str, int]:
    """Rows of parameters that cases gained, by file: several cases may become one with a table."""
    rows: dict[str, int] = {}
    for placed in comparison.fresh:
        rows[placed.file.path] = rows.get(placed.file.path, 0) + (placed.case.rows if placed.case.asserts else 0)
    for pair in comparison.pairs:
        path = pair.new.file.path
        rows[path] = rows.get(path, 0) + max(0, pair.new.case.rows - pair.old.case.rows)
    return rows


def _weaker(comparison: Comparison, scope: Scope | None) -> Iterator[GateFinding]:
    moved = moved_asserts(comparison)
    for pair in comparison.pairs:
        file, case = pair.new.file, pair.new.case
        line = _line_of(file, case.name)
        was = pair.old.file.old_path or pair.old.file.path
        if (runs_by_name(was) and not runs_by_name(file.path)) or (is_put_away(file.path) and not is_put_away(was)):
            yield DELETED.at(file.path, line, detail=case.name)
        if case.skipped and not pair.old.case.skipped:
            yield SKIPPED.at(file.path, line, detail=case.name)
        if _is_weaker(pair, moved, comparison, strict=scope is not None):
            yield WEAKENED.at(file.path, line, detail=case.name)


def _is_weaker(pair: Pair, moved: Counter[str], comparison: Comparison, *, strict: bool = False) -> bool:
    if pair.old.case == pair.new.case:
        return False
    weight, gained, gone = lost(pair.old.case, pair.new.case, moved)
    called = comparison.called(pair.new.case) - comparison.called(pair.old.case)
    gained, weight = gained + max(0, called), weight + max(0, -called)
    if weight <= gained or (comparison.changes_code and comparison.lost_its_subject(pair)):
        return False
    if (not strict and comparison.keeps_its_comparisons(pair)) or _is_written_anew(pair, gone, gained):
        return False
    asserts = comparison.called(pair.new.case) + sum(item.strength for item in pair.new.case.asserts)
    emptied = bool(gone) and not asserts
    rewritten = gained >= REWRITTEN * weight
    return emptied or comparison.net_strength < 0 or (not rewritten and comparison.unanswered(pair, gone) > gained)


def _is_written_anew(pair: Pair, gone: Sequence[Assertion], gained: int) -> bool:
    """Whether fewer assertions of the same case compare all that the lost ones did."""
    old, new = pair.old.case, pair.new.case
    left, spent = left_over(gone, old, new, pair.old.file.old_text)
    return len(left) < len(gone) and weight_of(left) + max(0, old.rows - new.rows) <= max(0, gained - spent)


def _line_of(file: FileDelta, name: str) -> int | None:
    at = file.new_text.find(name)
    return None if at < 0 else file.new_text.count("\n", 0, at) + 1


def _unread_deletion(delta: TreeDelta, file: FileDelta) -> Iterator[GateFinding]:
    """A test file whose cases nobody here can read, and which is gone."""
    old_path = file.old_path or file.path
    if not is_collected(old_path) or cases_of(old_path, file.old_text) or not file.old_text.strip():
        return
    if file.status == "deleted" and went_with_code(delta, old_path):
        return
    if kind_of(old_path) in ("java", "python", "js") and not assertions_of(
        ["", *file.old_text.split("\n")], kind_of(old_path), 0
    ):
        return  # what asserts nothing only stands beside tests
    gone = file.status == "deleted" or not file.new_text.strip() or not is_collected(file.path)
    if gone and not any(
        other.new == file.old and is_collected(other.path) for other in delta.files if other is not file
    ):
        yield DELETED.at(old_path)


def _unread_asserts(file: FileDelta) -> Iterator[GateFinding]:
    """A test file whose cases nobody here can read, and whose lines assert less than before."""
    if file.status != "modified" or not is_collected(file.path) or cases_of(file.path, file.old_text):
        return
    kind = kind_of(file.path)
    if kind in ("rust", "go") or file.path.endswith("conftest.py"):
        return  # what has no case there is no test
    lost, gained = (
        sum(item.strength for item in assertions_of(["", *(line.text for line in lines)], kind, 0))
        for lines in (file.removed, file.added)
    )
    if lost > gained:
        yield WEAKENED.at(file.path, file.removed[0].number if file.removed else None)


def _weaker_helpers(file: FileDelta) -> Iterator[GateFinding]:
    """Functions that tests call, and that assert less than before."""
    if file.status != "modified" or not is_about_tests(file.path):
        return
    old_text = _EMPTY.sub(lambda match: _or_not(match, file.new_text), file.old_text)
    before, after = helpers_of(file.old_path or file.path, old_text), helpers_of(file.path, file.new_text)
    if sum(after.values()) >= sum(before.values()):
        return
    for name, strength in before.items():
        kept = _defined_at_the_top(name, file.old_text) and _defined_at_the_top(name, file.new_text)
        if strength > after.get(name, 0) and kept:
            yield WEAKENED.at(file.path, _line_of(file, name), detail=name)


def _or_not(match: re.Match[str], text: str) -> str:
    """An assertion that something is empty, as `not` says it where the new text does."""
    other = f"assert not {match[1]}\n"
    return other.rstrip("\n") if f" {other}" in text else match[0]


def _defined_at_the_top(name: str, text: str) -> bool:
    """Whether a file defines a function of this name, once and in no other."""
    return len(re.findall(_DEFINED.format(re.escape(name)), text)) == 1


def _passed_by(file: FileDelta, delta: TreeDelta) -> Iterator[GateFinding]:
    """What tests of before no longer judge: replaced, passed over, with nobody waiting, with a wider tolerance."""
    yield from (WEAKENED.at(file.path, number, detail=says) for number, says in stood_in(file, delta))
    yield from (SKIPPED.at(file.path, number, detail=says) for number, says in fewer.untold(file))
    yield from (LOOSENED.at(file.path, number, detail=says) for number, says in widened(file))
    if is_about_tests(file.path) or cases_of(file.old_path or file.path, file.old_text):
        yield from (WEAKENED.at(file.path, number, detail=says) for number, says in fewer.passed_over(file))
        yield from (WEAKENED.at(file.path, number, detail=says) for number, says in unwaited(file))
        yield from (SKIPPED.at(file.path, number, detail=says) for number, says in fewer.unmarked(file, delta))


def _lines(
    file: FileDelta,
    gained: Counter[str],
    settled: tuple[Sequence[str], Mapping[str, str]],
    scope: Scope | None,
    *,
    keeps: bool,
) -> Iterator[GateFinding]:
    known = SameLines(file)
    others = "\n".join(text for path, text in settled[1].items() if path != file.path)
    if is_about_tests(file.path) or cases_of(file.old_path or file.path, file.old_text):
        yield from skip_lines(file)
    if is_collected(file.path) or cases_of(file.path, file.new_text):
        yield from (SKIPPED.at(file.path, number, detail=says) for number, says in switched_off(file))
        yield from (WEAKENED.at(file.path, number, detail=says) for number, says in asked.asked_first(file))
    for rule, seen in (
        (LOOSENED, settings.loosened(file)),
        (RELAXED, settings.relaxed(file, known, settled[0], others)),
        (RELAXED, lowered(file, known)),
        (SWALLOWED, swallow.swallowed(file, known)),
        (CHECK_REMOVED, checks.checks_removed(file, gained)),
        (CAUGHT, caught.caught(file, known)),
    ):
        for number, detail in seen:
            if keeps and detail.startswith(("testmatch ", "testregex ", "testpaths ", "include ")):
                continue  # every test is still found
            found = rule.at(file.path, number, detail=detail)
            daily = scope is None and rule is RELAXED and settings.names_rules(detail)
            yield replace(found, severity="warn") if daily else found


def _decided(file: FileDelta, scope: Scope | None) -> Iterator[GateFinding]:
    """What people decide every day, so that it only warns without a scope: one more path left out, an error dropped."""
    known = SameLines(file)
    for rule, seen in (
        (RELAXED, settings.ignored(file, known)),
        (SWALLOWED, narrowed.narrowed(file)),
        (SWALLOWED, narrowed.lint_narrowed(file)),
        (CAUGHT, narrowed.dropped(file, known)),
    ):
        for number, detail in seen:
            found = rule.at(file.path, number, detail=detail)
            yield replace(found, severity="warn") if scope is None else found
