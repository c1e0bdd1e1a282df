"""What GitLab shows beside the log is well formed whatever the findings say."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from improve_loop.model.make import CheckRun, Publication, Verdict
from improve_loop.rules.ci_reports import code_quality, job_annotations, junit
from tests.support.reports import HOSTILE, example

PUBLICATION: Publication = example(Publication)
VERDICT: Verdict = example(Verdict)
CHECK: CheckRun = example(CheckRun)


def test_opened_merge_requests_are_links() -> None:
    opened = replace(
        PUBLICATION, status="opened", merge_request="!12", url="https://git.example.com/!12", title="Cache"
    )
    shown = job_annotations([opened, replace(opened, status="not_published")])
    assert shown == {
        "Merge requests": [{"external_link": {"label": "!12 Cache", "url": "https://git.example.com/!12"}}]
    }
    assert len(job_annotations([opened] * 30)["Merge requests"]) == 20
    assert job_annotations([]) == {}


def test_findings_have_a_place_and_a_fingerprint_of_their_own() -> None:
    rows = code_quality([VERDICT])
    assert len(rows) == len(VERDICT.findings)
    assert len({row["fingerprint"] for row in rows}) == len(rows)
    assert all(row["location"]["lines"]["begin"] >= 1 for row in rows)


def test_the_targets_commands_are_test_cases_whatever_they_print() -> None:
    noisy = tuple(
        replace(CHECK.results[0], name=f"c{number}", status="failed", output_tail=text)
        for number, text in enumerate((*HOSTILE, "\x00\x1b[31m\ufffe"))
    )
    root = ElementTree.fromstring(junit([replace(CHECK, results=noisy)]))
    assert len(root.findall(".//failure")) == len(noisy)


def test_a_rule_is_called_by_its_own_name() -> None:
    finding = replace(VERDICT.findings[0], family="ci", rule="ci/image")
    assert [row["check_name"] for row in code_quality([replace(VERDICT, findings=(finding,))])] == ["ci/image"]
