"""A writer that changes nothing and says what it would have done: a dry run is another edge, not an `if`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from improve_loop.edges.forge.contract import BranchTakenOver, ForgeReader
from improve_loop.model.forge import BRANCH_PREFIX, ControlIssue, LineNote, MergeRequest, MergeRequestDraft

REVISION = "dry-run"


@dataclass(frozen=True, kw_only=True)
class DryForge:
    """`contract.ForgeWriter` that writes nowhere. It looks first, so that it says what the real one would do."""

    reader: ForgeReader
    say: Callable[[str], None]

    def publish_branch(self, branch: str, base_sha: str, patch: bytes, message: str, expected_head: str | None) -> str:
        """Says so; the id of no commit. Raises BranchTakenOver where the real one would, by what the reader sees."""
        before = self.reader.merge_request_of(branch)
        if before is not None and before.state == "opened" and before.human_commits is not False:
            raise BranchTakenOver(f"{branch}: a human commits on it; a real run would leave it alone")
        if before is not None and before.state == "closed" and before.closed_by_human is not False:
            raise BranchTakenOver(f"{branch}: a human closed it; a real run would leave it alone")
        how = f"create {branch}" if expected_head is None else f"move {branch} from {expected_head[:12]}"
        self.say(f"would {how}: {base_sha[:12]} and a patch of {len(patch)} bytes")
        return "0" * len(base_sha)

    def open_merge_request(self, draft: MergeRequestDraft) -> MergeRequest:
        """Says so; the one that is open already, or one that is nowhere and has no head."""
        self.say(f"would open a merge request for {draft.branch}: {draft.title}")
        there = self.reader.merge_request_of(draft.branch)
        return there if there is not None and there.state == "opened" else _imagined(draft)

    def update_merge_request(self, mr: MergeRequest, draft: MergeRequestDraft) -> MergeRequest:
        """Says so; the merge request as it would be."""
        self.say(f"would update {mr.id}: {draft.title}")
        labels = tuple(dict.fromkeys((*mr.labels, *draft.labels)))
        return replace(mr, title=draft.title, description=draft.description, marker=draft.marker, labels=labels)

    def set_labels(self, mr: MergeRequest, add: tuple[str, ...], remove: tuple[str, ...]) -> MergeRequest:
        """Says which labels would come and go, if any."""
        coming, going = [name for name in add if name not in mr.labels], [name for name in remove if name in mr.labels]
        if coming or going:
            self.say(
                f"would label {mr.id}: {' '.join([*(f'+{name}' for name in coming), *(f'-{name}' for name in going)])}"
            )
        return replace(mr, labels=tuple(name for name in (*mr.labels, *coming) if name not in going))

    def comment(self, mr: MergeRequest, key: str, text: str) -> str:
        """Says so; the merge request's own URL."""
        self.say(f"would comment on {mr.id} ({key}): {text.strip().splitlines()[0] if text.strip() else ''}")
        return mr.url

    def annotate(self, mr: MergeRequest, notes: tuple[LineNote, ...]) -> tuple[str, ...]:
        """Says so; every note would have its place."""
        for note in notes:
            self.say(f"would remark on {mr.id}, {note.path}:{note.new_line or note.old_line}")
        return ()

    def close(self, mr: MergeRequest, comment: str) -> MergeRequest:
        """Says so; the merge request as it would be."""
        self.say(f"would close {mr.id}: {comment.strip().splitlines()[0] if comment.strip() else ''}")
        return replace(mr, state="closed", closed_by_human=False)

    def retrigger(self, mr: MergeRequest) -> str:
        """Says so; the merge request's own URL."""
        self.say(f"would start the pipeline of {mr.id} again")
        return mr.url

    def write_state(self, text: str, revision: str | None, message: str) -> str:
        """Says so; a revision that is none."""
        self.say(f"would write the state ({len(text.encode())} bytes): {message}")
        return revision or REVISION

    def read_control_issue(self) -> ControlIssue | None:
        """The control issue as it is."""
        return self.reader.read_control_issue()

    def write_control_issue(self, text: str) -> ControlIssue:
        """Says so; the control issue as it would be."""
        there = self.read_control_issue()
        self.say("would create the control issue" if there is None else "would update the control issue")
        return replace(there, text=text) if there else ControlIssue(id="", url="", text=text, updated_at="")


def _imagined(draft: MergeRequestDraft) -> MergeRequest:
    return MergeRequest(
        id=draft.branch.removeprefix(BRANCH_PREFIX),
        url="",
        branch=draft.branch,
        target_branch=draft.target_branch,
        state="opened",
        title=draft.title,
        description=draft.description,
        labels=draft.labels,
        head_sha=None,
        author="",
        marker=draft.marker,
        human_commits=False,
        draft=draft.draft,
        prepared=False,
        created_at="",
        updated_at="",
    )
