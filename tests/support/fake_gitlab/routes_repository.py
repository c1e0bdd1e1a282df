"""Branches, commits, files, trees, tags: over the real repository."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, cast

from tests.support.fake_gitlab import entities
from tests.support.fake_gitlab.access import may_push
from tests.support.fake_gitlab.actions import after_push
from tests.support.fake_gitlab.entities_merge import pipeline_basic, pipelines_seen
from tests.support.fake_gitlab.paging import paged
from tests.support.fake_gitlab.routing import ApiError, Call, Reply, bad, forbidden, not_found, route
from tests.support.fake_gitlab.world import DEVELOPER, Project, Token

DENIED = "You are not allowed to push into this branch"


@route("GET", "/projects/:id/repository/branches", job_token=True)
def branches(call: Call) -> Reply:
    search = call.params.get("search", "")
    prefix = search.removeprefix("^") if search.startswith("^") else None
    rows = [
        (name, sha)
        for name, sha in sorted(call.project.repository.refs().items())
        if (name.startswith(prefix) if prefix is not None else search in name)
    ]
    return paged(call, rows, lambda row: entities.branch(call.world, call.project, *row))


@route("GET", "/projects/:id/repository/branches/:branch")
def branch(call: Call) -> Reply:
    sha = call.project.repository.head(call.values["branch"])
    return (
        Reply(body=entities.branch(call.world, call.project, call.values["branch"], sha))
        if sha
        else not_found("Branch")
    )


@route("POST", "/projects/:id/repository/branches", level=DEVELOPER)
def create_branch(call: Call) -> Reply:
    call.require("branch", "ref")
    name, repository = call.params["branch"], call.project.repository
    sha = repository.resolve(call.params["ref"])
    if repository.head(name):
        bad("Branch already exists")
    if sha is None:
        bad(f"Invalid reference name: {call.params['ref']}")
    before = repository.refs()
    repository.git("update-ref", f"refs/heads/{name}", sha)
    after_push(call.world, call.project, before, call.user)
    return Reply(status=201, body=entities.branch(call.world, call.project, name, sha))


@route("DELETE", "/projects/:id/repository/branches/:branch", level=DEVELOPER)
def delete_branch(call: Call) -> Reply:
    name = call.values["branch"]
    if call.project.repository.head(name) is None:
        not_found("Branch")
    if name in call.project.protected or name == call.project.default_branch:
        forbidden()
    call.project.repository.git("update-ref", "-d", f"refs/heads/{name}")
    return Reply(status=204)


@route("GET", "/projects/:id/repository/commits")
def commits(call: Call) -> Reply:
    ref = call.params.get("ref_name") or call.project.default_branch
    sha = None if ".." in ref else call.project.repository.resolve(ref)
    if sha is None and ".." not in ref:
        not_found("Commit") if call.params.get("ref_name") else not_found("Repository")
    rows = call.project.repository.log([sha or ref], call.params.get("path"))
    return paged(call, rows, lambda row: entities.commit_basic(call.world, call.project, row), totals=False)


@route("GET", "/projects/:id/repository/commits/:sha", job_token=True)
def commit(call: Call) -> Reply:
    sha = call.project.repository.resolve(call.values["sha"])
    if sha is None:
        not_found("Commit")
    return Reply(body=commit_detail(call, call.project, sha))


def commit_detail(call: Call, project: Project, sha: str) -> dict[str, Any]:
    last = next((p for p in pipelines_seen(call.world, project) if p.sha == sha), None)
    return {
        **entities.commit_basic(call.world, project, sha),
        "stats": entities.numstat(project.repository, sha),
        "status": last.status(call.world.clock.now) if last else None,
        "project_id": project.id,
        "last_pipeline": pipeline_basic(call.world, project, last) if last else None,
    }


@route("GET", "/projects/:id/repository/commits/:sha/statuses")
def statuses(call: Call) -> Reply:
    rows = [row for row in call.project.statuses if row["sha"] == call.values["sha"]]
    return paged(call, rows, lambda row: row)


@route("POST", "/projects/:id/statuses/:sha", level=DEVELOPER)
def set_status(call: Call) -> Reply:
    call.require("state")
    row = {
        "id": call.world.next_id(),
        "sha": call.values["sha"],
        "ref": call.params.get("ref"),
        "status": call.params["state"],
        "name": call.params.get("context", call.params.get("name", "default")),
        "target_url": call.params.get("target_url"),
        "description": call.params.get("description"),
        "created_at": call.world.clock.iso(),
        "started_at": None,
        "finished_at": None,
        "allow_failure": False,
        "coverage": None,
        "pipeline_id": None,
        "author": entities.user_basic(call.world, call.user),
    }
    call.project.statuses.append(row)
    return Reply(status=201, body=row)


@route("POST", "/projects/:id/repository/commits", level=DEVELOPER)
def create_commit(call: Call) -> Reply:
    call.require("branch", "commit_message", "actions")
    start = _start(call)
    files: dict[str, bytes | None] = {}
    for action in call.params["actions"]:
        files |= _action(call.project, start, action)
    sha = _write(call, call.params["branch"], start, files, call.params["commit_message"])
    return Reply(status=201, body=commit_detail(call, call.project, sha))


def _start(call: Call) -> str:
    """The commit that a new one goes on; raises GitLab's sentences."""
    branch, repository = call.params["branch"], call.project.repository
    head = repository.head(branch)
    wanted = call.params.get("start_branch") or call.params.get("start_sha")
    if wanted is None:
        return head or bad("You can only create or edit files when you are on a branch")
    if head and wanted != branch and not call.flag("force"):
        bad(f"A branch called '{branch}' already exists. Switch to that branch in order to make changes")
    return repository.resolve(wanted) or bad("Cannot find start_branch")


