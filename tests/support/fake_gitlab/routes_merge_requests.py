"""Merge requests."""

from __future__ import annotations

from typing import Any, cast

from tests.support.fake_gitlab import entities_merge
from tests.support.fake_gitlab.access import may_push
from tests.support.fake_gitlab.actions import (
    add_labels,
    after_merge_request_change,
    create_pipeline,
    merge,
    run_commands,
    set_state,
    split_commands,
)
from tests.support.fake_gitlab.paging import paged
from tests.support.fake_gitlab.routing import ApiError, Call, Reply, bad, forbidden, not_found, route
from tests.support.fake_gitlab.world import DEVELOPER, MergeRequest, Noteable, Token

STATES = ("opened", "closed", "locked", "merged", "all")
SORTS = ("created_at", "updated_at", "merged_at", "title", "label_priority", "priority", "milestone_due", "popularity")
DECLARED = {
    "state": "all",
    "order_by": "created_at",
    "sort": "desc",
    "with_labels_details": False,
    "with_merge_status_recheck": False,
}
CHANGEABLE = [
    "assignee_id",
    "assignee_ids",
    "reviewer_ids",
    "milestone_id",
    "labels",
    "add_labels",
    "remove_labels",
    "state_event",
    "title",
    "description",
    "target_branch",
    "remove_source_branch",
    "squash",
    "discussion_locked",
    "allow_collaboration",
    "merge_after",
]


def filtered(call: Call, rows: list[Any], states: tuple[str, ...]) -> list[Any]:
    """What lists of merge requests and issues filter and sort alike."""
    state = call.one_of("state", states, "all")
    order = call.one_of("order_by", (*SORTS, "due_date", "relative_position", "weight"), "created_at")
    wanted, refused = set(call.words("labels")), set(_words(call.params.get("not", {}).get("labels", "")))
    mine = call.params.get("scope") in ("created_by_me", "created-by-me")
    author = call.params.get("author_username")
    search = str(call.params.get("search", "")).lower()
    iids = set(call.words("iids"))
    found = [
        row
        for row in rows
        if state in ("all", row.state)
        and (not wanted or (wanted <= row.labels if wanted != {"None"} else not row.labels))
        and not (refused & row.labels)
        and (not mine or row.author.id == call.user.id)
        and author in (None, row.author.username)
        and (search in row.title.lower() or search in row.description.lower())
        and (not iids or str(row.iid) in iids)
        and row.updated_at > str(call.params.get("updated_after", ""))
    ]
    key = order if order in ("created_at", "updated_at", "title") else "created_at"
    found.sort(key=lambda row: (getattr(row, key), row.id), reverse=call.params.get("sort", "desc") == "desc")
    return found


def _words(value: Any) -> list[str]:
    return value if isinstance(value, list) else [word for word in str(value).split(",") if word]


@route("GET", "/projects/:id/merge_requests", job_token=True)
def merge_requests(call: Call) -> Reply:
    rows = filtered(call, call.project.merge_requests, STATES)
    for name in ("source_branch", "target_branch"):
        if call.params.get(name):
            rows = [row for row in rows if getattr(row, name) == call.params[name]]
    if call.params.get("source_project_id"):
        rows = [row for row in rows if str(call.project.id) == str(call.params["source_project_id"])]
    details = call.flag("with_labels_details")
    return paged(
        call,
        rows,
        lambda row: entities_merge.merge_request(call.world, call.project, row, details=details),
        declared=DECLARED,
    )


def find_mr(call: Call) -> MergeRequest:
    iid = call.values["iid"]
    return next((row for row in call.project.merge_requests if str(row.iid) == iid), None) or not_found()


@route("GET", "/projects/:id/merge_requests/:iid", job_token=True)
def merge_request(call: Call) -> Reply:
    return single(call, find_mr(call), 200)


def single(call: Call, mr: MergeRequest, status: int) -> Reply:
    body = entities_merge.merge_request_single(call.world, call.project, mr, call.caller)
    if call.flag("include_diverged_commits_count"):
        body["diverged_commits_count"] = 0
    return Reply(status=status, body=body)


@route("POST", "/projects/:id/merge_requests", level=DEVELOPER)
def create_merge_request(call: Call) -> Reply:
    call.require("title", "source_branch", "target_branch")
    project, world = call.project, call.world
    if not project.settings.get("merge_requests_enabled", True):
        forbidden()
    source, target = call.params["source_branch"], call.params["target_branch"]
    head = _validate(call, source, target)
    now = world.clock.iso()
    mr = MergeRequest(
        id=world.next_id(),
        iid=project.next_iid("merge_request"),
        title=call.params["title"],
        description=call.params.get("description") or "",
        state="opened",
        author=call.user,
        created_at=now,
        updated_at=now,
        source_branch=source,
        target_branch=target,
        prepared=world.clock.now + world.faults.prepare,
        squash=call.flag("squash"),
        remove_source_branch=call.flag("remove_source_branch"),
    )
    mr.heads.append((project.visible_from.get(source, 0.0) if world.faults.old_null_sha else 0.0, head))
    project.merge_requests.append(mr)
    _describe(call, mr)
    after_merge_request_change(world, project, mr, head, call.user)
    return single(call, mr, 201)


