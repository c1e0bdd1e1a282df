"""Tests are not deleted, emptied or weakened to make a change pass; counts are net, on the resulting tree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from improve_loop.model.delta import FileDelta, TreeDelta
from improve_loop.model.make import GateFinding
from improve_loop.rules.gating.kinds import kind_of
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.rule import Edit, Rule
from improve_loop.rules.gating.testing import settings, swallow
from improve_loop.rules.gating.testing.asserts import is_focus, is_skip
from improve_loop.rules.gating.testing.cases import cases_of, is_about_tests, is_collected, is_snapshot
from improve_loop.rules.gating.testing.compare import Comparison, Pair, lost, moved_asserts, same_lines

FAMILY = "tests"

_TEST = "def test_add():\n    assert add(1, 2) == 3\n    assert add(2, 2) == 4\n"
_JS = "it('adds', () => {\n  expect(add(1, 2)).toBe(3)\n})\n"

DELETED = Rule(
    id="tests/deleted",
    reason="a test file is deleted, emptied or renamed to what no test runner collects",
    advice="keep the test; if it is wrong, mend it",
    refuses=(
        Edit(before={"tests/test_a.py": _TEST}),
        Edit(before={"src/a.spec.ts": _JS}),
        Edit(before={"tests/test_a.py": _TEST}, after={"tests/a_old.py": _TEST}),
        Edit(before={"tests/test_a.py": _TEST}, after={"tests/test_a.py": ""}),
    ),
    allows=(
        Edit(before={"tests/test_a.py": _TEST}, after={"tests/unit/test_add.py": _TEST}),
        Edit(before={"tests/test_a.py": _TEST, "add.py": "def add(a, b):\n    return a + b\n"}),
    ),
)
REMOVED = Rule(
    id="tests/case-removed",
    reason="a test case is gone, commented out or no longer collected",
    advice="keep the case; if it is wrong, mend it",
    refuses=(
        Edit(
            before={"tests/test_a.py": _TEST + "def test_b():\n    assert b() == 1\n"}, after={"tests/test_a.py": _TEST}
        ),
        Edit(
            before={"tests/test_a.py": _TEST},
            after={"tests/test_a.py": _TEST.replace("def test", "def _test") + "def test_x():\n    assert x\n"},
        ),
        Edit(
            before={"a_test.go": 'func TestA(t *testing.T) {\n\tif a() != 1 {\n\t\tt.Error("a")\n\t}\n}\n'},
            after={"a_test.go": "package a\n"},
        ),
    ),
    allows=(
        Edit(before={"tests/test_a.py": _TEST}, after={"tests/test_a.py": _TEST.replace("test_add", "test_adds_up")}),
        Edit(
            before={"tests/test_a.py": _TEST},
            after={"tests/test_a.py": _TEST.replace("    ", "        ").replace("def", "class TestX:\n    def", 1)},
        ),
    ),
)
WEAKENED = Rule(
    id="tests/asserts-less",
    reason="a test case asserts less than before",
    advice="keep what the test asserts, and mend the code",
    refuses=(
        Edit(
            before={"tests/test_a.py": _TEST},
            after={"tests/test_a.py": _TEST.replace("    assert add(2, 2) == 4\n", "")},
        ),
        Edit(before={"tests/test_a.py": _TEST}, after={"tests/test_a.py": _TEST.replace("add(2, 2) == 4", "True")}),
        Edit(before={"a.test.js": _JS}, after={"a.test.js": _JS.replace("toBe(3)", "toBeDefined()")}),
        Edit(
            before={"tests/test_a.py": _TEST},
            after={"tests/test_a.py": _TEST.replace("    assert", "    return\n    assert", 1)},
        ),
    ),
    allows=(
        Edit(before={"tests/test_a.py": _TEST}, after={"tests/test_a.py": _TEST.replace("== 4", "== 4.0")}),
        Edit(
            before={"tests/test_a.py": "def test_a(self):\n    self.assertEqual(add(1, 2), 3)\n"},
            after={"tests/test_a.py": "def test_a():\n    assert add(1, 2) == 3\n"},
        ),
    ),
)
SKIPPED = Rule(
    id="tests/skipped",
    reason="a test no longer runs, or its failure is expected",
    advice="leave the test on, and mend the code",
    refuses=(
        Edit(before={"tests/test_a.py": _TEST}, after={"tests/test_a.py": "@pytest.mark.skip\n" + _TEST}),
        Edit(before={"a.test.js": _JS}, after={"a.test.js": _JS.replace("it(", "it.skip(")}),
        Edit(before={"a.test.js": _JS}, after={"a.test.js": _JS.replace("it(", "it.on" + "ly(")}),
        Edit(before={"tests/test_a.py": _TEST}, after={"tests/test_a.py": "pytestmark = pytest.mark.skip\n" + _TEST}),
    ),
    allows=(Edit(before={"a.test.js": _JS.replace("it(", "it.skip(")}, after={"a.test.js": _JS}),),
)
LOOSENED = Rule(
    id="tests/threshold",
    reason="a threshold or tolerance is loosened or taken away",
    advice="leave it as it is; raise the code to it",
    refuses=(
        Edit(
            before={".coveragerc": "[report]\nfail_under = 90\n"}, after={".coveragerc": "[report]\nfail_under = 60\n"}
        ),
        Edit(before={"setup.cfg": "[report]\nfail_under = 90\n"}, after={"setup.cfg": "[report]\n"}),
        Edit(
            before={"package.json": '"lint": "eslint --max-warnings 0"\n'},
            after={"package.json": '"lint": "eslint --max-warnings 99"\n'},
        ),
    ),
    allows=(
        Edit(
            before={".coveragerc": "[report]\nfail_under = 90\n"}, after={".coveragerc": "[report]\nfail_under = 95\n"}
        ),
    ),
)
RELAXED = Rule(
    id="tests/setting-relaxed",
    reason="a linter, type checker, runner or coverage now lets more through",
    advice="leave the setting as it is, and mend what it finds",
    refuses=(
        Edit(before={"tsconfig.json": '{\n"strict": true\n}\n'}, after={"tsconfig.json": '{\n"strict": false\n}\n'}),
        Edit(before={".flake8": "[flake8]\nignore = E501\n"}, after={".flake8": "[flake8]\nignore = E501, F401\n"}),
        Edit(after={".eslintignore": "src/\n"}),
    ),
    allows=(
        Edit(before={".flake8": "[flake8]\nignore = E501, F401\n"}, after={".flake8": "[flake8]\nignore = E501\n"}),
    ),
)
SUPPRESSED = Rule(
    id="tests/suppressed",
    reason="findings of a linter, scanner or coverage are silenced wholesale",
    advice="mend what it finds; name the one rule on the one line where that is impossible",
    refuses=(
        Edit(after={"a.py": "import os  # " + "noqa\n"}, target_paths=("a.py",)),
        Edit(after={"a.py": "def f():  # pragma: " + "no cover\n"}),
        Edit(after={"a.ts": "// @ts-" + "nocheck\n"}),
    ),
    allows=("import os  # " + "noqa: F401", "x = f(y)  # " + "type: ignore[arg-type]"),
)
SWALLOWED = Rule(
    id="tests/swallowed",
    reason="the failure of a check no longer counts",
    advice="let the check fail, and mend what it finds",
    refuses=(
        Edit(before={"ci.sh": "pytest\n"}, after={"ci.sh": "pytest || true\n"}),
        Edit(before={"Makefile": "test:\n\tpytest\n"}, after={"Makefile": "test:\n\t-pytest\n"}),
        Edit(after={"run.sh": "set +e\npytest\n"}),
        Edit(
            before={".gitlab-ci.yml": "test:\n  script: pytest\n"},
            after={".gitlab-ci.yml": "test:\n  script: pytest\n  allow_failure: true\n"},
            target_paths=(".gitlab-ci.yml",),
            class_="ci",
        ),
    ),
    allows=(
        Edit(after={"run.sh": "docker rm -f app || true\n"}),
        Edit(after={"run.sh": "set +e\nrun\ncode=$?\nset -e\nexit $code\n"}),
    ),
)
CHECK_REMOVED = Rule(
    id="tests/check-removed",
    reason="a command that tests, lints or scans is no longer run",
    advice="keep the check, and mend what it finds",
    refuses=(
        Edit(before={"Makefile": "test:\n\tpytest\n\tmypy .\n"}, after={"Makefile": "test:\n\tpytest\n"}),
        Edit(before={"package.json": '"test": "jest",\n'}, after={"package.json": '"test": "echo ok",\n'}),
    ),
    allows=(Edit(before={"Makefile": "test:\n\tpytest\n"}, after={"Makefile": "test:\n\tpytest -q\n"}),),
)
CAUGHT = Rule(
    id="tests/error-dropped",
    reason="an error is caught and dropped, so a failure passes",
    advice="let the error through, or catch the one that is expected and check it",
    refuses=(
        Edit(
            before={"tests/test_a.py": _TEST},
            after={
                "tests/test_a.py": "def test_add():\n    try:\n        assert add(1, 2) == 3\n        assert add(2, 2) == 4\n    except AssertionError:\n        pass\n"
            },
        ),
        "try:\n    run()\nexcept:\n    pass",
    ),
    allows=("try:\n    run()\nexcept KeyError:\n    pass",),
)
SNAPSHOT = Rule(
    id="tests/snapshot",
    reason="expected output is rewritten, and no code changes",
    advice="change the code that makes the output, or leave the snapshot",
    refuses=(Edit(before={"tests/__snapshots__/a.snap": "x\n"}, after={"tests/__snapshots__/a.snap": "y\n"}),),
    allows=(
        Edit(
            before={"tests/__snapshots__/a.snap": "x\n", "a.js": "x()\n"},
            after={"tests/__snapshots__/a.snap": "y\n", "a.js": "y()\n"},
        ),
    ),
)
RULES = (DELETED, REMOVED, WEAKENED, SKIPPED, LOOSENED, RELAXED, SUPPRESSED, SWALLOWED, CHECK_REMOVED, CAUGHT, SNAPSHOT)

_SWITCHED_OFF = lazy(
    r"^\s*(?:del\s+test_\w+|test_\w+\s*=\s*(?:None|lambda)\b|(?:globals\(\)|locals\(\))\.pop\(['\"]test)"
)


def findings(delta: TreeDelta, scope: Scope | None, policy: Policy) -> Iterator[GateFinding]:
    """What makes the tests of the result weaker than those of the base."""
    texts = [file for file in delta.files if not file.is_binary]
    comparison = Comparison(delta)
    yield from _vanished(comparison)
    yield from _weaker(comparison)
    for file in texts:
        yield from _unread_deletion(delta, file)
        yield from _lines(file)
    for file, number, detail, one_line in settings.suppressed(texts):
        found = SUPPRESSED.at(file.path, number, detail=detail)
        yield replace(found, severity="warn") if one_line and scope is None else found
    if not comparison.changes_code:
        yield from (SNAPSHOT.at(file.path) for file in texts if file.status == "modified" and is_snapshot(file.path))


def _vanished(comparison: Comparison) -> Iterator[GateFinding]:
    by_file: dict[str, int] = {}
    for placed in comparison.fresh:
        by_file[placed.file.path] = by_file.get(placed.file.path, 0) + 1
    rows = _new_rows(comparison)
    for placed in comparison.vanished:
        if comparison.excused(placed.case):
            continue
        file = placed.file
        if comparison.changes_code and by_file.get(file.path, 0) > 0:
            by_file[file.path] -= 1
            continue
        if rows.get(file.path, 0) > 0:
            rows[file.path] -= 1
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


def _weaker(comparison: Comparison) -> Iterator[GateFinding]:
    moved = moved_asserts(comparison)
    for pair in comparison.pairs:
        file, case = pair.new.file, pair.new.case
        line = _line_of(file, case.name)
        if case.skipped and not pair.old.case.skipped:
            yield SKIPPED.at(file.path, line, detail=case.name)
        if _is_weaker(pair, moved, comparison):
            yield WEAKENED.at(file.path, line, detail=case.name)


def _is_weaker(pair: Pair, moved: Counter[str], comparison: Comparison) -> bool:
    if pair.old.case == pair.new.case:
        return False
    weight, gained, gone = lost(pair, moved)
    gained += max(0, comparison.called(pair.new.case) - comparison.called(pair.old.case))
    if weight <= gained or (comparison.excused(pair.old.case) and comparison.changes_code):
        return False
    asserts = comparison.called(pair.new.case) + sum(item.strength for item in pair.new.case.asserts)
    emptied = bool(gone) and not asserts
    return emptied or comparison.net_strength < 0


def _line_of(file: FileDelta, name: str) -> int | None:
    at = file.new_text.find(name)
    return None if at < 0 else file.new_text.count("\n", 0, at) + 1


def _unread_deletion(delta: TreeDelta, file: FileDelta) -> Iterator[GateFinding]:
    """A test file whose cases nobody here can read, and which is gone."""
    old_path = file.old_path or file.path
    if not is_collected(old_path) or cases_of(old_path, file.old_text) or not file.old_text.strip():
        return
    gone = file.status == "deleted" or not file.new_text.strip() or not is_collected(file.path)
    if gone and not any(
        other.new == file.old and is_collected(other.path) for other in delta.files if other is not file
    ):
        yield DELETED.at(old_path)


def _lines(file: FileDelta) -> Iterator[GateFinding]:
    known = same_lines(file)
    if is_about_tests(file.path):
        yield from _skip_lines(file)
    for rule, seen in (
        (LOOSENED, settings.loosened(file)),
        (RELAXED, settings.relaxed(file, known)),
        (SWALLOWED, swallow.swallowed(file, known)),
        (CHECK_REMOVED, swallow.checks_removed(file)),
        (CAUGHT, swallow.caught(file, known)),
    ):
        yield from (rule.at(file.path, number, detail=detail) for number, detail in seen)


def _skip_lines(file: FileDelta) -> Iterator[GateFinding]:
    """Focus in any test file, and skips outside of cases in a file that was there before; net."""
    kind = kind_of(file.path)
    focus = [line for line in file.added if is_focus(line.text)]
    if len(focus) > sum(is_focus(line.text) for line in file.removed):
        yield SKIPPED.at(file.path, focus[0].number, detail=focus[0].text.strip()[:80])
    for line in file.added:
        if _SWITCHED_OFF.match(line.text):
            yield SKIPPED.at(file.path, line.number, detail=line.text.strip()[:80])
    if file.old is None:
        return
    skips = [line for line in file.added if is_skip(line.text, kind)]
    fresh_cases = len(cases_of(file.path, file.new_text)) - len(cases_of(file.old_path or file.path, file.old_text))
    if len(skips) - sum(is_skip(line.text, kind) for line in file.removed) > max(0, fresh_cases):
        yield SKIPPED.at(file.path, skips[0].number, detail=skips[0].text.strip()[:80])