def _action(project: Project, start: str, action: dict[str, Any]) -> dict[str, bytes | None]:
    kind, path = action.get("action"), action.get("file_path", "")
    exists = project.repository.read(start, path) is not None
    if kind not in ("create", "update", "delete", "move", "chmod"):
        raise ApiError(400, {"error": "actions[0][action] does not have a valid value"})
    if kind == "create" and exists:
        bad("A file with this name already exists")
    if kind in ("update", "delete", "chmod") and not exists:
        bad("A file with this name doesn't exist")
    last = action.get("last_commit_id")
    if last and kind in ("update", "delete", "move") and project.repository.log(["-1", start], path)[:1] != [last]:
        bad(f"The file has changed since you started editing it: {path}")
    if kind == "delete":
        return {path: None}
    content = str(action.get("content") or "")
    data = base64.b64decode(content) if action.get("encoding") == "base64" else content.encode()
    removed = {action["previous_path"]: None} if kind == "move" else {}
    return {**removed, path: data}


def _write(call: Call, branch: str, start: str | None, files: dict[str, bytes | None], message: str) -> str:
    project, token = call.project, cast(Token, call.token)
    if not may_push(project, token, branch):
        forbidden(DENIED)
    before = project.repository.refs()
    author = (call.params.get("author_name") or token.user.name, call.params.get("author_email") or token.user.email)
    sha = project.repository.commit_files(branch, start, files, message, author)
    after_push(call.world, project, before, token.user)
    return sha


@route("GET", "/projects/:id/repository/files/:path")
def file(call: Call) -> Reply:
    call.require("ref")
    ref = _ref(call)
    data = call.project.repository.read(ref, call.values["path"])
    if data is None:
        not_found("File")
    meta = _file_meta(call, ref, data)
    headers = {f"X-Gitlab-{key.replace('_', '-').title()}": str(value) for key, value in meta.items()}
    body = {**meta, "content": base64.b64encode(data).decode(), "execute_filemode": False}
    return Reply(body=body, headers=headers)


def _ref(call: Call) -> str:
    wanted = call.params.get("ref") or "HEAD"
    return call.project.repository.resolve(wanted) or not_found("Commit" if wanted != "HEAD" else "File")


def _file_meta(call: Call, ref: str, data: bytes) -> dict[str, Any]:
    path, repository = call.values["path"], call.project.repository
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    return {
        "file_name": path.rpartition("/")[2],
        "file_path": path,
        "size": len(data),
        "encoding": "base64",
        "content_sha256": hashlib.sha256(data).hexdigest(),
        "ref": call.params.get("ref", "HEAD"),
        "blob_id": blob,
        "commit_id": ref,
        "last_commit_id": repository.log(["-1", ref], path)[0],
    }


@route("GET", "/projects/:id/repository/files/:path/raw", job_token=True)
def raw_file(call: Call) -> Reply:
    data = call.project.repository.read(_ref(call), call.values["path"])
    if data is None:
        not_found("File")
    name = call.values["path"].rpartition("/")[2]
    headers = {"Content-Type": "text/plain", "Content-Disposition": f'inline; filename="{name}"'}
    return Reply(body=data, headers=headers)


@route("POST", "/projects/:id/repository/files/:path", level=DEVELOPER)
@route("PUT", "/projects/:id/repository/files/:path", level=DEVELOPER)
@route("DELETE", "/projects/:id/repository/files/:path", level=DEVELOPER)
def write_file(call: Call) -> Reply:
    call.require("branch", "commit_message", *(["content"] if call.method != "DELETE" else []))
    start = _start(call)
    kind = {"POST": "create", "PUT": "update", "DELETE": "delete"}[call.method]
    action = {**call.params, "action": kind, "file_path": call.values["path"]}
    files = _action(call.project, start, action)
    _write(call, call.params["branch"], start, files, call.params["commit_message"])
    if call.method == "DELETE":
        return Reply(status=204)
    body = {"file_path": call.values["path"], "branch": call.params["branch"]}
    return Reply(status=201 if call.method == "POST" else 200, body=body)
