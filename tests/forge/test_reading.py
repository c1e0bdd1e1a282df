"""What the reader makes of merge requests, pipelines and runs as they stand at one moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from improve_loop.edges.forge import gitlab_read
from improve_loop.edges.git import text
from improve_loop.rules import pipelines, pressing
from tests.forge.conftest import BRANCH, Scene
from tests.support.fake_gitlab import JobPlan
from tests.support.fake_gitlab.actions import create_pipeline
from tests.support.fake_gitlab.pipelines import PipelineRecord

GREEN = JobPlan(name="test")
RED = JobPlan(name="test", outcome="failed")


def judged(
    scene: Scene, *jobs: JobPlan, kinds: tuple[str, ...] = ("branch",), after: float = 120.0, **options: object
) -> pipelines.Judgement:
    """The judgement of a fresh merge request whose pipelines run these jobs."""
    scene.project.plans.clear()
    if jobs:
        scene.project.plan("*", *jobs)
    scene.project.pipeline_kinds = kinds
    writer = scene.writer()
    scene.published(writer)
    writer.open_merge_request(scene.draft())
    scene.gitlab.clock.advance(after)
    (mr,) = scene.reader().open_merge_requests()
    found = scene.reader().pipelines_of(mr)
    return pipelines.judge(mr, found, now=scene.gitlab.clock.iso(), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("kinds", [("branch",), ("merge_request",), ("merged_results",), ("branch", "merge_request")])
@pytest.mark.parametrize(("plan", "status"), [(GREEN, "green"), (RED, "red")])
def test_branch_merge_request_and_merged_results_pipelines_judge_the_head(
    scene: Scene, kinds: tuple[str, ...], plan: JobPlan, status: str
) -> None:
    assert judged(scene, plan, kinds=kinds).status == status


def test_no_pipeline_is_not_a_green_pipeline(scene: Scene) -> None:
    assert judged(scene, after=60).status == "pending"
    scene.gitlab.clock.advance(3600)
    (mr,) = scene.reader().open_merge_requests()
    assert pipelines.judge(mr, scene.reader().pipelines_of(mr), now=scene.gitlab.clock.iso()).status == "missing"


@pytest.mark.parametrize(
    ("jobs", "status"),
    [
        ((GREEN, JobPlan(name="lint", outcome="failed", allow_failure=True)), "green"),
        ((GREEN, JobPlan(name="deploy", outcome="manual", allow_failure=True)), "green"),
        ((GREEN, JobPlan(name="deploy", outcome="manual")), "pending"),
        ((JobPlan(name="deploy", outcome="manual", allow_failure=True),), "skipped"),
        ((JobPlan(name="lint", allow_failure=True),), "skipped"),
        ((GREEN, JobPlan(name="child", child="success")), "green"),
        ((GREEN, JobPlan(name="child", child="failed")), "red"),
        ((GREEN, JobPlan(name="child", child="running")), "pending"),
        ((JobPlan(name="test", outcome="running"),), "pending"),
        ((JobPlan(name="test", outcome="pending"),), "pending"),
        ((JobPlan(name="test", outcome="canceled"),), "canceled"),
        ((JobPlan(name="test", outcome="failed", failure_reason="job_execution_timeout"),), "timed_out"),
        ((JobPlan(name="test", outcome="failed", failure_reason="runner_system_failure"),), "canceled"),
        ((RED, JobPlan(name="x", outcome="failed", failure_reason="runner_system_failure")), "red"),
    ],
)
def test_jobs_decide(scene: Scene, jobs: tuple[JobPlan, ...], status: str) -> None:
    assert judged(scene, *jobs).status == status


@pytest.mark.parametrize(
    ("required", "status"),
    [(("test",), "green"), (("unit",), "missing"), (("test", "deploy"), "pending")],
)
def test_required_jobs_have_to_be_there_and_green(scene: Scene, required: tuple[str, ...], status: str) -> None:
    jobs = (GREEN, JobPlan(name="deploy", outcome="manual", allow_failure=True))
    assert judged(scene, *jobs, required_jobs=required).status == status


def test_the_pipeline_of_an_earlier_head_says_nothing(scene: Scene) -> None:
    assert judged(scene, GREEN).status == "green"
    scene.project.plans.clear()
    scene.published(
        scene.writer(),
        b"""diff --git a/app.py b/app.py
