"""Which repository, which branch, which commit: odd places and odd names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from improve_loop.edges import environment, targets, workshop
from improve_loop.edges.targets import Located
from improve_loop.edges.trees import CommitTree
from improve_loop.errors import UsageError
from tests.support.repositories import git, repository


@pytest.fixture(autouse=True)
def nobodys_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


def located(target: Path | str) -> Located:
    return targets.locate(str(target), environment.read({}))


@pytest.mark.parametrize("branch", ["improve-loop/ci-one-1", "improve-loop/state"])
def test_a_branch_of_the_loop_is_never_the_base(tmp_path: Path, branch: str) -> None:
    app = repository(tmp_path / "app")
    git(app, "checkout", "-q", "-b", branch)
    git(app, "commit", "-q", "--allow-empty", "-m", "the loop's")
    found = located(app)
    assert (found.branch, found.base_sha) == ("main", git(app, "rev-parse", "main"))


@pytest.mark.parametrize("name", ["ends in a space ", "two\nlines", b"not utf-8 \xff", '"quoted" \\ # $(x)'])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str | bytes) -> None:
    app = repository(tmp_path / (os.fsdecode(name)))
    found = located(app)
    bundle = tmp_path / "bundle"
    workshop.make_bundle(found.repository.folder, found.base_sha, bundle)
    assert found.repository.folder == app
    assert bundle.is_file()


def test_a_git_directory_is_not_the_repositorys_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="inside a git directory"):
        located(repository(tmp_path / "app") / ".git")


def test_a_remote_that_cannot_be_read_does_not_stop_a_local_run(tmp_path: Path) -> None:
    app = repository(tmp_path / "app")
    git(app, "remote", "add", "origin", "https://host:port/app.git")
    assert located(app).name == "app"


@pytest.mark.parametrize("url", ["https://host:port/app.git", "https://[bad/app.git"])
def test_a_url_that_cannot_be_read_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        located(url)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a repository to somebody else")
def test_a_repository_of_somebody_else_is_read_once_it_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = repository(tmp_path / "app")
    for path in (app, app / ".git"):
        os.chown(path, 4242, 4242)
    with pytest.raises(UsageError, match=f"safe.directory {app}"):
        located(app)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    (tmp_path / "gitconfig").write_text(f"[safe]\n\tdirectory = {app}\n")
    found = located(app)
    with CommitTree(found.repository.git_dir, found.base_sha) as tree:
        assert tree.read(".gitlab-ci.yml")