def _validate(call: Call, source: str, target: str) -> str:
    project = call.project
    if source == target:
        raise ApiError(422, {"message": ["You can't use same project/branch for source and target"]})
    open_already = [
        mr.iid
        for mr in project.merge_requests
        if mr.state == "opened" and (mr.source_branch, mr.target_branch) == (source, target)
    ]
    if open_already:
        text = f"Another open merge request already exists for this source branch: !{open_already[0]}"
        raise ApiError(409, {"message": [text]})
    head = project.repository.head(source)
    late = project.visible_from.get(source, 0.0) > call.world.clock.now and not call.world.faults.old_null_sha
    errors = {"source_branch": ["does not exist"]} if head is None or late else {}
    if project.repository.head(target) is None:
        errors["target_branch"] = ["does not exist"]
    if errors or head is None:
        bad(errors)
    return head


def _describe(call: Call, item: Noteable) -> None:
    """Labels and quick actions of a creation or change."""
    project, world = call.project, call.world
    if "labels" in call.params:
        item.labels = set()
    add_labels(world, project, item, [*call.words("labels"), *call.words("add_labels")])
    item.labels -= set(call.words("remove_labels"))
    item.description, commands = split_commands(item.description)
    run_commands(world, project, item, call.user, commands)


@route("PUT", "/projects/:id/merge_requests/:iid", level=DEVELOPER)
def change_merge_request(call: Call) -> Reply:
    mr = find_mr(call)
    if not set(CHANGEABLE) & set(call.params):
        names = ", ".join(CHANGEABLE)
        raise ApiError(400, {"error": f"{names} are missing, at least one parameter must be provided"})
    event = call.params.get("state_event")
    if event not in (None, "close", "reopen"):
        raise ApiError(400, {"error": "state_event does not have a valid value"})
    for name in ("title", "description", "target_branch"):
        if name in call.params:
            setattr(mr, name, call.params[name] or "")
    _describe(call, mr)
    if event:
        set_state(call.world, mr, call.user, event)
    mr.updated_at = call.world.clock.iso()
    return single(call, mr, 200)


@route("GET", "/projects/:id/merge_requests/:iid/pipelines")
def pipelines(call: Call) -> Reply:
    mr = find_mr(call)
    rows = entities_merge.of_merge_request(call.world, call.project, mr)
    return paged(call, rows, lambda row: entities_merge.pipeline_basic(call.world, call.project, row))


@route("POST", "/projects/:id/merge_requests/:iid/pipelines", level=DEVELOPER)
def run_pipeline(call: Call) -> Reply:
    mr, project = find_mr(call), call.project
    head = mr.head_at(call.world.clock.now)
    if head is None or not {"merge_request", "merged_results"} & set(project.pipeline_kinds):
        raise ApiError(405, {"message": "405 Method Not Allowed"})
    ref = f"refs/merge-requests/{mr.iid}/head"
    made = create_pipeline(call.world, project, ref, head, "merge_request_event", call.user, mr=mr)
    if made is None:
        bad({"base": ["No stages / jobs for this pipeline."]})
    made.visible, made.forced = call.world.clock.now, None
    return Reply(body=entities_merge.pipeline_detail(call.world, project, made))


@route("PUT", "/projects/:id/merge_requests/:iid/merge", level=DEVELOPER)
def accept(call: Call) -> Reply:
    mr, project, faults = find_mr(call), call.project, call.world.faults
    if project.level(call.user) < project.protected.get(mr.target_branch, {}).get("merge", DEVELOPER):
        raise ApiError(401, {"message": "401 Unauthorized"})
    head = mr.head_at(call.world.clock.now)
    if call.params.get("sha") not in (None, head):
        raise ApiError(409, {"message": f"SHA does not match HEAD of source branch: {head}"})
    unready = mr.state != "opened" or entities_merge.is_draft(mr.title) or not entities_merge.ready(call.world, mr)
    if unready or mr.refused_merges < faults.merge_refusals:
        mr.refused_merges += 1
        raise ApiError(405, {"message": "405 Method Not Allowed"})
    if not merge(call.world, project, mr, call.user):
        raise ApiError(422, {"message": "Branch cannot be merged"})
    return single(call, mr, 200)


@route("PUT", "/projects/:id/merge_requests/:iid/rebase", level=DEVELOPER)
def rebase(call: Call) -> Reply:
    mr = find_mr(call)
    if not may_push(call.project, cast(Token, call.token), mr.source_branch):
        forbidden("Cannot push to source branch")
    return Reply(status=202, body={"rebase_in_progress": True})
