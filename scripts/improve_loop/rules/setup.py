"""Is the loop set up safely on a GitLab? From settings as the API gives them to what to change, by click and by call.

What could not be looked at is said to be unknown; it never counts as right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from improve_loop.model.setup import Check, Row, Setup
from improve_loop.rules.config import NAME

DEVELOPER, MAINTAINER = 30, 40
SCOPES = {"IL_READ_TOKEN": "improve-loop/read", "IL_WRITE_TOKEN": "improve-loop/write"}
OPTIONAL = {"IL_NOTIFY_URL": "improve-loop/write"}  # right where it is missing, wrong where other jobs get it
MODEL = "improve-loop/model"


def checks(setup: Setup, *, today: str) -> tuple[Check, ...]:
    """Every check. `today` is a date, as 2026-11-20."""
    return (
        *_target(setup),
        *_variables(setup),
        *_writer(setup, today),
        *_bot(setup),
        *_branches(setup),
        *_job_token(setup),
        *_pipelines(setup),
    )


def _unknown(id: str, what: str) -> Check:
    return Check(
        id=id,
        status="unknown",
        detail=f"{what} could not be looked at; run doctor with the token of a Maintainer in GITLAB_TOKEN",
    )


def _url(project: Row, page: str) -> str:
    return f"{project['web_url']}/-/settings/{page}"


def _api(project: Row, verb: str, path: str, fields: str = "") -> str:
    return f"{verb} /projects/{project['id']}{path}" + (f" {fields}" if fields else "")


def _target(setup: Setup) -> Iterator[Check]:
    target = setup.target
    general = _url(target, "…").removesuffix("/-/settings/…") + "/edit"
    if target.get("archived"):
        call = _api(target, "POST", "/unarchive")
        yield Check(id="target-archived", status="problem", detail="the target is archived", click=general, call=call)
    if target.get("empty_repo") or not target.get("default_branch"):
        yield Check(id="target-empty", status="problem", detail="the target has no commit; push one")
    if target.get("merge_requests_access_level") == "disabled" or target.get("merge_requests_enabled") is False:
        call = _api(target, "PUT", "", "merge_requests_access_level=enabled")
        detail = "merge requests are switched off in the target"
        yield Check(id="target-merge-requests", status="problem", detail=detail, click=general, call=call)
    if target.get("issues_access_level") == "disabled" or target.get("issues_enabled") is False:
        call = _api(target, "PUT", "", "issues_access_level=enabled")
        detail = "issues are switched off in the target, so there is no control issue: a press accepts everything"
        yield Check(id="target-issues", status="warning", detail=detail, click=general, call=call)


def _variables(setup: Setup) -> Iterator[Check]:
    if setup.variables is None:
        yield _unknown("variables", "the CI/CD variables")
        return
    for name, scope in SCOPES.items():
        rows = [row for row in setup.variables if row["key"] == name]
        yield from _one_secret(setup, name, scope, rows)
    for name, scope in OPTIONAL.items():
        rows = [row for row in setup.variables if row["key"] == name]
        yield from _one_secret(setup, name, scope, rows) if rows else ()
    yield from _other_secrets(setup, setup.variables)


def _other_secrets(setup: Setup, variables: Sequence[Row]) -> Iterator[Check]:
    """Keys of sources and models, whatever they are called: what is masked or hidden is one."""
    click = f"{_url(setup.hub, 'ci_cd')}#js-cicd-variables-settings"
    known = {*SCOPES, *OPTIONAL}
    others = [row for row in variables if (row.get("masked") or row.get("hidden")) and row["key"] not in known]
    if wide := [str(row["key"]) for row in others if _is_wide(str(row["environment_scope"]))]:
        yield Check(
            id="secrets-everywhere",
            status="problem",
            detail=f"{', '.join(wide)}: with such a wide scope they reach the jobs that run models; give each the "
            "environment of its job",
            click=click,
            call=_api(setup.hub, "PUT", f"/variables/{wide[0]}", "environment_scope=improve-loop/read"),
        )
    if open_ := [str(row["key"]) for row in others if not row.get("protected")]:
        detail = f"{', '.join(open_)}: not protected, so pipelines of any branch and merge request get them"
        call = _api(setup.hub, "PUT", f"/variables/{open_[0]}", "protected=true")
        yield Check(id="secrets-unprotected", status="problem", detail=detail, click=click, call=call)


def _is_wide(scope: str) -> bool:
    """Whether a scope, where * stands for anything, takes in the jobs with a model beside others."""
    return scope != MODEL and fnmatchcase(MODEL, scope)


def _one_secret(setup: Setup, name: str, scope: str, rows: Sequence[Row]) -> Iterator[Check]:
    click = f"{_url(setup.hub, 'ci_cd')}#js-cicd-variables-settings"
    fields = f"key={name} value=… protected=true masked_and_hidden=true environment_scope={scope}"
    if not rows:
        call = _api(setup.hub, "POST", "/variables", fields)
        yield Check(id=f"{name}-missing", status="problem", detail=f"{name} is not set", click=click, call=call)
    for row in rows:
        wrong = []
        if row["environment_scope"] != scope:
            wrong.append(f"its environment scope is {row['environment_scope']}, not {scope}: other jobs get it too")
        if not row.get("protected"):
            wrong.append("it is not protected: pipelines of any branch and merge request get it")
        if not (row.get("masked") or row.get("hidden")):
            wrong.append("it is not masked: logs may show it")
        if wrong:
            call = _api(setup.hub, "PUT", f"/variables/{name}", fields.replace("value=… ", ""))
            detail = f"{name}: {'; '.join(wrong)}"
            yield Check(id=f"{name}-exposed", status="problem", detail=detail, click=click, call=call)
        else:
            yield Check(id=name, status="ok", detail=f"{name}: protected, masked, for {scope} only")


def _writer(setup: Setup, today: str) -> Iterator[Check]:
    writer, token = setup.writer, setup.writer_token
    if writer is None:
        yield _unknown("writer", "whose IL_WRITE_TOKEN is (a hidden variable cannot be read: give it to doctor, too)")
        return
    members = f"{setup.target['web_url']}/-/project_members"
    level = int(writer.get("access_level") or 0)
    name = writer["username"]
    if level != DEVELOPER:
        call = _api(setup.target, "PUT", f"/members/{writer['id']}", f"access_level={DEVELOPER}")
        detail = f"{name} has the access level {level} in the target; it needs Developer (30), no less and no more"
        yield Check(id="writer-role", status="problem", detail=detail, click=members, call=call)
    if token is not None and "api" not in token.get("scopes", ()):
        detail = (
            f"IL_WRITE_TOKEN has the scopes {', '.join(token.get('scopes', ()))}; it needs api and write_repository"
        )
        yield Check(id="writer-scope", status="problem", detail=detail, click=_url(setup.target, "access_tokens"))
    expires = (token or {}).get("expires_at")
    if expires and str(expires) <= _in_two_weeks(today):
        detail = f"IL_WRITE_TOKEN expires on {expires}; make a new one"
        yield Check(id="writer-expires", status="warning", detail=detail, click=_url(setup.target, "access_tokens"))


def _bot(setup: Setup) -> Iterator[Check]:
    """Whose merge requests and control issue count, by the target's own configuration."""
    if setup.policy is None:
        yield _unknown("forge-bot", f"{NAME} of the target, which names the loop's user")
    if setup.policy is None or setup.writer is None:
        return
    named, user = setup.policy.forge.bot, setup.writer["username"]
    branch = setup.target.get("default_branch") or "main"
    click = f"{setup.target['web_url']}/-/edit/{branch}/{NAME}"
    call = _api(setup.target, "PUT", f"/repository/files/{NAME}", f"branch={branch} content='… forge: {{bot: {user}}}'")
    if named is None:
        detail = (
            f"{NAME} of the target does not say forge: {{bot: {user}}}, so jobs without IL_WRITE_TOKEN take anyone's "
            "merge request for the loop's where it copies a marker"
        )
        yield Check(id="forge-bot", status="warning", detail=detail, click=click, call=call)
    elif named != user:
        detail = f"{NAME} of the target names {named} as the loop's user, IL_WRITE_TOKEN is {user}'s: nothing counts"
        yield Check(id="forge-bot", status="problem", detail=detail, click=click, call=call)
    else:
        yield Check(id="forge-bot", status="ok", detail=f"only what {user} writes counts as the loop's")


