"""Pipelines and jobs."""

from __future__ import annotations

from typing import Any

from tests.support.fake_gitlab import entities_merge
from tests.support.fake_gitlab.actions import create_pipeline
from tests.support.fake_gitlab.paging import paged
from tests.support.fake_gitlab.pipelines import JobRecord, PipelineRecord
from tests.support.fake_gitlab.routing import Call, Reply, bad, forbidden, not_found, route
from tests.support.fake_gitlab.world import DEVELOPER, Project

RUNNING = ("created", "waiting_for_resource", "preparing", "pending", "running")
ENDED = ("success", "failed", "canceled", "skipped")
SCOPES = (*RUNNING, *ENDED, "manual", "scheduled", "canceling", "waiting_for_callback")


@route("GET", "/projects/:id/pipelines", job_token=True)
def pipelines(call: Call) -> Reply:
    rows = entities_merge.pipelines_seen(call.world, call.project)
    now = call.world.clock.now
    if call.params.get("source") != "parent_pipeline":  # as Ci::PipelinesFinder: else no child is listed
        rows = [row for row in rows if row.source != "parent_pipeline"]
    for name in ("ref", "sha", "source", "name"):
        if call.params.get(name):
            rows = [row for row in rows if getattr(row, name) == call.params[name]]
    if call.params.get("status"):
        rows = [row for row in rows if row.status(now) == call.params["status"]]
    if call.params.get("updated_after"):
        rows = [row for row in rows if call.world.clock.iso(row.visible) >= call.params["updated_after"]]
    scope = call.params.get("scope")
    if scope:
        allowed = {"running": ("running",), "pending": ("pending",), "finished": ENDED}.get(scope, (*RUNNING, *ENDED))
        rows = [row for row in rows if row.status(now) in allowed]
    rows.sort(key=lambda row: row.id, reverse=call.params.get("sort", "desc") == "desc")
    return paged(call, rows, lambda row: entities_merge.pipeline_basic(call.world, call.project, row))


@route("POST", "/projects/:id/pipeline", level=DEVELOPER)
def run(call: Call) -> Reply:
    call.require("ref")
    project = call.project
    sha = project.repository.head(call.params["ref"])
    if sha is None:
        bad({"base": ["Reference not found"]})
    given = call.params.get("variables") or []
    if (
        given
        and project.settings.get("ci_pipeline_variables_minimum_override_role", "no_one_allowed") == "no_one_allowed"
    ):
        bad({"base": ["Insufficient permissions to set pipeline variables"]})
    made = create_pipeline(call.world, project, call.params["ref"], sha, "api", call.user, variables=given)
    if made is None:
        bad({"base": ["Missing CI config file"]})
    return Reply(status=201, body=entities_merge.pipeline_detail(call.world, project, made))


@route("GET", "/projects/:id/pipelines/latest")
def latest(call: Call) -> Reply:
    ref = call.params.get("ref") or call.project.default_branch
    rows = [row for row in entities_merge.pipelines_seen(call.world, call.project) if row.ref == ref]
    if not rows:
        forbidden()
    return Reply(body=entities_merge.pipeline_detail(call.world, call.project, rows[0]))


def find_pipeline(call: Call) -> PipelineRecord:
    rows = entities_merge.pipelines_seen(call.world, call.project)
    return next((row for row in rows if str(row.id) == call.values["pipeline"]), None) or not_found()


@route("GET", "/projects/:id/pipelines/:pipeline", job_token=True)
def pipeline(call: Call) -> Reply:
    return Reply(body=entities_merge.pipeline_detail(call.world, call.project, find_pipeline(call)))


@route("POST", "/projects/:id/pipelines/:pipeline/retry", level=DEVELOPER)
def retry(call: Call) -> Reply:
    """Failed and cancelled jobs get new ids; the old ones are seen only with include_retried."""
    record, now = find_pipeline(call), call.world.clock.now
    statuses = record.statuses(now)
    again = [job for job in record.jobs if not job.retried and statuses[job.id] in ("failed", "canceled", "skipped")]
    for job in again:
        job.retried, job.forced = True, statuses[job.id]
        new = JobRecord(id=call.world.next_id(), plan=job.plan, created=now, start=now + 2, user=call.user)
        record.jobs.append(new)
    if again:
        record.forced = None
    return Reply(status=201, body=entities_merge.pipeline_detail(call.world, call.project, record))


@route("POST", "/projects/:id/pipelines/:pipeline/cancel", level=DEVELOPER)
def cancel(call: Call) -> Reply:
    record, now = find_pipeline(call), call.world.clock.now
    statuses = record.statuses(now)
    for job in record.jobs:
        if statuses[job.id] in RUNNING:
            job.forced = "canceled"
    return Reply(body=entities_merge.pipeline_detail(call.world, call.project, record))


@route("GET", "/projects/:id/pipelines/:pipeline/jobs", job_token=True)
def pipeline_jobs(call: Call) -> Reply:
    record = find_pipeline(call)
    rows = [job for job in record.jobs if not _triggers(job)]
    if not call.flag("include_retried"):
        rows = [job for job in rows if not job.retried]
    return paged(call, _scoped(call, record, rows), lambda job: render_job(call, call.project, record, job))


