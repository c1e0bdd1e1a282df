"""The local forge, its reading half: branches, records and checks of any git repository, without a server.

A merge request is a branch `improve-loop/<id>` and a record. Whether it is still open, the repository knows best: one
whose change is in the target branch is merged, one whose branch a human deleted is closed. Reading never writes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from improve_loop.edges import lock
from improve_loop.edges.forge.local_branches import Branches, Committer, landed
from improve_loop.edges.forge.local_records import Records, folder_of, id_of
from improve_loop.edges.git import GitError, Repository, git, text
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
from improve_loop.model.local import LocalMergeRequest
from improve_loop.model.make import CheckedCommand

# What GitLab would say of a job that ended like the command did.
JOB_STATUS = {"passed": "success", "failed": "failed", "timed_out": "failed", "not_run": "skipped"}
FAILURE_REASON = {"failed": "script_failure", "timed_out": "job_execution_timeout"}


@dataclass(frozen=True, kw_only=True)
class LocalReader:
    """`contract.ForgeReader` on a repository of this machine."""

    repository: Repository
    run_id: str | None = None  # of the run that asks, which is not another one
    committer: Committer = field(default_factory=Committer)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def records(self) -> Records:
        """The forge's own files."""
        return Records(folder=folder_of(self.repository.git_dir))

    @property
    def branches(self) -> Branches:
        """The repository's branches."""
        return Branches(git_dir=self.repository.git_dir, committer=self.committer)

    @property
    def now(self) -> str:
        """RFC 3339 in UTC."""
        return stamp(self.clock())

    def project(self) -> ProjectFacts:
        """The repository; its default branch is the one that is checked out, "HEAD" when that is a bare commit."""
        folder = self.repository.folder
        return ProjectFacts(
            id=None,
            path=folder.name.removesuffix(".git"),
            url=folder.as_uri(),
            default_branch=self._default_branch(),
            archived=False,
            merge_requests_enabled=True,
            issues_enabled=True,
            ci_config_path=".gitlab-ci.yml",
        )

    def _default_branch(self) -> str | None:
        if self._head() is None:
            return None
        branch = self._said("symbolic-ref", "-q", "--short", "HEAD") or "HEAD"
        if not branch.startswith(BRANCH_PREFIX):
            return branch
        # A human looks at one of our branches: that is not where the next change goes.
        remote = self._said("symbolic-ref", "-q", "--short", "refs/remotes/origin/HEAD") or ""
        for name in (remote.removeprefix("origin/"), "main", "master"):
            if name and self.branches.head(name):
                return name
        raise UsageError(
            f"{self.repository.folder}: {branch}, a branch of the loop's own, is checked out; "
            "switch to the branch that changes shall go to"
        )

    def _head(self) -> str | None:
        return self._said("rev-parse", "--verify", "--quiet", "HEAD^{commit}")

    def _said(self, *args: str) -> str | None:
        """What git says where the user stands; None when it refuses."""
        try:
            return text(self.repository.folder, *args, as_user=True) or None
        except GitError:
            return None

    def fetch_base(self, git_dir: Path, branch: str | None) -> tuple[str, str]:
        """Brings one commit, without its history, into the bare repository at `git_dir`: (branch, sha)."""
        name = branch or self.project().default_branch
        sha = self._tip(name) if name else None
        if name is None or sha is None:
            raise UsageError(f"{self.repository.folder}: no branch {name or ''} with a commit; nothing to improve yet")
        serve = "git -c uploadpack.allowAnySHA1InWant=true upload-pack"
        source = self.repository.git_dir.as_uri()
        git(git_dir, "fetch", "-q", "--no-tags", "--depth=1", f"--upload-pack={serve}", source, sha, as_user=True)
        return name, sha

    def _tip(self, branch: str) -> str | None:
        return self._head() if branch == "HEAD" else self.branches.head(branch)

    def branch_head(self, branch: str) -> str | None:
        """The commit at the tip; None where there is no such branch."""
        return self.branches.head(branch)

    def open_merge_requests(self) -> tuple[MergeRequest, ...]:
        """The loop's open merge requests, oldest first."""
        standing = map(self.standing, self.records.all())
        return tuple(self.shown(record) for record in standing if record.state == "opened")

    def merge_requests(self) -> tuple[MergeRequest, ...]:
        """All of them, oldest first, whatever became of them."""
        return tuple(self.shown(self.standing(record)) for record in self.records.all())

    def merge_request_of(self, branch: str) -> MergeRequest | None:
        """The merge request of this branch; None where there never was one."""
        record = self.records.get(id_of(branch))
        return None if record is None else self.shown(self.standing(record))

    def merge_request(self, id: str) -> MergeRequest:
        """The merge request as it is now. Raises UsageError where there is none."""
        return self.shown(self.standing(self.record(id)))

    def record(self, id: str) -> LocalMergeRequest:
        """The record as written. Raises UsageError where there is none."""
        record = self.records.get(id)
        if record is None:
            raise UsageError(
                f"{id}: no such merge request in {self.repository.folder}; `improve-loop mr list` shows them"
            )
        return record

    def standing(self, record: LocalMergeRequest) -> LocalMergeRequest:
        """The record held against the repository: merged or deleted since it was written?"""
        if record.state != "opened":
            return record
        tip = self.branches.head(record.branch)
        for target in self._targets(record.target_branch):
            if self._landed(record, tip, target):
                return replace(record, state="merged", merged_at=self._date(target))
        if tip is None:
            return replace(record, state="closed", closed_at=self.now, closed_by_human=True)
        return record

    def _targets(self, branch: str) -> tuple[str, ...]:
        """The tips that say what was merged: the branch here, and where it was last seen on a remote."""
        tips = (self._tip(branch), self.branches.commit(f"refs/remotes/origin/{branch}"))
        return tuple(dict.fromkeys(tip for tip in tips if tip))

    def _landed(self, record: LocalMergeRequest, tip: str | None, target: str) -> bool:
        heads = tuple(dict.fromkeys((tip or record.head_sha, record.head_sha)))
        return landed(self.branches, heads, record.base_sha, record.files, record.patch_id, target)

    def _date(self, commit: str) -> str:
        return stamp(datetime.fromtimestamp(int(self._said("show", "-s", "--format=%ct", commit) or 0), UTC))

    def is_ours(self, id: str, tip: str) -> bool | None:
        """Whether the loop made this very commit; None where it kept no list and the names do not tell."""
        heads = self.records.heads(id)
        if heads:
            return tip in heads
        record = self.records.get(id)
        foreign = self.branches.foreign_commits(record.base_sha, tip) if record else None
        return False if foreign else None

    def shown(self, record: LocalMergeRequest) -> MergeRequest:
        """The record as every forge shows a merge request."""
        tip = self.branches.head(record.branch)
        ours = True if tip is None else self.is_ours(record.id, tip)
        return MergeRequest(
            id=record.id,
            url=self.records.path(record.id).as_uri(),
            branch=record.branch,
            target_branch=record.target_branch,
            state=record.state,
            title=record.title,
            description=record.description,
            labels=record.labels,
            head_sha=tip or record.head_sha,
            author=record.author,
            marker=record.marker,
            human_commits=None if ours is None else not ours,
            draft=record.draft,
            prepared=True,
            created_at=record.created_at,
            updated_at=record.updated_at,
            merged_at=record.merged_at,
            closed_at=record.closed_at,
            closed_by_human=record.closed_by_human,
        )

    def pipelines_of(self, mr: MergeRequest) -> tuple[Pipeline, ...]:
        """What the checks said of exactly this head, one job per command; none recorded is no pipeline."""
        record = self.record(mr.id)
        told = record.checks
        if told is None or not told.checks or told.head_sha != mr.head_sha:
            return ()
        jobs = tuple(_job(check) for check in told.checks)
        return (
            Pipeline(
                id=f"{record.id}@{told.head_sha[:12]}",
                sha=told.head_sha,
                head_sha=told.head_sha,
                ref=record.branch,
                source="push",
                status=_status_of(jobs),
                url=self.records.path(record.id).as_uri(),
                created_at=told.at,
                updated_at=told.at,
                jobs=jobs,
            ),
        )

    def read_state(self) -> StateFile:
        """The state file on its branch."""
        revision = self.branches.head(STATE_BRANCH)
        if revision is None:
            return StateFile(text=None, revision=None)
        return StateFile(text=self.branches.file(revision, STATE_PATH), revision=revision)

    def live_runs(self) -> tuple[LiveRun, ...]:
        """The run that holds the lock, unless it is this one or dead."""
        folder = self.records.folder
        holder = lock.read(folder)
        if holder is None or holder.run_id == self.run_id or lock.is_stale(holder, self.clock()):
            return ()
        url = (folder / lock.LOCK).as_uri()
        target = self.repository.folder.name
        return (LiveRun(id=holder.run_id, url=url, started_at=holder.started_at, status="running", target=target),)

    def opened_by_us(self, mr: MergeRequest) -> bool:
        """Yes: only the loop records merge requests here."""
        return True

    def waiting_jobs(self) -> tuple[Job, ...]:
        """None: a run here is no pipeline."""
        return ()

    def earlier_runs(self, since: str, recorded: Collection[str]) -> tuple[EarlierRun, ...] | None:
        """(): here a run leaves a file when it is allowed to spend (`edges/unrecorded.py`)."""
        return ()

    def earlier_attempts(self) -> tuple[str, ...]:
        """(): every attempt here is a run of its own."""
        return ()

    def pressed_by(self) -> str | None:
        """None: nobody presses a button here."""
        return None

    def read_control_issue(self) -> ControlIssue | None:
        """A Markdown file beside the records; None where there is none yet."""
        path = self.records.control_issue
        try:
            content, changed = path.read_text(encoding="utf-8"), path.stat().st_mtime
        except FileNotFoundError:
            return None
        updated_at = stamp(datetime.fromtimestamp(changed, UTC))
        return ControlIssue(id=path.name, url=path.as_uri(), text=content, updated_at=updated_at)


def _job(check: CheckedCommand) -> Job:
    return Job(
        name=check.name,
        status=JOB_STATUS.get(check.status, "skipped"),
        allow_failure=False,
        stage="check",
        failure_reason=FAILURE_REASON.get(check.status),
    )


def _status_of(jobs: tuple[Job, ...]) -> str:
    """Green only when every command passed; one that was not run leaves the whole unknown."""
    statuses = {job.status for job in jobs}
    return "failed" if "failed" in statuses else "success" if statuses == {"success"} else "skipped"


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
