"""What the phases ask of a forge: reading and writing apart, so that a phase can hold one without the other.

Every call may raise `TryLater` (the forge is away or busy; nothing is known to have been half done) and `UsageError`
(token missing, expired or too weak, wrong project: the message says what to change).
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from improve_loop.errors import Refused, TryLater
from improve_loop.model.forge import (
    ControlIssue,
    EarlierRun,
    Job,
    LineNote,
    LiveRun,
    MergeRequest,
    MergeRequestDraft,
    Pipeline,
    ProjectFacts,
    StateFile,
)


class BranchTakenOver(Refused):
    """Somebody else committed on the loop's branch: it is theirs now."""


class PatchDoesNotApply(Refused):
    """The patch does not apply to the base it was made for, or changes nothing."""


class BranchMoved(TryLater):
    """The branch is not where the caller saw it; look again."""


class StateConflict(TryLater):
    """The state was written by another run since it was read; read, merge and write again."""


class MergeRequestMoved(TryLater):
    """The head of the merge request is another commit than the one that was judged."""


class ForgeReader(Protocol):
    """What the loop may look at. Holds the read credential only."""

    def project(self) -> ProjectFacts:
        """The target as it is set up."""

    def fetch_base(self, git_dir: Path, branch: str | None) -> tuple[str, str]:
        """Brings one commit into the bare repository at `git_dir`: (branch, sha); None means the default branch."""

    def branch_head(self, branch: str) -> str | None:
        """The commit at the tip; None where there is no such branch."""

    def open_merge_requests(self) -> tuple[MergeRequest, ...]:
        """The loop's own open merge requests: by branch prefix, author and marker; oldest first."""

    def merge_request_of(self, branch: str) -> MergeRequest | None:
        """The newest merge request of this branch, whatever its state; None where there never was one."""

    def merge_request(self, id: str) -> MergeRequest:
        """The merge request as it is now, its head and labels read again."""

    def pipelines_of(self, mr: MergeRequest) -> tuple[Pipeline, ...]:
        """Pipelines that judge exactly `mr.head_sha`, newest first, with their jobs (retried ones left out)."""

    def opened_by_us(self, mr: MergeRequest) -> bool:
        """Whether its author is the loop's own user, or that is not known."""

    def read_state(self) -> StateFile:
        """The state file on its branch."""

    def live_runs(self) -> tuple[LiveRun, ...]:
        """Other runs of the loop at work now, oldest first. One that waits for a human's press is not at work."""

    def waiting_jobs(self) -> tuple[Job, ...]:
        """Jobs of this run's own pipeline that have not started; () too where this job may not list them."""

    def earlier_runs(self, since: str, recorded: Collection[str]) -> tuple[EarlierRun, ...] | None:
        """Ended runs since then in which a model may have been paid, the recorded ones left out; None: not to be seen.

        A run is on record once it asks. One that died before that is known to nobody but the forge.
        """

    def earlier_attempts(self) -> tuple[str, ...]:
        """Phases with a model whose job of this run was started again, once for each attempt before the last one.

        The forge keeps what the last one left. () also where it does not say.
        """

    def pressed_by(self) -> str | None:
        """The user name of whoever started this job; None where the forge does not say."""

    def read_control_issue(self) -> ControlIssue | None:
        """The control issue of this target, open; None where there is none yet."""


class ForgeWriter(Protocol):
    """What the loop may change. Holds the write credential; no model is ever in the same process."""

    def publish_branch(self, branch: str, base_sha: str, patch: bytes, message: str, expected_head: str | None) -> str:
        """Puts base + patch on `branch` as one commit and returns its sha; the same again changes nothing.

        Works in a fresh repository with hooks off. `expected_head` is the tip the caller saw (None: no branch).
        Raises BranchMoved, BranchTakenOver, PatchDoesNotApply.
        """

    def open_merge_request(self, draft: MergeRequestDraft) -> MergeRequest:
        """Opens it, or returns the one that is already open for this branch, brought up to date."""

    def update_merge_request(self, mr: MergeRequest, draft: MergeRequestDraft) -> MergeRequest:
        """Title, description and marker as in the draft; labels of others stay."""

    def set_labels(self, mr: MergeRequest, add: tuple[str, ...], remove: tuple[str, ...]) -> MergeRequest:
        """Adds and removes these and no other labels. Raises MergeRequestMoved when the head is another commit."""

    def comment(self, mr: MergeRequest, key: str, text: str) -> str:
        """The loop's one comment of this key on this merge request, made or replaced; its URL."""

    def annotate(self, mr: MergeRequest, notes: tuple[LineNote, ...]) -> tuple[str, ...]:
        """Puts each note on its line of the diff, once for its key; the keys of those that found no place there.

        Waits a moment for a forge that has not read the diff yet. Raises MergeRequestMoved when the head is another.
        """

    def close(self, mr: MergeRequest, comment: str) -> MergeRequest:
        """Says why and closes. Raises MergeRequestMoved when the head is another commit."""

    def retrigger(self, mr: MergeRequest) -> str:
        """Starts a pipeline for the same head, counted in the marker; the pipeline's URL."""

    def write_state(self, text: str, revision: str | None, message: str) -> str:
        """Replaces exactly the revision that was read (None: there was none); the new one. Raises StateConflict."""

    def read_control_issue(self) -> ControlIssue | None:
        """The control issue as the writer sees it, to change only what has changed."""

    def write_control_issue(self, text: str) -> ControlIssue:
        """Creates the control issue or replaces its text; one per target."""
