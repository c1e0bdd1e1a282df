"""The run's own copy of the target: a bundle of one parentless commit, unpacked once, with worktrees beside it.

Later phases see the target only through this; the repository that it came from is not in reach (DESIGN section 5).
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock

from improve_loop.edges.desk import BUNDLE, SCRATCH
from improve_loop.edges.git import GitError, git, text
from improve_loop.edges.patches import commit
from improve_loop.errors import ArtifactError, TryLater, UsageError
from improve_loop.model.find import Run

REF = "refs/heads/target"
_RECORDS = Lock()  # git reads the records of all worktrees, also one that another thread is just writing


def make_bundle(source: Path, base: str, bundle: Path) -> str:
    """Writes the tree of `base` as one parentless commit into `bundle`; that commit's id."""
    with tempfile.TemporaryDirectory(prefix=".bundling-", dir=bundle.parent) as folder:
        scratch = Path(folder)
        _init(scratch, text(source, "rev-parse", "--show-object-format", as_user=True))
        objects = text(source, "rev-parse", "--path-format=absolute", "--git-path", "objects", as_user=True)
        (scratch / "objects/info/alternates").write_text(
            f"{_quoted(objects)}\n", encoding="utf-8", errors="surrogateescape"
        )
        try:
            alone = commit(scratch, f"{base}^{{tree}}", None, f"The tree of {base}")
            git(scratch, "update-ref", REF, alone)
            git(scratch, "bundle", "create", "-q", str(scratch / "made"), REF)
        except GitError as error:
            if "missing" in error.stderr or "unable to read" in error.stderr or "bad object" in error.stderr:
                raise UsageError(
                    f"{source}: objects of {base[:12]} are not here (a partial clone, or damage); "
                    "fetch them with `git fetch --refetch --no-filter`, or give --target a full clone"
                ) from error
            raise
        try:
            shutil.move(scratch / "made", bundle)
        except OSError as error:
            raise TryLater(f"{bundle}: cannot be written: {error.strerror}; free the disk, then run again") from error
    return alone


def _quoted(path: str) -> str:
    """A path in `objects/info/alternates`, quoted as C does where it would not stay on one line."""
    if "\n" not in path:
        return path
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _init(folder: Path, object_format: str) -> None:
    git(folder, "init", "-q", "--bare", f"--object-format={object_format}", "--template=", str(folder))
    (folder / "info").mkdir(exist_ok=True)
    (folder / "objects/info").mkdir(parents=True, exist_ok=True)
    # What `git sparse-checkout` would set up itself, were it not for several worktrees that do so at once.
    git(folder, "config", "--unset", "core.bare")
    git(folder, "config", "extensions.worktreeConfig", "true")
    git(folder, "config", "--file", str(folder / "config.worktree"), "core.bare", "true")


def opened(out: Path, run: Run) -> Path:
    """The bare repository of the unpacked bundle, unpacked now if this is the first phase here that asks."""
    git_dir = out / SCRATCH / "target.git"
    if git_dir.is_dir() and _holds(git_dir, run.target.bundle_sha):
        return git_dir
    bundle = out / BUNDLE
    if bundle.is_symlink() or not bundle.is_file():
        raise ArtifactError(f"{bundle}: missing or not a plain file; run `improve-loop preflight` first")
    shutil.rmtree(git_dir, ignore_errors=True)
    git_dir.mkdir(parents=True)
    _init(git_dir, "sha256" if len(run.target.bundle_sha) == 64 else "sha1")
    try:
        git(git_dir, "fetch", "-q", "--no-tags", str(bundle.absolute()), f"+{REF}:{REF}")
    except GitError as error:
        raise ArtifactError(f"{bundle}: not a bundle of the target: {error.stderr}; run preflight again") from error
    if not _holds(git_dir, run.target.bundle_sha):
        raise ArtifactError(f"{bundle}: holds another commit than run.json says; run `improve-loop preflight` again")
    return git_dir


def _holds(git_dir: Path, sha: str) -> bool:
    try:
        return text(git_dir, "rev-parse", "--verify", "-q", REF) == sha
    except GitError:
        return False


@contextlib.contextmanager
def worktree(git_dir: Path, name: str, commit_sha: str, paths: Sequence[str] | None, *, keep: bool) -> Iterator[Path]:
    """A checkout of the commit, sparse over `paths` (None: whole), removed afterwards unless `keep`."""
    folder = git_dir.parent / name
    remove_worktree(git_dir, folder)
    with _RECORDS:
        git(git_dir, "worktree", "add", "-q", "--detach", "--no-checkout", str(folder), commit_sha)
    try:
        if paths is not None:
            patterns = "".join(f"/{_literal(path)}\n" for path in paths).encode("utf-8", "surrogateescape")
            git(folder, "sparse-checkout", "set", "--no-cone", "--stdin", stdin=patterns)
        git(folder, "checkout", "-q", "--detach", commit_sha)
        yield folder
    finally:
        if not keep:
            remove_worktree(git_dir, folder)


def _literal(path: str) -> str:
    return "".join(f"\\{letter}" if letter in "*?[]\\!# " else letter for letter in path)


def remove_worktree(git_dir: Path, folder: Path) -> None:
    """Removes a checkout and git's record of it; fine where there is none."""
    if folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
        with _RECORDS:
            git(git_dir, "worktree", "prune", "--expire=now")
