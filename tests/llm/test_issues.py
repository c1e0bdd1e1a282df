"""Issues that ask for a change: whose they are, what they say, and what is left alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

from improve_loop.edges import schemas
from improve_loop.edges.forge.gitlab_session import GitLabProject, Session
from improve_loop.model.codec import to_plain
from improve_loop.model.find import Discovery
from improve_loop.rules.issues import front_matter, label_setter
from improve_loop.sources import internal_issues
from tests.llm.runs import NOW, run
from tests.llm.tasks import Files

FRONT = "```yaml\ntarget_paths: [a.py]\nrisk: low\nacceptance_criteria:\n  - it works\n```\nPlease change a.\n"
TREE = Files({"a.py": "a = 1\n"})
MEMBER, STRANGER = 7, 8


def issue(number: int, description: str = FRONT, **more: Any) -> dict[str, Any]:
    whole = {"iid": number, "title": f"Issue {number}", "description": description, "labels": ["improve-loop"]}
    whole |= {
        "confidential": False,
        "web_url": f"https://gitlab.example/g/p/-/issues/{number}",
        "author": {"id": MEMBER},
    }
    return whole | more


def labelled(user: int, action: str = "add", at: int = 1, name: str = "improve-loop") -> dict[str, Any]:
    return {"id": at, "created_at": NOW, "action": action, "label": {"name": name}, "user": {"id": user}}


@contextmanager
def gitlab(issues: list[dict[str, Any]], events: Mapping[int, list[dict[str, Any]]]) -> Iterator[Session]:
    """As much of GitLab as this source asks for."""
    answers: dict[str, Any] = {f"/issues/{number}/resource_label_events": rows for number, rows in events.items()}
    answers |= {"/issues": issues, f"/members/all/{MEMBER}": {"id": MEMBER, "state": "active", "access_level": 30}}

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments: Any) -> None:
            pass

        def do_GET(self) -> None:
            answer = answers.get(urlsplit(self.path).path.removeprefix("/api/v4/projects/g%2Fp"))
            body = json.dumps({"message": "404 Not found"} if answer is None else answer).encode()
            self.send_response(404 if answer is None else 200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        at = f"http://127.0.0.1:{server.server_address[1]}"
        yield Session(GitLabProject(server=at, path="g/p", token="t", token_name="IL_READ_TOKEN"))
    finally:
        server.shutdown()
        server.server_close()


def found(issues: list[dict[str, Any]], events: Mapping[int, list[dict[str, Any]]] | None = None) -> Discovery:
    with gitlab(issues, events or {each["iid"]: [labelled(MEMBER)] for each in issues}) as session:
        discovery = internal_issues.from_issues(session, TREE, run("internal-issues"), NOW)
    assert not schemas.problem("discovery", to_plain(discovery) | {"kind": "discovery"})
    return discovery


def test_a_members_issue_that_names_its_paths_is_a_candidate() -> None:
    (candidate,) = found([issue(6)]).candidates
    assert (candidate.subject, candidate.target_paths, candidate.risk) == ("#6", ("a.py",), "low")
    assert candidate.acceptance_criteria == ("it works",)
    assert candidate.brief == "Issue 6\n\nPlease change a."


def test_without_a_path_it_is_a_lead_and_an_item_to_read() -> None:
    discovery = found([issue(6, "Please change a.")])
    assert "names no path" in discovery.leads[0].why_not
    assert discovery.items[0].id == discovery.leads[0].id


@pytest.mark.parametrize(
    "changed", [{"confidential": True}, {"confidential": None}, {"labels": ["improve-loop", "manual"]}]
)
def test_confidential_and_manual_issues_are_left_alone(changed: dict[str, Any]) -> None:
    discovery = found([issue(6, **changed)])
    assert (discovery.status, discovery.candidates, discovery.leads) == ("ok_empty", (), ())


@pytest.mark.parametrize(
    "events",
    [
        [],
        [labelled(STRANGER)],
        [labelled(MEMBER), labelled(MEMBER, "remove", 2)],
        [labelled(MEMBER), labelled(STRANGER, "add", 3)],
        [labelled(MEMBER, name="bug")],
    ],
)
def test_a_label_that_no_member_set_counts_for_nothing(events: list[dict[str, Any]]) -> None:
    discovery = found([issue(6)], {6: events})
    assert not discovery.candidates
    assert not discovery.items
    assert "set the label" in discovery.leads[0].why_not


def test_a_strangers_text_is_never_a_request() -> None:
    discovery = found([issue(6, author={"id": STRANGER})])
    assert not discovery.candidates
    assert not discovery.items
    assert "its author" in discovery.leads[0].why_not


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


def test_a_path_that_does_not_exist_makes_a_lead() -> None:
    (lead,) = found([issue(6, "---\ntarget_paths: [b.py]\n---\n")]).leads
    assert "b.py does not exist" in lead.why_not


def test_the_last_event_of_the_label_decides() -> None:
    assert label_setter([labelled(1), labelled(2, at=5), labelled(3, at=4)]) == 2
    assert label_setter([{"label": None, "action": "add", "user": {"id": 1}}]) is None


def test_a_target_that_is_not_on_gitlab_is_not_configured() -> None:
    assert internal_issues.discover(TREE, run("internal-issues", forge="local")).status == "not_configured"


def test_a_token_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IL_READ_TOKEN", "CI_SERVER_URL"):
        monkeypatch.delenv(name, raising=False)
    discovery = internal_issues.discover(TREE, run("internal-issues"))
    assert discovery.status == "unauthorized"
    assert "IL_READ_TOKEN" in discovery.reason