--- a/app.py
+++ b/app.py
@@ -1 +1 @@
-print(1)
+print(2)
""",
    )
    scene.gitlab.clock.advance(60)
    (mr,) = scene.reader().open_merge_requests()
    assert scene.reader().pipelines_of(mr) == ()


def test_a_head_pipeline_that_is_null_does_not_hide_the_pipeline(scene: Scene) -> None:
    scene.gitlab.faults.head_pipeline_null = True
    assert judged(scene, GREEN).status == "green"


def test_a_merge_request_that_is_never_prepared_is_missing_in_the_end(scene: Scene) -> None:
    scene.gitlab.faults.stuck_preparing = True
    assert judged(scene, GREEN, after=60).status == "pending"
    scene.gitlab.clock.advance(3600)
    (mr,) = scene.reader().open_merge_requests()
    assert pipelines.judge(mr, scene.reader().pipelines_of(mr), now=scene.gitlab.clock.iso()).status == "missing"


def test_only_the_loops_own_merge_requests_are_its_own(scene: Scene) -> None:
    writer = scene.writer()
    scene.published(writer)
    writer.open_merge_request(scene.draft())
    scene.gitlab.token(scene.project, "ada", bot=False)
    scene.gitlab.push(scene.project, "feature", {"x": "1"}, by="ada")
    scene.gitlab.push(scene.project, "improve-loop/by-hand", {"x": "1"}, by="ada")
    ada = scene.writer(IL_WRITE_TOKEN=scene.gitlab.token(scene.project, "ada", bot=False))
    for branch in ("feature", "improve-loop/by-hand"):
        data = {"source_branch": branch, "target_branch": "main", "title": "Mine", "description": "No marker."}
        ada.session.once("post", "/projects/acme%2Fapp/merge_requests", {}, data)
    assert [mr.branch for mr in scene.reader().open_merge_requests()] == [BRANCH]


def test_where_the_bot_is_named_nobody_elses_question_or_merge_request_counts(scene: Scene) -> None:
    scene.writer().write_control_issue("- [ ] one\n")
    mallory = scene.writer(IL_WRITE_TOKEN=scene.gitlab.token(scene.project, "mallory", bot=False))
    mallory.write_control_issue("- [x] one\n")
    scene.published(mallory)
    mallory.open_merge_request(scene.draft())
    scene.project.issues[1].created_at = "2020-01-01T00:00:00.000Z"  # the oldest one counts

    def seen(bot: str | None) -> tuple[bool, int]:
        given = {"IL_READ_TOKEN": scene.read_token}
        reader = gitlab_read.connect(scene.url, given, bot=bot, now=lambda: scene.gitlab.clock.now)
        issue = reader.read_control_issue()
        return issue is not None and "- [x]" in issue.text, len(reader.open_merge_requests())

    assert seen(None) == (True, 1)
    assert seen("loop-writer") == (False, 0)


def test_the_newest_merge_request_of_a_branch_is_found_whatever_became_of_it(scene: Scene) -> None:
    assert scene.reader().merge_request_of(BRANCH) is None
    writer = scene.writer()
    scene.published(writer)
    first = writer.open_merge_request(scene.draft())
    writer.close(first, "No.")
    second = writer.open_merge_request(scene.draft())
    seen = scene.reader().merge_request_of(BRANCH)
    assert seen is not None
    assert (first.id, second.id, seen.id) == ("!1", "!2", "!2")


def test_the_base_arrives_without_its_history(scene: Scene, tmp_path: Path) -> None:
    scene.gitlab.push(scene.project, "main", {"x": "1"}, by="ada")
    branch, sha = scene.reader().fetch_base(tmp_path / "target.git", None)
    assert (branch, sha) == ("main", scene.base)
    assert text(tmp_path / "target.git", "rev-list", "--count", sha) == "1"


def test_live_runs_are_those_at_work_in_the_loops_own_project(scene: Scene) -> None:
    hub = scene.gitlab.project("acme/hub", {".gitlab-ci.yml": "x: {script: [x]}\n"})
    world, user = scene.gitlab.world, scene.gitlab.user("owner")
    hub.plan("*", JobPlan(name="preflight", outcome="running"))
    sha = hub.repository.head("main") or ""
    older, own, push = (
        create_pipeline(world, hub, "main", sha, source, user) for source in ("schedule", "web", "push")
    )
    assert older
    assert own
    assert push
    scene.gitlab.clock.advance(10)
    older.name = f"improve-loop sweep {scene.url}.git/"
    environ = {
        "CI_PROJECT_PATH": "acme/hub",
        "CI_PIPELINE_ID": str(own.id),
        "CI_JOB_TOKEN": scene.gitlab.token(hub, "owner", level=40, job=own.jobs[0].id, bot=False),
    }
    runs = scene.reader(**environ).live_runs()
    assert [(run.id, run.target, run.status) for run in runs] == [(str(older.id), scene.url, "running")]
    assert scene.reader().live_runs() == ()
    assert scene.reader(**environ).pressed_by() == "owner"
    assert scene.reader().pressed_by() is None


def started_by_a_launcher(scene: Scene) -> tuple[PipelineRecord, PipelineRecord, dict[str, str]]:
    """A pipeline of the target whose trigger job started a child, which runs the loop; the child's environment."""
    scene.project.plan("*", *(JobPlan(name=f"improve-loop{one}", outcome="running") for one in ("", ":preflight")))
    world, user = scene.gitlab.world, scene.gitlab.user("owner")
    parent, child = (
        create_pipeline(world, scene.project, "main", scene.base, source, user)
        for source in ("schedule", "parent_pipeline")
    )
    assert parent
    assert child
    parent.jobs[0].downstream = child.id
    scene.gitlab.clock.advance(10)
    token = scene.gitlab.token(scene.project, "owner", level=40, job=child.jobs[0].id, bot=False)
    given = {"CI_PROJECT_PATH": "acme/app", "CI_PIPELINE_ID": str(child.id), "CI_JOB_TOKEN": token}
    return parent, child, {**given, "CI_PIPELINE_SOURCE": "parent_pipeline"}