def _scope(call: Call) -> list[str]:
    scope = call.words("scope")
    if not set(scope) <= set(SCOPES):
        bad("Scope contains invalid value(s)")
    return scope


def _scoped(call: Call, record: PipelineRecord, rows: list[JobRecord]) -> list[JobRecord]:
    scope = _scope(call)
    statuses = record.statuses(call.world.clock.now)
    return sorted((job for job in rows if not scope or statuses[job.id] in scope), key=lambda job: -job.id)


@route("GET", "/projects/:id/pipelines/:pipeline/bridges", job_token=True)
def bridges(call: Call) -> Reply:
    record = find_pipeline(call)
    rows = [job for job in record.jobs if _triggers(job)]
    return paged(call, rows, lambda job: _bridge(call, record, job))


def _triggers(job: JobRecord) -> bool:
    return job.plan.child is not None or job.downstream is not None


def _bridge(call: Call, record: PipelineRecord, job: JobRecord) -> dict[str, Any]:
    shown = render_job(call, call.project, record, job)
    started = next((row for row in call.project.pipelines if row.id == job.downstream), None)
    child = started and entities_merge.pipeline_basic(call.world, call.project, started)
    child = child or {
        **entities_merge.pipeline_basic(call.world, call.project, record),
        "id": job.id + 1_000_000,
        "source": "parent_pipeline",
        "status": job.plan.child,
    }
    bridge = {k: v for k, v in shown.items() if k not in ("artifacts", "runner", "runner_manager", "tag_list")}
    return {**bridge, "downstream_pipeline": child if call.world.clock.now >= job.start else None}


@route("GET", "/projects/:id/pipelines/:pipeline/test_report")
def test_report(call: Call) -> Reply:
    find_pipeline(call)
    zeros = dict.fromkeys(("total_count", "success_count", "failed_count", "skipped_count", "error_count"), 0)
    return Reply(body={"total_time": 0.0, **zeros, "test_suites": []})


@route("GET", "/projects/:id/pipelines/:pipeline/variables", level=DEVELOPER)
def pipeline_variables(call: Call) -> Reply:
    return Reply(body=find_pipeline(call).variables)


@route("GET", "/projects/:id/jobs", job_token=True)
def jobs(call: Call) -> Reply:
    seen = entities_merge.pipelines_seen(call.world, call.project)
    _scope(call)
    rows = [(record, job) for record in seen for job in _scoped(call, record, record.jobs)]
    return paged(call, rows, lambda row: render_job(call, call.project, *row), totals=False)


def find_job(project: Project, number: int) -> tuple[PipelineRecord, JobRecord] | None:
    return next(((p, job) for p in project.pipelines for job in p.jobs if job.id == number), None)


def _job(call: Call) -> tuple[PipelineRecord, JobRecord]:
    number = call.values["job"]
    return (find_job(call.project, int(number)) if number.isdigit() else None) or not_found()


def render_job(call: Call, project: Project, record: PipelineRecord, job: JobRecord) -> dict[str, Any]:
    return entities_merge.job(call.world, project, record, job)


@route("GET", "/projects/:id/jobs/:job")
def job(call: Call) -> Reply:
    return Reply(body=render_job(call, call.project, *_job(call)))


@route("GET", "/projects/:id/jobs/:job/trace")
def trace(call: Call) -> Reply:
    record, found = _job(call)
    status = record.statuses(call.world.clock.now)[found.id]
    found.trace_reads += 1
    unwritten = status not in (*ENDED, "running") or found.trace_reads <= call.world.faults.empty_traces
    headers = {"Content-Type": "text/plain", "Content-Disposition": f'infile; filename="{found.id}.log"'}
    return Reply(body=b"" if unwritten else found.plan.trace.encode(), headers=headers)


@route("GET", "/projects/:id/jobs/:job/artifacts/*path", job_token=True)
def artifact(call: Call) -> Reply:
    """One file of the job's archive; `artifacts:access: developer` keeps it from everybody below, job tokens aside."""
    if call.token is None or (call.token.job is None and call.project.level(call.caller) < DEVELOPER):
        forbidden()
    content = _job(call)[1].files.get(call.values["path"])
    return Reply(body=content, headers={"Content-Type": "application/json"}) if content is not None else not_found()


@route("POST", "/projects/:id/jobs/:job/play", level=DEVELOPER)
def play(call: Call) -> Reply:
    record, found = _job(call)
    if record.statuses(call.world.clock.now)[found.id] != "manual":
        bad("400 Bad request - Unplayable Job")
    found.forced, found.user = "pending", call.user
    return Reply(body=render_job(call, call.project, record, found))


@route("POST", "/projects/:id/jobs/:job/retry", level=DEVELOPER)
def retry_job(call: Call) -> Reply:
    record, found = _job(call)
    status, now = record.statuses(call.world.clock.now)[found.id], call.world.clock.now
    if status not in ("failed", "canceled", "success") or found.retried:
        forbidden("Job is not retryable")
    found.retried, found.forced = True, status
    new = JobRecord(id=call.world.next_id(), plan=found.plan, created=now, start=now + 2, user=call.user)
    record.jobs.append(new)
    return Reply(status=201, body=render_job(call, call.project, record, new))
