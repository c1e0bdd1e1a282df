"""What the local forge keeps of a merge request: one JSON file each, beside the repository's own files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from improve_loop.model.forge import Marker
from improve_loop.model.make import CheckedCommand


@dataclass(frozen=True, kw_only=True)
class ChangedFile:
    """One file as the change leaves it."""

    path: str
    mode: str  # as git writes it, "100644"; "000000" when the change deletes it
    blob: str  # git's id of its content; zeros when the change deletes it


@dataclass(frozen=True, kw_only=True)
class LocalComment:
    """The loop's one comment of this key, or what a human said (key `human`)."""

    key: str
    text: str
    at: str


@dataclass(frozen=True, kw_only=True)
class LocalChecks:
    """What the target's own commands said of exactly this head: the local forge's pipeline."""

    head_sha: str
    at: str
    checks: tuple[CheckedCommand, ...]


@dataclass(frozen=True, kw_only=True)
class LocalMergeRequest:
    """`<git common dir>/improve-loop/merge-requests/<id>.json`: what the repository itself cannot say."""

    version: int = 1
    id: str  # the candidate's
    branch: str
    target_branch: str
    state: Literal["opened", "closed", "merged"]  # as last written; an open one is held against the repository
    title: str
    description: str
    labels: tuple[str, ...]
    draft: bool
    author: str
    marker: Marker
    base_sha: str
    head_sha: str
    files: tuple[ChangedFile, ...]
    patch_id: str  # git's, to know the change again after a rebase or a squash
    created_at: str
    updated_at: str
    merged_at: str | None = None
    closed_at: str | None = None
    closed_by_human: bool | None = None
    comments: tuple[LocalComment, ...] = ()
    checks: LocalChecks | None = None
