"""Whatever bytes come in: a judgement or a refusal, never a crash, and of the tree that git makes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from improve_loop.edges.delta import PatchRefused, delta_of
from improve_loop.gates import judge, rules
from improve_loop.rules.gating.patch import header_findings
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.scratch import scratch_delta
from tests.gates.repository import git, repository

PATHS = st.sampled_from(
    (
        "a.py",
        "run.sh",
        ".gitlab-ci.yml",
        "package.json",
        "tests/test_a.py",
        "a.test.js",
        "x.sql",
        "pyproject.toml",
        "package-lock.json",
        "main.tf",
        "Dockerfile",
        "go.mod",
        "a.md",
        ".github/workflows/a.yml",
    )
)
BITS = st.sampled_from(
    (
        b"diff --git a/app.py b/app.py\n",
        b"--- a/app.py\n",
        b"+++ b/app.py\n",
        b"@@ -1 +1 @@\n",
        b"-one\n",
        b"+two\n",
        b"--- /dev/null\n",
        b"+++ b/new\n",
        b"new file mode 100644\n",
        b"new file mode 120000\n",
        b"@@ -0,0 +1 @@\n",
        b"rename from app.py\n",
        b"rename to x\n",
        b"similarity index 100%\n",
        b"\\ No newline at end of file\n",
        b"GIT binary patch\n",
        b"old mode 100644\n",
        b"new mode 100755\n",
        b"\n",
        b"\0",
        b"\xff\n",
    )
)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("any"), {"app.py": b"one\n"})


@QUICK
@given(st.one_of(st.binary(max_size=300), st.lists(BITS, max_size=14).map(b"".join)))
def test_any_bytes_are_refused_or_judged_as_the_tree_that_git_makes(repo: Path, patch: bytes) -> None:
    try:
        delta = delta_of(repo, "HEAD", patch)
    except PatchRefused:
        return
    judge(delta, None, Policy())
    git(repo, "apply", "--index", "--whitespace=nowarn", stdin=patch)
    made = git(repo, "write-tree").decode().strip()
    git(repo, "reset", "-q", "--hard", "HEAD")
    git(repo, "clean", "-qfd")
    assert made == delta.result_tree


@QUICK
@given(st.binary(max_size=2000))
def test_headers_of_any_bytes_are_read(patch: bytes) -> None:
    assert all(found.severity == "refuse" and found.reason for found in header_findings(patch))


@settings(max_examples=150, deadline=None)
@given(PATHS, st.binary(max_size=400), st.one_of(st.none(), st.binary(max_size=400)), st.booleans())
def test_any_content_of_any_kind_of_file_is_judged(path: str, old: bytes, new: bytes | None, scoped: bool) -> None:
    after = {} if new is None else {path: new}
    scope = Scope(target_paths=(path,), class_="ci") if scoped else None
    told = judge(scratch_delta({path: old}, after), scope, Policy())
    assert all(found.rule in rules() and found.reason.isprintable() for found in told)


@settings(max_examples=100, deadline=None)
@given(PATHS, st.text(max_size=200), st.text(max_size=200))
def test_any_text_of_any_kind_of_file_is_judged(path: str, old: str, new: str) -> None:
    before, after = ({path: text.encode("utf-8", "surrogatepass")} for text in (old, new))
    told = judge(scratch_delta(before, after), None, Policy())
    assert all(found.rule in rules() and found.reason.isprintable() for found in told)


GROWING = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{below}'] * 9)}]\n" for below, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize("path", [".gitlab-ci.yml", ".github/workflows/a.yml", "environment.yml", "Chart.yaml"])
@pytest.mark.parametrize("text", [GROWING + "test: {script: *i}\n", "a: " + "[" * 200_000, "test: &t {script: [*t]}\n"])
def test_yaml_that_grows_or_nests_without_end_cannot_be_read(path: str, text: str) -> None:
    before = {path: b"name: a\nversion: 1\ndependencies: []\njobs: {test: {script: [pytest]}}\n"}
    after = {path: text.encode()}
    told = {item.rule for item in judge(scratch_delta(before, after), None, Policy())}
    assert told & {"ci/unreadable", "supply/unreadable"}
    judge(scratch_delta(after, before), Scope(target_paths=(path,), class_="ci"), Policy())


@pytest.mark.parametrize("path", ["requirements.txt", "package-lock.json", "tests/test_a.py"])
def test_numbers_longer_than_python_makes_are_judged(path: str) -> None:
    text = 'a==NN\n{"packages": {"node_modules/a": {"version": "NN"}}}\n'
    text = text.splitlines()[path.endswith("json")] + "\n"
    if path.endswith(".py"):
        text = "import pytest\n@pytest.mark.parametrize('a', [1, 2][:NN])\ndef test_a(a):\n    assert a\n"
    short, long = text.replace("NN", "3").encode(), text.replace("NN", "1" * 5_000).encode()
    judge(scratch_delta({path: short}, {path: long}), None, Policy())
    judge(scratch_delta({path: long}, {path: short}), None, Policy())