def _in_two_weeks(today: str) -> str:
    from datetime import date, timedelta

    return (date.fromisoformat(today) + timedelta(days=14)).isoformat()


def _branches(setup: Setup) -> Iterator[Check]:
    for which, project, rows in (
        ("hub", setup.hub, setup.hub_protected),
        ("target", setup.target, setup.target_protected),
    ):
        name = project.get("default_branch") or "main"
        click = f"{_url(project, 'repository')}#js-protected-branches-settings"
        if rows is None:
            yield _unknown(f"{which}-branch", f"the protected branches of the {which}")
            continue
        rule = next((row for row in rows if row["name"] == name), None)
        fields = f"name={name} push_access_level=40 merge_access_level=40"
        call = _api(project, "POST", "/protected_branches", fields)
        if rule is None:
            detail = f"{name} of the {which} is not protected: anyone who can push changes what the loop does"
            yield Check(id=f"{which}-unprotected", status="problem", detail=detail, click=click, call=call)
        elif which == "target" and _lowest(rule, "merge_access_levels") <= DEVELOPER:
            detail = f"Developers may merge to {name} of the target, so the loop's bot could merge its own changes"
            yield Check(id="bot-can-merge", status="problem", detail=detail, click=click, call=call)
        elif _lowest(rule, "push_access_levels") <= DEVELOPER:
            detail = f"Developers may push to {name} of the {which}"
            yield Check(id=f"{which}-push", status="problem", detail=detail, click=click, call=call)
        else:
            yield Check(id=f"{which}-branch", status="ok", detail=f"{name} of the {which} is protected")


