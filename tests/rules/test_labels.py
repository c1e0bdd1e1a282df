"""The label table: every status leads to one step, and a lie is never left on a merge request."""

from __future__ import annotations

import typing

import pytest

from improve_loop.model.forge import MergeRequest
from improve_loop.model.tend import ValidationStatus
from improve_loop.rules import labels
from improve_loop.rules.labels import AUTO_MERGEABLE, FIXING, NEEDS_HUMAN_PLAN, NEEDS_REVIEW
from tests.rules.test_marker import MARK


def merge_request(*names: str, repairs: int = 0, retriggers: int = 0, marked: bool = True) -> MergeRequest:
    from dataclasses import replace

    return MergeRequest(
        id="!1",
        url="https://git.example.com/!1",
        branch="improve-loop/ci-cache",
        target_branch="main",
        state="opened",
        title="Cache",
        description="",
        labels=names,
        head_sha="b" * 40,
        author="bot",
        marker=replace(MARK, repairs=repairs, retriggers=retriggers) if marked else None,
        human_commits=False,
        draft=False,
        prepared=True,
        created_at="2026-03-02T09:00:00Z",
        updated_at="2026-03-02T09:00:00Z",
    )


TABLE: list[tuple[ValidationStatus, dict[str, object], str, str | None]] = [
    ("green", {}, "labelled", AUTO_MERGEABLE),
    ("green", {"review": "reject"}, "labelled", NEEDS_REVIEW),
    ("green", {"review": "unavailable"}, "labelled", NEEDS_REVIEW),
    ("green", {"review": "degraded"}, "labelled", NEEDS_REVIEW),
    ("green", {"harmless": False}, "labelled", NEEDS_REVIEW),
    ("red", {}, "labelled", FIXING),
    ("red", {"repairs_allowed": 0}, "closed", NEEDS_HUMAN_PLAN),
    ("missing", {}, "labelled", NEEDS_REVIEW),
    ("skipped", {}, "labelled", NEEDS_REVIEW),
    ("pending", {}, "left_alone", None),
    ("canceled", {}, "retriggered", None),
    ("timed_out", {}, "retriggered", None),
    ("merged", {}, "left_alone", None),
    ("closed", {}, "left_alone", None),
    ("taken_over", {}, "left_alone", None),
]


@pytest.mark.parametrize(("status", "given", "action", "label"), TABLE)
def test_the_table(status: ValidationStatus, given: dict[str, object], action: str, label: str | None) -> None:
    options = {"review": "not_needed", "harmless": True, **given}
    step = labels.step(merge_request(), status, **options)  # type: ignore[arg-type]
    assert (step.action, step.label) == (action, label)
    assert step.reason


def test_the_table_is_complete() -> None:
    assert {row[0] for row in TABLE} == set(typing.get_args(ValidationStatus))


@pytest.mark.parametrize("status", typing.get_args(ValidationStatus))
def test_hands_off_what_a_human_marked_manual(status: ValidationStatus) -> None:
    step = labels.step(merge_request("manual", AUTO_MERGEABLE), status, review="approve", harmless=True)
    assert step.action == "left_alone"
    assert step.removed(("manual", AUTO_MERGEABLE)) == ()


@pytest.mark.parametrize("status", ["pending", "red", "missing", "skipped", "canceled", "timed_out", "taken_over"])
def test_auto_mergeable_stays_only_on_green(status: ValidationStatus) -> None:
    step = labels.step(merge_request(AUTO_MERGEABLE), status, review="approve", harmless=True)
    assert AUTO_MERGEABLE in step.removed((AUTO_MERGEABLE, "team::a"))


def test_repairs_and_restarts_end() -> None:
    red = labels.step(merge_request(repairs=labels.MAX_REPAIRS), "red", review="approve", harmless=True)
    assert (red.action, red.label, red.say) == ("closed", NEEDS_HUMAN_PLAN, "given-up")
    stopped = labels.step(merge_request(retriggers=3), "canceled", review="approve", harmless=True)
    assert (stopped.action, stopped.label) == ("labelled", NEEDS_REVIEW)
    unmarked = labels.step(merge_request(marked=False), "canceled", review="approve", harmless=True)
    assert unmarked.action == "labelled"


def test_a_repair_under_way_keeps_its_label() -> None:
    step = labels.step(merge_request(FIXING, NEEDS_REVIEW), "pending", review="approve", harmless=True)
    assert step.removed((FIXING, NEEDS_REVIEW)) == (NEEDS_REVIEW,)
