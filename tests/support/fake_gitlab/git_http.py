"""Git over HTTP: `git http-backend` on the same repositories, with GitLab's tokens."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from tests.support.fake_gitlab.access import git_token, may_push, may_use_git
from tests.support.fake_gitlab.actions import after_push
from tests.support.fake_gitlab.repository import clean_environment
from tests.support.fake_gitlab.routing import Reply
from tests.support.fake_gitlab.world import Project, Token, World


def serve(world: World, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Reply | None:
    """The reply to a git request; None where the path is none."""
    name, dot_git, rest = path.lstrip("/").partition(".git/")
    if not dot_git:
        return None
    project = world.project_of(name)
    write = "git-receive-pack" in (rest + query)
    token = git_token(world, headers.get("authorization"))
    if token is None and not (project and may_use_git(project, None, write)):
        return Reply(
            status=401, body=b"HTTP Basic: Access denied", headers={"WWW-Authenticate": 'Basic realm="GitLab"'}
        )
    if project is None:
        return Reply(status=404, body=b"Project not found")
    if not may_use_git(project, token, write):
        return Reply(status=403, body=b"You are not allowed to push code to this project.")
    return _run(world, project, token, method, rest, query, headers, body)


def _run(
    world: World,
    project: Project,
    token: Token | None,
    method: str,
    rest: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
) -> Reply:
    before = project.repository.refs()
    denied = [f"refs/heads/{name}" for name in project.protected if token and not may_push(project, token, name)]
    environment = {
        **clean_environment(),
        "GIT_PROJECT_ROOT": str(project.repository.path),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": "/" + rest,
        "REQUEST_METHOD": method,
        "QUERY_STRING": query,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
        "GIT_PROTOCOL": headers.get("git-protocol", ""),
        "REMOTE_USER": token.user.username if token else "",
        "REMOTE_ADDR": "127.0.0.1",
        "FAKE_GITLAB_DENIED": " ".join(denied),
    }
    done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True)
    if rest == "git-receive-pack" and token:
        option = project.repository.path / "fake_push_option"
        skip = option.exists() and option.read_text() == "ci.skip"
        after_push(world, project, before, token.user, skip=skip)
    return _reply(done.stdout)


def _reply(output: bytes) -> Reply:
    head, _, body = output.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    status = int(headers.pop("Status", "200").split(" ")[0])
    return Reply(status=status, body=body, headers=headers)
