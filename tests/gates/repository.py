"""A small real git repository to make patches in."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}


def git(repo: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Standard output of one git command."""
    return subprocess.run(
        ("git", *arguments),
        cwd=repo,
        input=stdin,
        capture_output=True,
        check=True,
        env={**os.environ, **ENVIRONMENT},
    ).stdout


def repository(folder: Path, files: Mapping[str, bytes]) -> Path:
    """A repository with one commit of these files."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    write(folder, files)
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-q", "--allow-empty", "-m", "base")
    return folder


def write(folder: Path, files: Mapping[str, bytes | None]) -> None:
    """Write or (None) delete files."""
    for name, content in files.items():
        path = folder / name
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def patch_of(repo: Path, files: Mapping[str, bytes | None]) -> bytes:
    """The patch that `git diff` makes of these edits; the work tree is put back."""
    write(repo, files)
    git(repo, "add", "-A", "-f")
    patch = git(repo, "diff", "--cached", "--binary", "-M", "HEAD")
    git(repo, "reset", "-q", "--hard", "HEAD")
    return patch
