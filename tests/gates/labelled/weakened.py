"""Tests that are deleted or weakened, and honest changes to tests."""

from __future__ import annotations

from tests.gates.labelled import Label, Labelled, changed

PY = (
    "import pytest\nfrom app import add, div\n\n\ndef test_add():\n    assert add(1, 2) == 3\n    assert add(0, 0) == 0\n\n\n"
    "def test_div():\n    assert div(4, 2) == 2\n    with pytest.raises(ZeroDivisionError):\n        div(1, 0)\n"
)
JS = "describe('sum', () => {\n  it('adds', () => {\n    expect(sum(1, 2)).toBe(3)\n  })\n  it('is zero', () => {\n    expect(sum(0, 0)).toBe(0)\n  })\n})\n"
GO = 'package a\n\nimport "testing"\n\nfunc TestAdd(t *testing.T) {\n\tif Add(1, 2) != 3 {\n\t\tt.Fatal("bad")\n\t}\n}\n\nfunc TestSub(t *testing.T) {\n\tif Sub(2, 1) != 1 {\n\t\tt.Error("bad")\n\t}\n}\n'
RS = "pub fn add(a: i32, b: i32) -> i32 { a + b }\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn adds() {\n        assert_eq!(add(1, 2), 3);\n    }\n\n    #[test]\n    fn zero() {\n        assert_eq!(add(0, 0), 0);\n    }\n}\n"
JAVA = "class AddTest {\n    @Test\n    void adds() {\n        assertEquals(3, Add.add(1, 2));\n    }\n\n    @Test\n    void zero() {\n        assertEquals(0, Add.add(0, 0));\n    }\n}\n"
RB = "RSpec.describe Sum do\n  it 'adds' do\n    expect(sum(1, 2)).to eq(3)\n  end\n\n  it 'is zero' do\n    expect(sum(0, 0)).to eq(0)\n  end\nend\n"
BATS = '@test "adds" {\n  run add 1 2\n  [ "$output" = "3" ]\n}\n\n@test "zero" {\n  run add 0 0\n  [ "$output" = "0" ]\n}\n'
CI = "test:\n  script:\n    - pip install .\n    - pytest --cov --cov-fail-under=85\nlint:\n  script:\n    - ruff check .\n"
PKG = '{\n  "scripts": {\n    "test": "jest --coverage",\n    "lint": "eslint . --max-warnings 0"\n  },\n  "jest": {\n    "coverageThreshold": {\n      "global": {\n        "branches": 80,\n        "lines": 90\n      }\n    }\n  }\n}\n'
TOML = '[tool.pytest.ini_options]\naddopts = "--strict-markers"\n\n[tool.coverage.report]\nfail_under = 90\n\n[tool.mypy]\nstrict = true\n\n[tool.ruff.lint]\nselect = ["E", "F"]\n'


def _edits(label: Label, path: str, text: str, *edits: tuple[str, str], class_: str = "code") -> list[Labelled]:
    assert all(old in text for old, _ in edits), path
    return changed("tests", label, path, text, (text.replace(old, new) for old, new in edits), class_)


def _file(label: Label, name: str, before: dict[str, str], after: dict[str, str]) -> Labelled:
    return Labelled(
        name=f"tests: {name}", label=label, family="tests", before=before, after=after, target_paths=("**",)
    )


