"""The loop's branches in a repository of a human: by plumbing alone, with compare-and-swap, nobody's work touched.

No working tree and no index of the user is read or written, no hook runs, and a branch that is checked out somewhere
stays where it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from improve_loop.edges.forge.contract import BranchMoved, PatchDoesNotApply
from improve_loop.edges.git import GitError, git
from improve_loop.edges.patches import DIFF, patch_between, scratch_index
from improve_loop.errors import TryLater, UsageError
from improve_loop.model.local import ChangedFile

# What a repository's configuration could change in the bytes of a commit or in what a patch means.
PLAIN = ("-c", "i18n.commitEncoding=UTF-8", "-c", "apply.ignoreWhitespace=no")
DIFF_CONFIG, DIFF_OPTIONS = DIFF[: DIFF.index("diff-tree")], DIFF[DIFF.index("-p") :]
LOOK_BACK = 2_000  # commits of the target branch that are searched for a change


class BranchCheckedOut(BranchMoved):
    """The branch is checked out in a working tree; the loop does not move it under a human."""


@dataclass(frozen=True, kw_only=True)
class Committer:
    """Whose name the loop's commits carry."""

    name: str = "improve-loop"
    email: str = "improve-loop@localhost"

    def environment(self, date: str) -> dict[str, str]:
        """For `git commit-tree`; `date` as "@seconds zone"."""
        parts = {"NAME": self.name, "EMAIL": self.email, "DATE": date}
        return {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in parts.items()}


