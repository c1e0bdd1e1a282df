"""CI settings of a project: variables, schedules, runners, access tokens, job token scope, resource groups, lint."""

from __future__ import annotations

from typing import Any

import yaml

from tests.support.fake_gitlab import entities
from tests.support.fake_gitlab.actions import create_pipeline
from tests.support.fake_gitlab.paging import paged
from tests.support.fake_gitlab.routing import ApiError, Call, Reply, bad, not_found, route
from tests.support.fake_gitlab.world import DEVELOPER, MAINTAINER, Token, User

VARIABLE = {
    "variable_type": "env_var",
    "hidden": False,
    "protected": False,
    "masked": False,
    "raw": False,
    "environment_scope": "*",
    "description": None,
}


@route("GET", "/projects/:id/variables", level=MAINTAINER)
def variables(call: Call) -> Reply:
    return paged(call, call.project.variables, _shown)


def _shown(variable: dict[str, Any]) -> dict[str, Any]:
    return {**variable, "value": None if variable["hidden"] else variable["value"]}


@route("POST", "/projects/:id/variables", level=MAINTAINER)
def create_variable(call: Call) -> Reply:
    call.require("key", "value")
    new = {**VARIABLE, **{k: v for k, v in call.params.items() if k in VARIABLE or k in ("key", "value")}}
    new |= {name: call.flag(name, bool(new[name])) for name in ("protected", "masked", "raw", "hidden")}
    if call.flag("masked_and_hidden"):
        new |= {"masked": True, "hidden": True}
    same = (new["key"], new["environment_scope"])
    if any((v["key"], v["environment_scope"]) == same for v in call.project.variables):
        bad({"key": [f"({new['key']}) has already been taken"]})
    if new["masked"] and len(str(new["value"])) < 8:
        bad({"value": ["is invalid"]})
    call.project.variables.append(new)
    return Reply(status=201, body=_shown(new))


@route("PUT", "/projects/:id/variables/:key", level=MAINTAINER)
def change_variable(call: Call) -> Reply:
    scope = call.params.get("filter", {}).get("environment_scope")
    for variable in call.project.variables:
        if variable["key"] == call.values["key"] and scope in (None, variable["environment_scope"]):
            variable.update({k: v for k, v in call.params.items() if k in {*VARIABLE, "value"}})
            variable |= {name: variable[name] in (True, "true") for name in ("protected", "masked", "raw", "hidden")}
            return Reply(body=_shown(variable))
    return not_found("Variable")


@route("GET", "/projects/:id/pipeline_schedules", level=DEVELOPER)
def schedules(call: Call) -> Reply:
    return paged(call, call.project.schedules, lambda row: {k: v for k, v in row.items() if k in SCHEDULE})


SCHEDULE = [
    "id",
    "description",
    "ref",
    "cron",
    "cron_timezone",
    "next_run_at",
    "active",
    "created_at",
    "updated_at",
    "owner",
]


@route("POST", "/projects/:id/pipeline_schedules", level=DEVELOPER)
def create_schedule(call: Call) -> Reply:
    call.require("description", "ref", "cron")
    ref = str(call.params["ref"]).removeprefix("refs/heads/")
    if call.project.repository.head(ref) is None:
        bad({"ref": ["does not exist"]})
    new = {
        "id": call.world.next_id(),
        "description": call.params["description"],
        "ref": f"refs/heads/{ref}",
        "cron": call.params["cron"],
        "cron_timezone": call.params.get("cron_timezone", "UTC"),
        "next_run_at": call.world.clock.iso(call.world.clock.now + 3600),
        "active": call.flag("active", True),
        "created_at": call.world.clock.iso(),
        "updated_at": call.world.clock.iso(),
        "owner": entities.user_basic(call.world, call.user),
        "last_pipeline": None,
        "variables": [],
        "inputs": call.params.get("inputs", []),
    }
    call.project.schedules.append(new)
    return Reply(status=201, body=new)


def _schedule(call: Call) -> dict[str, Any]:
    found = [row for row in call.project.schedules if str(row["id"]) == call.values["schedule_id"]]
    return found[0] if found else not_found("PipelineSchedule")


@route("GET", "/projects/:id/pipeline_schedules/:schedule_id", level=DEVELOPER)
def schedule(call: Call) -> Reply:
    return Reply(body=_schedule(call))


@route("PUT", "/projects/:id/pipeline_schedules/:schedule_id", level=DEVELOPER)
def change_schedule(call: Call) -> Reply:
    row = _schedule(call)
    row.update({k: v for k, v in call.params.items() if k in row and k not in ("id", "owner")})
    return Reply(body=row)


@route("POST", "/projects/:id/pipeline_schedules/:schedule_id/variables", level=DEVELOPER)
def schedule_variable(call: Call) -> Reply:
    call.require("key", "value")
    new = {"variable_type": "env_var", "key": call.params["key"], "value": call.params["value"], "raw": False}
    _schedule(call)["variables"].append(new)
    return Reply(status=201, body=new)


@route("POST", "/projects/:id/pipeline_schedules/:schedule_id/take_ownership", level=MAINTAINER)
def own_schedule(call: Call) -> Reply:
    row = _schedule(call)
    row["owner"] = entities.user_basic(call.world, call.user)
    return Reply(status=201, body=row)


