"""The JSON of people, commits, branches, labels, notes and issues, key for key as GitLab 18.9 writes it."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.support.fake_gitlab.repository import Repository
from tests.support.fake_gitlab.world import Issue, Label, LabelEvent, Note, Noteable, Project, User, World

TIME_STATS = {
    "time_estimate": 0,
    "total_time_spent": 0,
    "human_time_estimate": None,
    "human_total_time_spent": None,
}


def user_basic(world: World, user: User | None) -> dict[str, Any] | None:
    if user is None:
        return None
    return {
        "id": user.id,
        "username": user.username,
        "public_email": None,
        "name": user.name,
        "state": "active",
        "locked": False,
        "avatar_url": None,
        "web_url": f"{world.base_url}/{user.username}",
    }


def user_public(world: World, user: User) -> dict[str, Any]:
    """What a job shows of whoever started it."""
    empty = ("bio", "location", "linkedin", "twitter", "discord", "github", "website_url", "organization", "job_title")
    return {
        **(user_basic(world, user) or {}),
        **dict.fromkeys((*empty, "skype", "work_information"), ""),
        "created_at": user.created_at,
        "pronouns": None,
        "bot": user.bot,
        "followers": 0,
        "following": 0,
        "local_time": None,
    }


def user_full(world: World, user: User) -> dict[str, Any]:
    """What `GET /user` shows of oneself."""
    return {
        **user_public(world, user),
        "preferred_language": "",
        "last_sign_in_at": user.created_at,
        "confirmed_at": user.created_at,
        "last_activity_on": user.created_at[:10],
        "email": user.email,
        "commit_email": user.email,
        "theme_id": 3,
        "color_scheme_id": 1,
        "projects_limit": 100000,
        "current_sign_in_at": user.created_at,
        "identities": [],
        "can_create_group": True,
        "can_create_project": True,
        "two_factor_enabled": False,
        "external": False,
        "private_profile": False,
        "shared_runners_minutes_limit": None,
        "extra_shared_runners_minutes_limit": None,
        "scim_identities": [],
    }


def commit_basic(world: World, project: Project, sha: str) -> dict[str, Any]:
    commit = project.repository.commit(sha)
    trailers = dict(line.split(": ", 1) for line in _trailer_lines(commit.message))
    return {
        "id": sha,
        "short_id": sha[:8],
        "created_at": commit.committer[2],
        "parent_ids": list(commit.parents),
        "title": commit.message.split("\n", 1)[0],
        "message": commit.message,
        "author_name": commit.author[0],
        "author_email": commit.author[1],
        "authored_date": commit.author[2],
        "committer_name": commit.committer[0],
        "committer_email": commit.committer[1],
        "committed_date": commit.committer[2],
        "trailers": trailers,
        "extended_trailers": {key: [value] for key, value in trailers.items()},
        "web_url": f"{world.base_url}/{project.path}/-/commit/{sha}",
    }


def _trailer_lines(message: str) -> list[str]:
    paragraphs = message.strip().split("\n\n")
    last = paragraphs[-1].splitlines() if len(paragraphs) > 1 else []
    keys = [line.split(": ", 1)[0] for line in last]
    return last if last and all(": " in line for line in last) and all(" " not in key for key in keys) else []


def numstat(repository: Repository, sha: str) -> dict[str, int]:
    """Lines added and deleted by a commit."""
    lines = [line.split("\t") for line in repository.text("show", "--numstat", "--format=", sha).splitlines() if line]
    added = sum(int(line[0]) for line in lines if line[0].isdigit())
    deleted = sum(int(line[1]) for line in lines if line[1].isdigit())
    return {"additions": added, "deletions": deleted, "total": added + deleted}


def branch(world: World, project: Project, name: str, sha: str) -> dict[str, Any]:
    main = project.repository.head(project.default_branch)
    return {
        "name": name,
        "commit": commit_basic(world, project, sha),
        "merged": bool(main) and name != project.default_branch and sha == main,
        "protected": name in project.protected,
        "developers_can_push": project.protected.get(name, {}).get("push", 30) <= 30,
        "developers_can_merge": project.protected.get(name, {}).get("merge", 30) <= 30,
        "can_push": True,
        "default": name == project.default_branch,
        "web_url": f"{world.base_url}/{project.path}/-/tree/{name}",
    }


def label(label: Label, counts: bool = False) -> dict[str, Any]:
    extra = {"open_issues_count": 0, "closed_issues_count": 0, "open_merge_requests_count": 0} if counts else {}
    return {
        "id": label.id,
        "name": label.name,
        "description": label.description,
        "description_html": label.description or "",
        "text_color": "#FFFFFF",
        "color": label.color,
        **extra,
        "subscribed": False,
        "priority": None,
        "is_project_label": True,
    }


def label_event(world: World, project: Project, item: Noteable, event: LabelEvent) -> dict[str, Any]:
    found = next((label for label in project.labels if label.name == event.label), None)
    shown = label(found) if found else None
    keys = ("id", "name", "color", "description", "description_html", "text_color")
    return {
        "id": event.id,
        "user": user_basic(world, event.user),
        "created_at": event.created_at,
        "resource_type": "Issue" if isinstance(item, Issue) else "MergeRequest",
        "resource_id": item.id,
        "label": {key: shown[key] for key in keys} if shown else None,  # null once the label is deleted
        "action": event.action,
    }


def note(world: World, project: Project, parent: Noteable, note: Note) -> dict[str, Any]:
    is_issue = isinstance(parent, Issue)
    resolvable = note.type in ("DiscussionNote", "DiffNote") and not is_issue
    return {
        "id": note.id,
        "type": note.type,
        "body": note.body,
        "author": user_basic(world, note.author),
        "created_at": note.created_at,
        "updated_at": note.updated_at,
        "system": note.system,
        "noteable_id": parent.id,
        "noteable_type": "Issue" if is_issue else "MergeRequest",
        "project_id": project.id,
        **({"commit_id": None, "position": note.position} if note.type == "DiffNote" else {}),
        "resolvable": resolvable,
        **({"resolved": False, "resolved_by": None, "resolved_at": None} if resolvable else {}),
        **({"suggestions": []} if note.type == "DiffNote" else {}),
        "attachment": None,
        "confidential": note.internal,
        "internal": note.internal,
        "imported": False,
        "imported_from": "none",
        "noteable_iid": parent.iid,
        "commands_changes": {},
    }


def issue(world: World, project: Project, item: Issue, *, single: bool = False) -> dict[str, Any]:
    web_url = f"{world.base_url}/{project.path}/-/issues/{item.iid}"
    api = f"{world.base_url}/api/v4/projects/{project.id}/issues/{item.iid}"
    boxes, ticked = item.description.count("[ ]") + item.description.count("[x]"), item.description.count("[x]")
    return {
        "id": item.id,
        "iid": item.iid,
        "project_id": project.id,
        "title": item.title,
        "description": item.description,
        "state": item.state,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        "closed_at": item.closed_at,
        "closed_by": user_basic(world, item.closed_by),
        "labels": sorted(item.labels),
        "milestone": None,
        "assignees": [],
        "author": user_basic(world, item.author),
        "type": "ISSUE",
        "assignee": None,
        "user_notes_count": sum(not note.system for note in item.notes),
        "merge_requests_count": 0,
        "upvotes": 0,
        "downvotes": 0,
        "due_date": None,
        "confidential": item.confidential,
        "discussion_locked": None,
        "issue_type": "issue",
        "web_url": web_url,
        "time_stats": TIME_STATS,
        "task_completion_status": {"count": boxes, "completed_count": ticked},
        "blocking_issues_count": 0,
        "has_tasks": bool(boxes),
        "task_status": f"{ticked} of {boxes} checklist items completed" if boxes else "",
        "_links": {
            "self": api,
            "notes": f"{api}/notes",
            "award_emoji": f"{api}/award_emoji",
            "project": f"{world.base_url}/api/v4/projects/{project.id}",
            "closed_as_duplicate_of": None,
        },
        "references": references(project, "#", item.iid),
        "severity": "UNKNOWN",
        **({"subscribed": True} if single else {}),
        "moved_to_id": None,
        "imported": False,
        "imported_from": "none",
        "service_desk_reply_to": None,
    }


def references(project: Project, sign: str, iid: int) -> dict[str, str]:
    return {"short": f"{sign}{iid}", "relative": f"{sign}{iid}", "full": f"{project.path}{sign}{iid}"}


def discussion_id(seed: str) -> str:
    return hashlib.sha1(seed.encode()).hexdigest()
