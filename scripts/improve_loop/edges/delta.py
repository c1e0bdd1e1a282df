"""Patch bytes to a tree, and tree to tree, by git itself: the gates judge what git makes, not what a text says.

Everything happens in a scratch git directory that borrows the repository's objects (alternates), so nothing is left
behind in the repository and none of its configuration, attributes, hooks or filters is read.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from improve_loop.edges.collector import collector_paused
from improve_loop.edges.scratch import scratch_folder
from improve_loop.errors import Refused, TryLater, UsageError
from improve_loop.model.delta import TreeDelta
from improve_loop.model.finding import GateFinding
from improve_loop.rules.gating.patch import UNAPPLIABLE, header_findings
from improve_loop.rules.gating.raw import Change, file_deltas, parse_raw

SECONDS = 120  # for one git command; a patch that needs longer is refused
MAX_PATCH_BYTES = 64 * 1024 * 1024
MAX_CONTENT_BYTES = 256 * 1024 * 1024  # both sides of every changed file together

_ENV = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "LC_ALL": "C",
}
_CONFIG = """[core]
\tbare = true
\trepositoryformatversion = {version}
\tcompression = 0
\tlooseCompression = 0
\tprotectHFS = true
\tprotectNTFS = true
\tquotePath = true
\tattributesFile = /dev/null
\thooksPath = /dev/null
\tfsync = none
[extensions]
{extensions}
"""
_DIFF = (
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--ignore-submodules=none",
    "--submodule=short",
    "--no-relative",
)


class PatchRefused(Refused):
    """The patch cannot be judged, which is a refusal; `findings` say why."""

    def __init__(self, findings: Sequence[GateFinding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f"{found.path}: {found.reason}; {found.advice}" for found in findings))


def delta_of(repo: Path, base: str, patch: bytes) -> TreeDelta:
    """What `git apply` makes of this patch on the base tree.

    `repo` is a bare or normal git repository that holds `base` (a commit or tree). Raises PatchRefused for what
    cannot be parsed, applied or compared, UsageError where the repository or base does not exist.
    """
    if len(patch) > MAX_PATCH_BYTES:
        raise PatchRefused([_unappliable(f"it has more than {MAX_PATCH_BYTES} bytes, which is what can be judged")])
    if lies := header_findings(patch):
        raise PatchRefused(lies)
    with _scratch(repo, base) as (git, base_tree):
        result = _applied(git, base_tree, patch)
        if result == base_tree:
            raise PatchRefused([_unappliable("it changes nothing")])
        return _compare(git, repo, base_tree, result)


def delta_of_index(repo: Path, base: str, index: Path) -> TreeDelta | None:
    """What a commit of this index file changes; None where nothing. Raises as `delta_of` does.

    The index is made a tree, as a commit does it: `git diff --cached` leaves out submodules that `.gitmodules` or the
    configuration says to ignore.
    """
    with _scratch(repo, base) as (git, base_tree):
        for part in (index, *index.parent.glob("sharedindex.*")):
            if part.is_file():
                shutil.copyfile(part, git.directory / ("index" if part == index else part.name))
        result = git.out("write-tree", "--missing-ok").decode().strip()
        return None if result == base_tree else _compare(git, repo, base_tree, result)


def delta_between(repo: Path, base: str, result: str) -> TreeDelta:
    """What differs between two trees (or commits) that the repository holds. Raises as `delta_of` does."""
    with _scratch(repo, base) as (git, base_tree):
        return _compare(git, repo, base_tree, _tree(repo, result))


class _Git(NamedTuple):
    """Plumbing commands in one scratch git directory."""

    directory: Path

    def run(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run to the end; the caller looks at the return code."""
        try:
            return _ran(arguments, stdin, cwd=self.directory, GIT_DIR=str(self.directory))
        except subprocess.TimeoutExpired:
            raise PatchRefused([_unappliable(f"git {arguments[0]} took longer than {SECONDS} s")]) from None

    def out(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Standard output; a failure is a refusal with git's own words."""
        done = self.run(*arguments, stdin=stdin)
        if done.returncode:
            raise PatchRefused([_unappliable(_last_words(done.stderr))])
        return done.stdout


class BaseTree:
    """The base tree, read from the repository when somebody asks (`model.plugs.Tree`)."""

    def __init__(self, repo: Path, tree: str) -> None:
        self.repo, self.tree = repo, tree

    @cached_property
    def _listed(self) -> tuple[str, ...]:
        listed = _plain_git(self.repo, "ls-tree", "-r", "-z", "--name-only", self.tree)
        return tuple(sorted(name.decode("utf-8", "surrogateescape") for name in listed.split(b"\0") if name))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self._listed)

    def paths(self) -> Sequence[str]:
        """Every path of the tree, sorted; symlinks and submodules too, since names collide with them."""
        return self._listed

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; None where there is none."""
        if "\n" in path or path not in self._known:
            return None
        name = f"{self.tree}:{path}".encode("utf-8", "surrogateescape")
        answer = _plain_git(self.repo, "cat-file", "--batch", stdin=name + b"\n")
        header, _, rest = answer.partition(b"\n")
        words = header.split()
        return rest[: int(words[2])] if len(words) == 3 and words[1] == b"blob" else None


def _applied(git: _Git, base_tree: str, patch: bytes) -> str:
    """The object id of the tree that the patch makes."""
    git.out("read-tree", base_tree)
    git.out("apply", "--cached", "--whitespace=nowarn", "-p1", "-", stdin=patch)
    return git.out("write-tree", "--missing-ok").decode().strip()  # a partial clone lacks what the patch leaves alone


def _compare(git: _Git, repo: Path, base: str, result: str) -> TreeDelta:
    raw = parse_raw(git.out("diff-tree", "-r", "-z", "-M", "-l400", "--raw", "--no-abbrev", *_DIFF, base, result))
    text = git.out(
        "diff-tree", "-r", "-M", "-l400", "-p", "-U0", "--text", "--full-index",
        "--src-prefix=a/", "--dst-prefix=b/", *_DIFF, base, result,
    )  # fmt: skip
    with collector_paused():
        files = file_deltas(raw, text, _contents(git, raw))
    if files is None:
        raise PatchRefused([_unappliable("git's two listings of the change disagree")])
    return TreeDelta(base_tree=base, result_tree=result, files=files, base=BaseTree(repo, base))


def _contents(git: _Git, raw: Sequence[Change]) -> dict[str, bytes]:
    """Every blob of the change, by object id."""
    wanted = sorted({blob for change in raw for blob in change.blobs})
    if not wanted:
        return {}
    asked = "\n".join(wanted).encode() + b"\n"
    sizes = git.out("cat-file", "--batch-check=%(objectsize)", stdin=asked).split()
    if not all(size.isdigit() for size in sizes) or sum(map(int, sizes)) > MAX_CONTENT_BYTES:
        raise PatchRefused([_unappliable("the changed files are missing or too large to judge")])
    answer = memoryview(git.out("cat-file", "--batch=%(objectname)", stdin=asked))
    contents: dict[str, bytes] = {}
    at = 0
    for blob, size in zip(wanted, map(int, sizes), strict=True):
        at += len(blob) + 1
        contents[blob] = bytes(answer[at : at + size])
        at += size + 1
    return contents


@contextmanager
def _scratch(repo: Path, base: str) -> Iterator[tuple[_Git, str]]:
    """A git directory of our own that borrows the objects of `repo`, gone afterwards; and the tree of `base`."""
    asked = ("--path-format=absolute", "--git-path", "objects", "--show-object-format")
    objects, kind, tree = _tree(repo, base, *asked).rsplit("\n", 2)
    with scratch_folder() as folder:
        directory = Path(folder)
        (directory / "objects" / "info").mkdir(parents=True)
        (directory / "refs").mkdir()
        (directory / "HEAD").write_text("ref: refs/heads/none\n")
        sha256 = kind == "sha256"
        config = _CONFIG.format(version=int(sha256), extensions="\tobjectformat = sha256" if sha256 else "")
        (directory / "config").write_text(config)
        (directory / "objects" / "info" / "alternates").write_bytes(os.fsencode(_quoted(objects)) + b"\n")
        yield _Git(directory), tree


def _tree(repo: Path, revision: str, *asked: str) -> str:
    """The tree of a revision, as an object id; before it what else `rev-parse` is asked, a line each."""
    if revision.startswith(("-", "^")) or "\n" in revision:
        raise UsageError(f"{repo}: {revision!r} is no revision; name a commit, branch or tree")
    answer = _plain_git(repo, "rev-parse", *asked, "--verify", "--quiet", f"{revision}^{{tree}}")
    return answer.decode("utf-8", "surrogateescape").removesuffix("\n")


def _plain_git(repo: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """A reading command in the repository itself, with nothing of its configuration that could run a program."""
    safe = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "safe.directory=*")
    try:
        done = _ran((*safe, "-C", str(repo), *arguments), stdin)
    except subprocess.TimeoutExpired:
        raise TryLater(f"{repo}: git {arguments[0]} took longer than {SECONDS} s; try again later") from None
    if done.returncode:
        words = _last_words(done.stderr) or f"no {arguments[-1]!r} here"
        raise UsageError(f"{repo}: {words}; give a git repository and a base that it holds")
    return done.stdout


def _ran(
    arguments: Sequence[str], stdin: bytes, cwd: Path | None = None, **more: str
) -> subprocess.CompletedProcess[bytes]:
    """git, run to its end within `SECONDS`."""
    environment = {**_clean_environment(), **_ENV, **more}
    try:
        return subprocess.run(
            ("git", *arguments),
            input=stdin,
            capture_output=True,
            cwd=cwd,
            env=environment,
            timeout=SECONDS,
            check=False,
        )
    except (FileNotFoundError, PermissionError):
        raise UsageError("git: not found on PATH; install git 2.38 or newer") from None


def _clean_environment() -> dict[str, str]:
    """The environment without what steers git."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def _quoted(path: str) -> str:
    """A line of `objects/info/alternates`, where a leading quote mark or hash would be read as something else."""
    if path.startswith(("#", '"')) or "\n" in path:
        raise UsageError(f"{path!r}: git cannot borrow objects from a folder of that name; rename it")
    return path


def _unappliable(why: str) -> GateFinding:
    return UNAPPLIABLE.at("(patch)", detail=why)


def _last_words(stderr: bytes) -> str:
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return re.sub(r"^(?:error|fatal): ", "", lines[0]) if lines else ""
