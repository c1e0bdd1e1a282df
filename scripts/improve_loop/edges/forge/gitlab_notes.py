"""Notes on lines of a merge request's diff: each once, and only where GitLab took it for one.

A position that GitLab cannot read makes a plain note and no error, so what it made is looked at, and a plain one is
taken away again. A line outside the diff is a 400.
"""

from __future__ import annotations

from typing import Any

from improve_loop.edges.forge.gitlab_pen import WritingSession
from improve_loop.edges.forge.gitlab_session import Reply
from improve_loop.errors import LoopError, TryLater
from improve_loop.model.forge import LineNote
from improve_loop.rules import marker, neutralise

WAITS = (1, 2, 4, 8, 16)  # seconds; a merge request was seen to be prepared after 2.2 s
MOST = 10  # of the loop on one merge request, over all its repairs
ON_A_LINE = "DiffNote"


def put(session: WritingSession, path: str, user: str, head: str | None, notes: tuple[LineNote, ...]) -> list[str]:
    """Puts the notes on the merge request at `path`; the keys of those without a place. `user`: who writes."""
    rows = _own(session, path, user)
    plain = [row for row in rows if row["type"] != ON_A_LINE and _key(row) in {note.key for note in notes}]
    for row in plain:
        _take_away(session, path, row)
    there = {_key(row) for row in rows if row["type"] == ON_A_LINE}
    todo = [note for note in notes if note.key not in there]
    if not todo:
        return []
    refs = _refs(session, path, head)
    room = max(0, MOST - len(there))
    return [note.key for at, note in enumerate(todo) if at >= room or not _put(session, path, user, refs, note)]


def _refs(session: WritingSession, path: str, head: str | None) -> dict[str, str]:
    """The three commits that a position names, once GitLab has read the diff; empty where it does not get there."""
    for wait in (*WAITS, None):
        plain = session.get(path)
        refs = plain.get("diff_refs") or {}
        if plain.get("prepared_at") and refs.get("head_sha") == head and refs.get("base_sha"):
            return {name: refs[name] for name in ("base_sha", "start_sha", "head_sha")}
        try:
            if wait is not None:
                session.wait(wait, LoopError(f"{path}: GitLab has not read its diff yet"))
        except TryLater:
            break  # this process has waited for so much that no remark is worth more of it
    return {}


def _put(session: WritingSession, path: str, user: str, refs: dict[str, str], note: LineNote) -> bool:
    if not refs:
        return False
    position: dict[str, Any] = {**refs, "position_type": "text", "old_path": note.path, "new_path": note.path}
    numbers = {"old_line": note.old_line, "new_line": note.new_line}
    position |= {name: number for name, number in numbers.items() if number is not None}
    body = marker.note(note.key, neutralise.commands(note.text))

    def there() -> Any | None:
        row = next((row for row in _own(session, path, user) if _key(row) == note.key), None)
        return {"notes": [row]} if row else None

    try:
        made = session.write("post", f"{path}/discussions", {"body": body, "position": position}, there)
    except Reply as reply:
        if reply.status == 400:
            return False
        raise
    row = made["notes"][0]
    if row["type"] == ON_A_LINE:
        return True
    _take_away(session, path, row)
    return False


def _take_away(session: WritingSession, path: str, row: Any) -> None:
    here = f"{path}/notes/{row['id']}"
    try:
        session.write("delete", here, {}, lambda: True if session.find(here) is None else None)
    except Reply as reply:
        if reply.status != 404:  # somebody else was faster
            raise


def _own(session: WritingSession, path: str, user: str) -> list[Any]:
    rows = session.rows(f"{path}/notes", sort="asc", order_by="created_at")
    return [row for row in rows if row["author"]["username"] == user and _key(row)]


def _key(row: Any) -> str | None:
    return marker.note_key(row["body"])