def test_a_child_pipeline_does_not_wait_for_the_parent_that_waits_for_it(scene: Scene) -> None:
    parent, _, environ = started_by_a_launcher(scene)
    assert scene.reader(**environ).live_runs() == ()
    parent.jobs[0].downstream = 1  # another's parent
    assert [run.id for run in scene.reader(**environ).live_runs()] == [str(parent.id)]


def test_a_pipeline_of_the_target_that_is_no_run_holds_nothing_up(scene: Scene) -> None:
    nightly, _, environ = started_by_a_launcher(scene)
    nightly.jobs, nightly.jobs[0].downstream = nightly.jobs[:1], None
    assert scene.reader(**environ).live_runs() == ()
    refused = {"message": "403 Forbidden"}
    scene.gitlab.faults.add("reply", "GET", f"pipelines/{nightly.id}/jobs", status=403, body=refused, times=9)
    assert [run.id for run in scene.reader(**environ).live_runs()] == [str(nightly.id)]  # it may be one


def test_a_child_pipeline_at_work_is_seen_though_its_parent_has_ended(scene: Scene) -> None:
    parent, child, environ = started_by_a_launcher(scene)
    parent.forced = "success"
    seen = scene.reader(**{**environ, "CI_PIPELINE_ID": "999", "CI_PIPELINE_SOURCE": "schedule"}).live_runs()
    assert [run.id for run in seen] == [str(child.id)]


