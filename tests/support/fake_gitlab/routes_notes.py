"""Issues, and the notes of issues and merge requests with their quick actions."""

from __future__ import annotations

from typing import Any

from tests.support.fake_gitlab import entities
from tests.support.fake_gitlab.actions import (
    add_labels,
    add_note,
    relabelled,
    run_commands,
    set_state,
    split_commands,
)
from tests.support.fake_gitlab.entities_merge import diff_refs
from tests.support.fake_gitlab.paging import paged
from tests.support.fake_gitlab.routes_browse import diff_lines
from tests.support.fake_gitlab.routes_merge_requests import filtered, find_mr
from tests.support.fake_gitlab.routes_merge_views import merge_request_diffs
from tests.support.fake_gitlab.routing import ApiError, Call, Reply, forbidden, not_found, route
from tests.support.fake_gitlab.world import REPORTER, Issue, MergeRequest, Note, Noteable


@route("GET", "/projects/:id/issues")
def issues(call: Call) -> Reply:
    rows = filtered(call, call.project.issues, ("opened", "closed", "all"))
    return paged(
        call,
        rows,
        lambda row: entities.issue(call.world, call.project, row),
        declared={"state": "all", "order_by": "created_at", "sort": "desc", "with_labels_details": False},
    )


def find_issue(call: Call) -> Issue:
    iid = call.values["iid"]
    return next((row for row in call.project.issues if str(row.iid) == iid), None) or not_found("Issue")


@route("GET", "/projects/:id/issues/:iid")
def issue(call: Call) -> Reply:
    return Reply(body=entities.issue(call.world, call.project, find_issue(call), single=True))


@route("POST", "/projects/:id/issues", level=10)
def create_issue(call: Call) -> Reply:
    call.require("title")
    if not call.project.settings.get("issues_enabled", True):
        forbidden()
    now = call.world.clock.iso()
    new = Issue(
        id=call.world.next_id(),
        iid=call.project.next_iid("issue"),
        title=call.params["title"],
        description=call.params.get("description") or "",
        state="opened",
        author=call.user,
        created_at=now,
        updated_at=now,
        confidential=call.flag("confidential"),
    )
    if call.project.level(call.user) >= REPORTER:
        add_labels(call.world, call.project, new, call.words("labels"))
        relabelled(call.world, new, call.user, set())
    new.description, commands = split_commands(new.description)
    run_commands(call.world, call.project, new, call.user, commands)
    call.project.issues.append(new)
    return Reply(status=201, body=entities.issue(call.world, call.project, new, single=True))


@route("PUT", "/projects/:id/issues/:iid", level=REPORTER)
def change_issue(call: Call) -> Reply:
    item = find_issue(call)
    for name in ("title", "description", "confidential"):
        if name in call.params:
            setattr(item, name, call.params[name])
    before = set(item.labels)
    if "labels" in call.params:
        item.labels = set()
    add_labels(call.world, call.project, item, [*call.words("labels"), *call.words("add_labels")])
    item.labels -= set(call.words("remove_labels"))
    relabelled(call.world, item, call.user, before)
    if call.params.get("state_event"):
        set_state(call.world, item, call.user, call.params["state_event"])
    item.updated_at = call.world.clock.iso()
    return Reply(body=entities.issue(call.world, call.project, item, single=True))


@route("GET", "/projects/:id/issues/:iid/resource_label_events")
def label_events(call: Call) -> Reply:
    item = find_issue(call)
    return paged(call, item.label_events, lambda row: entities.label_event(call.world, call.project, item, row))


def _parent(call: Call) -> Noteable:
    return find_mr(call) if "/merge_requests/" in call.route else find_issue(call)


@route("GET", "/projects/:id/merge_requests/:iid/notes", job_token=True)
@route("GET", "/projects/:id/issues/:iid/notes")
def notes(call: Call) -> Reply:
    parent = _parent(call)
    newest_first = call.params.get("sort", "desc") == "desc"
    rows = sorted(parent.notes, key=lambda note: note.id, reverse=newest_first)
    return paged(
        call,
        rows,
        lambda row: entities.note(call.world, call.project, parent, row),
        declared={"order_by": "created_at", "sort": "desc", "activity_filter": "all_notes"},
    )