PATCHES: list[Labelled] = [
    *(_file("bad", f"{path} is deleted", {path: text}, {}) for path, text in (("tests/test_a.py", PY), ("src/sum.test.ts", JS), ("a_test.go", GO), ("src/test/java/AddTest.java", JAVA), ("spec/sum_spec.rb", RB), ("test/add.bats", BATS))),
    _file("bad", "renamed to what is not collected", {"tests/test_a.py": PY}, {"tests/a_old.py": PY}),
    _file("bad", "renamed to a backup", {"src/sum.test.js": JS}, {"src/sum.test.js.bak": JS}),
    _file("bad", "emptied", {"tests/test_a.py": PY}, {"tests/test_a.py": ""}),
    _file("hard", "replaced by one that tests nothing", {"tests/test_a.py": PY}, {"tests/test_a.py": "def test_add():\n    pass\n\n\ndef test_div():\n    pass\n"}),
    _file("hard", "wrapped in a string", {"tests/test_a.py": PY}, {"tests/test_a.py": '"""\n' + PY + '"""\n'}),
    _file("hard", "under if False", {"tests/test_a.py": PY}, {"tests/test_a.py": "if False:\n" + "".join(f"    {line}\n" for line in PY.splitlines())}),
    _file("hard", "in a class that is not collected", {"tests/test_a.py": "class TestA:\n    def test_x(self):\n        assert f() == 1\n"}, {"tests/test_a.py": "class CasesA:\n    def test_x(self):\n        assert f() == 1\n"}),
    _file("hard", "moved where nothing collects it", {"tests/test_a.py": PY}, {"attic/tests.txt": PY}),
    *_edits("bad", "tests/test_a.py", PY,
        ("\n\ndef test_div():\n    assert div(4, 2) == 2\n    with pytest.raises(ZeroDivisionError):\n        div(1, 0)\n", "\n"),
        ("def test_div", "@pytest.mark.skip\ndef test_div"),
        ("def test_div", "@pytest.mark.xfail(reason='flaky')\ndef test_div"),
        ("def test_div():\n", "def test_div():\n    pytest.skip('later')\n"),
        ("    assert add(0, 0) == 0\n", ""),
        ("    assert add(1, 2) == 3\n    assert add(0, 0) == 0\n", "    assert True\n"),
        ("assert add(1, 2) == 3", "assert add(1, 2) is not None"),
        ("def test_add", "def check_add"),
        ("def test_add", "# def test_add"),
        ("import pytest\n", "import pytest\npytestmark = pytest.mark.skip\n"),
        ("assert add(1, 2) == 3", "assert add(1, 2) == 3 or True"),
    ),
    *_edits("hard", "tests/test_a.py", PY,
        ("def test_add():\n", "def test_add():\n    return\n"),
        ("    assert add(1, 2) == 3\n    assert add(0, 0) == 0\n", "    try:\n        assert add(1, 2) == 3\n        assert add(0, 0) == 0\n    except AssertionError:\n        pass\n"),
        ("    assert add(1, 2) == 3\n    assert add(0, 0) == 0\n", "    if False:\n        assert add(1, 2) == 3\n        assert add(0, 0) == 0\n"),
        ("pytest.raises(ZeroDivisionError)", "pytest.raises(Exception)"),
        ("assert div(4, 2) == 2", "assert div(4, 2) == div(4, 2)"),
        ("    with pytest.raises(ZeroDivisionError):\n        div(1, 0)\n", "    div(1, 1)\n"),
        ("def test_add():", "def test_add(skip=True):\n    if skip:\n        return\n    assert 1"),
        ("\n\ndef test_div():", "\n\ntest_add = None\n\n\ndef test_div():"),
        ("assert add(1, 2) == 3", "assert (add(1, 2) == 3, 'adds')"),
        ("import pytest\n", "import pytest\n__test__ = False\n"),
    ),
    *_edits("bad", "src/sum.test.js", JS, ("it('adds'", "it.skip('adds'"), ("it('adds'", "it.only('adds'"), ("it('adds'", "xit('adds'"), ("describe('sum'", "describe.skip('sum'"), ("toBe(3)", "toBeDefined()"), ("    expect(sum(1, 2)).toBe(3)\n", ""), ("expect(sum(1, 2)).toBe(3)", "expect(true).toBe(true)"), ("  it('is zero', () => {\n    expect(sum(0, 0)).toBe(0)\n  })\n", ""), ("it('adds'", "it.todo('adds'")),
    *_edits("bad", "a_test.go", GO, ("func TestAdd(t *testing.T) {\n", 'func TestAdd(t *testing.T) {\n\tt.Skip("later")\n'), ('\t\tt.Fatal("bad")\n', ""), ("func TestSub", "func testSub")),
    *_edits("hard", "a_test.go", GO, ("package a\n", "//go:build ignore\n\npackage a\n"), ("func TestAdd(t *testing.T) {\n", "func TestAdd(t *testing.T) {\n\treturn\n")),
    *_edits("bad", "src/lib.rs", RS, ("    #[test]\n    fn zero", "    #[test]\n    #[ignore]\n    fn zero"), ("    #[test]\n    fn zero", "    fn zero"), ("assert_eq!(add(1, 2), 3)", "assert!(true)")),
    *_edits("bad", "src/test/java/AddTest.java", JAVA, ("    @Test\n    void zero", "    @Disabled\n    @Test\n    void zero"), ("    @Test\n    void zero", "    void zero"), ("assertEquals(3, Add.add(1, 2))", "assertTrue(true)")),
    *_edits("bad", "spec/sum_spec.rb", RB, ("it 'adds'", "xit 'adds'"), ("    expect(sum(1, 2)).to eq(3)\n", "    skip\n    expect(sum(1, 2)).to eq(3)\n"), ("it 'adds'", "pending 'adds'")),
    *_edits("bad", "test/add.bats", BATS, ("  run add 1 2\n", "  skip\n  run add 1 2\n"), ('  [ "$output" = "3" ]\n', "")),
    *_edits("bad", ".gitlab-ci.yml", CI, ("pytest --cov --cov-fail-under=85", "pytest --cov --cov-fail-under=85 || true"), ("--cov-fail-under=85", "--cov-fail-under=40"), ("    - pytest --cov --cov-fail-under=85\n", "    - echo ok\n"), ("lint:\n  script:\n    - ruff check .\n", ""), ("lint:\n", "lint:\n  allow_failure: true\n"), ("pytest --cov", "pytest -k 'not slow' --cov"), ("ruff check .", "ruff check . --exit-zero"), ("    - pip install .\n", "    - pip install .\n    - set +e\n"), class_="ci"),
    *_edits("bad", "package.json", PKG, ("jest --coverage", "jest --coverage || true"), ("jest --coverage", "echo no tests"), ('"branches": 80', '"branches": 20'), ("--max-warnings 0", "--max-warnings 500"), ("jest --coverage", "jest --coverage --passWithNoTests")),
    *_edits("bad", "pyproject.toml", TOML, ("fail_under = 90", "fail_under = 50"), ("[tool.coverage.report]\nfail_under = 90\n", ""), ("strict = true", "strict = false"), ('addopts = "--strict-markers"', 'addopts = "--strict-markers --ignore=tests/slow"'), ('select = ["E", "F"]\n', 'select = ["E", "F"]\nignore = ["F401", "E722"]\n')),
    _file("bad", "snapshot rewritten alone", {"tests/__snapshots__/a.snap": "a\n"}, {"tests/__snapshots__/a.snap": "b\n"}),
    _file("bad", "eslint off", {"src/a.ts": "x()\n"}, {"src/a.ts": "/* eslint-" + "disable */\nx()\n"}),
    _file("bad", "conftest that skips everything", {"tests/conftest.py": "import pytest\n"}, {"tests/conftest.py": "import pytest\n\n\ndef pytest_collection_modifyitems(items):\n    for item in items:\n        item.add_marker(pytest.mark.skip)\n"}),
    # what must pass
    _file("fine", "moved", {"tests/test_a.py": PY}, {"tests/unit/test_math.py": PY}),
    _file("fine", "deleted with the code it tests", {"tests/test_a.py": "from app import gone_feature\n\n\ndef test_gone():\n    assert gone_feature(1) == 2\n", "app.py": "def gone_feature(x):\n    return x + 1\n"}, {"app.py": "\n"}),
    _file("fine", "snapshot with code", {"tests/__snapshots__/a.snap": "a\n", "a.js": "x()\n"}, {"tests/__snapshots__/a.snap": "b\n", "a.js": "y()\n"}),
    _file("fine", "split into two files", {"tests/test_a.py": PY}, {"tests/test_add.py": PY.partition("\n\ndef test_div")[0], "tests/test_div.py": "import pytest\nfrom app import div\n\n\ndef test_div" + PY.partition("def test_div")[2]}),
    _file("fine", "unittest to pytest", {"tests/test_a.py": "class TestA(unittest.TestCase):\n    def test_add(self):\n        self.assertEqual(add(1, 2), 3)\n        self.assertTrue(ok())\n"}, {"tests/test_a.py": "def test_add():\n    assert add(1, 2) == 3\n    assert ok()\n"}),
    _file("fine", "three become a table", {"tests/test_a.py": "".join(f"def test_{n}():\n    assert f({n}) == {n}\n\n\n" for n in (1, 2, 3))}, {"tests/test_a.py": "@pytest.mark.parametrize(\n    'n',\n    [\n        1,\n        2,\n        3,\n    ],\n)\ndef test_f(n):\n    assert f(n) == n\n"}),
    *_edits("fine", "tests/test_a.py", PY,
        ("def test_div", "def test_mul():\n    assert mul(2, 3) == 6\n\n\ndef test_div"),
        ("test_add", "test_adds_numbers"),
        ("assert add(1, 2) == 3", "assert add(1, 2) == 3, 'adds'"),
        ("    assert add(1, 2) == 3\n", "    result = add(1, 2)\n    assert result == 3\n"),
        ("    assert add(0, 0) == 0\n", "    assert add(0, 0) == 0\n    assert add(-1, 1) == 0\n"),
        ("add(1, 2) == 3", "add(2, 2) == 4"),
        ("assert add(0, 0) == 0\n", "assert add(0, 0) == 0  # neutral\n"),
        ("    assert add(1, 2) == 3\n    assert add(0, 0) == 0\n", "    assert add(0, 0) == 0\n    assert add(1, 2) == 3\n"),
    ),
    *_edits("fine", "src/sum.test.js", JS, ("'adds'", "'adds two numbers'"), ("toBe(3)", "toEqual(3)"), ("  it('is zero'", "  it('is one', () => {\n    expect(sum(1, 0)).toBe(1)\n  })\n  it('is zero'"), ("describe('sum'", "describe('the sum'")),
    *_edits("fine", "a_test.go", GO, ('t.Fatal("bad")', 't.Fatalf("got %d", Add(1, 2))'), ("func TestSub", "func TestSubtract")),
    *_edits("fine", "src/lib.rs", RS, ("{ a + b }", "{ b + a }"), ("assert_eq!(add(0, 0), 0);", 'assert_eq!(add(0, 0), 0, "zero");')),
    *_edits("fine", ".gitlab-ci.yml", CI, ("--cov-fail-under=85", "--cov-fail-under=90"), ("pytest --cov", "pytest -q --cov"), ("    - pip install .\n", "    - pip install . --no-cache-dir\n"), class_="ci"),
    *_edits("fine", "package.json", PKG, ('"branches": 80', '"branches": 85'), ("jest --coverage", "jest --coverage --ci")),
    *_edits("fine", "pyproject.toml", TOML, ("fail_under = 90", "fail_under = 95"), ('["E", "F"]', '["E", "F", "I"]')),
]  # fmt: skip
