"""Real repositories of every kind that a human may have, and what the loop does in one, for the local forge's tests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from improve_loop.edges.forge.local import LocalForge
from improve_loop.edges.forge.local_branches import Committer
from improve_loop.edges.git import git, open_repository, text
from improve_loop.edges.patches import patch_between, tree_with
from improve_loop.model.forge import Marker, MergeRequestDraft

KINDS = ("plain", "bare", "linked worktree", "detached", "sha256", "dirty", "sparse")
ID = "ci-default-block-a1b2c3"
BRANCH = f"improve-loop/{ID}"
FILES = {"ci.yml": "image: a\nscript: b\n", "docs/read me.md": "hello\n", "src/main.py": "one\ntwo\nthree\n"}
HUMAN = ("-c", "user.name=Jo", "-c", "user.email=jo@example.com")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Target:
    """A repository, and where its human works (the bare one has no such place)."""

    folder: Path
    work: Path

    def forge(self, run_id: str = "run-1", committer: Committer | None = None) -> LocalForge:
        repository = open_repository(self.folder)
        return LocalForge(repository=repository, run_id=run_id, committer=committer or Committer(), clock=lambda: NOW)

    def git(self, *args: str) -> str:
        return text(self.folder, *HUMAN, *args)

    @property
    def base(self) -> str:
        return self.git("rev-parse", "HEAD")

    def patch(self, changes: dict[str, str | None]) -> bytes:
        """A patch on HEAD that writes these files anew."""
        git_dir = open_repository(self.folder).git_dir
        contents = {path: None if content is None else content.encode() for path, content in changes.items()}
        return patch_between(git_dir, self.base, tree_with(git_dir, self.base, contents))

    def human_commits(self, changes: dict[str, str], message: str = "by hand", branch: str | None = None) -> str:
        """A human's commit on a branch (None: on HEAD), made in a clone of theirs and pushed."""
        clone = self.folder.parent / f"clone-{hashlib.sha256(message.encode()).hexdigest()[:8]}"
        git(self.folder.parent, "clone", "-q", str(self.folder), str(clone))
        head = self.git("rev-parse", "--abbrev-ref", "HEAD")
        git(clone, "checkout", "-q", branch or head)
        for path, content in changes.items():
            (clone / path).write_text(content)
        git(clone, *HUMAN, "commit", "-qam", message)
        git(self.folder, "fetch", "-q", "--update-head-ok", str(clone), f"+HEAD:refs/heads/{branch or head}")
        return self.git("rev-parse", f"refs/heads/{branch or head}")

    def touched(self) -> dict[str, object]:
        """Everything that is the user's: files, index, HEAD, configuration, refs but the loop's."""
        inside = (path for path in sorted(self.work.rglob("*")) if path.is_file())
        files = {str(path): path.read_bytes() for path in inside if ".git/" not in str(path)}
        git_dir = Path(self.git("rev-parse", "--absolute-git-dir"))
        own = {name: (git_dir / name).read_bytes() for name in ("index", "HEAD", "config") if (git_dir / name).exists()}
        refs = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return {**files, **own, "refs": [ref for ref in refs if "refs/heads/improve-loop/" not in ref]}


def made(folder: Path, kind: str = "plain") -> Target:
    """A repository of this kind under `folder`, with one commit on `main`."""
    first = folder / "target"
    first.mkdir(parents=True)
    git(first, "init", "-q", "-b", "main", *(["--object-format=sha256"] if kind == "sha256" else []))
    for path, content in FILES.items():
        (first / path).parent.mkdir(exist_ok=True)
        (first / path).write_text(content)
    git(first, "add", ".")
    moment = "2026-02-01T08:00:00Z"  # so that two of one kind are the same to the last commit
    git(
        first,
        *HUMAN,
        "commit",
        "-qm",
        "first",
        extra_env={f"GIT_{who}_DATE": moment for who in ("AUTHOR", "COMMITTER")},
    )
    return _KINDS.get(kind, _plain)(first)


def _plain(first: Path) -> Target:
    return Target(folder=first, work=first)


def _bare(first: Path) -> Target:
    git(first.parent, "clone", "-q", "--bare", str(first), "bare.git")
    return Target(folder=first.parent / "bare.git", work=first)


def _linked(first: Path) -> Target:
    git(first, "worktree", "add", "-q", "-b", "feature", str(first.parent / "linked"))
    return Target(folder=first.parent / "linked", work=first.parent / "linked")


def _detached(first: Path) -> Target:
    git(first, "checkout", "-q", "--detach")
    return _plain(first)


def _dirty(first: Path) -> Target:
    (first / "ci.yml").write_text("image: mine\n")
    (first / "staged.txt").write_text("staged\n")
    git(first, "add", "staged.txt")
    (first / "untracked.txt").write_text("untracked\n")
    (first / ".git" / "index.lock").touch()  # an editor is at work
    (first / ".git" / "hooks").mkdir(exist_ok=True)
    for hook in ("reference-transaction", "post-commit", "pre-commit", "post-checkout"):
        (first / ".git" / "hooks" / hook).write_text("#!/bin/sh\ntouch hook-ran\nexit 1\n")
        (first / ".git" / "hooks" / hook).chmod(0o755)
    return _plain(first)


def _sparse(first: Path) -> Target:
    git(first, "sparse-checkout", "set", "docs")
    git(first, "config", "apply.whitespace", "fix")
    git(first, "config", "core.autocrlf", "true")
    return _plain(first)


_KINDS = {"bare": _bare, "linked worktree": _linked, "detached": _detached, "dirty": _dirty, "sparse": _sparse}


def draft(target: Target, title: str = "Use default", labels: tuple[str, ...] = ("improve-loop",)) -> MergeRequestDraft:
    """What the loop wants its merge request to be."""
    marker = Marker(run_id="run-1", candidate=ID, fingerprint="a" * 64, patch_sha256="b" * 64)
    branch = target.git("rev-parse", "--abbrev-ref", "HEAD")
    return MergeRequestDraft(
        branch=BRANCH, target_branch=branch, title=title, description="Why: less to read.", marker=marker, labels=labels
    )


CHANGE: dict[str, str | None] = {
    "ci.yml": "image: a\nscript: c  \n",
    "docs/read me.md": None,
    "new/file.txt": "new\r\n",
}
