"""Trees and patches in a repository, by plumbing alone: byte for byte, no working tree, no filters, no user's index."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from improve_loop.edges.git import GitError, git, text
from improve_loop.edges.scratch import scratch_folder

# A patch is the same bytes on every machine: nothing of anyone's configuration shows in it.
DIFF = (
    *("-c", "diff.algorithm=myers", "-c", "diff.context=3", "-c", "core.attributesFile=/dev/null"),
    *("-c", "diff.interHunkContext=0", "-c", "diff.indentHeuristic=true", "-c", "diff.suppressBlankEmpty=false"),
    *("diff-tree", "-r", "-p", "--binary", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv"),
    *("--no-renames", "--src-prefix=a/", "--dst-prefix=b/", "--unified=3", "--no-relative"),
)


@contextlib.contextmanager
def scratch_index(git_dir: Path) -> Iterator[dict[str, str]]:
    """The environment of a git that uses an index of its own."""
    with scratch_folder() as folder:
        yield {"GIT_INDEX_FILE": str(Path(folder) / "index"), "GIT_DIR": str(git_dir)}


def tree_with(git_dir: Path, base: str, files: Mapping[str, bytes | None]) -> str:
    """The tree of `base` with these files written anew (None: removed); modes of files that were there stay."""
    with scratch_index(git_dir) as env:
        git(git_dir, "read-tree", base, extra_env=env)
        git(git_dir, "update-index", "-z", "--index-info", stdin=index_rows(git_dir, base, files), extra_env=env)
        return text(git_dir, "write-tree", extra_env=env)


def index_rows(git_dir: Path, base: str, files: Mapping[str, bytes | None]) -> bytes:
    """The lines that tell `update-index --index-info` of these files; their blobs are written."""
    rows = []
    for path, content in sorted(files.items()):
        raw = path.encode("utf-8", "surrogateescape")
        if content is None:
            rows.append(b"0 " + b"0" * len(base) + b"\t" + raw)
        else:
            blob = git(git_dir, "hash-object", "-w", "--no-filters", "--stdin", stdin=content).strip()
            rows.append(_mode(git_dir, base, path).encode() + b" " + blob + b"\t" + raw)
    return b"".join(row + b"\0" for row in rows)


def _mode(git_dir: Path, base: str, path: str) -> str:
    row = text(git_dir, "ls-tree", "--full-tree", base, "--", f":(literal){path}")
    return row.split(" ", 1)[0] if row.startswith("100") else "100644"


def patch_between(git_dir: Path, base: str, tree: str) -> bytes:
    """The patch that turns `base` into `tree`."""
    return git(git_dir, *DIFF, base, tree)


def numstat(git_dir: Path, base: str, tree: str) -> tuple[tuple[str, int, int], ...]:
    """(path, added lines, removed lines) of each file that differs; a binary file counts as 0 and 0."""
    listing = git(git_dir, "diff-tree", "-r", "-z", "--numstat", "--no-renames", base, tree)
    rows = [row.split(b"\t", 2) for row in listing.split(b"\0")[:-1]]
    return tuple(
        (path.decode("utf-8", "surrogateescape"), _count(added), _count(removed)) for added, removed, path in rows
    )


def _count(field: bytes) -> int:
    return 0 if field == b"-" else int(field)


def merges_cleanly(git_dir: Path, base: str, tree: str, other: str) -> bool:
    """Whether two trees made from `base` merge side by side without conflict."""
    ours, theirs = (commit(git_dir, each, base, "side") for each in (tree, other))
    try:
        git(git_dir, "merge-tree", "--write-tree", "--name-only", ours, theirs)
    except GitError as error:
        if "usage:" in error.stderr:
            raise
        return False
    return True


IDENTITY = {"NAME": "improve-loop", "EMAIL": "improve-loop@localhost", "DATE": "946684800 +0000"}


def commit(git_dir: Path, tree: str, parent: str | None, message: str) -> str:
    """A commit that is the same bytes whenever and wherever it is made."""
    who = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in IDENTITY.items()}
    parents = ("-p", parent) if parent else ()
    return text(git_dir, "commit-tree", tree, *parents, "-m", message, extra_env=who)
