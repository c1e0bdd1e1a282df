"""The judge of pipelines on hand-made values: what cannot easily be staged, and words that nobody knows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improve_loop.model.forge import Job, Pipeline
from improve_loop.rules.pipelines import judge
from tests.rules.test_labels import merge_request

MR = merge_request()
HEAD = "b" * 40
NOW = "2026-03-02T09:30:00Z"


def pipeline(status: str = "success", *jobs: Job, **changes: object) -> Pipeline:
    given = {
        "id": "7",
        "sha": HEAD,
        "head_sha": HEAD,
        "ref": "improve-loop/ci-cache",
        "source": "push",
        "status": status,
        "url": None,
        "created_at": "2026-03-02T09:00:05Z",
        "updated_at": "2026-03-02T09:05:00Z",
        "jobs": jobs or (Job(name="test", status="success", allow_failure=False),),
        **changes,
    }
    return Pipeline(**given)  # type: ignore[arg-type]


OTHER = pipeline(source="merge_request_event")


@pytest.mark.parametrize(
    ("pipelines", "status"),
    [
        ([pipeline(), replace(OTHER, status="failed", jobs=())], "red"),
        ([pipeline("running"), OTHER], "pending"),
        ([pipeline("skipped"), OTHER], "green"),
        ([pipeline("skipped")], "skipped"),
        ([pipeline(), pipeline("failed")], "green"),
        ([pipeline("failed"), pipeline()], "red"),
        ([pipeline(head_sha="c" * 40)], "missing"),
        ([pipeline(yaml_errors="jobs:x config is wrong")], "red"),
        ([pipeline("running", created_at="2026-02-20T09:00:00Z")], "timed_out"),
        ([pipeline("canceled")], "canceled"),
        ([pipeline("manual")], "pending"),
    ],
)
def test_several_pipelines(pipelines: list[Pipeline], status: str) -> None:
    assert judge(MR, pipelines, now=NOW).status == status


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_a_word_that_nobody_knows_is_never_green(pipeline_status: str, job_status: str) -> None:
    made = pipeline(pipeline_status, Job(name="test", status=job_status, allow_failure=False))
    if judge(MR, [made], now=NOW).status == "green":
        assert (pipeline_status, job_status) == ("success", "success")


def test_a_child_pipeline_that_cannot_be_seen_is_not_waited_for_without_end() -> None:
    hidden = Job(name="deploy", status="success", allow_failure=False, is_trigger=True)
    assert judge(MR, [pipeline("success", hidden)], now=NOW).status == "pending"
    old = pipeline("success", hidden, created_at="2026-02-20T09:00:00Z")
    assert judge(MR, [old], now=NOW).status == "timed_out"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"state": "merged"}, "merged"),
        ({"state": "closed"}, "closed"),
        ({"human_commits": True}, "taken_over"),
        ({"human_commits": None}, "taken_over"),
        ({"head_sha": None}, "missing"),
        ({"prepared": False}, "missing"),
        ({"prepared": False, "updated_at": "2026-03-02T09:29:00Z"}, "pending"),
    ],
)
def test_what_is_settled_before_any_pipeline(changes: dict[str, object], status: str) -> None:
    assert judge(replace(MR, **changes), [pipeline()], now=NOW).status == status  # type: ignore[arg-type]


def test_all_copies_of_a_required_job_count() -> None:
    jobs = [
        Job(name="test: [a]", status="success", allow_failure=False),
        Job(name="test: [b]", status="canceled", allow_failure=True),
        Job(name="test extra", status="success", allow_failure=False),
    ]
    assert judge(MR, [pipeline("success", *jobs)], now=NOW, required_jobs=["test"]).status == "pending"
    assert judge(MR, [pipeline("success", *jobs)], now=NOW, required_jobs=["test extra"]).status == "green"


def test_a_blocking_manual_job_does_not_hold_up_green_required_jobs() -> None:
    jobs = [
        Job(name="test", status="success", allow_failure=False),
        Job(name="deploy", status="manual", allow_failure=False),
    ]
    assert judge(MR, [pipeline("manual", *jobs)], now=NOW, required_jobs=["test"]).status == "green"
