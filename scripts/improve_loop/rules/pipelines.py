"""What the pipelines of exactly one head commit say. Pure; a word that is not known here is never green."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from improve_loop.model.forge import Job, MergeRequest, Pipeline
from improve_loop.model.tend import JobResult, ValidationStatus

MISSING_AFTER_SECONDS = 15 * 60  # so long a pipeline may take to appear, and GitLab to prepare a merge request
TIMED_OUT_AFTER_SECONDS = 24 * 3600

UNDER_WAY = frozenset(
    [
        "created",
        "waiting_for_resource",
        "waiting_for_callback",
        "preparing",
        "pending",
        "running",
        "canceling",
        "scheduled",
    ]
)
OUT_OF_TIME = frozenset(("job_execution_timeout", "stuck_or_timeout_failure"))
NOT_THE_CHANGE = frozenset(
    [
        "runner_system_failure",
        "runner_unsupported",
        "scheduler_failure",
        "data_integrity_failure",
        "api_failure",
        "stale_schedule",
        "archived_failure",
        "ci_quota_exceeded",
    ]
)


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The status of a head commit, why, and the jobs that were looked at."""

    status: ValidationStatus
    reason: str
    jobs: tuple[JobResult, ...] = ()


def judge(mr: MergeRequest, pipelines: Sequence[Pipeline], *, now: str, required_jobs: Sequence[str] = ()) -> Judgement:
    """The judgement of `mr.head_sha`; pipelines of other commits are not looked at. `now` is RFC 3339."""
    settled = _settled(mr)
    if settled:
        return settled
    age = seconds_between(mr.updated_at, now)
    if not mr.prepared or mr.head_sha is None:
        late = age > MISSING_AFTER_SECONDS
        return Judgement(status="missing" if late else "pending", reason="GitLab has not prepared the merge request")
    decisive = _decisive(mr.head_sha, pipelines)
    if not decisive:
        late = age > MISSING_AFTER_SECONDS
        return Judgement(status="missing" if late else "pending", reason=f"no pipeline for {mr.head_sha[:8]}")
    jobs = tuple(_result(job) for pipeline in decisive for job in pipeline.jobs)
    status, reason = _together([_one(pipeline, now, required_jobs) for pipeline in decisive])
    if status == "green" and required_jobs:
        status, reason = _required([job for pipeline in decisive for job in pipeline.jobs], required_jobs)
    return Judgement(status=status, reason=reason, jobs=jobs)


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one RFC 3339 time to another."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


Verdict = tuple[ValidationStatus, str]


def _settled(mr: MergeRequest) -> Judgement | None:
    if mr.state == "merged":
        return Judgement(status="merged", reason="merged")
    if mr.state == "closed":
        return Judgement(status="closed", reason="closed")
    if mr.human_commits is not False:
        known = "somebody else committed on the branch" if mr.human_commits else "whose commits these are is not known"
        return Judgement(status="taken_over", reason=known)
    return None


def _decisive(head: str, pipelines: Sequence[Pipeline]) -> list[Pipeline]:
    """The newest pipeline of the merge request and the newest of the branch; one that was skipped gives way."""
    newest: dict[str, Pipeline] = {}
    for pipeline in pipelines:
        if pipeline.head_sha == head:
            newest.setdefault("mr" if pipeline.source == "merge_request_event" else "branch", pipeline)
    found = list(newest.values())
    ran = [pipeline for pipeline in found if pipeline.status != "skipped"]
    return ran or found


# What outweighs what when several pipelines judge one commit.
ORDER: tuple[ValidationStatus, ...] = ("red", "timed_out", "canceled", "pending", "missing", "skipped", "green")


def _together(verdicts: Sequence[Verdict]) -> Verdict:
    return min(verdicts, key=lambda verdict: ORDER.index(verdict[0]))


def _one(pipeline: Pipeline, now: str, required: Sequence[str]) -> Verdict:
    """One pipeline by its own status and its jobs."""
    name = f"pipeline {pipeline.id}"
    if pipeline.yaml_errors:
        return "red", f"{name}: its configuration is invalid: {pipeline.yaml_errors}"
    if pipeline.status in UNDER_WAY:
        late = seconds_between(pipeline.created_at, now) > TIMED_OUT_AFTER_SECONDS
        return ("timed_out" if late else "pending"), f"{name} is {pipeline.status}"
    if pipeline.status == "failed":
        return _failed(pipeline, name)
    if pipeline.status in ("canceled", "skipped"):
        return ("canceled" if pipeline.status == "canceled" else "skipped"), f"{name} was {pipeline.status}"
    if pipeline.status == "manual":
        blocked = ", ".join(job.name for job in pipeline.jobs if job.status == "manual" and not job.allow_failure)
        passed = required and _required(pipeline.jobs, required)[0] == "green"
        return ("green" if passed else "pending"), f"{name} waits for a human at {blocked or 'a manual job'}"
    if pipeline.status != "success":
        return "pending", f"{name} has a status that is not known here: {pipeline.status}"
    late = seconds_between(pipeline.created_at, now) > TIMED_OUT_AFTER_SECONDS
    return _succeeded(pipeline, name, late)


def _failed(pipeline: Pipeline, name: str) -> Verdict:
    """Red, unless every failed job failed for want of time or of a runner."""
    failed = [job for job in pipeline.jobs if job.status == "failed" and not job.allow_failure]
    listed = ", ".join(job.name for job in failed) or "no job that is known"
    reasons = {job.failure_reason or "" for job in failed}
    if failed and reasons <= OUT_OF_TIME:
        return "timed_out", f"{name}: out of time in {listed}"
    if failed and reasons <= NOT_THE_CHANGE | OUT_OF_TIME:
        return "canceled", f"{name}: the runner failed, not the change, in {listed}"
    return "red", f"{name} failed in {listed}"


def _succeeded(pipeline: Pipeline, name: str, late: bool) -> Verdict:
    """A green pipeline is believed when something ran, and what runs below it is green too."""
    for job in pipeline.jobs:
        if job.is_trigger and not job.allow_failure and job.status == "success":
            child = job.downstream_status
            if child == "failed":
                return "red", f"{name}: the pipeline below {job.name} failed"
            if child not in ("success", "skipped"):
                seen = child or "not to be seen"
                return ("timed_out" if late else "pending"), f"{name}: the pipeline below {job.name} is {seen}"
    ran = [job.name for job in pipeline.jobs if job.status == "success" and not job.allow_failure]
    if not ran:
        return "skipped", f"{name} is green, but no job ran that could have failed it"
    return "green", f"{name} passed: {', '.join(ran[:10])}"


def _required(jobs: Sequence[Job], required: Sequence[str]) -> Verdict:
    """Every required job, with all its parallel copies, has succeeded."""
    for name in required:
        parallel = re.compile(rf"{re.escape(name)}(?:: \[.*\]| \d+/\d+)?")
        copies = [job for job in jobs if parallel.fullmatch(job.name)]
        if not copies:
            return "missing", f"the required job {name} is not in the pipeline"
        bad = next((job for job in copies if job.status != "success"), None)
        if bad:
            return ("red" if bad.status == "failed" else "pending"), f"the required job {bad.name} is {bad.status}"
    return "green", f"required jobs passed: {', '.join(required)}"


def _result(job: Job) -> JobResult:
    return JobResult(name=job.name, status=job.status, allow_failure=job.allow_failure, url=job.url)
