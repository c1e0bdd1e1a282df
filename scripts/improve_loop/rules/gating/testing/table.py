"""The rules of the family `tests`, with their examples."""

from __future__ import annotations

from improve_loop.rules.gating.rule import Edit, Rule

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
        Edit(
            before={".flake8": "[flake8]\nignore = E501\n"},
            after={".flake8": "[flake8]\nignore = E501, F401\n"},
            target_paths=(".flake8",),
        ),
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
        Edit(after={"a.py": "def f():  # pragma: " + "no cover\n"}, target_paths=("a.py",)),
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
