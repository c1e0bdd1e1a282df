"""Writing to GitLab, with the write token. Everything that is written is read back before it is written twice."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from improve_loop.edges.forge import gitlab_notes, gitlab_publish, gitlab_state
from improve_loop.edges.forge.contract import BranchMoved, BranchTakenOver, MergeRequestMoved
from improve_loop.edges.forge.gitlab_pen import WritingSession
from improve_loop.edges.forge.gitlab_publish import Hand
from improve_loop.edges.forge.gitlab_read import GitLabReader, find_control_issue
from improve_loop.edges.forge.gitlab_session import Reply, locate
from improve_loop.edges.scratch import scratch_folder
from improve_loop.errors import LoopError, TryLater
from improve_loop.model.forge import (
    BRANCH_PREFIX,
    ControlIssue,
    LineNote,
    MergeRequest,
    MergeRequestDraft,
)
from improve_loop.rules import marker, neutralise

TOKEN = "IL_WRITE_TOKEN"
BRANCH_WAITS = (1, 2, 4, 8, 16, 30)  # seconds; a pushed branch was seen to take 37.5 s to become usable
RESTARTABLE = ("canceled", "failed", "skipped")


def connect(
    target: str,
    environ: Mapping[str, str],
    *,
    committer: Hand | None = None,
    bot: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.time,
) -> GitLabWriter:
    """A writer to the target's project. Commits carry the token's own user unless `committer` says otherwise."""
    session = WritingSession(locate(target, environ, token_name=TOKEN), sleep=sleep, now=now)
    return GitLabWriter(session, environ, committer=committer, bot=bot)


class GitLabWriter:
    """`contract.ForgeWriter` on GitLab."""

    def __init__(
        self,
        session: WritingSession,
        environ: Mapping[str, str],
        *,
        committer: Hand | None = None,
        bot: str | None = None,
    ) -> None:
        self.session = session
        self._reader = GitLabReader(session, environ, bot=bot)
        self._committer = committer
        self._published: dict[str, str] = {}  # branch -> the sha that this process put there

    # Branches

    def publish_branch(self, branch: str, base_sha: str, patch: bytes, message: str, expected_head: str | None) -> str:
        """See the contract."""
        at = self.session.at
        with scratch_folder() as folder:
            prepared = gitlab_publish.with_patch(at, Path(folder), base_sha, patch)
            head = gitlab_publish.remote_head(at, prepared.git_dir, branch)
            if head and gitlab_publish.is_published(at, prepared, head) and self._is_ours(base_sha, head, branch):
                sha = head
            else:
                self._check_head(branch, base_sha, head, expected_head)
                trailed = marker.with_trailers(message, branch.removeprefix(BRANCH_PREFIX))
                sha = gitlab_publish.push(at, prepared, branch, trailed, self._hand, head)
        self._published[branch] = sha
        return sha

    def _check_head(self, branch: str, base_sha: str, head: str | None, expected: str | None) -> None:
        if head and not self._is_ours(base_sha, head, branch):
            raise BranchTakenOver(f"{branch}: somebody else's commit is on it; it is left to them")
        if head != expected:
            seen, there = (sha[:8] if sha else "no branch" for sha in (expected, head))
            raise BranchMoved(f"{branch}: expected {seen}, found {there}; look again")

    def _is_ours(self, base_sha: str, head: str, branch: str) -> bool:
        """Whether every commit that the branch adds is this hand's, for this candidate."""
        query = {"from": base_sha, "to": head}
        commits = self.session.get(f"{self.session.project}/repository/compare", **query)["commits"]
        candidate = branch.removeprefix(BRANCH_PREFIX)
        return bool(commits) and all(
            row["committer_email"] == self._hand.email and marker.candidate_of(row["message"]) == candidate
            for row in commits
        )

    # Merge requests

    def open_merge_request(self, draft: MergeRequestDraft) -> MergeRequest:
        """See the contract."""
        existing = self._find_open(draft)
        if existing:
            return self.update_merge_request(existing, draft)
        data: dict[str, Any] = {**self._wanted(draft)}
        data |= {"source_branch": draft.branch, "target_branch": draft.target_branch}
        data |= {"labels": ",".join(draft.labels), "remove_source_branch": True}
        for wait in (*BRANCH_WAITS, None):
            try:
                found = self.session.write("post", self._merge_requests, data, lambda: self._find_open(draft))
                return found if isinstance(found, MergeRequest) else self._again(f"!{found['iid']}")
            except Reply as reply:
                if reply.status == 409 and (number := re.search(r"!\d+", str(reply.said))):
                    return self.update_merge_request(self._again(number[0]), draft)
                if reply.status != 400 or "source_branch" not in str(reply.said):
                    raise
                if wait is None:
                    raise TryLater(f"{draft.branch}: GitLab does not see the pushed branch yet; try again") from None
                self.session.wait(wait, reply)
        raise AssertionError("unreachable")

    def update_merge_request(self, mr: MergeRequest, draft: MergeRequestDraft) -> MergeRequest:
        """See the contract. Nothing is sent where nothing differs."""
        wanted = self._wanted(draft, mr)
        change = {key: value for key, value in wanted.items() if value != getattr(mr, key)}
        missing = [name for name in draft.labels if name not in mr.labels]
        if missing:
            change["add_labels"] = ",".join(missing)
        return self._change(mr, change) if change else mr

    def set_labels(self, mr: MergeRequest, add: tuple[str, ...], remove: tuple[str, ...]) -> MergeRequest:
        """See the contract."""
        now = self._unmoved(mr)
        adding = [name for name in add if name not in now.labels]
        removing = [name for name in remove if name in now.labels]
        change = {"add_labels": ",".join(adding), "remove_labels": ",".join(removing)}
        change = {key: value for key, value in change.items() if value}
        return self._change(now, change) if change else now

    def comment(self, mr: MergeRequest, key: str, text: str) -> str:
        """See the contract."""
        body = marker.note(key, neutralise.commands(text))
        path = f"{self._merge_requests}/{mr.id.removeprefix('!')}/notes"
        found = self._note(path, key)
        if found is None:
            made = self.session.write("post", path, {"body": body}, lambda: self._note(path, key))
        elif found["body"].strip() == body.strip():
            made = found
        else:
            made = self.session.write(
                "put", f"{path}/{found['id']}", {"body": body}, lambda: self._note(path, key, body)
            )
        if not made or "id" not in made:
            raise LoopError(f"{mr.id}: GitLab took the comment {key} for quick actions and kept none of it")
        return f"{mr.url}#note_{made['id']}"

    def annotate(self, mr: MergeRequest, notes: tuple[LineNote, ...]) -> tuple[str, ...]:
        """See the contract."""
        now = self._unmoved(mr)
        path = f"{self._merge_requests}/{now.id.removeprefix('!')}"
        return tuple(gitlab_notes.put(self.session, path, self._me["username"], now.head_sha, notes)) if notes else ()

    def close(self, mr: MergeRequest, comment: str) -> MergeRequest:
        """See the contract."""
        now = self._unmoved(mr)
        if now.state != "opened":
            return now
        self.comment(now, "closed", comment)
        return self._change(now, {"state_event": "close"})

    def retrigger(self, mr: MergeRequest) -> str:
        """See the contract. Counted first: a restart that is counted and fails is better than one without end."""
        now = self._unmoved(mr)
        if now.marker is None:
            raise LoopError(f"{mr.id}: it carries no marker, so its restarts cannot be counted; it is left alone")
        counted = dataclasses.replace(now.marker, retriggers=now.marker.retriggers + 1)
        self._change(now, {"description": marker.with_marker(now.description, counted).rstrip()})
        rows = self.session.rows(f"{self.session.project}/pipelines", sha=now.head_sha, order_by="id", sort="desc")
        stopped = next((row for row in rows if row["status"] in RESTARTABLE), None)
        return self._retry(stopped["id"]) if stopped else self._start(now)

    def _retry(self, number: int) -> str:
        path = f"{self.session.project}/pipelines/{number}"

        def restarted() -> Any | None:
            plain = self.session.get(path)
            return None if plain["status"] in RESTARTABLE else plain

        return str(self.session.write("post", f"{path}/retry", {}, restarted)["web_url"])

    def _start(self, mr: MergeRequest) -> str:
        """A new pipeline, of the merge request or else of the branch, unless one has appeared."""

        def started() -> Any | None:
            return next(iter(self.session.rows(f"{self.session.project}/pipelines", sha=mr.head_sha)), None)

        try:
            made = self.session.write("post", f"{self._merge_requests}/{mr.id[1:]}/pipelines", {}, started)
        except Reply as reply:
            if reply.status not in (400, 405):
                raise
            made = self.session.write("post", f"{self.session.project}/pipeline", {"ref": mr.branch}, started)
        return str(made["web_url"])

    # State and control issue

    def write_state(self, text: str, revision: str | None, message: str) -> str:
        """See the contract."""
        return gitlab_state.write(self.session, self._reader, self._hand, text, revision, message)

    def read_control_issue(self) -> ControlIssue | None:
        """See the contract; only an issue that this user wrote."""
        return find_control_issue(self.session, self._me["username"])

    def write_control_issue(self, text: str) -> ControlIssue:
        """See the contract."""
        return gitlab_state.write_control_issue(self.session, self._me["username"], text)

    # What the above share

    @cached_property
    def _me(self) -> dict[str, Any]:
        return cast(dict[str, Any], self.session.get("/user"))

    @cached_property
    def _hand(self) -> Hand:
        me = self._me if self._committer is None else {}
        email = me.get("commit_email") or me.get("email") or f"{me.get('username')}@noreply.invalid"
        return self._committer or Hand(name=me["name"], email=email)

    @property
    def _merge_requests(self) -> str:
        return f"{self.session.project}/merge_requests"

    def _again(self, id: str) -> MergeRequest:
        return self._reader.merge_request(id)

    def _unmoved(self, mr: MergeRequest) -> MergeRequest:
        """The merge request as it is now, if it still is what the caller judged."""
        now = self._again(mr.id)
        if now.head_sha != mr.head_sha:
            raise MergeRequestMoved(f"{mr.id}: its head is no longer {(mr.head_sha or 'unknown')[:8]}; judge it again")
        return now

    def _change(self, mr: MergeRequest, change: Mapping[str, Any]) -> MergeRequest:
        """A PUT that is safe to repeat: every field is a state or a difference that is there or not."""

        def done() -> MergeRequest | None:
            now = self._again(mr.id)
            return now if _has(now, change) else None

        self.session.write("put", f"{self._merge_requests}/{mr.id.removeprefix('!')}", change, done)
        return self._again(mr.id)

    def _find_open(self, draft: MergeRequestDraft) -> MergeRequest | None:
        filters = {"state": "opened", "source_branch": draft.branch, "target_branch": draft.target_branch}
        rows = self.session.rows(self._merge_requests, **filters)
        own = [row for row in rows if row["source_project_id"] == row["target_project_id"]]
        return self._again(f"!{own[0]['iid']}") if own else None

    def _wanted(self, draft: MergeRequestDraft, mr: MergeRequest | None = None) -> dict[str, str]:
        known = mr.marker.head_sha if mr and mr.marker else None
        head = self._published.get(draft.branch) or draft.marker.head_sha or known
        mark = dataclasses.replace(draft.marker, head_sha=head)
        text = marker.with_marker(neutralise.commands(draft.description), mark)
        title = neutralise.title(draft.title)
        return {"title": f"Draft: {title}" if draft.draft else title, "description": text.rstrip("\n")}

    def _note(self, path: str, key: str, body: str | None = None) -> Any | None:
        """The loop's own note of this key (and with this body)."""
        for row in self.session.rows(path, sort="asc", order_by="created_at"):
            if row["author"]["username"] == self._me["username"] and marker.note_key(row["body"]) == key:
                return row if body in (None, row["body"]) or row["body"].strip() == str(body).strip() else None
        return None


def _has(mr: MergeRequest, change: Mapping[str, Any]) -> bool:
    """Whether a change to a merge request is there to be seen."""
    added, removed = (set(filter(None, str(change.get(f"{verb}_labels", "")).split(","))) for verb in ("add", "remove"))
    same = all(getattr(mr, key) == change[key] for key in ("title", "description") if key in change)
    closed = change.get("state_event") != "close" or mr.state != "opened"
    return same and closed and added <= set(mr.labels) and not removed & set(mr.labels)
