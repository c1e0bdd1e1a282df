"""The local forge, its writing half, and what humans say to it (`improve-loop mr`).

It moves only branches that it made itself and that nobody has checked out, and never reopens what a human closed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from improve_loop.edges.exclusive import replace_file
from improve_loop.edges.forge.contract import BranchMoved, BranchTakenOver, MergeRequestMoved, StateConflict
from improve_loop.edges.forge.local_branches import BranchCheckedOut
from improve_loop.edges.forge.local_read import LocalReader
from improve_loop.edges.forge.local_records import id_of
from improve_loop.errors import TryLater, UsageError
from improve_loop.model.forge import (
    STATE_BRANCH,
    STATE_PATH,
    ControlIssue,
    LineNote,
    MergeRequest,
    MergeRequestDraft,
)
from improve_loop.model.local import LocalChecks, LocalComment, LocalMergeRequest
from improve_loop.model.make import CheckedCommand

HUMAN = "human"


@dataclass(frozen=True, kw_only=True)
class LocalForge(LocalReader):
    """`contract.ForgeReader` and `contract.ForgeWriter` on a repository of this machine."""

    def publish_branch(self, branch: str, base_sha: str, patch: bytes, message: str, expected_head: str | None) -> str:
        """Puts base + patch on `branch` as one commit; its sha. The same again changes nothing.

        Raises BranchTakenOver, BranchMoved (BranchCheckedOut among them), PatchDoesNotApply.
        """
        id = id_of(branch)
        self._refuse_closed(id)
        new, tip = self.branches.make(base_sha, patch, message), self.branches.head(branch)
        if tip not in (None, new) and not self.is_ours(id, str(tip)):
            raise BranchTakenOver(
                f"{branch}: its tip {str(tip)[:12]} is not a commit of the loop's; it is yours now. "
                f"To give it back, delete it and run `improve-loop mr reopen {id}`"
            )
        if tip not in (new, expected_head):
            raise BranchMoved(f"{branch}: at {tip or 'no commit'}, not at {expected_head or 'no commit'}; look again")
        with self.records.changing():
            self.records.add_head(id, new)
        if tip != new:
            self.branches.move(branch, new, tip, f"base {base_sha[:12]} and its patch")
        return new

    def _refuse_closed(self, id: str) -> None:
        record = self.records.get(id)
        standing = self.standing(record) if record else None
        if standing and standing.state == "closed" and standing.closed_by_human:
            raise BranchTakenOver(f"{id}: a human closed it; `improve-loop mr reopen {id}` lets the loop try again")

    def open_merge_request(self, draft: MergeRequestDraft) -> MergeRequest:
        """Opens it, or brings up to date the one that is open for this branch. Raises BranchTakenOver when closed."""
        id = id_of(draft.branch)
        with self.records.changing():
            self._refuse_closed(id)
            before = self.records.get(id)
            is_open = before is not None and self.standing(before).state == "opened"
            record = self._drafted(draft, before if is_open else None)
            self.records.put(record)
        return self.shown(record)

    def update_merge_request(self, mr: MergeRequest, draft: MergeRequestDraft) -> MergeRequest:
        """Title, description and marker as in the draft; labels of others stay."""
        with self.records.changing():
            self._refuse_closed(mr.id)
            record = self._drafted(draft, self.record(mr.id))
            self.records.put(record)
        return self.shown(record)

    def _drafted(self, draft: MergeRequestDraft, before: LocalMergeRequest | None) -> LocalMergeRequest:
        """The record of a draft, with what an open one before it already had."""
        head = self.branches.head(draft.branch)
        if head is None:
            raise UsageError(f"{draft.branch}: no such branch; publish it before its merge request is opened")
        base = self.branches.commit(f"{head}^") or head
        labels = dict.fromkeys((*(before.labels if before else ()), *draft.labels))
        record = LocalMergeRequest(
            id=id_of(draft.branch),
            branch=draft.branch,
            target_branch=draft.target_branch,
            state="opened",
            title=draft.title,
            description=draft.description,
            labels=tuple(labels),
            draft=draft.draft,
            author=self.committer.name,
            marker=draft.marker,
            base_sha=base,
            head_sha=head,
            files=self.branches.files(base, head),
            patch_id=self.branches.patch_id(base, head),
            created_at=before.created_at if before else self.now,
            updated_at=self.now,
            comments=before.comments if before else (),
            checks=before.checks if before else None,
        )
        return before if before and replace(record, updated_at=before.updated_at) == before else record

    def set_labels(self, mr: MergeRequest, add: tuple[str, ...], remove: tuple[str, ...]) -> MergeRequest:
        """Adds and removes these and no other labels. Raises MergeRequestMoved when the head is another commit."""
        with self.records.changing():
            record = self._unmoved(mr)
            labels = tuple(dict.fromkeys(each for each in (*record.labels, *add) if each not in remove))
            return self._changed(record, replace(record, labels=labels))

    def comment(self, mr: MergeRequest, key: str, text: str) -> str:
        """The loop's one comment of this key, made or replaced; its URL."""
        with self.records.changing():
            record = self.record(mr.id)
            return self._changed(record, self._commented(record, key, text)).url

    def annotate(self, mr: MergeRequest, notes: tuple[LineNote, ...]) -> tuple[str, ...]:
        """Keeps each note with the record, its line named. Raises MergeRequestMoved when the head is another commit."""
        with self.records.changing():
            before = after = self._unmoved(mr)
            for note in notes:
                after = self._commented(after, note.key, f"{note.path}:{note.new_line or note.old_line}: {note.text}")
            self._changed(before, after)
        return ()

    def close(self, mr: MergeRequest, comment: str) -> MergeRequest:
        """Says why and closes. Raises MergeRequestMoved when the head is another commit."""
        with self.records.changing():
            record = self._commented(self._unmoved(mr), "closed", comment)
            return self._changed(record, replace(record, state="closed", closed_at=self.now, closed_by_human=False))

    def retrigger(self, mr: MergeRequest) -> str:
        """Counts it; no pipeline starts here, the next check of this head says more. The record's URL."""
        with self.records.changing():
            record = self._unmoved(mr)
            marker = replace(record.marker, retriggers=record.marker.retriggers + 1)
            return self._changed(record, replace(record, marker=marker)).url

    def record_checks(self, id: str, head_sha: str, checks: tuple[CheckedCommand, ...]) -> None:
        """What the target's commands said of exactly this head; `pipelines_of` shows it. Replaces what was there."""
        with self.records.changing():
            record = self.record(id)
            told = LocalChecks(head_sha=head_sha, at=self.now, checks=checks)
            same = record.checks is not None and replace(told, at=record.checks.at) == record.checks
            self._changed(record, record if same else replace(record, checks=told))

    def write_state(self, text: str, revision: str | None, message: str) -> str:
        """Replaces exactly the revision that was read; the new one. Raises StateConflict.

        What humans did to merge requests is written down with it, while git still knows.
        """
        self._settle()
        if revision is not None and self.branches.file(revision, STATE_PATH) == text:
            return self._still_at(revision)
        tree = self.branches.tree_with(revision, STATE_PATH, text.encode())
        new = self.branches.write(tree, revision, message, f"@{int(self.clock().timestamp())} +0000")
        try:
            self.branches.move(STATE_BRANCH, new, revision, "state")
        except BranchCheckedOut:
            raise
        except BranchMoved as error:
            raise StateConflict(f"{error}; another run wrote the state, read it again") from error
        return new

    def _still_at(self, revision: str) -> str:
        if self.branches.head(STATE_BRANCH) != revision:
            raise StateConflict(f"{STATE_BRANCH}: another run wrote the state since it was read; read it again")
        return revision

    def _settle(self) -> None:
        with self.records.changing():
            for record in self.records.all():
                self._changed(record, self.standing(record))

    def write_control_issue(self, text: str) -> ControlIssue:
        """Creates the control issue or replaces its text."""
        with self.records.changing():
            current = self.read_control_issue()
            if current is None or current.text != text:
                replace_file(self.records.control_issue, text.encode())
        written = self.read_control_issue()
        if written is None:
            raise TryLater(f"{self.records.control_issue}: removed as it was written; run again")
        return written

    def human_closes(self, id: str, reason: str, by: str) -> MergeRequest:
        """A human's no: the loop never reopens it. Raises UsageError when there is nothing to close."""
        with self.records.changing():
            record = self.standing(self.record(id))
            if record.state == "merged":
                raise UsageError(f"{id}: already merged; to undo it, `git revert` its commit")
            closed = replace(record, state="closed", closed_at=record.closed_at or self.now, closed_by_human=True)
            return self._changed(self.record(id), self._commented(closed, HUMAN, f"{by}: {reason}"))

    def human_reopens(self, id: str) -> MergeRequest:
        """Takes a no back; a deleted branch is there again while git has its commit, else the loop may make it anew."""
        with self.records.changing():
            record = self.standing(self.record(id))
            if record.state == "merged":
                raise UsageError(f"{id}: already merged; there is nothing to reopen")
            there = self.branches.head(record.branch) is not None
            if not there and self.branches.commit(record.head_sha):
                self.branches.move(record.branch, record.head_sha, None, "reopened")
                there = True
            opened = replace(record, state="opened", closed_at=None, closed_by_human=None)
            return self._changed(self.record(id), opened if there else replace(record, closed_by_human=False))

    def _unmoved(self, mr: MergeRequest) -> LocalMergeRequest:
        head = self.branches.head(mr.branch)
        if head != mr.head_sha:
            raise MergeRequestMoved(f"{mr.branch}: at {head or 'no commit'}, not at {mr.head_sha}; look again")
        return self.record(mr.id)

    def _commented(self, record: LocalMergeRequest, key: str, text: str) -> LocalMergeRequest:
        if any(comment.key == key and comment.text == text for comment in record.comments):
            return record
        others = tuple(comment for comment in record.comments if comment.key != key)
        return replace(record, comments=(*others, LocalComment(key=key, text=text, at=self.now)))

    def _changed(self, before: LocalMergeRequest, after: LocalMergeRequest) -> MergeRequest:
        """Writes a record that has changed, and shows it."""
        if after != before:
            after = replace(after, updated_at=self.now)
            self.records.put(after)
        return self.shown(after)
