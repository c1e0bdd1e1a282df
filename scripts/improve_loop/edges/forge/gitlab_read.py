"""Reading from GitLab, with the read token. Knows no way to change anything."""

from __future__ import annotations

import base64
import dataclasses
import time
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from improve_loop.edges.forge import gitlab_earlier, gitlab_entities, gitlab_git, gitlab_live
from improve_loop.edges.forge.gitlab_session import Lost, Reply, Session, locate, own_project
from improve_loop.errors import UsageError
from improve_loop.model.forge import (
    BRANCH_PREFIX,
    STATE_BRANCH,
    STATE_PATH,
    ControlIssue,
    EarlierRun,
    Job,
    LiveRun,
    MergeRequest,
    Pipeline,
    ProjectFacts,
    StateFile,
)
from improve_loop.rules import marker
from improve_loop.rules.labels import OURS

TOKEN = "IL_READ_TOKEN"
WRITING = "IL_WRITE_TOKEN"  # a job that writes holds only this one, and reads with it
MAX_PIPELINES = 6  # of one head that are looked into


def connect(
    target: str,
    environ: Mapping[str, str],
    *,
    bot: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.time,
) -> GitLabReader:
    """A reader of the target's project. `bot`: whose merge requests are the loop's (`forge.bot`)."""
    name = WRITING if environ.get(WRITING) and not environ.get(TOKEN) else TOKEN
    session = Session(locate(target, environ, token_name=name), sleep=sleep, now=now)
    own = own_project(environ)
    return GitLabReader(session, environ, own=Session(own, sleep=sleep, now=now) if own else None, bot=bot)


