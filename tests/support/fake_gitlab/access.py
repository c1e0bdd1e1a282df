"""Who is asking, and may they: tokens, scopes, access levels. The texts of the refusals are GitLab's."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from tests.support.fake_gitlab.routing import ApiError, Call, Route, forbidden, is_public
from tests.support.fake_gitlab.world import DEVELOPER, Project, Token, World

READ_SCOPES = {"api", "read_api"}
INSUFFICIENT = {
    "error": "insufficient_scope",
    "error_description": "The request requires higher privileges than provided by the access token.",
    "scope": "api",
}
SINCE_18 = ("/pipelines", "/jobs", "/bridges")  # lists that a job token may read from GitLab 18 on
REVOKED = {
    "revoked": "Token was revoked. You have to re-authorize from the user.",
    "expired": "Token is expired. You can either do re-authorization or token refresh.",
}


def secret_of(headers: Mapping[str, str], params: Mapping[str, Any]) -> str | None:
    """The secret of a request, wherever GitLab looks for one."""
    bearer = headers.get("authorization", "")
    if bearer.lower().startswith("bearer "):
        return bearer[7:]
    for header in ("private-token", "job-token"):
        if headers.get(header):
            return headers[header]
    return params.get("private_token") or params.get("job_token")


def token_of(world: World, headers: Mapping[str, str], params: Mapping[str, Any]) -> Token | None:
    """The token of a request; None without one."""
    secret = secret_of(headers, params)
    if secret is None:
        return None
    token = world.tokens.get(secret)
    if token is None:
        raise ApiError(401, {"message": "401 Unauthorized"})
    if token.state != "active":
        raise ApiError(401, {"error": "invalid_token", "error_description": REVOKED[token.state]})
    return token


def usable(world: World, route: Route, token: Token | None) -> Token | None:
    """The token as far as this route takes it: a job token is ignored where it is not allowed."""
    late = route.template.endswith(SINCE_18) and int(world.version.partition(".")[0]) < 18
    if token and token.job is not None and (late or not route.job_token):
        token = None
    if token is None and not route.anonymous and not route.template.startswith("/projects/:id"):
        raise ApiError(401, {"message": "401 Unauthorized"})
    return token


def check(route: Route, call: Call) -> None:
    """Raises what GitLab replies when the caller may not."""
    token = call.token
    if token and token.job is None:
        enough = set(token.scopes) & ({"api"} if route.method != "GET" else READ_SCOPES)
        if not enough and not route.template.endswith("/self"):
            raise ApiError(403, INSUFFICIENT)
    if not route.template.startswith("/projects/:id"):
        return
    project = call.project
    if token is None and route.method != "GET":
        raise ApiError(401, {"message": "401 Unauthorized"})
    if route.level and project.level(call.caller) < route.level:
        forbidden()
    if route.method != "GET" and project.settings.get("archived"):
        forbidden()


def may_push(project: Project, token: Token, branch: str) -> bool:
    """Whether this token may write this branch: developers any but the protected ones."""
    needed = project.protected.get(branch, {}).get("push", DEVELOPER)
    return project.level(token.user) >= needed and not project.settings.get("archived")


def git_token(world: World, authorization: str | None) -> Token | None:
    """The token in the password of HTTP Basic, as git sends it."""
    if not authorization or not authorization.lower().startswith("basic "):
        return None
    _, _, password = base64.b64decode(authorization[6:]).decode().partition(":")
    token = world.tokens.get(password)
    return token if token and token.state == "active" else None


def may_use_git(project: Project, token: Token | None, write: bool) -> bool:
    """Git over HTTP: which scopes read and which write."""
    if token is None:
        return not write and is_public(project)
    if token.job is not None:
        return project.level(token.user) > 0 and (
            not write or bool(project.settings.get("ci_push_repository_for_job_token_allowed"))
        )
    scopes = {"api", "write_repository"} | (set() if write else {"read_repository"})
    needed = DEVELOPER if write else 20
    return bool(scopes & set(token.scopes)) and project.level(token.user) >= needed
