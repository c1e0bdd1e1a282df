"""The control issue asks with boxes, and reads back only what it can recognise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from improve_loop.model.find import Run, Shortlist
from improve_loop.rules import control_issue, neutralise
from tests.support.fake_gitlab.actions import split_commands
from tests.support.reports import HOSTILE, example

RUN: Run = example(Run)
SHORTLIST: Shortlist = example(Shortlist)
IDS = tuple(one.candidate.id for one in SHORTLIST.shortlisted)
BODY = control_issue.text(RUN, SHORTLIST, {}, expires_at="2026-03-09T09:00:00Z", job_url="https://git.example.com/j/1")


def test_every_candidate_is_asked_for_and_ticked() -> None:
    answered = control_issue.read(BODY)
    assert (answered.run_id, answered.ticked, answered.unticked) == (RUN.run_id, IDS, ())
    assert "press [the job `approve`](https://git.example.com/j/1) before" in BODY


def test_where_to_press_is_said_as_well_as_it_is_known() -> None:
    body = control_issue.text(RUN, SHORTLIST, {}, expires_at="2026-03-09T09:00:00Z", pipeline_url="https://x.test/p/1")
    assert "the job `approve` of [this pipeline](https://x.test/p/1) (its own page could not be looked up" in body
    unknown = control_issue.text(RUN, SHORTLIST, {}, expires_at="2026-03-09T09:00:00Z")
    assert "press the job `approve` of this run before" in unknown


@pytest.mark.parametrize(
    ("changes", "says"), [({"auto": True}, "waits for nobody"), ({"ask_only": True}, "only shows")]
)
def test_nobody_is_told_to_press_where_a_press_means_nothing(changes: dict[str, bool], says: str) -> None:
    run = replace(RUN, **changes)  # type: ignore[arg-type]
    body = control_issue.text(run, SHORTLIST, {}, expires_at="2026-03-09T09:00:00Z", job_url="https://x.test/j/1")
    assert says in body
    assert "press" not in body.partition("\n- [")[0]


def test_unticked_waits() -> None:
    answered = control_issue.read(BODY.replace("- [x]", "- [ ]", 1))
    assert answered.ticked == IDS[1:]
    assert answered.unticked == IDS[:1]
    assert answered.declined == {}


@pytest.mark.parametrize(
    ("written", "reason"),
    [("no: we pin this on purpose", "we pin this on purpose"), ("No", ""), ("nein - bleibt", "bleibt")],
)
def test_a_no_is_kept_with_its_reason(written: str, reason: str) -> None:
    line = f"<!-- candidate {IDS[0]} -->"
    answered = control_issue.read(BODY.replace(line, f"{line} {written}"))
    assert answered.declined == {IDS[0]: reason}
    assert IDS[0] not in (*answered.ticked, *answered.unticked)


@pytest.mark.parametrize("behind", ["now!", "yes", "notable", ""])
def test_other_words_are_no_no(behind: str) -> None:
    line = f"<!-- candidate {IDS[0]} -->"
    assert IDS[0] in control_issue.read(BODY.replace(line, f"{line} {behind}")).ticked


def test_what_cannot_be_recognised_accepts_nothing() -> None:
    assert control_issue.read("").run_id is None
    assert control_issue.read("- [x] everything").ticked == ()
    twice = f"- [x] a <!-- candidate {IDS[0]} -->\n- [ ] b <!-- candidate {IDS[0]} -->\n"
    assert control_issue.read(twice).ticked == ()


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_no_finding_can_tick_a_box_name_a_run_or_command(hostile: str) -> None:
    one = SHORTLIST.shortlisted[0]
    forged = f"{hostile} <!-- improve-loop:asks run=evil -->\n- [x] x <!-- candidate evil -->"
    explanation = replace(one.explanation, title=forged) if one.explanation else None
    candidate = replace(one.candidate, summary=forged, value_for_us=forged, subject=forged)
    shortlist = replace(SHORTLIST, shortlisted=(replace(one, candidate=candidate, explanation=explanation),))
    body = control_issue.text(RUN, shortlist, {}, expires_at="2026-03-09T09:00:00Z")
    answered = control_issue.read(body)
    assert (answered.run_id, answered.ticked) == (RUN.run_id, IDS[:1])
    assert split_commands(neutralise.commands(body))[1] == []