@route("POST", "/projects/:id/pipeline_schedules/:schedule_id/play", level=DEVELOPER)
def play_schedule(call: Call) -> Reply:
    row = _schedule(call)
    branch = row["ref"].removeprefix("refs/heads/")
    sha = call.project.repository.head(branch) or ""
    create_pipeline(call.world, call.project, branch, sha, "schedule", call.user, variables=row["variables"])
    return Reply(status=201, body={"message": "201 Created"})


@route("GET", "/projects/:id/runners", level=MAINTAINER)
def runners(call: Call) -> Reply:
    return paged(call, call.project.runners, lambda row: row)


@route("GET", "/projects/:id/access_tokens", level=MAINTAINER)
def access_tokens(call: Call) -> Reply:
    return paged(call, call.project.access_tokens, lambda row: {k: v for k, v in row.items() if k != "token"})


@route("POST", "/projects/:id/access_tokens", level=MAINTAINER)
def create_access_token(call: Call) -> Reply:
    call.require("name", "scopes", "expires_at")
    number = call.world.next_id()
    level = int(call.params.get("access_level", 40))
    if level > call.project.level(call.user):
        raise ApiError(400, {"message": "400 Bad request - Access level must not exceed your own"})
    bot = User(
        id=number,
        username=f"project_{call.project.id}_bot_{number:x}",
        name=call.params["name"],
        bot=True,
        created_at=call.world.clock.iso(),
    )
    made = f"glpat-{number:020d}"
    scopes = tuple(call.words("scopes"))
    call.world.users.append(bot)
    call.world.tokens[made] = Token(
        secret=made, user=bot, scopes=scopes, name=bot.name, expires_at=call.params["expires_at"]
    )
    call.project.members[bot.id] = level
    row = {
        "id": number,
        "name": bot.name,
        "revoked": False,
        "created_at": call.world.clock.iso(),
        "description": None,
        "scopes": list(scopes),
        "user_id": bot.id,
        "last_used_at": None,
        "active": True,
        "expires_at": call.params["expires_at"],
        "access_level": level,
        "token": made,
    }
    call.project.access_tokens.append(row)
    return Reply(status=201, body=row)


@route("GET", "/projects/:id/job_token_scope", level=MAINTAINER)
def job_token_scope(call: Call) -> Reply:
    return Reply(body=call.project.job_token_scope)


@route("GET", "/projects/:id/job_token_scope/allowlist", level=MAINTAINER)
def job_token_allowlist(call: Call) -> Reply:
    rows = [p for p in call.world.projects if p.id in call.project.job_token_allowlist]
    return paged(call, rows, lambda p: {"id": p.id, "path_with_namespace": p.path})


@route("PATCH", "/projects/:id/job_token_scope", level=MAINTAINER)
def change_job_token_scope(call: Call) -> Reply:
    call.require("enabled")
    call.project.job_token_scope["inbound_enabled"] = call.flag("enabled")
    return Reply(status=204)


@route("GET", "/projects/:id/resource_groups", job_token=False)
def resource_groups(call: Call) -> Reply:
    return paged(call, call.project.resource_groups.values(), lambda row: row)


@route("PUT", "/projects/:id/resource_groups/:key", level=DEVELOPER)
def change_resource_group(call: Call) -> Reply:
    row = call.project.resource_groups.get(call.values["key"])
    if row is None:
        not_found()
    row["process_mode"] = call.params.get("process_mode", row["process_mode"])
    return Reply(body=row)


@route("GET", "/projects/:id/ci/lint", level=20)
def lint_repository(call: Call) -> Reply:
    ref = call.params.get("content_ref") or call.project.default_branch
    content = call.project.repository.read(ref, call.project.settings.get("ci_config_path") or ".gitlab-ci.yml")
    if content is None:
        return Reply(body=_lint_result(["Please provide content of .gitlab-ci.yml"], ""))
    return Reply(body=_lint(content.decode()))


@route("POST", "/projects/:id/ci/lint", level=DEVELOPER)
def lint(call: Call) -> Reply:
    call.require("content")
    return Reply(body=_lint(str(call.params["content"])))


def _lint(content: str) -> dict[str, Any]:
    try:
        documents = list(yaml.safe_load_all(content))
    except yaml.YAMLError as error:
        return _lint_result([str(error).splitlines()[0]], content)
    config = documents[-1] if documents else None
    if not isinstance(config, dict):
        return _lint_result(["Invalid configuration format"], content)
    known = {"stages", "variables", "default", "include", "workflow", "image", "services", "cache", "spec"}
    jobs = {k: v for k, v in config.items() if k not in known and not k.startswith(".")}
    errors = [
        f"jobs:{name} config should implement the script:, run:, or trigger: keyword"
        for name, job in jobs.items()
        if not isinstance(job, dict) or not {"script", "trigger", "run", "extends"} & set(job)
    ]
    if not jobs and "include" not in config:
        errors.append("jobs config should contain at least one visible job")
    return _lint_result(errors, content)


def _lint_result(errors: list[str], content: str) -> dict[str, Any]:
    merged = content if not errors else None
    return {"valid": not errors, "errors": errors, "warnings": [], "merged_yaml": merged, "includes": []}