@dataclass(frozen=True, kw_only=True)
class Branches:
    """The branches of one repository, given its common git directory."""

    git_dir: Path
    committer: Committer = field(default_factory=Committer)

    def head(self, branch: str) -> str | None:
        """The commit at the tip; None where there is no such branch."""
        return self.commit(f"refs/heads/{branch}")

    def commit(self, revision: str) -> str | None:
        """The full id of a commit; None where the repository has none of this name."""
        try:
            return self._text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}") or None
        except GitError:
            return None

    def make(self, base: str, patch: bytes, message: str) -> str:
        """One commit, base + patch; the same bytes for the same three. Raises PatchDoesNotApply."""
        if self.commit(base) is None:
            raise PatchDoesNotApply(f"{self.git_dir}: the base {base} is not here; fetch it, then run again")
        with scratch_index(self.git_dir) as index:
            self._git("read-tree", base, env=index)
            try:
                self._git(*PLAIN, "apply", "--cached", "--whitespace=nowarn", "-", stdin=patch, env=index)
            except GitError as error:
                raise PatchDoesNotApply(
                    f"{base[:12]}: the patch does not apply: {_line(error)}; make it anew"
                ) from None
            tree = self._text("write-tree", env=index)
        if tree == self._text("rev-parse", f"{base}^{{tree}}"):
            raise PatchDoesNotApply(f"{base[:12]}: the patch changes nothing; there is nothing to publish")
        date = f"@{self._text('show', '-s', '--format=%ct', base)} +0000"  # of the base, so that it can be made again
        return self.write(tree, base, message, date)

    def write(self, tree: str, parent: str | None, message: str, date: str) -> str:
        """A commit object; no branch leads to it yet."""
        parents = ("-p", parent) if parent else ()
        env = self.committer.environment(date)
        return self._text(*PLAIN, "commit-tree", tree, *parents, "-F", "-", stdin=message.encode(), env=env)

    def file(self, commit: str, path: str) -> str | None:
        """The text of a file at a commit; None where there is none."""
        try:
            return self._git("cat-file", "blob", f"{commit}:{path}").decode("utf-8", "replace")
        except GitError:
            return None

    def tree_with(self, commit: str | None, path: str, content: bytes) -> str:
        """The tree of a commit (None: an empty one) with one file written anew."""
        blob = self._git("hash-object", "-w", "--no-filters", "--stdin", stdin=content).decode().strip()
        with scratch_index(self.git_dir) as index:
            self._git("read-tree", commit or "--empty", env=index)
            self._git("update-index", "--add", "--replace", "--cacheinfo", f"100644,{blob},{path}", env=index)
            return self._text("write-tree", env=index)

    def move(self, branch: str, new: str, old: str | None, why: str) -> None:
        """Moves the branch from `old` (None: there is none) to `new`. Raises BranchMoved, TryLater."""
        at = self.checked_out_at(branch)
        if at is not None:
            raise BranchCheckedOut(
                f"{branch}: checked out in {at}; it stays where it is. Switch to another branch there, then run again"
            )
        who = {"GIT_COMMITTER_NAME": self.committer.name, "GIT_COMMITTER_EMAIL": self.committer.email}  # in the reflog
        change = (f"refs/heads/{branch}", new, old or "0" * len(new))
        try:
            self._git("update-ref", "-m", f"improve-loop: {why}", *change, env=who)
        except GitError as error:
            raise self._not_moved(branch, old, error) from error

    def _not_moved(self, branch: str, old: str | None, error: GitError) -> Exception:
        if ".lock'" in error.stderr:
            return TryLater(f"{branch}: another git is at work on it: {error.stderr}; run again when it is done")
        if self.head(branch) != old:
            return BranchMoved(
                f"{branch}: it is no longer at {(old or 'its absence')[:12]}; look again, then run again"
            )
        if "exists; cannot create" in error.stderr:
            return UsageError(f"{branch}: {error.stderr}; a branch named `improve-loop` leaves no room, rename it")
        return error

    def checked_out_at(self, branch: str) -> Path | None:
        """The working tree that has the branch checked out, or is rebasing or bisecting it."""
        reference = f"refs/heads/{branch}"
        for worktree in self._text("worktree", "list", "--porcelain", "-z").split("\0\0"):
            lines = worktree.split("\0")
            if f"branch {reference}" in lines and not any(line.startswith("prunable") for line in lines):
                return Path(lines[0].removeprefix("worktree "))
        for git_dir in (self.git_dir, *sorted(self.git_dir.glob("worktrees/*"))):
            for name in ("rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START"):
                file = git_dir / name
                if file.is_file() and file.read_text(errors="replace").strip() in (reference, branch):
                    return file
        return None

    def files(self, base: str, head: str) -> tuple[ChangedFile, ...]:
        """What the change leaves of every file that it touches."""
        listing = self._git("diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", base, head)
        fields = [field.decode("utf-8", "surrogateescape") for field in listing.split(b"\0")[:-1]]
        rows = ((about.split(" "), path) for about, path in zip(fields[::2], fields[1::2], strict=True))
        return tuple(ChangedFile(path=path, mode=about[1], blob=about[3]) for about, path in rows)

    def patch_id(self, base: str, head: str) -> str:
        """git's id of a change: the same for the same change on another base."""
        return next(iter(self._ids(patch_between(self.git_dir, base, head))), "")

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether `new` has `old` in its history."""
        try:
            self._git("merge-base", "--is-ancestor", old, new)
        except GitError:
            return False
        return True

    def holds(self, target: str, files: tuple[ChangedFile, ...]) -> bool:
        """Whether every file is in `target` as the change leaves it."""
        paths = [file.path for file in files]
        listing = self._text("ls-tree", "-r", "-z", "--full-tree", target, "--", *paths)
        rows = (row.partition("\t") for row in listing.split("\0") if row)
        there = {path: about.split(" ") for about, _, path in rows}
        gone = ["000000", "blob", "0" * len(target)]
        return bool(files) and all(there.get(file.path, gone)[::2] == [file.mode, file.blob] for file in files)

    def took(self, target: str, base: str, files: tuple[ChangedFile, ...], patch_id: str) -> bool:
        """Whether a commit of `target` since `base` makes this change to these files, after rebase or squash."""
        since = (f"{base}..{target}",) if self.commit(base) else (target,)
        paths = (f":(literal){file.path}" for file in files)
        log = ("log", f"--max-count={LOOK_BACK}", "--format=commit %H")
        shown = self._git(*DIFF_CONFIG, *log, *DIFF_OPTIONS, *since, "--", *paths)
        return patch_id != "" and patch_id in self._ids(shown)

    def _ids(self, patches: bytes) -> tuple[str, ...]:
        return tuple(line.split()[0] for line in self._text("patch-id", "--stable", stdin=patches).splitlines())

    def foreign_commits(self, base: str, head: str) -> bool | None:
        """Whether somebody else committed between the two; None where the repository cannot say."""
        try:
            committers = self._text("log", "--format=%ce", f"{base}..{head}").splitlines()
        except GitError:
            return None
        return any(email != self.committer.email for email in committers)

    def _git(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        named = {"GIT_DIR": str(self.git_dir), **(env or {})}  # named, so that a bare repository needs no leave
        return git(self.git_dir, *args, stdin=stdin, extra_env=named, as_user=True)

    def _text(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        return self._git(*args, stdin=stdin, env=env).decode("utf-8", "surrogateescape").strip("\n")


@cache  # commits do not change, and one run asks the same in most of its phases
def landed(
    branches: Branches, heads: tuple[str, ...], base: str, files: tuple[ChangedFile, ...], patch_id: str, target: str
) -> bool:
    """Whether `target` holds the change: by one of its heads, by the files it left, or rebased or squashed."""
    for head in heads:
        there = branches.commit(head) is not None
        if there and branches.is_ancestor(head, target) and not branches.is_ancestor(head, base):
            return True
    return branches.holds(target, files) or branches.took(target, base, files, patch_id)


def _line(error: GitError) -> str:
    return "; ".join(error.stderr.splitlines())