class GitLabReader:
    """`contract.ForgeReader` on GitLab."""

    def __init__(
        self,
        session: Session,
        environ: Mapping[str, str],
        *,
        own: Session | None = None,
        bot: str | None = None,
    ) -> None:
        self.session = session
        self._own = own
        self._environ = environ
        self._bot = bot

    def project(self) -> ProjectFacts:
        """The target. Raises UsageError when it was moved: writing needs the new path."""
        facts = gitlab_entities.project(self.session.get(self.session.project))
        asked = self.session.at.path
        if facts.path.lower() != asked.lower() and not asked.isdigit():
            raise UsageError(f"{asked} was moved to {facts.path}; give the target by its new path")
        return facts

    def fetch_base(self, git_dir: Path, branch: str | None) -> tuple[str, str]:
        """The commit at the tip of the branch, with its tree, without its history."""
        name = branch or self.project().default_branch
        if name is None:
            raise UsageError(f"{self.session.at.path} is empty; push a first commit")
        if not (git_dir / "HEAD").exists():
            gitlab_git.new_repository(git_dir)
        return name, gitlab_git.fetch(self.session.at, git_dir, f"refs/heads/{name}")

    def branch_head(self, branch: str) -> str | None:
        """The tip by the branches API."""
        found = self.session.find(f"{self.session.project}/repository/branches/{quote(branch, safe='')}")
        return str(found["commit"]["id"]) if found else None

    def open_merge_requests(self) -> tuple[MergeRequest, ...]:
        """The loop's own, each read singly: only that settles its mergeability and head."""
        rows = self.session.rows(self._merge_requests, state="opened", order_by="created_at", sort="asc")
        return tuple(self.merge_request(f"!{row['iid']}") for row in rows if self._is_ours(row))

    def merge_request_of(self, branch: str) -> MergeRequest | None:
        """The newest of this branch in this project; a fork's branch of the same name is another branch."""
        rows = self.session.rows(
            self._merge_requests, source_branch=branch, state="all", order_by="created_at", sort="desc"
        )
        own = [row for row in rows if row["source_project_id"] == row["target_project_id"]]
        newest = max(own, key=lambda row: row["iid"], default=None)
        return self.merge_request(f"!{newest['iid']}") if newest else None

    def merge_request(self, id: str) -> MergeRequest:
        """Read now. Raises UsageError where there is none of this number."""
        plain = self.session.find(f"{self._merge_requests}/{id.removeprefix('!')}")
        if plain is None:
            raise UsageError(f"{self.session.at.path} has no merge request {id}")
        return gitlab_entities.merge_request(plain, self._human_commits(plain))

    def pipelines_of(self, mr: MergeRequest) -> tuple[Pipeline, ...]:
        """Branch, merge request and merged-results pipelines of the head, by both lists that GitLab keeps."""
        if mr.head_sha is None:
            return ()
        own = self.session.rows(f"{self._merge_requests}/{mr.id.removeprefix('!')}/pipelines")
        by_sha = self.session.rows(f"{self.session.project}/pipelines", sha=mr.head_sha)
        rows = {row["id"]: row for row in (*own, *by_sha)}
        found: list[Pipeline] = []
        for number in sorted(rows, reverse=True):
            if len(found) < MAX_PIPELINES and self._judges(rows[number], mr.head_sha):
                found.append(self._pipeline(number, mr.head_sha))
        return tuple(found)

    def read_state(self) -> StateFile:
        """The state file; its revision is the last commit that touched it."""
        path = f"{self.session.project}/repository/files/{quote(STATE_PATH, safe='')}"
        found = self.session.find(path, ref=STATE_BRANCH)
        if found is None:
            return StateFile(text=None, revision=None)
        content = base64.b64decode(found["content"]).decode("utf-8")
        return StateFile(text=content, revision=found["last_commit_id"])

    def live_runs(self) -> tuple[LiveRun, ...]:
        """Pipelines of the project that runs the loop, at work now, this one left out; () outside GitLab CI.

        Before GitLab 18 a job token may not list pipelines, and the reader is no member of a hub: then runs do not see
        each other here, and only the jobs that write take turns.
        """
        if self._own is None:
            return ()
        return gitlab_live.runs((self._own, self.session), self._own.project, self._environ.get("CI_PIPELINE_ID", ""))

    def earlier_runs(self, since: str, recorded: Collection[str]) -> tuple[EarlierRun, ...] | None:
        """By the job's own token, or else by the reader's; () outside GitLab CI, where no pipeline is a run."""
        if self._own is None:
            return ()
        mine = self._environ.get("CI_PIPELINE_ID", "")
        target = f"{self.session.at.server}/{self.session.at.path}"
        for session in (self._own, self.session):
            try:
                return gitlab_earlier.runs(session, self._own.project, since, {mine, *recorded}, target)
            except (Reply, UsageError):
                continue
        return None

    def earlier_attempts(self) -> tuple[str, ...]:
        """By the job's own token, or else by the reader's."""
        mine = self._environ.get("CI_PIPELINE_ID", "")
        for session in (self._own, self.session) if self._own and mine else ():
            try:
                return gitlab_earlier.attempts(session, self._own.project, mine) if session and self._own else ()
            except (Reply, UsageError):
                continue
        return ()

    def waiting_jobs(self) -> tuple[Job, ...]:
        """By the job's own token, before GitLab 18 by the other one. For a link nobody waits: no try is repeated."""
        number = self._environ.get("CI_PIPELINE_ID")
        if self._own is None or not number:
            return ()
        query = {"per_page": 100, "scope[]": ["created", "manual", "skipped"]}
        for session in (self._own, self.session):
            try:
                rows = session.once("get", f"{self._own.project}/pipelines/{number}/jobs", query)
                return tuple(gitlab_entities.job(row) for row in rows) if isinstance(rows, list) else ()
            except Lost:
                return ()
            except (Reply, UsageError):
                continue
        return ()

    def pressed_by(self) -> str | None:
        """Who started this job, by the job API and the job's own token: variables may say anything."""
        found = self._own.find("/job") if self._own else None
        return ((found or {}).get("user") or {}).get("username")

    def read_control_issue(self) -> ControlIssue | None:
        """The oldest open issue with the marker, by the loop's user where that is known."""
        return find_control_issue(self.session, self._whose)

    def opened_by_us(self, mr: MergeRequest) -> bool:
        """By its author, where the loop's user is known."""
        return self._whose in (None, mr.author)

    @cached_property
    def _whose(self) -> str | None:
        """The loop's user: as configured, or whose write token this process holds; None where it holds none."""
        secret = self._environ.get(WRITING)
        if self._bot or not secret:
            return self._bot
        at = dataclasses.replace(self.session.at, token=secret, token_name=WRITING)
        return str(Session(at, sleep=self.session.sleep, now=self.session.now).get("/user")["username"])

    @property
    def _merge_requests(self) -> str:
        return f"{self.session.project}/merge_requests"

    def _is_ours(self, row: Any) -> bool:
        return (
            row["source_branch"].startswith(BRANCH_PREFIX)
            and row["source_project_id"] == row["target_project_id"]
            and marker.read(row.get("description") or "") is not None
            and self._whose in (None, (row.get("author") or {}).get("username"))
        )

    def _human_commits(self, plain: Any) -> bool | None:
        """Whether the head is another commit than the loop's; None where the marker or the head does not say."""
        mark, head = marker.read(plain.get("description") or ""), plain.get("sha")
        if mark is None or head is None or mark.head_sha is None:
            return None
        return False if head == mark.head_sha else not self._same_hand(head, mark.head_sha, mark.candidate)

    def _same_hand(self, head: str, before: str, candidate: str) -> bool:
        """Whether the loop pushed this head and stopped before it could note so: same committer, its trailer."""
        commits = f"{self.session.project}/repository/commits"
        now, then = self.session.find(f"{commits}/{head}"), self.session.find(f"{commits}/{before}")
        if not now or not then or marker.candidate_of(now["message"]) != candidate:
            return False
        return bool(now["committer_email"] == then["committer_email"] and before not in now["parent_ids"])

    def _judges(self, row: Any, head: str) -> bool:
        if row["sha"] == head:
            return True
        if not str(row["ref"]).startswith("refs/merge-requests/"):
            return False
        commit = self.session.find(f"{self.session.project}/repository/commits/{row['sha']}")
        return bool(commit and head in commit["parent_ids"][1:])

    def _pipeline(self, number: int, head: str) -> Pipeline:
        path = f"{self.session.project}/pipelines/{number}"
        plain = self.session.get(path)
        jobs = [gitlab_entities.job(row) for row in self.session.rows(f"{path}/jobs")]
        return gitlab_entities.pipeline(plain, head, (*jobs, *self._bridges(path)))

    def _bridges(self, path: str) -> list[Job]:
        try:
            return [gitlab_entities.job(row) for row in self.session.rows(f"{path}/bridges")]
        except Reply as reply:
            if reply.status == 404:
                return []
            raise


def find_control_issue(session: Session, author: str | None) -> ControlIssue | None:
    """The oldest open control issue; None where there is none, or issues are switched off."""
    whose = {"author_username": author} if author else {"labels": OURS}
    rows = session.rows(f"{session.project}/issues", state="opened", order_by="created_at", sort="asc", **whose)
    ours = [
        row
        for row in rows
        if marker.is_control(row.get("description") or "")
        and author in (None, (row.get("author") or {}).get("username"))
    ]
    return gitlab_entities.control_issue(ours[0]) if ours else None
