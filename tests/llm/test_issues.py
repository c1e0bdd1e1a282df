"""Issues that ask for a change: whose they are, what they say, and what is left alone. On the simulated GitLab."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from improve_loop.edges import schemas
from improve_loop.model.codec import to_plain
from improve_loop.model.find import Discovery
from improve_loop.rules.issues import front_matter, label_setter
from improve_loop.sources import internal_issues
from tests.llm.runs import run
from tests.llm.tasks import Files
from tests.support.fake_gitlab import DEVELOPER, REPORTER, FakeGitLab
from tests.support.fake_gitlab.actions import add_labels, relabelled
from tests.support.fake_gitlab.world import Issue

FRONT = "```yaml\ntarget_paths: [a.py]\nrisk: low\nacceptance_criteria:\n  - it works\n```\nPlease change a.\n"
TREE = Files({"a.py": "a = 1\n"})
LABEL = "improve-loop"


class Tracker:
    """A project with two developers, a reporter and a stranger, read with the loop's read token."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, gitlab: FakeGitLab) -> None:
        self.gitlab = gitlab
        self.project = gitlab.project("acme/app", {"a.py": "a = 1\n"})
        for name, level in (("dana", DEVELOPER), ("devi", DEVELOPER), ("rory", REPORTER)):
            gitlab.token(self.project, name, level=level, bot=False)
        token = gitlab.token(self.project, "loop-reader", level=REPORTER, scopes=("read_api",))
        patch.setenv("IL_READ_TOKEN", token)
        patch.setenv("CI_SERVER_URL", gitlab.url)

    def issue(self, text: str = FRONT, *, by: str = "dana", labelled_by: str | None = "dana", **more: Any) -> Issue:
        now = self.gitlab.clock.iso()
        made = Issue(
            id=self.gitlab.world.next_id(),
            iid=self.project.next_iid("issue"),
            title="Please",
            description=text,
            state="opened",
            author=self.gitlab.user(by),
            created_at=now,
            updated_at=now,
            **more,
        )
        self.project.issues.append(made)
        if labelled_by:
            self.label(made, by=labelled_by)
        return made

    def label(self, issue: Issue, *names: str, by: str, remove: bool = False) -> None:
        self.gitlab.clock.advance(60)
        before = set(issue.labels)
        if remove:
            issue.labels.discard(LABEL)
        else:
            add_labels(self.gitlab.world, self.project, issue, [*(names or (LABEL,))])
        relabelled(self.gitlab.world, issue, self.gitlab.user(by), before)

    def found(self) -> Discovery:
        asked = run("internal-issues")
        target = replace(asked.target, url=f"{self.gitlab.url}/acme/app")
        discovery = internal_issues.discover(TREE, replace(asked, target=target))
        assert not schemas.problem("discovery", to_plain(discovery) | {"kind": "discovery"})
        return discovery


@pytest.fixture
def tracker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tracker]:
    with FakeGitLab(tmp_path) as gitlab:
        yield Tracker(tmp_path, monkeypatch, gitlab)


def test_a_members_issue_that_names_its_paths_is_a_candidate(tracker: Tracker) -> None:
    tracker.issue()
    (candidate,) = tracker.found().candidates
    assert (candidate.subject, candidate.target_paths, candidate.risk) == ("#1", ("a.py",), "low")
    assert candidate.acceptance_criteria == ("it works",)
    assert candidate.brief == "Please\n\nPlease change a."
    assert candidate.evidence[0].url == f"{tracker.gitlab.url}/acme/app/-/issues/1"


def test_without_a_path_it_is_a_lead_and_an_item_to_read(tracker: Tracker) -> None:
    tracker.issue("Please change a.")
    discovery = tracker.found()
    assert "names no path" in discovery.leads[0].why_not
    assert discovery.items[0].id == discovery.leads[0].id


def test_confidential_manual_and_closed_issues_are_left_alone(tracker: Tracker) -> None:
    tracker.issue(confidential=True)
    tracker.label(tracker.issue(), "manual", by="rory")
    tracker.issue().state = "closed"
    tracker.issue(labelled_by=None)
    discovery = tracker.found()
    assert (discovery.status, discovery.candidates, discovery.leads) == ("ok_empty", (), ())
    assert "1 confidential" in discovery.reason
    assert "1 labelled manual" in discovery.reason


