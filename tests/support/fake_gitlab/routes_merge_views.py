"""What a merge request holds: commits, diffs, versions, approvals."""

from __future__ import annotations

from typing import Any

from tests.support.fake_gitlab import entities, entities_merge
from tests.support.fake_gitlab.paging import paged
from tests.support.fake_gitlab.routes_browse import diffs
from tests.support.fake_gitlab.routes_merge_requests import find_mr, single
from tests.support.fake_gitlab.routing import Call, Reply, not_found, route
from tests.support.fake_gitlab.world import MergeRequest


@route("GET", "/projects/:id/merge_requests/:iid/commits")
def commits(call: Call) -> Reply:
    refs = entities_merge.diff_refs(call.world, call.project, find_mr(call)) or {}
    base, head = refs.get("base_sha"), refs.get("head_sha")
    rows = call.project.repository.log([f"{base}..{head}"]) if head and base else []
    return paged(call, rows, lambda sha: entities.commit_basic(call.world, call.project, sha))


@route("GET", "/projects/:id/merge_requests/:iid/diffs")
@route("GET", "/projects/:id/merge_requests/:iid/changes")
def shown_diffs(call: Call) -> Reply:
    mr = find_mr(call)
    rows = merge_request_diffs(call, mr)
    if call.route.endswith("changes"):
        return Reply(body={**single(call, mr, 200).body, "changes": rows, "overflow": False})
    return paged(call, rows, lambda row: row, totals=False)


def merge_request_diffs(call: Call, mr: MergeRequest) -> list[dict[str, Any]]:
    """One entry a file; nothing before GitLab has read the diff."""
    refs = entities_merge.diff_refs(call.world, call.project, mr) or {}
    base, head = refs.get("base_sha"), refs.get("head_sha")
    return diffs(call.project, base, head) if base and head and entities_merge.ready(call.world, mr) else []


@route("GET", "/projects/:id/merge_requests/:iid/versions")
def versions(call: Call) -> Reply:
    return paged(call, _versions(call), lambda row: row)


def _versions(call: Call) -> list[dict[str, Any]]:
    mr = find_mr(call)
    refs = entities_merge.diff_refs(call.world, call.project, mr)
    if not refs or not refs["base_sha"] or not entities_merge.ready(call.world, mr):
        return []
    return [
        {
            "id": mr.id * 10,
            "head_commit_sha": refs["head_sha"],
            "base_commit_sha": refs["base_sha"],
            "start_commit_sha": refs["start_sha"],
            "created_at": mr.created_at,
            "merge_request_id": mr.id,
            "state": "collected",
            "real_size": str(len(merge_request_diffs(call, mr))),
            "patch_id_sha": refs["head_sha"],
        }
    ]


@route("GET", "/projects/:id/merge_requests/:iid/versions/:version")
def version(call: Call) -> Reply:
    row = next((row for row in _versions(call) if str(row["id"]) == call.values["version"]), None) or not_found()
    mr = find_mr(call)
    return Reply(body={**row, "commits": commits(call).body, "diffs": merge_request_diffs(call, mr)})


@route("GET", "/projects/:id/merge_requests/:iid/approval_state")
def approval_state(call: Call) -> Reply:
    find_mr(call)
    return Reply(body={"approval_rules_overwritten": False, "rules": []})


@route("GET", "/projects/:id/merge_requests/:iid/approvals")
def approvals(call: Call) -> Reply:
    find_mr(call)
    return Reply(body={"approved": False, "approved_by": [], "approvals_required": 0, "approvals_left": 0})


@route("GET", "/projects/:id/merge_requests/:iid/closes_issues")
@route("GET", "/projects/:id/merge_requests/:iid/award_emoji")
@route("GET", "/projects/:id/merge_requests/:iid/approval_rules")
def nothing(call: Call) -> Reply:
    find_mr(call)
    return paged(call, [], lambda row: row)
