"""The simulator's own manners: GitLab's exact words for what is wrong, its pages, tokens, and what it does not know."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.forge.conftest import Scene
from tests.support.fake_gitlab import FakeGitLab, JobPlan

P = "/projects/acme%2Fapp"
MR = {"title": "T", "source_branch": "feature", "target_branch": "main"}


def ask(
    scene: Scene, method: str, path: str, data: dict[str, Any] | None = None, token: str | None = None
) -> tuple[int, Any, dict[str, str]]:
    """Status, body and headers of one bare request."""
    secret = scene.write_token if token is None else token
    headers = {"Content-Type": "application/json"} | ({"PRIVATE-TOKEN": secret} if secret else {})
    body = json.dumps(data).encode() if data is not None else None
    request = urllib.request.Request(f"{scene.gitlab.url}/api/v4{path}", body, headers, method=method)
    try:
        with urllib.request.urlopen(request) as reply:
            status, raw, found = reply.status, reply.read(), dict(reply.headers)
    except urllib.error.HTTPError as error:
        with error:
            status, raw, found = error.code, error.read(), dict(error.headers)
    return status, json.loads(raw) if raw and "json" in found["Content-Type"] else raw, found


def message(text: Any) -> dict[str, Any]:
    return {"message": text}


@pytest.mark.parametrize(
    ("method", "path", "data", "status", "body"),
    [
        ("GET", "/projects/acme%2Fnone", None, 404, message("404 Project Not Found")),
        ("GET", f"{P}/repository/branches/none", None, 404, message("404 Branch Not Found")),
        ("GET", f"{P}/repository/tags/none", None, 404, message("404 Tag Not Found")),
        ("GET", f"{P}/repository/files/none?ref=main", None, 404, message("404 File Not Found")),
        ("GET", f"{P}/repository/files/README.md", None, 400, {"error": "ref is missing, ref is empty"}),
        ("GET", f"{P}/repository/commits/0000", None, 404, message("404 Commit Not Found")),
        ("GET", f"{P}/merge_requests/99", None, 404, message("404 Not found")),
        ("GET", f"{P}/pipelines/99", None, 404, message("404 Not found")),
        ("GET", f"{P}/issues/99", None, 404, message("404 Issue Not Found")),
        ("GET", f"{P}/pipelines/latest", None, 403, message("403 Forbidden")),
        ("GET", f"{P}/jobs?scope[]=open", None, 400, message("Scope contains invalid value(s)")),
        ("GET", f"{P}/merge_requests?state=open", None, 400, {"error": "state does not have a valid value"}),
        ("PATCH", f"{P}/merge_requests/99", {}, 405, {"error": "405 Not Allowed"}),
        (
            "POST",
            f"{P}/merge_requests",
            {"title": "x"},
            400,
            {"error": "source_branch is missing, target_branch is missing"},
        ),
        ("POST", f"{P}/merge_requests", MR, 400, message({"source_branch": ["does not exist"]})),
        (
            "POST",
            f"{P}/merge_requests",
            {**MR, "source_branch": "main"},
            422,
            message(["You can't use same project/branch for source and target"]),
        ),
        ("POST", f"{P}/issues", {}, 400, {"error": "title is missing"}),
        ("POST", f"{P}/labels", {"name": "x", "color": "red"}, 400, message({"color": ["must be a valid color code"]})),
        ("POST", f"{P}/pipeline", {"ref": "none"}, 400, message({"base": ["Reference not found"]})),
        (
            "POST",
            f"{P}/repository/commits",
            {"branch": "new", "commit_message": "m", "actions": []},
            400,
            message("You can only create or edit files when you are on a branch"),
        ),
        (
            "POST",
            f"{P}/repository/commits",
            {
                "branch": "new",
                "start_branch": "main",
                "commit_message": "m",
                "actions": [{"action": "create", "file_path": "README.md", "content": "x"}],
            },
            400,
            message("A file with this name already exists"),
        ),
        (
            "POST",
            f"{P}/repository/commits",
            {
                "branch": "main",
                "commit_message": "m",
                "actions": [{"action": "update", "file_path": "README.md", "content": "x"}],
            },
            403,
            message("403 Forbidden - You are not allowed to push into this branch"),
        ),
    ],
)
def test_what_is_wrong_is_said_in_gitlabs_words(
    scene: Scene, method: str, path: str, data: dict[str, Any] | None, status: int, body: Any
) -> None:
    assert ask(scene, method, path, data)[:2] == (status, body)


@pytest.mark.parametrize(
    ("secret", "path", "status", "body"),
    [
        ("", P, 404, message("404 Project Not Found")),
        ("", "/user", 401, message("401 Unauthorized")),
        ("wrong", "/user", 401, message("401 Unauthorized")),
    ],
)
def test_strangers(scene: Scene, secret: str, path: str, status: int, body: Any) -> None:
    assert ask(scene, "GET", path, token=secret)[:2] == (status, body)


def test_a_job_token_reads_little_and_writes_nothing(scene: Scene) -> None:
    token = scene.gitlab.token(scene.project, "ada", job=1, bot=False)
    assert ask(scene, "GET", f"{P}/merge_requests", token=token)[0] == 200
    assert ask(scene, "GET", f"{P}/labels", token=token)[:2] == (404, message("404 Project Not Found"))
    assert ask(scene, "POST", f"{P}/merge_requests", MR, token=token)[0] in (401, 404)


def test_pages_have_gitlabs_headers(scene: Scene) -> None:
    for number in range(5):
        ask(scene, "POST", f"{P}/labels", {"name": f"l{number}", "color": "#112233"})
    _, rows, headers = ask(scene, "GET", f"{P}/labels?per_page=2&page=2")
    assert [row["name"] for row in rows] == ["l2", "l3"]
    shown = {key: headers[key] for key in headers if (key.startswith("X-") and "Page" in key) or key == "X-Total"}
    assert shown == {
        "X-Next-Page": "3",
        "X-Page": "2",
        "X-Per-Page": "2",
        "X-Prev-Page": "1",
        "X-Total": "5",
        "X-Total-Pages": "3",
    }
    assert [part.split("rel=")[1] for part in headers["Link"].split(", ")] == ['"prev"', '"next"', '"first"', '"last"']
    assert f"{scene.gitlab.url}/api/v4{P}/labels?id=acme%2Fapp&page=3&per_page=2" in headers["Link"]
    assert ask(scene, "GET", f"{P}/labels?page=9")[2]["X-Next-Page"] == ""


def test_a_note_of_commands_alone_is_202_and_no_note(scene: Scene) -> None:
    scene.gitlab.push(scene.project, "feature", {"x": "1"}, by="ada")
    ask(scene, "POST", f"{P}/merge_requests", MR)
    status, body, _ = ask(scene, "POST", f"{P}/merge_requests/1/notes", {"body": "/label ~new\n/close"})
    assert (status, body["commands_changes"]["state_event"]) == (202, "close")
    assert scene.project.merge_requests[0].notes == []
    assert [label.name for label in scene.project.labels] == ["new"]


def test_merging_is_real_and_for_those_who_may(scene: Scene) -> None:
    scene.gitlab.push(scene.project, "feature", {"x": "1"}, by="ada")
    ask(scene, "POST", f"{P}/merge_requests", MR)
    scene.gitlab.clock.advance(5)
    scene.gitlab.faults.merge_refusals = 1
    path = f"{P}/merge_requests/1/merge"
    assert ask(scene, "PUT", path, {})[0] == 401
    owner = scene.gitlab.token(scene.project, "owner", level=40, bot=False)
    assert ask(scene, "PUT", path, {"sha": "0" * 40}, owner)[0] == 409
    assert ask(scene, "PUT", path, {}, owner)[:2] == (405, message("405 Method Not Allowed"))
    assert ask(scene, "PUT", path, {}, owner)[1]["state"] == "merged"
    assert scene.project.repository.read("main", "x") == b"1"


def test_a_log_is_empty_before_it_is_written(scene: Scene) -> None:
    scene.gitlab.faults.empty_traces = 2
    scene.gitlab.push(scene.project, "feature", {"x": "1"}, by="ada")
    scene.gitlab.clock.advance(120)
    job = scene.project.pipelines[0].jobs[0].id
    bodies = [ask(scene, "GET", f"{P}/jobs/{job}/trace")[1] for _ in range(3)]
    assert bodies == [b"", b"", JobPlan().trace.encode()]


def test_an_endpoint_that_is_not_known_fails_the_test(tmp_path: Path) -> None:
    gitlab = FakeGitLab(tmp_path)
    gitlab.__enter__()
    scene = Scene(gitlab, gitlab.project("acme/app", {"a": "b"}), "", "")
    assert ask(scene, "GET", "/geo/status", token="")[:2] == (404, {"error": "404 Not Found"})
    with pytest.raises(AssertionError, match="does not know: \\['GET /geo/status'\\]"):
        gitlab.__exit__()


def test_it_runs_as_a_command_to_drive_by_hand(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.support.fake_gitlab", "--root", str(tmp_path / "g"), "--once"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert "export IL_WRITE_TOKEN=glpat-" in done.stdout


def test_a_file_is_deleted_by_a_push_and_by_the_api(scene: Scene) -> None:
    scene.gitlab.push(scene.project, "feature", {"app.py": None}, by="ada")
    data = {"branch": "feature", "commit_message": "Gone"}
    assert ask(scene, "DELETE", f"{P}/repository/files/README.md", data)[0] == 204
    names = [row[3] for row in scene.project.repository.entries("feature")]
    assert names == [".gitlab-ci.yml"]
