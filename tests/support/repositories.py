"""Real git repositories for tests, and the command run on them in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support import warm

ROOT = Path(__file__).resolve().parents[2]
CI = """\
image: python:3.12-slim

stages: [test]

before_script:
  - pip install -r requirements.txt

unit:
  stage: test
  variables:
    CI_DEBUG_TRACE: "true"
    OTHER: "1"
  script:
    - pytest
"""
# Two rules only: what the spine does with them does not change when others are added.
TWO_RULES = "domains: {ci: {options: {rules_only: [PIP04, SEC04]}}}\n"
CHECKED = f"{TWO_RULES}checks:\n  - {{name: ok, run: ['true']}}\nsandbox: none\n"


def git(folder: Path, *args: str) -> str:
    """What git prints, in a repository of a test."""
    env = {**clean(), "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}
    done = subprocess.run(["git", "-C", str(folder), *args], capture_output=True, text=True, env=env, check=True)
    return done.stdout.strip()


def clean(**more: str) -> dict[str, str]:
    """An environment with nothing of the person who runs the tests."""
    home = more.pop("HOME", "/nonexistent")
    return {
        "PATH": os.environ["PATH"],
        "HOME": home,
        "LANG": "C.UTF-8",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "PYTHONPATH": str(ROOT / "scripts"),
        "PYTHONWARNINGS": "error",
        **more,
    }


def repository(folder: Path, files: Mapping[str, str | bytes] | None = None) -> Path:
    """A repository on branch main with one commit of these files (default: a pipeline with things to improve)."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "Ana")
    git(folder, "config", "user.email", "ana@example.invalid")
    commit(folder, files if files is not None else {".gitlab-ci.yml": CI, ".improve-loop.yml": CHECKED}, "first")
    return folder


def commit(folder: Path, files: Mapping[str, str | bytes], message: str) -> str:
    """Commits these files; the commit's id."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def improve_loop(
    *args: str | Path, stdin: str = "", cwd: str | Path | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, without a terminal; forked from a warm one, for speed."""
    preload = (warm.SDK,) if "IL_MODEL_URL" in env else ()
    return warm.run("improve_loop", [*map(str, args)], env=clean(**env), cwd=cwd, stdin=stdin, preload=preload)


def improve_loop_afresh(
    *args: str | Path, cwd: str | Path | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    """The command in a Python of its own: with its own imports and its own seed of hashes."""
    command = [sys.executable, "-m", "improve_loop", *map(str, args)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=clean(**env), timeout=120, check=False)


def branches(folder: Path) -> list[str]:
    """The loop's branches with changes, without the state's."""
    listed = git(folder, "for-each-ref", "--format=%(refname:short)", "refs/heads/improve-loop/")
    return [name for name in listed.splitlines() if name != "improve-loop/state"]
