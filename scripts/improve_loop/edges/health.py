"""What preflight looks at before anything starts: disk, identity, working tree, variables."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from improve_loop.edges.environment import Environment
from improve_loop.edges.git import GitError, text
from improve_loop.edges.targets import Located
from improve_loop.errors import TryLater
from improve_loop.model.find import HealthCheck
from improve_loop.rules.config import NAME

SPARE_BYTES = 200 * 1024 * 1024
NOBODY = ("improve-loop", "improve-loop@localhost")


def checks(out: Path, located: Located, config_bytes: bytes, environment: Environment) -> list[HealthCheck]:
    """Everything that was looked at. Raises TryLater where a run could not end well."""
    variables = [HealthCheck(name="environment", status="warning", detail=note) for note in environment.unknown]
    return [*_disk(out), *_identity(located), *_working_tree(located, config_bytes), *variables]


def _disk(out: Path) -> Iterable[HealthCheck]:
    place = next(folder for folder in (out, *out.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < SPARE_BYTES:
        raise TryLater(f"{place}: {free // 2**20} MiB free, a run needs {SPARE_BYTES // 2**20}; free some space")
    yield HealthCheck(name="disk", status="ok", detail=f"{free // 2**20} MiB free at {place}")


def committer(located: Located) -> tuple[str, str]:
    found = []
    for key, default in zip(("user.name", "user.email"), NOBODY, strict=True):
        try:
            found.append(text(located.repository.folder, "config", "--get", key, as_user=True) or default)
        except GitError:
            found.append(default)
    return found[0], found[1]


def _identity(located: Located) -> Iterable[HealthCheck]:
    if located.forge == "gitlab":
        yield HealthCheck(name="git identity", status="ok", detail="commits are made as the user of IL_WRITE_TOKEN")
        return
    name, email = committer(located)
    known = email != NOBODY[1]
    detail = f"commits are made as {name} <{email}>"
    hint = "" if known else "; set one with `git config user.name` and `git config user.email`"
    yield HealthCheck(name="git identity", status="ok" if known else "warning", detail=detail + hint)


def _working_tree(located: Located, config_bytes: bytes) -> Iterable[HealthCheck]:
    """Work that is not committed is neither looked at nor touched; say so where it matters."""
    if located.repository.bare:
        return
    try:
        dirty = text(located.repository.folder, "status", "--porcelain", "--untracked-files=no", as_user=True)
    except GitError as error:  # an index that is damaged, say: a run needs none
        yield HealthCheck(name="working tree", status="warning", detail=f"cannot be looked at: {error.stderr}")
        dirty = ""
    if dirty:
        count = len(dirty.splitlines())
        detail = f"{count} uncommitted changes are not looked at and stay untouched"
        yield HealthCheck(name="working tree", status="ok", detail=detail)
    here = located.repository.folder / NAME
    if here.is_file() and here.read_bytes() != config_bytes:
        detail = f"{NAME} differs from the base commit, which is what counts; commit it to use it"
        yield HealthCheck(name="configuration", status="warning", detail=detail)
