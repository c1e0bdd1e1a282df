"""What `improve-loop gate` judges, wherever it is: patch bytes, a range, what is staged, a plain folder as base.

`edges.git` is imported where it is needed: a patch against a repository is judged without it, which starts sooner.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from improve_loop.edges.delta import delta_between, delta_of_index
from improve_loop.edges.scratch import scratch_folder
from improve_loop.errors import UsageError
from improve_loop.model.delta import TreeDelta

_ATTRIBUTES = "* -text -filter -ident -working-tree-encoding\n"  # a folder's bytes are taken as they are


def around(folder: Path) -> Path:
    """The repository that a folder lies in, as git finds it; the folder itself where there is none."""
    try:
        above = (folder, *folder.resolve().parents)
    except FileNotFoundError:
        raise UsageError("this folder is gone; go to one that is there, or give --repo") from None
    return next((each for each in above if (each / ".git").exists() or _is_bare(each)), folder)


def of_a_hook() -> Path | None:
    """The git directory that git names to its hooks where it is not the one around; None outside of hooks."""
    from improve_loop.edges.environment import variables

    named = variables().get("GIT_DIR")
    return Path(named) if named else None


@contextmanager
def repository_at(folder: Path) -> Iterator[Path]:
    """A git repository that holds this folder: itself, or a scratch one whose HEAD is the folder as it stands."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; give --repo the tree that the patch applies to")
    if (folder / ".git").exists() or _is_bare(folder):
        yield folder
        return
    with scratch_folder() as scratch:
        yield _snapshot(folder.resolve(), Path(scratch))


def delta_of_range(repo: Path, span: str) -> TreeDelta:
    """What a range changes: `A..B` from A to B, `A...B` from where B left A. Raises UsageError for anything else."""
    match = re.fullmatch(r"([^\s.-][^\s]*?)(\.{2,3})([^\s-][^\s]*)?", span)
    if match is None:
        raise UsageError(f"--range {span!r}: not a range; write A..B, as main..HEAD")
    first, last = match[1], match[3] or "HEAD"
    if match[2] == "...":
        first = _left_at(repo, first, last)
    return delta_between(repo, first, last)


def _left_at(repo: Path, first: str, last: str) -> str:
    """The commit where `last` left `first`."""
    from improve_loop.edges.git import GitError, text

    try:
        return text(repo, "merge-base", first, last)
    except GitError as error:
        says = error.stderr.removeprefix("fatal: ") or "they have no commit in common"
        raise UsageError(
            f"--range {first}...{last}: {says}; name two commits of one history (a shallow clone may lack it)"
        ) from None


def delta_of_staged(repo: Path) -> TreeDelta | None:
    """What a commit would now contain, the first one against an empty tree; None where nothing is staged."""
    from improve_loop.edges.environment import variables
    from improve_loop.edges.git import GitError, text

    named = {name: value for name, value in variables().items() if name == "GIT_INDEX_FILE"}  # of `git commit -a`
    try:
        base = text(repo, "rev-parse", "--revs-only", "HEAD") or text(repo, "hash-object", "-t", "tree", "--stdin")
        index = text(repo, "rev-parse", "--path-format=absolute", "--git-path", "index", extra_env=named)
    except GitError as error:
        says = error.stderr.removeprefix("fatal: ")
        raise UsageError(f"{repo}: {says}; --staged needs a git repository that git can read") from None
    return delta_of_index(repo, base, Path(index))


def _is_bare(folder: Path) -> bool:
    """Whether it is a git directory itself, a linked worktree's too."""
    has = {name for name in ("HEAD", "objects", "refs", "commondir") if (folder / name).exists()}
    return has >= {"HEAD", "objects", "refs"} or has >= {"HEAD", "commondir"}


def _snapshot(folder: Path, scratch: Path) -> Path:
    """A repository with one commit of everything in a folder."""
    from improve_loop.edges.git import GitError, git

    repo = scratch / "base.git"
    git(scratch, "init", "-q", "--bare", str(repo))
    (repo / "info").mkdir(exist_ok=True)
    (repo / "info" / "attributes").write_text(_ATTRIBUTES)
    environment = {"GIT_DIR": str(repo), "GIT_WORK_TREE": str(folder), "GIT_INDEX_FILE": str(scratch / "index")}
    try:
        git(folder, "-c", "core.autocrlf=false", "add", "-A", "-f", ".", extra_env=environment)
    except GitError as error:
        says = re.sub(r"^(?:error|fatal): ", "", error.stderr.partition("\n")[0])
        raise UsageError(
            f"{folder}: cannot be a base as it stands: {says}; take that away, or give --repo a git repository"
        ) from None
    tree = git(folder, "write-tree", extra_env=environment).decode().strip()
    named = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "base"), ("EMAIL", "base@localhost"))
    }
    commit = git(repo, "commit-tree", "-m", "base", tree, extra_env=named).decode().strip()
    git(repo, "update-ref", "HEAD", commit)
    return repo
