"""The instance, its people, and the project with its settings."""

from __future__ import annotations

from typing import Any

from tests.support.fake_gitlab import entities, entities_project
from tests.support.fake_gitlab.paging import paged
from tests.support.fake_gitlab.routing import ApiError, Call, Reply, bad, not_found, route
from tests.support.fake_gitlab.world import DEVELOPER, MAINTAINER, Project, Token, User


@route("GET", "/version")
@route("GET", "/metadata")
def version(call: Call) -> Reply:
    body: dict[str, Any] = {"version": call.world.version, "revision": "abcdef123"}
    if call.route == "/metadata":
        kas = {"enabled": False, "externalUrl": None, "externalK8sProxyUrl": None, "version": None}
        body |= {"kas": kas, "enterprise": True}
    return Reply(body=body)


@route("GET", "/user")
def me(call: Call) -> Reply:
    return Reply(body=entities.user_full(call.world, call.user))


@route("GET", "/users")
def users(call: Call) -> Reply:
    name = call.params.get("username")
    found = [user for user in call.world.users if name in (None, user.username)]
    return paged(call, found, lambda user: entities.user_basic(call.world, user))


@route("GET", "/users/:user_id")
def user(call: Call) -> Reply:
    found = [user for user in call.world.users if str(user.id) == call.values["user_id"]]
    return Reply(body=entities.user_basic(call.world, found[0])) if found else not_found("User")


@route("GET", "/personal_access_tokens/self")
def own_token(call: Call) -> Reply:
    token = call.token
    assert token is not None
    return Reply(body=token_entity(token))


def token_entity(token: Token) -> dict[str, Any]:
    return {
        "id": abs(hash(token.secret)) % 10000,
        "name": token.name,
        "revoked": False,
        "created_at": token.user.created_at,
        "description": None,
        "scopes": list(token.scopes),
        "user_id": token.user.id,
        "last_used_at": None,
        "active": True,
        "expires_at": token.expires_at,
    }


@route("GET", "/job", job_token=True)
def current_job(call: Call) -> Reply:
    from tests.support.fake_gitlab.routes_pipelines import find_job, render_job

    if call.token is None or call.token.job is None:
        not_found()
    for project in call.world.projects:
        found = find_job(project, call.token.job)
        if found:
            return Reply(body=render_job(call, project, *found))
    return not_found()


@route("GET", "/projects/:id")
def project(call: Call) -> Reply:
    return Reply(body=entities_project.project(call.world, call.project, call.caller))


@route("PUT", "/projects/:id", level=MAINTAINER)
def change_project(call: Call) -> Reply:
    call.project.settings.update({k: v for k, v in call.params.items() if "token" not in k})
    return project(call)


@route("GET", "/projects/:id/events")
def events(call: Call) -> Reply:
    return paged(call, [], lambda row: row)


@route("GET", "/projects/:id/members")
@route("GET", "/projects/:id/members/all")
def members(call: Call) -> Reply:
    people = [user for user in call.world.users if call.project.level(user)]
    return paged(call, people, lambda user: _member(call, call.project, user))


@route("GET", "/projects/:id/members/:user_id")
@route("GET", "/projects/:id/members/all/:user_id")
def member(call: Call) -> Reply:
    for user in call.world.users:
        if str(user.id) == call.values["user_id"] and call.project.level(user):
            return Reply(body=_member(call, call.project, user))
    return not_found()


def _member(call: Call, project: Project, user: User) -> dict[str, Any]:
    extra = {"access_level": project.level(user), "created_at": user.created_at, "expires_at": None}
    return {**(entities.user_basic(call.world, user) or {}), **extra, "membership_state": "active"}


@route("GET", "/projects/:id/protected_branches", level=DEVELOPER)
def protected_branches(call: Call) -> Reply:
    return paged(call, sorted(call.project.protected), lambda name: _protected(call, name))


@route("POST", "/projects/:id/protected_branches", level=MAINTAINER)
def protect_branch(call: Call) -> Reply:
    call.require("name")
    name = call.params["name"]
    if name in call.project.protected:
        raise ApiError(409, {"message": f"Protected branch '{name}' already exists"})
    levels = {"push": call.params.get("push_access_level", 40), "merge": call.params.get("merge_access_level", 40)}
    call.project.protected[name] = {key: int(value) for key, value in levels.items()}
    return Reply(status=201, body=_protected(call, name))


@route("DELETE", "/projects/:id/protected_branches/:name", level=MAINTAINER)
def unprotect_branch(call: Call) -> Reply:
    if call.project.protected.pop(call.values["name"], None) is None:
        not_found()
    return Reply(status=204)


@route("GET", "/projects/:id/protected_branches/:name", level=DEVELOPER)
def protected_branch(call: Call) -> Reply:
    if call.values["name"] not in call.project.protected:
        not_found()
    return Reply(body=_protected(call, call.values["name"]))


def _protected(call: Call, name: str) -> dict[str, Any]:
    rule = call.project.protected[name]
    words = {0: "No one", 30: "Developers + Maintainers", 40: "Maintainers"}

    def levels(kind: str) -> list[dict[str, Any]]:
        level = rule.get(kind, 40)
        return [
            {
                "id": 1,
                "access_level": level,
                "access_level_description": words.get(level, "Maintainers"),
                "deploy_key_id": None,
                "user_id": None,
                "group_id": None,
            }
        ]

    return {
        "id": sorted(call.project.protected).index(name) + 1,
        "name": name,
        "push_access_levels": levels("push"),
        "merge_access_levels": levels("merge"),
        "unprotect_access_levels": [],
        "allow_force_push": bool(rule.get("force")),
        "code_owner_approval_required": False,
        "inherited": False,
    }


@route("GET", "/projects/:id/labels")
def labels(call: Call) -> Reply:
    search = call.params.get("search", "")
    rows = [label for label in sorted(call.project.labels, key=lambda label: label.name) if search in label.name]
    return paged(call, rows, lambda label: entities.label(label, call.flag("with_counts")))


@route("POST", "/projects/:id/labels", level=20)
def create_label(call: Call) -> Reply:
    from tests.support.fake_gitlab.world import Label

    call.require("name", "color")
    if any(label.name == call.params["name"] for label in call.project.labels):
        raise ApiError(409, {"message": "Label already exists"})
    if not str(call.params["color"]).startswith("#"):
        bad({"color": ["must be a valid color code"]})
    new = Label(
        id=call.world.next_id(),
        name=call.params["name"],
        color=call.params["color"],
        description=call.params.get("description"),
    )
    call.project.labels.append(new)
    return Reply(status=201, body=entities.label(new))
