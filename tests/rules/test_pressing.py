"""Who may accept what by pressing `approve` on GitLab, and every way that a press counts for nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from improve_loop.model.ask import Proposal
from improve_loop.model.find import Run, Shortlist
from improve_loop.model.forge import ControlIssue, Job, LiveRun
from improve_loop.rules import control_issue, turns
from improve_loop.rules.pressing import heard, job_to_press
from tests.support.reports import example

RUN: Run = replace(example(Run), run_id="100")
PROPOSAL: Proposal = replace(example(Proposal), run_id="100", where="control_issue")
SHORTLIST: Shortlist = example(Shortlist)
IDS = tuple(one.candidate.id for one in SHORTLIST.shortlisted)
TEXT = control_issue.text(RUN, SHORTLIST, {}, expires_at="2026-03-09T09:00:00Z")
ISSUE = ControlIssue(id="#1", url="https://git.example.com/-/issues/1", text=TEXT, updated_at="2026-03-02T09:00:00Z")


def with_config(run: Run = RUN, **changes: object) -> Run:
    return replace(run, config=replace(run.config, **changes))  # type: ignore[arg-type]


def live(id: str, target: str | None) -> LiveRun:
    return LiveRun(id=id, url="https://x/1", started_at="2026-03-02T08:00:00Z", status="running", target=target)


def test_whoever_may_press_accepts_what_is_ticked() -> None:
    issue = replace(ISSUE, text=TEXT.replace("- [x]", "- [ ]", 1))
    said = heard(with_config(approvers=()), PROPOSAL, SHORTLIST, by="ada", issue=issue, live=())
    assert (said.by, said.accepted, said.later, said.reason) == (
        "ada",
        IDS[1:],
        IDS[:1],
        "" if IDS[1:] else said.reason,
    )


def test_a_no_is_declined_with_its_reason() -> None:
    line = f"<!-- candidate {IDS[0]} -->"
    issue = replace(ISSUE, text=TEXT.replace(line, f"{line} no: on purpose"))
    said = heard(with_config(approvers=("ada",)), PROPOSAL, SHORTLIST, by="ada", issue=issue, live=())
    assert [(each.id, each.reason) for each in said.declined] == [(IDS[0], "on purpose")]
    assert IDS[0] not in (*said.accepted, *said.later)


@pytest.mark.parametrize("auto", [False, True])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"by": None}, "does not say who"),
        ({"by": "mallory"}, "mallory is not one of the approvers"),
        ({"issue": None}, "the control issue is gone"),
        ({"issue": replace(ISSUE, text="- [x] all")}, "run unknown has asked since"),
        ({"issue": replace(ISSUE, text=TEXT.replace("run=100", "run=101"))}, "run 101 has asked since"),
        ({"live": (live("99", None),)}, "run 99 is at work"),
    ],
)
def test_a_press_that_counts_for_nothing_says_why(changes: dict[str, object], reason: str, auto: bool) -> None:
    run = replace(with_config(approvers=("ada",)), auto=auto)
    given = {"by": "ada", "issue": ISSUE, "live": (), **changes}
    said = heard(run, PROPOSAL, SHORTLIST, **given)  # type: ignore[arg-type]
    assert said.accepted == ()
    assert reason in said.reason


def test_auto_accepts_all_but_what_was_declined() -> None:
    line = f"<!-- candidate {IDS[0]} -->"
    issue = replace(ISSUE, text=TEXT.replace("- [x]", "- [ ]").replace(line, f"{line} no"))
    said = heard(replace(with_config(approvers=()), auto=True), PROPOSAL, SHORTLIST, by="ada", issue=issue, live=())
    assert said.accepted == IDS[1:]


@pytest.mark.parametrize(
    ("runs", "mine", "first"),
    [
        ((), "100", None),
        ((live("99", None),), "100", "99"),
        ((live("99", RUN.target.url),), "100", "99"),
        ((live("99", "https://other/project"),), "100", None),
        ((live("101", RUN.target.url),), "100", None),
        ((live("101", RUN.target.url),), None, "101"),
    ],
)
def test_the_older_run_goes_first(runs: tuple[LiveRun, ...], mine: str | None, first: str | None) -> None:
    found = turns.older(runs, mine, RUN.target.url)
    assert (found.id if found else None) == first


def job(name: str, number: int = 1) -> Job:
    return Job(name=name, status="manual", allow_failure=True, url=f"https://x.test/-/jobs/{number}")


@pytest.mark.parametrize(
    ("asking", "names", "found"),
    [
        ("improve-loop:propose", ["improve-loop:preflight", "improve-loop:approve"], 1),
        (None, ["improve-loop:approve"], 0),
        ("ask", ["approve", "improve-loop:approve"], 1),
        ("app: propose", ["improve-loop:approve", "app: approve"], 1),  # a consumer gave both other names
        ("improve-loop:propose: [a, x]", ["improve-loop:approve: [b, x]", "improve-loop:approve: [a, x]"], 1),
        ("improve-loop:propose 2/2", ["improve-loop:approve 1/2", "improve-loop:approve 2/2"], 1),
        ("improve-loop:propose: [a]", ["improve-loop:approve"], 0),
        ("improve-loop:propose", ["improve-loop:approve: [a]", "improve-loop:approve: [b]"], None),
        ("improve-loop:propose", ["improve-loop:approve", "improve-loop:approve"], None),
        ("improve-loop:propose", ["approve", "disapprove"], None),
        ("improve-loop:propose", [], None),
    ],
)
def test_the_job_to_press_is_the_one_beside_the_job_that_asks(
    asking: str | None, names: list[str], found: int | None
) -> None:
    jobs = [job(name, number) for number, name in enumerate(names)]
    assert job_to_press(jobs, asking) == (None if found is None else jobs[found])