def test_a_run_that_waits_for_a_press_holds_nothing_up(scene: Scene) -> None:
    hub = scene.gitlab.project("acme/hub", {".gitlab-ci.yml": "x: {script: [x]}\n"})
    approve = JobPlan(name="approve", stage="ask", outcome="manual", allow_failure=True)
    hub.plan("*", JobPlan(name="triage", stage="find", seconds=5), approve)
    user = scene.gitlab.user("owner")
    create_pipeline(scene.gitlab.world, hub, "main", hub.repository.head("main") or "", "schedule", user)
    scene.gitlab.clock.advance(60)
    token = scene.gitlab.token(hub, "owner", level=40, job=1, bot=False)
    assert scene.reader(CI_PROJECT_PATH="acme/hub", CI_JOB_TOKEN=token).live_runs() == ()


def test_an_older_gitlab_that_shows_a_job_token_no_pipelines_holds_nothing_up(scene: Scene) -> None:
    hub = scene.gitlab.project("acme/hub", {".gitlab-ci.yml": "x: {script: [x]}\n"})
    token = scene.gitlab.token(hub, "owner", level=40, job=1, bot=False)
    scene.gitlab.faults.add("reply", "GET", "hub/pipelines", status=404, body={"message": "404 Not Found"}, times=9)
    assert scene.reader(CI_PROJECT_PATH="acme/hub", CI_JOB_TOKEN=token).live_runs() == ()


APPROVE = JobPlan(name="improve-loop:approve", stage="ask", outcome="manual", allow_failure=True)


def asking(scene: Scene, *, own: bool = False) -> dict[str, str]:
    """A job `propose` at work in the hub, or in the target itself; its environment."""
    hub = scene.project if own else scene.gitlab.project("acme/hub", {"README.md": "# Hub\n"})
    hub.plan("*", JobPlan(name="improve-loop:propose", stage="find", seconds=9), APPROVE)
    user = scene.gitlab.user("owner")
    made = create_pipeline(scene.gitlab.world, hub, "main", hub.repository.head("main") or "", "schedule", user)
    assert made
    token = scene.gitlab.token(hub, "owner", level=40, job=made.jobs[0].id, bot=False)
    given = {"CI_PIPELINE_ID": str(made.id), "CI_JOB_TOKEN": token, "CI_PROJECT_URL": f"{scene.gitlab.url}/{hub.path}"}
    return {**given, "CI_PROJECT_PATH": hub.path, "IL_READ_TOKEN": "", "IL_WRITE_TOKEN": scene.write_token}


def page(scene: Scene, environ: dict[str, str]) -> str | None:
    found = pressing.job_to_press(scene.reader(**environ).waiting_jobs(), "improve-loop:propose")
    return found.url if found else None


@pytest.mark.parametrize(("version", "own"), [("18.9.2-ee", False), ("17.11.0", True)])
def test_the_job_to_press_is_found_by_the_jobs_own_token_or_else_by_the_writers(
    scene: Scene, version: str, own: bool
) -> None:
    """Before GitLab 18 a job token lists no jobs; inside the target the writer may."""
    scene.gitlab.world.version = version
    environ = asking(scene, own=own)
    approve = (scene.project if own else scene.gitlab.world.projects[-1]).pipelines[-1].jobs[1]
    assert page(scene, environ) == f"{environ['CI_PROJECT_URL']}/-/jobs/{approve.id}"


def test_a_hub_whose_jobs_nobody_here_may_list_costs_two_looks_and_no_error(scene: Scene) -> None:
    scene.gitlab.world.version = "17.11.0"
    environ = asking(scene)
    before = len(scene.gitlab.log)
    assert page(scene, environ) is None
    assert [one.status for one in scene.gitlab.log[before:]] == [404, 404]


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_jobs_that_cannot_be_listed_now_are_not_waited_for(scene: Scene, status: int) -> None:
    environ, now = asking(scene), scene.gitlab.clock.now
    scene.gitlab.faults.add("reply", "GET", "/jobs$", status=status, body={"message": "no"}, times=9)
    assert page(scene, environ) is None
    assert scene.gitlab.clock.now == now


def test_a_run_outside_a_pipeline_has_no_job_to_press(scene: Scene) -> None:
    assert scene.reader().waiting_jobs() == ()