@route("POST", "/projects/:id/merge_requests/:iid/notes", level=10)
@route("POST", "/projects/:id/issues/:iid/notes", level=10)
def create_note(call: Call) -> Reply:
    parent = _parent(call)
    body = _body(call)
    text, commands = split_commands(body)
    changes = run_commands(call.world, call.project, parent, call.user, commands)
    if commands and not text.strip():
        return Reply(status=202, body={"commands_changes": changes, "summary": [f"{len(commands)} action(s) applied."]})
    note = add_note(call.world, parent, call.user, text)
    shown = entities.note(call.world, call.project, parent, note)
    return Reply(status=201, body={**shown, "commands_changes": changes})


def _body(call: Call) -> str:
    call.require("body")
    if not str(call.params["body"]).strip():
        raise ApiError(400, {"message": '400 Bad request - Note {:note=>["can\'t be blank"]}'})
    return str(call.params["body"])


@route("GET", "/projects/:id/merge_requests/:iid/notes/:note_id", job_token=True)
@route("GET", "/projects/:id/issues/:iid/notes/:note_id")
def note(call: Call) -> Reply:
    return Reply(body=entities.note(call.world, call.project, _parent(call), _note(call)))


def _note(call: Call) -> Note:
    rows = _parent(call).notes
    return next((row for row in rows if str(row.id) == call.values["note_id"]), None) or not_found("Note")


@route("PUT", "/projects/:id/merge_requests/:iid/notes/:note_id", level=10)
@route("PUT", "/projects/:id/issues/:iid/notes/:note_id", level=10)
def change_note(call: Call) -> Reply:
    row = _note(call)
    if row.author.id != call.user.id and call.project.level(call.user) < 40:
        forbidden()
    row.body = _body(call)
    row.updated_at = call.world.clock.iso()
    return Reply(body=entities.note(call.world, call.project, _parent(call), row))


@route("DELETE", "/projects/:id/merge_requests/:iid/notes/:note_id", level=10)
@route("DELETE", "/projects/:id/issues/:iid/notes/:note_id", level=10)
def delete_note(call: Call) -> Reply:
    _parent(call).notes.remove(_note(call))
    return Reply(status=204)


@route("GET", "/projects/:id/merge_requests/:iid/discussions")
@route("GET", "/projects/:id/issues/:iid/discussions")
def discussions(call: Call) -> Reply:
    parent = _parent(call)
    threads = list(dict.fromkeys(note.discussion for note in parent.notes))
    return paged(call, threads, lambda thread: _thread(call, parent, thread))


def _thread(call: Call, parent: Noteable, thread: str) -> dict[str, Any]:
    rows = [note for note in parent.notes if note.discussion == thread]
    shown = [entities.note(call.world, call.project, parent, row) for row in rows]
    return {"id": thread, "individual_note": rows[0].type is None, "notes": shown}


@route("POST", "/projects/:id/merge_requests/:iid/discussions", level=10)
def create_discussion(call: Call) -> Reply:
    parent = find_mr(call)
    position = call.params.get("position")
    on_a_line = isinstance(position, dict) and not call.world.faults.positions_lost
    if isinstance(position, dict) and on_a_line:
        _check_position(call, parent, position)
    text, commands = split_commands(_body(call))
    run_commands(call.world, call.project, parent, call.user, commands)
    note = add_note(call.world, parent, call.user, text, type="DiffNote" if on_a_line else "DiscussionNote")
    note.position = position if on_a_line else None
    return Reply(status=201, body=_thread(call, parent, note.discussion))


def _check_position(call: Call, mr: MergeRequest, position: dict[str, Any]) -> None:
    """A line of the diff as it now is: an added one by its new number, a removed one by its old, others by both."""
    missing = [name for name in ("base_sha", "start_sha", "head_sha", "position_type") if not position.get(name)]
    if missing:
        raise ApiError(400, {"error": ", ".join(f"position[{name}] is missing" for name in missing)})
    refs = diff_refs(call.world, call.project, mr) or {}
    known = all(position[name] == refs.get(name) for name in ("base_sha", "start_sha", "head_sha"))
    lines: set[tuple[int | None, int | None]] = set()
    for row in merge_request_diffs(call, mr) if known else ():
        if (row["old_path"], row["new_path"]) == (position.get("old_path"), position.get("new_path")):
            lines = diff_lines(row["diff"])
    if (position.get("old_line"), position.get("new_line")) not in lines:
        said = '400 Bad request - Note {:line_code=>["can\'t be blank", "must be a valid line code"]}'
        raise ApiError(400, {"message": said})
