"""What is written under a merge request."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from improve_loop.model.tend import JobResult, Validation
from improve_loop.rules.labels import Say, Step
from improve_loop.rules.render import ship_comment
from improve_loop.rules.render.comment import SAID
from tests.support.gitlab_markdown import links, obeyed
from tests.support.reports import HOSTILE, example

RED: Validation = replace(
    example(Validation),
    status="red",
    reason="job unit failed",
    jobs=(
        JobResult(name="build", status="success", allow_failure=False),
        JobResult(name="unit", status="failed", allow_failure=False, url="https://gitlab.example.com/a/b/-/jobs/7"),
    ),
)


def step(say: Say, reason: str = "red; repair 1 of 2 is due") -> Step:
    return Step(action="labelled", label=None, say=say, reason=reason)


def test_there_is_a_text_for_everything_that_can_be_said() -> None:
    assert set(SAID) == set(get_args(Say)) - {""}


def test_a_comment_says_what_failed_at_which_commit_and_what_comes_next() -> None:
    text = ship_comment(step("red"), RED)
    assert text
    assert "At `e7b9d2c4a15f`: job unit failed." in text
    assert "- [`unit`](https://gitlab.example.com/a/b/-/jobs/7): `failed`" in text
    assert "build" not in text
    assert "Next: red; repair 1 of 2 is due." in text
    assert obeyed(text) == []


def test_nothing_to_say_is_no_comment() -> None:
    assert ship_comment(step(""), RED) is None


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_job_name_or_reason_makes_a_comment_an_order(text: str) -> None:
    job = JobResult(name=text, status=text, allow_failure=True, url=text)
    comment = ship_comment(step("stopped", text), replace(RED, reason=text, jobs=(job, replace(job, status="failed"))))
    assert comment
    assert obeyed(comment) == []
    assert all(one.startswith("https://evil.example") for one in links(comment))
