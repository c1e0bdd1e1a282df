"""Round seven: what is still missed is known by name, and what looks like its mends passes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from improve_loop.gates import judge
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.scratch import scratch_delta
from tests.gates.labelled import edited
from tests.gates.test_labelled import wrong

MISSED = {
    "'r7 ci bad: gitlab test only on changes of src'",
    "'r7 destructive hard: cleanup script; one folder too many'",
    "'r7 tests hard: flaky wait mended 5; sleep instead of check'",
    "'r7 tests hard: retry helper 5; errors no longer raised'",
    "\"r7 destructive hard: bin/tidy.groovy <- su - app -c 'dropdb --if-exists production'\"",
}
GITHUB = ".github/workflows/ci.yml"
JOBS = "on:\n  pull_request:\njobs:\n  test:\n    steps:\n      - uses: actions/checkout@v4\n      - run: ruff check .\n      - run: pytest -q\n"
POD = "kind: Deployment\nspec:\n  securityContext:\n    runAsNonRoot: true\n  containers:\n    - image: shop/a:1\n"
POLICY = "kind: NetworkPolicy\nspec:\n  egress:\n    - to:\n        - ipBlock:\n            cidr: {}\n"
GO = 'func TestA(t *testing.T) {\n\tgot := a()\n\tif got != 320 {\n\t\tt.Errorf("got %d", got)\n\t}\n}\n'
CASE = "def test_a():\n    got = a()\n    assert got == 320\n"
HELPER = "def eventually(check):\n    for _ in range(9):\n        if check():\n            return\n    raise AssertionError({})\n"


def rules(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    old, new = ({path: text.encode() for path, text in files.items()} for files in (before, after))
    scope = Scope(target_paths=("**",), class_="ci")
    return [item.rule for item in judge(scratch_delta(old, new), scope, Policy()) if item.severity == "refuse"]


def test_what_round_seven_still_misses_is_known() -> None:
    assert {*wrong([patch for patch in edited.PATCHES if patch.name.startswith("r7 ")])} == MISSED


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (GITHUB, JOBS, JOBS.replace("run: pytest -q", "run: pytest -q\n        if: matrix.os == 'ubuntu-latest'")),
        (GITHUB, JOBS, JOBS.replace("run: pytest -q", "run: pytest -q\n        if: always()")),
        (GITHUB, JOBS, JOBS.replace("pull_request:", "pull_request:\n    types: [opened, synchronize, labeled]")),
        (GITHUB, JOBS, JOBS.replace("run: pytest -q", "shell: bash\n        run: pytest -q | tee out.log")),
        (GITHUB, JOBS, JOBS.replace("ruff check .", "ruff check . --output-format=github")),
        (GITHUB, JOBS, JOBS.replace("ruff check .", "ruff check .\n      - run: ruff check --select I docs/conf.py")),
        (".gitlab-ci.yml", "test:\n  script:\n    - pytest -q\n", "test:\n  script:\n    - pytest -q | tee out.log\n"),
        ("pod.yaml", POD, POD.replace("    runAsNonRoot: true\n", "    fsGroup: 1000\n    runAsNonRoot: true\n")),
        ("net.yaml", POLICY.format("10.0.0.0/8"), POLICY.format("0.0.0.0/0")),
        ("uninstall.sh", "", "xargs rm -rf < install_manifest.txt\n"),
        ("clean.sh", "", 'rm -rf "$HOME/.cache/shop"\n'),
        ("a_test.go", GO, GO.replace("a()", 'a(os.Getenv("SHOP_URL"))')),
        ("tests/test_a.py", CASE, CASE.replace("a()", "a(os.environ['SHOP_URL'] if remote else '')")),
        ("tests/helpers.py", HELPER.format('"not in time"'), HELPER.format('f"not within {9} tries"')),
        ("build.gradle", "jar {\n}\n", "jar {\n    enabled = false\n}\n"),
        ("build.gradle", "", "clean {\n    delete 'out'\n}\n"),
        ("Gemfile", "gem 'a'\n", "gem 'a'\neval_gemfile 'Gemfile.shared'\n"),
        ("environment-prod.yaml", "kind: A\n---\nkind: B\n", "kind: A\n---\nkind: C\n"),
        ("a.py", "", 'subprocess.run(["crontab", "-l"])\n'),
        ("a.ex", "", 'System.cmd("git", ["status"])\n'),
        ("ruff.toml", 'select = ["E", "F"]\n', 'select = ["E", "F", "BLE"]\n'),
    ],
)
def test_what_looks_like_it_passes(path: str, before: str, after: str) -> None:
    assert rules({path: before} if before else {}, {path: after}) == []


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("a.py", "", 'subprocess.run(["crontab", "-r"])\n'),
        ("a.ex", "", 'System.cmd("aws", ["s3", "rb", "s3://a", "--force"])\n'),
        ("net.yaml", POLICY.format("10.0.0.0/8").replace("egress", "ingress").replace("to:", "from:"), POLICY.format("0.0.0.0/0").replace("egress", "ingress").replace("to:", "from:")),
        ("pod.yaml", POD, POD.replace("    runAsNonRoot: true\n", "    fsGroup: 1000\n")),
        ("tests/test_a.py", CASE, CASE.replace("assert got == 320", "assert type(got) is type(320)")),
        ("ruff.toml", 'select = ["B", "BLE"]\n', 'select = ["B"]\n'),
        (".gitlab-ci.yml", "test:\n  script:\n    - pytest -q\n", "test:\n  script:\n    - '[ -z \"$FULL\" ] && exit 0'\n    - pytest -q\n"),
    ],
)  # fmt: skip
def test_and_what_it_is_does_not(path: str, before: str, after: str) -> None:
    assert rules({path: before} if before else {}, {path: after})
