"""The merge request that takes the loop up: files that are not there yet, on a branch of their own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from improve_loop.edges.forge.gitlab_pen import WritingSession
from improve_loop.edges.forge.gitlab_session import Reply, locate
from improve_loop.errors import TryLater, UsageError
from improve_loop.rules.onboarding import with_include

WAITS = (1, 2, 4, 8, 16, 30)  # seconds until GitLab lets a new branch be used


@dataclass(frozen=True, kw_only=True)
class Opened:
    """The merge request, and the files that are there already and were left as they are."""

    url: str
    left: tuple[str, ...] = ()


def propose(
    url: str,
    environ: Mapping[str, str],
    files: Mapping[str, str],
    *,
    branch: str,
    title: str,
    description: str,
    sleep: Callable[[float], None] = time.sleep,
) -> Opened:
    """Opens it, or finds the one that is open. Raises UsageError where there is nothing to add."""
    session = WritingSession(locate(url, environ, token_name="IL_WRITE_TOKEN"), sleep=sleep)
    default = session.get(session.project).get("default_branch")
    if default is None:
        raise UsageError(f"{url} is empty; push a first commit, then run init again")
    added = {path: _action(session, str(default), path, content) for path, content in files.items()}
    left = tuple(path for path, action in added.items() if action is None)
    found = _open(session, branch)
    if found is None:
        if session.find(f"{session.project}/repository/branches/{branch}") is None:
            _commit(session, branch, str(default), [action for action in added.values() if action], title)
        found = _opened(session, {"source_branch": branch, "target_branch": default, "title": title}, description)
    return Opened(url=str(found["web_url"]), left=left)


def _commit(session: WritingSession, branch: str, default: str, actions: Sequence[Any], title: str) -> None:
    if not actions:
        raise UsageError("the files are there already; nothing to propose")
    data = {"branch": branch, "start_branch": default, "commit_message": title, "actions": [*actions]}
    path = f"{session.project}/repository/branches/{branch}"
    session.write("post", f"{session.project}/repository/commits", data, lambda: session.find(path))


def _action(session: WritingSession, default: str, path: str, content: str) -> dict[str, Any] | None:
    """What to do with one file: nothing ({}) where it is right; None where nothing can be added to it safely."""
    try:
        found = session.find(f"{session.project}/repository/files/{path.replace('/', '%2F')}", ref=default)
    except Reply as reply:
        raise UsageError(f"{path}: cannot be read: {reply}") from None
    if found is None:
        return {"action": "create", "file_path": path, "content": content}
    import base64

    existing = base64.b64decode(found["content"]).decode("utf-8", "replace")
    if content in existing:
        return {}
    added = with_include(existing, content) if "launcher.yml" in content else None
    if added is None:
        return None
    last = found["last_commit_id"]
    return {"action": "update", "file_path": path, "content": added, "last_commit_id": last}


def _open(session: WritingSession, branch: str) -> Any | None:
    rows = session.rows(f"{session.project}/merge_requests", state="opened", source_branch=branch)
    return rows[0] if rows else None


def _opened(session: WritingSession, data: Mapping[str, Any], description: str) -> Any:
    wanted = {**data, "description": description, "remove_source_branch": True}
    for wait in WAITS:
        try:
            return session.write(
                "post", f"{session.project}/merge_requests", wanted, lambda: _open(session, str(data["source_branch"]))
            )
        except Reply as reply:
            if reply.status != 400 or "source_branch" not in str(reply.said):
                raise
            session.wait(wait, reply)
    raise TryLater(f"{data['source_branch']}: GitLab does not see the new branch yet; run init again")
