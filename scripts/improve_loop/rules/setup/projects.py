"""The two projects: what is protected, what job tokens reach, what runs the pipelines."""

from __future__ import annotations

from collections.abc import Iterator

from improve_loop.model.setup import Check, Row, Setup
from improve_loop.rules.setup.places import DEVELOPER, MAINTAINER, api, unknown, url


def of_target(setup: Setup) -> Iterator[Check]:
    """Whether merge requests and issues can be opened there at all."""
    target = setup.target
    general = url(target, "…").removesuffix("/-/settings/…") + "/edit"
    if target.get("archived"):
        call = api(target, "POST", "/unarchive")
        yield Check(id="target-archived", status="problem", detail="the target is archived", click=general, call=call)
    if target.get("empty_repo") or not target.get("default_branch"):
        call = api(target, "POST", "/repository/files/README.md", "branch=main content=… commit_message=…")
        detail = "the target has no commit; push one"
        yield Check(id="target-empty", status="problem", detail=detail, click=str(target["web_url"]), call=call)
    if target.get("merge_requests_access_level") == "disabled" or target.get("merge_requests_enabled") is False:
        call = api(target, "PUT", "", "merge_requests_access_level=enabled")
        detail = "merge requests are switched off in the target"
        yield Check(id="target-merge-requests", status="problem", detail=detail, click=general, call=call)
    if target.get("issues_access_level") == "disabled" or target.get("issues_enabled") is False:
        call = api(target, "PUT", "", "issues_access_level=enabled")
        detail = "issues are switched off in the target, so there is no control issue: a press accepts everything"
        yield Check(id="target-issues", status="warning", detail=detail, click=general, call=call)


def of_branches(setup: Setup) -> Iterator[Check]:
    """Who may change what the loop does, and merge what it made."""
    for which, project, rows in (
        ("hub", setup.hub, setup.hub_protected),
        ("target", setup.target, setup.target_protected),
    ):
        name = project.get("default_branch") or "main"
        click = f"{url(project, 'repository')}#js-protected-branches-settings"
        if rows is None:
            yield unknown(f"{which}-branch", f"the protected branches of the {which}")
            continue
        rule = next((row for row in rows if row["name"] == name), None)
        fields = f"name={name} push_access_level=40 merge_access_level=40"
        call = api(project, "POST", "/protected_branches", fields)
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


def of_job_token(setup: Setup) -> Iterator[Check]:
    """Every job holds one, those with a model too."""
    target = setup.target
    click = f"{url(target, 'ci_cd')}#js-token-access"
    if target.get("ci_push_repository_for_job_token_allowed"):
        call = api(target, "PUT", "", "ci_push_repository_for_job_token_allowed=false")
        detail = "job tokens may push to the target: every job of the loop holds one, those with a model too"
        yield Check(id="job-token-push", status="problem", detail=detail, click=click, call=call)
    if setup.job_token_scope is None:
        yield unknown("job-token", "the job token permissions of the target")
        return
    if not setup.job_token_scope.get("inbound_enabled"):
        call = api(target, "PATCH", "/job_token_scope", "enabled=true")
        detail = "job tokens of all projects may read the target"
        yield Check(id="job-token-open", status="problem", detail=detail, click=click, call=call)
    listed = [row for row in setup.job_token_allowlist or () if row["id"] == setup.hub["id"] != target["id"]]
    if listed:
        call = api(target, "DELETE", f"/job_token_scope/allowlist/{setup.hub['id']}")
        detail = "the hub is on the target's job token allowlist; the loop does not need that"
        yield Check(id="job-token-listed", status="problem", detail=detail, click=click, call=call)


def of_pipelines(setup: Setup) -> Iterator[Check]:
    """Who may set variables, what runs the jobs, and who owns the schedules."""
    hub = setup.hub
    role = hub.get("ci_pipeline_variables_minimum_override_role")
    if role not in ("no_one_allowed", "owner", "maintainer"):
        call = api(hub, "PUT", "", "ci_pipeline_variables_minimum_override_role=maintainer")
        detail = f"whoever is {role or 'a Developer'} may set variables of the loop's pipelines by hand"
        click = f"{url(hub, 'ci_cd')}#js-general-pipeline-settings"
        yield Check(id="pipeline-variables", status="problem", detail=detail, click=click, call=call)
    yield from _runners(setup)
    if setup.schedules is None:
        yield unknown("schedules", "the schedules")
        return
    click = f"{hub['web_url']}/-/pipeline_schedules"
    if not any(row.get("active") for row in setup.schedules):
        call = api(hub, "POST", "/pipeline_schedules", "description=sweep ref=main cron='0 5 * * 1'")
        detail = "no schedule is active, so the loop runs only by hand"
        yield Check(id="no-schedule", status="problem", detail=detail, click=click, call=call)
    owners = {str((row.get("owner") or {}).get("username")) for row in setup.schedules}
    if setup.writer and setup.writer["username"] in owners:
        detail = f"{setup.writer['username']} owns a schedule: job tokens then carry its rights; let a person own it"
        call = api(hub, "POST", f"/pipeline_schedules/{setup.schedules[0]['id']}/take_ownership")
        yield Check(id="schedule-owner", status="problem", detail=detail, click=click, call=call)


def _runners(setup: Setup) -> Iterator[Check]:
    if setup.runners is None:
        yield unknown("runners", "the runners")
        return
    able = [row for row in setup.runners if not row.get("paused") and row.get("status", "online") == "online"]
    if not able:
        detail = "no runner of the hub is online"
        click = f"{url(setup.hub, 'ci_cd')}#js-runners-settings"
        yield Check(id="no-runner", status="problem", detail=detail, click=click, call="POST /user/runners")