def test_a_label_that_no_developer_set_counts_for_nothing(tracker: Tracker) -> None:
    tracker.issue(labelled_by="rory")
    stolen = tracker.issue()
    tracker.label(stolen, by="dana", remove=True)
    tracker.label(stolen, by="rory")
    tracker.issue(labelled_by=None).labels.add(LABEL)  # from a template or a move: no event tells whose it is
    discovery = tracker.found()
    assert not discovery.candidates
    assert not discovery.items
    assert [("set the label" in lead.why_not) for lead in discovery.leads] == [True] * 3


def test_a_label_set_again_by_a_developer_counts(tracker: Tracker) -> None:
    issue = tracker.issue(labelled_by="rory")
    tracker.label(issue, by="devi", remove=True)
    tracker.label(issue, by="devi")
    assert [candidate.subject for candidate in tracker.found().candidates] == ["#1"]


def test_a_strangers_text_is_never_a_request(tracker: Tracker) -> None:
    tracker.issue(by="mallory")
    tracker.issue(by="rory")
    discovery = tracker.found()
    assert not discovery.candidates
    assert not discovery.items
    assert all("its author" in lead.why_not for lead in discovery.leads)


def test_a_developer_who_left_counts_no_more(tracker: Tracker) -> None:
    tracker.issue(by="devi", labelled_by="devi")
    tracker.project.members.pop(tracker.gitlab.user("devi").id)
    assert not tracker.found().candidates


@pytest.mark.parametrize(
    ("front", "problem"),
    [
        ("target_paths: a.py", "expected a list"),
        ("target_paths: [a.py]\nrun: rm", "unknown key run"),
        ("risk: none", "expected low"),
        ("- a", "expected keys"),
        ("a: [", "not YAML"),
        ("target_paths: [1]", "expected a list"),
    ],
)
def test_front_matter_is_strict(front: str, problem: str) -> None:
    for block in (f"```yaml\n{front}\n```\nText", f"---\n{front}\n---\nText"):
        assert problem in (front_matter(block).problem or "")


def test_a_file_that_does_not_exist_may_be_asked_for_where_it_can_be_made(tracker: Tracker) -> None:
    tracker.issue("---\ntarget_paths: [docs/new.md]\n---\nWrite it.")
    for path in ("a.py/new.md", "../new.md", ".git/config", "x/.GIT/hooks/pre-commit", "/etc/new"):
        tracker.issue(f"---\ntarget_paths: ['{path}']\n---\nWrite it.")
    discovery = tracker.found()
    assert [candidate.target_paths for candidate in discovery.candidates] == [("docs/new.md",)]
    assert ["nor can it be created" in lead.why_not for lead in discovery.leads] == [True] * 5


def test_the_last_event_of_the_label_decides() -> None:
    def event(user: int, at: int) -> dict[str, Any]:
        stamp = f"2026-11-20T12:00:0{at}Z"
        return {"id": at, "created_at": stamp, "action": "add", "label": {"name": LABEL}, "user": {"id": user}}

    assert label_setter([event(1, 1), event(2, 5), event(3, 4)]) == 2
    assert label_setter([{"label": None, "action": "add", "user": {"id": 1}}]) is None


def test_a_target_that_is_not_on_gitlab_is_not_configured() -> None:
    assert internal_issues.discover(TREE, run("internal-issues", forge="local")).status == "not_configured"


def test_a_token_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IL_READ_TOKEN", "CI_SERVER_URL"):
        monkeypatch.delenv(name, raising=False)
    discovery = internal_issues.discover(TREE, run("internal-issues"))
    assert discovery.status == "unauthorized"
    assert "IL_READ_TOKEN" in discovery.reason


def test_a_tracker_that_is_away_is_no_empty_tracker(tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    tracker.issue()
    tracker.gitlab.faults.add("reply", "GET", "issues", status=404, body={"message": "404 Project Not Found"})
    assert tracker.found().status == "unauthorized"