def _lowest(rule: Row, kind: str) -> int:
    """The lowest level that is enough; 0 stands for no one."""
    levels = [int(row["access_level"] or 0) for row in rule.get(kind, ())]
    return min((level for level in levels if level), default=MAINTAINER)


def _job_token(setup: Setup) -> Iterator[Check]:
    target = setup.target
    click = f"{_url(target, 'ci_cd')}#js-token-access"
    if target.get("ci_push_repository_for_job_token_allowed"):
        call = _api(target, "PUT", "", "ci_push_repository_for_job_token_allowed=false")
        detail = "job tokens may push to the target: every job of the loop holds one, those with a model too"
        yield Check(id="job-token-push", status="problem", detail=detail, click=click, call=call)
    if setup.job_token_scope is None:
        yield _unknown("job-token", "the job token permissions of the target")
        return
    if not setup.job_token_scope.get("inbound_enabled"):
        call = _api(target, "PATCH", "/job_token_scope", "enabled=true")
        detail = "job tokens of all projects may read the target"
        yield Check(id="job-token-open", status="problem", detail=detail, click=click, call=call)
    listed = [row for row in setup.job_token_allowlist or () if row["id"] == setup.hub["id"] != target["id"]]
    if listed:
        call = _api(target, "DELETE", f"/job_token_scope/allowlist/{setup.hub['id']}")
        detail = "the hub is on the target's job token allowlist; the loop does not need that"
        yield Check(id="job-token-listed", status="problem", detail=detail, click=click, call=call)


def _pipelines(setup: Setup) -> Iterator[Check]:
    hub = setup.hub
    role = hub.get("ci_pipeline_variables_minimum_override_role")
    if role not in ("no_one_allowed", "owner", "maintainer"):
        call = _api(hub, "PUT", "", "ci_pipeline_variables_minimum_override_role=maintainer")
        detail = f"whoever is {role or 'a Developer'} may set variables of the loop's pipelines by hand"
        click = f"{_url(hub, 'ci_cd')}#js-general-pipeline-settings"
        yield Check(id="pipeline-variables", status="problem", detail=detail, click=click, call=call)
    yield from _runners(setup)
    if setup.schedules is None:
        yield _unknown("schedules", "the schedules")
        return
    click = f"{hub['web_url']}/-/pipeline_schedules"
    if not any(row.get("active") for row in setup.schedules):
        call = _api(hub, "POST", "/pipeline_schedules", "description=sweep ref=main cron='0 5 * * 1'")
        detail = "no schedule is active, so the loop runs only by hand"
        yield Check(id="no-schedule", status="problem", detail=detail, click=click, call=call)
    owners = {str((row.get("owner") or {}).get("username")) for row in setup.schedules}
    if setup.writer and setup.writer["username"] in owners:
        detail = f"{setup.writer['username']} owns a schedule: job tokens then carry its rights; let a person own it"
        call = _api(hub, "POST", f"/pipeline_schedules/{setup.schedules[0]['id']}/take_ownership")
        yield Check(id="schedule-owner", status="problem", detail=detail, click=click, call=call)


def _runners(setup: Setup) -> Iterator[Check]:
    if setup.runners is None:
        yield _unknown("runners", "the runners")
        return
    able = [row for row in setup.runners if not row.get("paused") and row.get("status", "online") == "online"]
    if not able:
        detail = "no runner of the hub is online"
        click = f"{_url(setup.hub, 'ci_cd')}#js-runners-settings"
        yield Check(id="no-runner", status="problem", detail=detail, click=click, call="POST /user/runners")
