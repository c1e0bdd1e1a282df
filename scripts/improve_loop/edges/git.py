"""Running git: never a shell, never a hook, never a prompt, and an error that says what git said."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from improve_loop.edges.environment import git_environment
from improve_loop.errors import LoopError, TryLater, UsageError

# A repository's own configuration may name programs; none of them runs on our account.
SAFE = (
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.untrackedCache=false"),
    *("-c", "commit.gpgSign=false"),
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
    *("-c", "protocol.ext.allow=never"),
    *("-c", "diff.external="),
    *("-c", "core.quotePath=false"),
)


class GitError(LoopError):
    """git refused; `stderr` is what it said."""

    def __init__(self, message: str, stderr: str = "") -> None:
        super().__init__(message)
        self.stderr = stderr


def git(
    folder: Path,
    *args: str,
    stdin: bytes = b"",
    extra_env: Mapping[str, str] | None = None,
    as_user: bool = False,
    timeout_seconds: float | None = None,
) -> bytes:
    """What git prints. Raises GitError when it exits with anything but 0, TryLater when the disk is full."""
    try:
        done = subprocess.run(
            ["git", *SAFE, *_named(folder), "-C", str(folder), *args],
            input=stdin,
            capture_output=True,
            env={**git_environment(as_user=as_user), **(extra_env or {})},
            timeout=timeout_seconds,
            check=False,
        )
    except FileNotFoundError:
        raise UsageError("git: not found on PATH; install git 2.38 or newer") from None
    except subprocess.TimeoutExpired:
        raise TryLater(
            f"git {args[0]} in {folder}: no answer within {timeout_seconds:.0f} s; try again later"
        ) from None
    if done.returncode:
        raise failure(folder, args, done.returncode, done.stderr.decode("utf-8", "replace").strip())
    return done.stdout


def _named(folder: Path) -> tuple[str, ...]:
    """A bare repository that was named itself is wanted; `safe.bareRepository` is about those found on the way up."""
    return ("-c", "safe.bareRepository=all") if (folder / "HEAD").is_file() and (folder / "objects").is_dir() else ()


def text(folder: Path, *args: str, as_user: bool = False, extra_env: Mapping[str, str] | None = None) -> str:
    """What git prints, as one stripped string."""
    return git(folder, *args, as_user=as_user, extra_env=extra_env).decode("utf-8", "surrogateescape").strip()


def failure(folder: Path, args: Sequence[str], code: int, stderr: str) -> LoopError:
    """The error for a git that failed."""
    if "No space left on device" in stderr or "Disk quota exceeded" in stderr:
        return TryLater(f"git {args[0]} in {folder}: the disk is full; free some space, then run again")
    if "dubious ownership" in stderr:
        return UsageError(
            f"{folder}: belongs to another user; if you trust it, `git config --global --add safe.directory {folder}`"
        )
    return GitError(f"git {args[0]} in {folder} failed ({code}): {stderr or 'it said nothing'}", stderr)


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A git repository on this machine."""

    folder: Path  # where git is run: the top of the working tree, or the bare repository
    git_dir: Path  # the common directory, shared by linked worktrees
    bare: bool


def open_repository(path: Path) -> Repository:
    """The repository that holds `path`. Raises UsageError where there is none."""
    if not path.exists():
        raise UsageError(f"{path}: no such folder; give --target the path or URL of a git repository")
    folder = path if path.is_dir() else path.parent
    try:
        bare, inside, common = _asked(folder)
        if not bare and not inside:
            raise UsageError(f"{path}: is inside a git directory; give --target the repository's own folder")
        top = common if bare else _path(folder, "--show-toplevel")
    except GitError as error:
        if "not a git repository" in error.stderr:
            raise UsageError(
                f"{path}: not a git repository; give --target the path or URL of one, or `git init` it"
            ) from None
        raise UsageError(f"{path}: cannot be used: {error.stderr}") from None
    return Repository(folder=Path(top), git_dir=Path(common), bare=bare)


def _asked(folder: Path) -> tuple[bool, bool, str]:
    """Bare; inside a working tree; the common directory. One question for all three; raises GitError."""
    questions = ("--is-bare-repository", "--is-inside-work-tree", "--path-format=absolute", "--git-common-dir")
    bare, inside, common = _path(folder, *questions).split("\n", 2)
    return bare == "true", inside == "true", common


def _path(folder: Path, *args: str) -> str:
    """A path as git prints it; a space at its end is part of it."""
    return git(folder, "rev-parse", *args, as_user=True).decode("utf-8", "surrogateescape").removesuffix("\n")


def commit_of(repository: Repository, revision: str = "HEAD") -> str:
    """The full id of a commit. Raises UsageError where the repository has none (it is empty)."""
    try:
        return text(repository.folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", as_user=True)
    except GitError:
        raise UsageError(
            f"{repository.folder}: {revision} is not a commit; an empty repository has nothing to improve yet"
        ) from None
