"""What the loop keeps on GitLab beside merge requests: its state file and the control issue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from improve_loop.edges.forge import gitlab_publish
from improve_loop.edges.forge.contract import BranchMoved, StateConflict
from improve_loop.edges.forge.gitlab_pen import WritingSession
from improve_loop.edges.forge.gitlab_publish import Hand
from improve_loop.edges.forge.gitlab_read import GitLabReader, find_control_issue
from improve_loop.edges.forge.gitlab_session import Reply
from improve_loop.errors import TryLater
from improve_loop.model.forge import STATE_BRANCH, STATE_PATH, ControlIssue
from improve_loop.rules import marker, neutralise
from improve_loop.rules.labels import OURS

CONTROL_TITLE = "improve-loop: what could be improved next"
STALE = ("has changed since you started editing it", "already exists", "doesn't exist")


def write(
    session: WritingSession, reader: GitLabReader, hand: Hand, text: str, revision: str | None, message: str
) -> str:
    """Replaces exactly this revision of the state; the new one. Raises StateConflict."""
    before = reader.read_state()
    if before.text == text and before.revision:
        return before.revision
    if before.revision != revision:
        raise StateConflict("the state was written by another run; read, merge and write again")
    subject = f"{neutralise.commit_message(message)} [skip ci]"
    if revision is None and reader.branch_head(STATE_BRANCH) is None:
        return _first(session, hand, text, subject)
    action = {"action": "update" if revision else "create", "file_path": STATE_PATH, "content": text}
    action |= {"last_commit_id": revision} if revision else {}
    return _commit(session, reader, {"branch": STATE_BRANCH, "commit_message": subject, "actions": [action]}, text)


def _commit(session: WritingSession, reader: GitLabReader, data: Mapping[str, Any], text: str) -> str:
    def done() -> Any | None:
        now = reader.read_state()
        return {"id": now.revision} if now.text == text else None

    try:
        made = session.write("post", f"{session.project}/repository/commits", data, done)
    except Reply as reply:
        if reply.status == 400 and any(sign in str(reply.said) for sign in STALE):
            raise StateConflict(f"the state was written by another run ({reply.said}); read it again") from None
        raise
    return str(made["id"])


def _first(session: WritingSession, hand: Hand, text: str, message: str) -> str:
    """A branch of its own that holds the state and nothing of the target."""
    try:
        return gitlab_publish.push_orphan(session.at, STATE_BRANCH, {STATE_PATH: text.encode()}, message, hand)
    except BranchMoved as moved:
        raise StateConflict(f"{moved}; another run wrote the first state") from None


def write_control_issue(session: WritingSession, author: str, text: str) -> ControlIssue:
    """The control issue of this author with this text: changed in place, or made."""
    wanted = marker.control(neutralise.commands(text))
    existing = find_control_issue(session, author)
    if existing and existing.text.strip() == wanted.strip():
        return existing

    def done() -> ControlIssue | None:
        found = find_control_issue(session, author)
        return found if found and found.text.strip() == wanted.strip() else None

    issues = f"{session.project}/issues"
    if existing:
        session.write("put", f"{issues}/{existing.id.removeprefix('#')}", {"description": wanted}, done)
    else:
        session.write("post", issues, {"description": wanted, "title": CONTROL_TITLE, "labels": OURS}, done)
    found = find_control_issue(session, author)
    if found is None:
        raise TryLater("the control issue is not to be seen yet; try again later")
    return found
