"""Pipelines that move with the clock: what each job does is planned, when it is read decides what it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["success", "failed", "canceled", "skipped", "manual", "running", "pending"]


@dataclass(frozen=True, kw_only=True)
class JobPlan:
    """How one job will go. `running` and `pending` never end."""

    name: str = "test"
    stage: str = "test"
    outcome: Outcome = "success"
    seconds: float = 30.0
    allow_failure: bool = False
    failure_reason: str = "script_failure"
    child: Outcome | None = None  # a trigger job: how its child pipeline goes
    trace: str = "$ true\nJob succeeded\n"


@dataclass(kw_only=True)
class JobRecord:
    """A job of a pipeline; a retried one stays, hidden."""

    id: int
    plan: JobPlan
    created: float
    start: float
    retried: bool = False
    forced: str | None = None
    trace_reads: int = 0
    files: dict[str, bytes] = field(default_factory=dict)  # its archive of artifacts
    user: Any = None
    downstream: int | None = None  # a trigger job: the pipeline of this project that it started

    @property
    def end(self) -> float:
        return self.start + self.plan.seconds

    def status(self, now: float, blocked: bool) -> str:
        """Its status now; `blocked` when an earlier stage failed."""
        if self.forced:
            return self.forced
        if self.plan.outcome in ("manual", "skipped"):
            return "skipped" if blocked else self.plan.outcome
        if blocked:
            return "skipped"
        if now < self.start - 1:
            return "created"
        if now < self.start or self.plan.outcome == "pending":
            return "pending"
        return "running" if now < self.end else self.plan.outcome


@dataclass(kw_only=True)
class PipelineRecord:
    """A pipeline; not to be seen before `visible`."""

    id: int
    iid: int
    sha: str
    ref: str
    source: str
    visible: float
    user: Any
    jobs: list[JobRecord] = field(default_factory=list)
    forced: str | None = None
    yaml_errors: str | None = None
    name: str | None = None
    merge_request: int | None = None  # iid
    variables: list[dict[str, Any]] = field(default_factory=list)

    def statuses(self, now: float) -> dict[int, str]:
        """Job id -> status now, stage by stage: a failed stage skips the later ones."""
        found: dict[int, str] = {}
        blocked = False
        for stage in dict.fromkeys(job.plan.stage for job in self.jobs):
            jobs = [job for job in self.jobs if job.plan.stage == stage]
            for job in jobs:
                found[job.id] = job.status(now, blocked)
            blocked = blocked or any(
                found[job.id] in ("failed", "canceled") and not job.plan.allow_failure and not job.retried
                for job in jobs
            )
        return found

    def status(self, now: float) -> str:
        """GitLab's composite of the jobs that count."""
        if self.forced:
            return self.forced
        if self.yaml_errors:
            return "failed"
        statuses = self.statuses(now)
        counted = [(statuses[job.id], job.plan.allow_failure) for job in self.jobs if not job.retried]
        return composite(counted)


def composite(jobs: list[tuple[str, bool]]) -> str:
    """One status of many (Gitlab::Ci::Status::Composite, shortened): what runs wins, then what failed."""
    strict = [status for status, allowed in jobs if not (allowed and status in ("failed", "canceled", "manual"))]
    for live in ("running", "pending", "created"):
        if live in strict:
            mixed = live == "created" and any(status == "success" for status in strict)
            return "running" if mixed else live
    for word in ("failed", "canceled", "manual"):
        if word in strict:
            return word
    if strict and set(strict) == {"skipped"}:
        return "skipped"
    return "success"


def started(plans: tuple[JobPlan, ...], at: float, next_id: Any) -> list[JobRecord]:
    """Job records with their start times: stages one after another, two seconds to find a runner."""
    records: list[JobRecord] = []
    begin = at + 2
    for stage in dict.fromkeys(plan.stage for plan in plans):
        members = [plan for plan in plans if plan.stage == stage]
        records += [JobRecord(id=next_id(), plan=plan, created=at, start=begin) for plan in members]
        ended = [plan.seconds for plan in members if plan.outcome not in ("manual", "skipped")]
        begin += max(ended, default=0.0) + 1
    return records
