"""Base and patch to one commit on a branch: in a fresh bare repository, by plumbing, hooks off, nothing checked out.

Without a working tree no filter, attribute or submodule of the target can run anything beside the token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from improve_loop.edges.forge import gitlab_git
from improve_loop.edges.forge.contract import BranchMoved, PatchDoesNotApply
from improve_loop.edges.forge.gitlab_session import GitLabProject
from improve_loop.edges.git import GitError, git, text
from improve_loop.edges.patches import scratch_index
from improve_loop.edges.scratch import scratch_folder
from improve_loop.errors import TryLater

STALE = ("stale info", "fetch first", "non-fast-forward", "cannot lock ref", "reference already exists")


@dataclass(frozen=True, kw_only=True)
class Hand:
    """Who commits."""

    name: str
    email: str

    def environment(self) -> dict[str, str]:
        return {
            "GIT_AUTHOR_NAME": self.name,
            "GIT_AUTHOR_EMAIL": self.email,
            "GIT_COMMITTER_NAME": self.name,
            "GIT_COMMITTER_EMAIL": self.email,
        }


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A commit made here and not pushed yet."""

    git_dir: Path
    base_sha: str
    tree: str


def with_patch(at: GitLabProject, folder: Path, base_sha: str, patch: bytes) -> Prepared:
    """The tree of base and patch. Raises PatchDoesNotApply."""
    git_dir = folder / "publish.git"
    gitlab_git.new_repository(git_dir)
    gitlab_git.fetch(at, git_dir, base_sha)
    with scratch_index(git_dir) as env:
        git(git_dir, "read-tree", base_sha, extra_env=env)
        try:
            git(git_dir, "apply", "--cached", "--whitespace=nowarn", "-", stdin=patch, extra_env=env)
        except GitError as error:
            raise PatchDoesNotApply(f"the patch does not apply to {base_sha[:8]}: {error.stderr}") from None
        tree = text(git_dir, "write-tree", extra_env=env)
    if tree == text(git_dir, "rev-parse", f"{base_sha}^{{tree}}"):
        raise PatchDoesNotApply(f"the patch changes nothing on {base_sha[:8]}")
    return Prepared(git_dir=git_dir, base_sha=base_sha, tree=tree)


def is_published(at: GitLabProject, prepared: Prepared, head: str) -> bool:
    """Whether the branch's head already is this tree on this base."""
    gitlab_git.fetch(at, prepared.git_dir, head)
    shown = text(prepared.git_dir, "show", "-s", "--format=%T %P", head)
    parents = _parents(prepared.git_dir, head)
    return shown.split(" ")[0] == prepared.tree and parents == [prepared.base_sha]


def _parents(git_dir: Path, sha: str) -> list[str]:
    """As the commit names them: in a shallow repository `%P` leaves out what was not fetched."""
    lines = text(git_dir, "cat-file", "commit", sha).split("\n\n", 1)[0].splitlines()
    return [line.removeprefix("parent ") for line in lines if line.startswith("parent ")]


def push(
    at: GitLabProject, prepared: Prepared, branch: str, message: str, hand: Hand, expected_head: str | None
) -> str:
    """Commits and pushes, only over the head that was expected. Raises BranchMoved."""
    env = hand.environment()
    arguments = ("commit-tree", prepared.tree, "-p", prepared.base_sha, "-m", message)
    sha = text(prepared.git_dir, *arguments, extra_env=env)
    push_commit(at, prepared.git_dir, sha, branch, expected_head)
    return sha


def push_commit(
    at: GitLabProject, git_dir: Path, sha: str, branch: str, expected_head: str | None, *options: str
) -> None:
    """One commit to one branch, over exactly the head that was expected (None: no branch yet)."""
    lease = f"--force-with-lease=refs/heads/{branch}:{expected_head or ''}"
    arguments = ("push", "-q", "--no-verify", lease, *options, gitlab_git.remote(at), f"{sha}:refs/heads/{branch}")
    try:
        gitlab_git.run(at, git_dir, *arguments)
    except (GitError, TryLater) as error:
        # The reply may be lost and not the push; then curl's own second try finds the branch "moved" by the first.
        if remote_head(at, git_dir, branch) == sha:
            return
        if isinstance(error, GitError) and any(sign in error.stderr for sign in STALE):
            raise BranchMoved(f"{branch} moved while it was being published; look again") from None
        raise


def remote_head(at: GitLabProject, git_dir: Path, branch: str) -> str | None:
    """The branch's tip as git sees it; the API may lag behind a push."""
    row = gitlab_git.ask(at, git_dir, "ls-remote", gitlab_git.remote(at), f"refs/heads/{branch}").decode()
    return row.split("\t")[0] or None


def push_orphan(at: GitLabProject, branch: str, files: Mapping[str, bytes], message: str, hand: Hand) -> str:
    """A first commit with these files alone on a branch that does not exist yet. Raises BranchMoved when it does."""
    with scratch_folder() as folder:
        git_dir = Path(folder) / "state.git"
        gitlab_git.new_repository(git_dir)
        with scratch_index(git_dir) as env:
            for path, content in files.items():
                blob = git(git_dir, "hash-object", "-w", "--no-filters", "--stdin", stdin=content).decode().strip()
                git(git_dir, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", extra_env=env)
            tree = text(git_dir, "write-tree", extra_env=env)
        sha = text(git_dir, "commit-tree", tree, "-m", message, extra_env=hand.environment())
        push_commit(at, git_dir, sha, branch, None, "--push-option=ci.skip")
        return sha
