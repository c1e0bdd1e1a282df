"""One bare git repository, as Gitaly sees it: every sha that the simulator shows is real."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# Refuses what the server listed in FAKE_GITLAB_DENIED, in GitLab's words.
PRE_RECEIVE = """#!/bin/sh
while read -r old new ref; do
  case " $FAKE_GITLAB_DENIED " in *" $ref "*)
    echo "GitLab: You are not allowed to push code to protected branches on this project." >&2; exit 1;;
  esac
done
printf '%s' "${GIT_PUSH_OPTION_0:-}" > fake_push_option
"""
FORMAT = "%H%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"


@dataclass(frozen=True)
class Commit:
    """One commit object."""

    sha: str
    parents: tuple[str, ...]
    author: tuple[str, str, str]  # name, email, date
    committer: tuple[str, str, str]
    message: str


@dataclass
class Repository:
    """A bare repository with the few readings and the one kind of writing that the API needs."""

    path: Path
    _commits: dict[str, Commit] = field(default_factory=dict)
    _seconds: int = 0

    @classmethod
    def create(cls, path: Path, branch: str = "main") -> Repository:
        path.mkdir(parents=True)
        repository = cls(path)
        repository.git("init", "-q", "--bare", f"--initial-branch={branch}", str(path))
        config = {
            "http.receivepack": "true",
            "receive.advertisePushOptions": "true",
            "uploadpack.allowAnySHA1InWant": "true",
            "uploadpack.allowFilter": "true",
            "gc.auto": "0",
        }
        with (path / "config").open("a") as file:
            for key, value in config.items():
                section, name = key.split(".")
                file.write(f"[{section}]\n\t{name} = {value}\n")
        hook = path / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(PRE_RECEIVE)
        hook.chmod(0o755)
        return repository

    def git(self, *args: str, stdin: bytes | None = None, env: Mapping[str, str] | None = None) -> bytes:
        """Standard output; raises CalledProcessError."""
        return subprocess.run(
            ["git", "--git-dir", str(self.path), *args],
            input=stdin if stdin is not None else b"",
            env={**clean_environment(), **(env or {})},
            check=True,
            capture_output=True,
        ).stdout

    def text(self, *args: str) -> str:
        return self.git(*args).decode("utf-8", "replace").strip()

    def resolve(self, ref: str) -> str | None:
        """The commit of a branch, tag or sha; None where there is none. A branch wins over a tag."""
        for candidate in (f"refs/heads/{ref}", f"refs/tags/{ref}", ref):
            try:
                return self.text("rev-parse", "-q", "--verify", f"{candidate}^{{commit}}")
            except subprocess.CalledProcessError:
                continue
        return None

    def refs(self, prefix: str = "refs/heads/") -> dict[str, str]:
        """Ref name below the prefix -> sha."""
        lines = self.text("for-each-ref", "--format=%(refname) %(objectname)", prefix).splitlines()
        return {name.removeprefix(prefix): sha for name, sha in (line.split(" ") for line in lines)}

    def head(self, branch: str) -> str | None:
        return self.refs().get(branch)

    def commit(self, sha: str) -> Commit:
        if sha not in self._commits:
            parts = self.git("show", "-s", f"--format={FORMAT}", sha).decode("utf-8", "replace").split("\0")
            self._commits[sha] = Commit(
                parts[0],
                tuple(parts[1].split()),
                (parts[2], parts[3], parts[4]),
                (parts[5], parts[6], parts[7]),
                parts[8].rstrip("\n"),
            )
        return self._commits[sha]

    def log(self, revisions: list[str], path: str | None = None) -> list[str]:
        return self.text("rev-list", *revisions, *(["--", path] if path else [])).split()

    def read(self, ref: str, path: str) -> bytes | None:
        try:
            if self.text("cat-file", "-t", f"{ref}:{path}") != "blob":
                return None
            return self.git("cat-file", "blob", f"{ref}:{path}")
        except subprocess.CalledProcessError:
            return None

    def entries(self, ref: str, path: str = "", recursive: bool = False) -> list[tuple[str, str, str, str]]:
        """(mode, type, sha, path) below a folder."""
        flags = ["-r", "-t"] if recursive else []
        folder = [f"{path.rstrip('/')}/"] if path else []
        lines = self.text("ls-tree", *flags, ref, *folder).splitlines()
        split = [line.split("\t", 1) for line in lines]
        return [(*meta.split(" ", 2), name) for meta, name in split]  # type: ignore[misc]

    def commit_files(
        self, branch: str, start: str | None, files: Mapping[str, bytes | None], message: str, author: tuple[str, str]
    ) -> str:
        """One commit on `branch`, from `start` (None: an orphan); a path with None is deleted."""
        with tempfile.TemporaryDirectory() as folder:
            env = {"GIT_INDEX_FILE": f"{folder}/index", **self.identity(author)}
            if start:
                self.git("read-tree", start, env=env)
            for path, content in files.items():
                self._stage(path, content, env)
            tree = self.git("write-tree", env=env).decode().strip()
            parents = ["-p", start] if start else []
            sha = self.git("commit-tree", tree, *parents, "-m", message, env=env).decode().strip()
        self.git("update-ref", f"refs/heads/{branch}", sha)
        return sha

    def _stage(self, path: str, content: bytes | None, env: Mapping[str, str]) -> None:
        if content is None:
            gone = f"0 {'0' * 40}\t{path}\n".encode()
            self.git("update-index", "--index-info", stdin=gone, env=env)
            return
        blob = self.git("hash-object", "-w", "--stdin", stdin=content).decode().strip()
        self.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", env=env)

    def identity(self, author: tuple[str, str]) -> dict[str, str]:
        """Author, committer and a date that moves on by a second with each commit, so that shas repeat in a test."""
        self._seconds += 1
        date = f"{1772442000 + self._seconds} +0000"
        return {
            "GIT_AUTHOR_NAME": author[0],
            "GIT_AUTHOR_EMAIL": author[1],
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_NAME": author[0],
            "GIT_COMMITTER_EMAIL": author[1],
            "GIT_COMMITTER_DATE": date,
        }

    def merge_base(self, one: str, other: str) -> str | None:
        try:
            return self.text("merge-base", one, other) or None
        except subprocess.CalledProcessError:
            return None

    def merge_commit(self, onto: str, head: str, message: str, author: tuple[str, str]) -> str | None:
        """A merge commit of two commits that no branch holds; None on a conflict."""
        try:
            tree = self.text("merge-tree", "--write-tree", onto, head).splitlines()[0]
        except subprocess.CalledProcessError:
            return None
        env = self.identity(author)
        return self.git("commit-tree", tree, "-p", onto, "-p", head, "-m", message, env=env).decode().strip()


def clean_environment() -> dict[str, str]:
    """Git without the settings of the person who runs the tests."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "LC_ALL": "C.UTF-8",
    }
