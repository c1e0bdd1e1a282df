"""Cases before and after, over all files of a change: what vanished, what asserts less, what no longer runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from improve_loop.model.delta import FileDelta, TreeDelta
from improve_loop.rules.gating.kinds import CODE, kind_of
from improve_loop.rules.gating.testing.asserts import Assertion, is_boolean
from improve_loop.rules.gating.testing.cases import Case, cases_of, helpers_of, squeezed
from improve_loop.rules.gating.testing.folded import carried
from improve_loop.rules.gating.testing.likeness import (
    COMPOUND,
    LOOKS,
    WORDS_SAID,
    alike,
    asserted,
    defined,
    likeness,
    minus,
    name_words,
    outside,
)
from improve_loop.rules.gating.testing.losses import by_rows, worth
from improve_loop.rules.gating.testing.places import is_about_tests, is_named

ALIKE = 0.6  # share of the lines of a case that must come back for it to count as the same
LIKE = 0.8  # share of the words of a lost assertion that one elsewhere must have to stand for it
MAX_COMPARED = 400  # unmatched cases compared by content; beyond it a vanished case is taken as vanished


class Placed(NamedTuple):
    """A case and the file that it stands in (after the change, or before where it is gone)."""

    file: FileDelta
    case: Case


class Pair(NamedTuple):
    """The same case before and after."""

    old: Placed
    new: Placed


class Comparison:
    """All cases of a change, matched by file and name, then by name, then by content."""

    def __init__(self, delta: TreeDelta) -> None:
        self._delta = delta
        self._old = [Placed(file, case) for file in delta.files for case in _cases(file, old=True)]
        files = delta.files if self._old else ()  # where no case was, none is lost
        self._new = [Placed(file, case) for file in files for case in _cases(file, old=False)]
        self.pairs: list[Pair] = []
        self.vanished: list[Placed] = []
        self.fresh: list[Placed] = []
        self._match()

    def _match(self) -> None:
        old, new = self._old, self._new
        for key in (lambda placed: (placed.file.path, placed.case.name), lambda placed: placed.case.name):
            old, new = self._pair_up(old, new, key)
        waiting = list(new)
        for placed in old[:MAX_COMPARED]:
            best = max(waiting[:MAX_COMPARED], key=lambda other: alike(placed.case, other.case), default=None)
            if best is not None and alike(placed.case, best.case) >= ALIKE:
                waiting.remove(best)
                self.pairs.append(Pair(placed, best))
            else:
                self.vanished.append(placed)
        self.vanished += old[MAX_COMPARED:]
        self.fresh = waiting

    def _pair_up(self, old: list[Placed], new: list[Placed], key: object) -> tuple[list[Placed], list[Placed]]:
        """Pair what has the same key; what is left of both."""
        assert callable(key)
        waiting: dict[object, list[Placed]] = {}
        for placed in new:
            waiting.setdefault(key(placed), []).append(placed)
        left = []
        for placed in old:
            same = waiting.get(key(placed))
            if same:
                self.pairs.append(Pair(placed, same.pop(0)))
            else:
                left.append(placed)
        return left, [placed for group in waiting.values() for placed in group]

    @cached_property
    def gone_names(self) -> frozenset[str]:
        """What the code that is no test defined before and defines no more; names of deleted modules too."""
        before: Counter[str] = Counter()
        for file in self._delta.files:
            if kind_of(file.path) in CODE and not is_about_tests(file.path):
                before.update(defined(line for line in _code_lost(file)))
                before.subtract(defined(line.text for line in file.added))
                if kind_of(file.path) == "java":  # of several methods of one name some may stay
                    before.subtract(name for name in list(before) if before[name] > 0 and f"{name}(" in file.new_text)
                if file.status == "deleted":
                    before[file.path.rpartition("/")[2].partition(".")[0]] += 1
        return frozenset(name for name, count in before.items() if count > 0)

    @cached_property
    def changes_code(self) -> bool:
        """Whether the change also touches code that is no test."""
        return any(kind_of(file.path) in CODE and not is_about_tests(file.path) for file in self._delta.files)

    def excused(self, case: Case) -> bool:
        """Whether a case tested what the same change takes away."""
        return bool(self.gone_names & case.words) or any(
            gone in word for gone in self._gone_words for word in case.words
        )

    @cached_property
    def _gone_words(self) -> frozenset[str]:
        """Names of several words (options, fields, flags) that stood in removed code and stand in no changed code now."""
        files = [file for file in self._delta.files if kind_of(file.path) in CODE and not is_about_tests(file.path)]
        gone = {word for file in files for line in _code_lost(file) for word in COMPOUND.findall(line[:500])}
        said = {word for file in files for line in _code_lost(file) for word in WORDS_SAID.findall(line[:500])}
        for file in files if gone or said else ():
            gone.difference_update(COMPOUND.findall(file.new_text[:1_000_000]))
            said.difference_update(WORDS_SAID.findall(file.new_text[:1_000_000]))
        return frozenset(gone | said)

    def keeps_its_comparisons(self, pair: Pair) -> bool:
        """Whether only looks at types, or at the tidying up, went beside comparisons that all stayed or were replaced."""
        old, new = pair.old.case, pair.new.case
        left = minus(old.asserts, Counter(item.text for item in new.asserts))
        before = sum(item.strength for item in old.asserts if item.strength > 1)
        after = sum(item.strength for item in new.asserts if item.strength > 1 and worth(item, left) > 1)
        gone, known = [item for item in left if item.strength == 1], {item.text for item in old.asserts}
        come = sum(item.strength == 1 and item.text not in known for item in new.asserts)
        looks = sum(LOOKS.search(item.text) is None for item in gone) <= come
        trivial = any(item.strength == 0 for item in new.asserts)
        return 0 < before <= after and looks and not trivial and old.rows <= new.rows

    def lost_its_subject(self, pair: Pair) -> bool:
        """Whether a case that stays asserts less because what it no longer mentions is gone from the code."""
        return bool(self.gone_names & (pair.old.case.words - pair.new.case.words))

    def succeeded(self, placed: Placed) -> bool:
        """Whether a new case of the same file is about the same: by a part of its lines, or by most words of its name."""
        name = name_words(placed.case.name)
        body = {line for line in placed.case.body if sum(map(str.isalnum, line)) > 5}
        return any(
            fresh.file.path == placed.file.path
            and (
                len(body & fresh.case.body) >= 0.3 * max(1, len(body))
                or len(name & name_words(fresh.case.name)) >= 0.6 * max(1, len(name))
            )
            for fresh in self.fresh
        )

    def unanswered(self, pair: Pair, gone: Sequence[Assertion]) -> int:
        """How strong the lost assertions are for which no other case or helper gained one much like it."""
        own = {item.text for item in pair.new.case.asserts}
        come = [item for item in self._gained if item.text not in own]
        lost = 0
        for item in gone:
            like = next(
                (other for other in come if other.strength >= item.strength and likeness(item, other) >= LIKE), None
            )
            if like is not None:
                come.remove(like)
            else:
                lost += 1 if is_boolean(item.text) else item.strength
        return lost

    @cached_property
    def _gained(self) -> list[Assertion]:
        """Assertions of new cases, and those that other cases did not have before."""
        found = [item for placed in self.fresh for item in placed.case.asserts]
        for pair in self.pairs:
            known = {item.text for item in pair.old.case.asserts}
            found += [item for item in pair.new.case.asserts if item.text not in known]
        return found

    def doubled(self, placed: Placed) -> bool:
        """Whether another case asserts all that this one did, in the same steps, so that nothing is lost with it."""
        old = placed.case
        asserted = {item.text for item in old.asserts}
        return len(old.body) > 1 and any(
            asserted <= {item.text for item in other.case.asserts}
            and bool(asserted)
            and not other.case.skipped
            and old.body <= other.case.body
            for other in self._new
        )

    def rewritten(self, placed: Placed) -> bool:
        """Whether a new case of the same file asserts about the same, and all tests assert no less; each counts once."""
        wanted = asserted(placed.case)
        for fresh in self._spare:
            if fresh.file.path == placed.file.path and wanted & asserted(fresh.case) and self.net_strength >= 0:
                self._spare.remove(fresh)
                return True
        return False

    def carried_on(self, placed: Placed) -> bool:
        """Whether a new case, in whatever file or language, compares the same values; each counts once."""
        other = carried(placed.case, [fresh.case for fresh in self._spare])
        if other is not None:
            self._spare = [fresh for fresh in self._spare if fresh.case is not other]
        return other is not None or self._is_called_now(placed)

    def _is_called_now(self, placed: Placed) -> bool:
        """Whether a case became a function that asserts as much, and that a new case calls."""
        name, strength = placed.case.name, sum(item.strength for item in placed.case.asserts)
        return 0 < strength <= self.helpers.get(name, 0) and any(
            name in fresh.case.words and not fresh.case.skipped for fresh in self.fresh
        )

    @cached_property
    def _spare(self) -> list[Placed]:
        return list(self.fresh)

    @cached_property
    def helpers(self) -> dict[str, int]:
        """What each function around the tests asserts, by its name: a call of it counts as much."""
        found: dict[str, int] = {}
        for file in self._delta.files:
            if is_about_tests(file.path) and not file.is_binary:
                found.update(helpers_of(file.path, file.new_text))
        return found

    def called(self, case: Case) -> int:
        """What the helpers assert that a case calls."""
        return sum(self.helpers[name] for name in case.words & self.helpers.keys())

    @cached_property
    def net_strength(self) -> int:
        """How much more all test files assert after than before; negative where they assert less."""
        total = 0
        for file in self._delta.files:
            old, new = _cases(file, old=True), _cases(file, old=False)
            if old or new or is_about_tests(file.path):
                total += sum(
                    self.called(case) + sum(item.strength for item in case.asserts) + by_rows(case) for case in new
                )
                total -= sum(
                    _called(case, helpers_of(file.old_path or file.path, file.old_text)) + by_rows(case) for case in old
                )
                total -= sum(item.strength for case in old for item in case.asserts)
        return total + outside(self._delta.files)


def _code_lost(file: FileDelta) -> list[str]:
    """The removed lines of a file of code that belong to none of the tests within it."""
    cases = _cases(file, old=True)
    tests = frozenset[str]().union(*(case.body for case in cases))
    names = {case.name for case in cases}
    return [
        line.text
        for line in file.removed
        if not cases or (squeezed(line.text) not in tests and not names.intersection(defined(iter([line.text]))))
    ]


def _called(case: Case, helpers: dict[str, int]) -> int:
    return sum(helpers[name] for name in case.words & helpers.keys())


def moved_asserts(comparison: Comparison) -> Counter[str]:
    """Assertions that stand in cases or helpers where they did not stand before."""
    moved: Counter[str] = Counter()
    for placed in comparison.fresh:
        moved.update(item.text for item in placed.case.asserts)
    for pair in comparison.pairs:
        come = minus(pair.new.case.asserts, Counter(item.text for item in pair.old.case.asserts))
        moved.update(item.text for item in come)
    return moved


def _cases(file: FileDelta, *, old: bool) -> tuple[Case, ...]:
    if file.is_binary:
        return ()
    if old:
        return cases_of(file.old_path or file.path, file.old_text)
    away = file.old_path is not None and is_named(file.old_path) and not is_named(file.path)
    return () if away else cases_of(file.path, file.new_text)
