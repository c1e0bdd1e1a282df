"""Pipelines of the loop that are at work now, beside this one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from improve_loop.edges.forge.gitlab_earlier import AT_WORK, STARTED_BY, target_in
from improve_loop.edges.forge.gitlab_session import Reply, Session
from improve_loop.errors import UsageError
from improve_loop.model.forge import LiveRun


def runs(sessions: Sequence[Session], project: str, mine: str) -> tuple[LiveRun, ...]:
    """By the first session that may list pipelines, oldest first; () where none may.

    What started this pipeline and waits for it is left out: a launcher is at work for as long as its child is. So is
    what neither its name nor its jobs tell to be a run: inside a target most pipelines are the target's own.
    """
    rows = {row["id"]: row for row in _listed(sessions, project) if row.get("source") in STARTED_BY}
    rows = {number: row for number, row in rows.items() if str(number) != mine}
    for number in _ancestors(sessions, project, rows, mine):
        del rows[number]
    found = (
        LiveRun(
            id=str(row["id"]),
            url=row["web_url"],
            started_at=row["created_at"],
            status=row["status"],
            target=target_in(row.get("name")),
        )
        for row in rows.values()
        if target_in(row.get("name")) or _plays_a_run(sessions, f"{project}/pipelines/{row['id']}")
    )
    return tuple(sorted(found, key=lambda run: (run.started_at, run.id)))


def _listed(sessions: Sequence[Session], project: str) -> list[Any]:
    """A list without `source` leaves child pipelines out."""
    kinds: tuple[dict[str, str], ...] = ({}, {"source": "parent_pipeline"})
    for session in sessions:
        try:
            return [
                row
                for status in AT_WORK
                for kind in kinds
                for row in session.rows(f"{project}/pipelines", status=status, **kind)
            ]
        except (Reply, UsageError):
            continue
    return []


def _ancestors(sessions: Sequence[Session], project: str, numbers: Collection[int], mine: str) -> list[int]:
    """Those that started this pipeline, or its parent. A parent is made before its child, and has the lower number."""
    line = [int(mine)] if mine.isdigit() else []
    for number in sorted(numbers, reverse=True):
        if line and number < line[-1] and line[-1] in _children(sessions, f"{project}/pipelines/{number}"):
            line.append(number)
    return line[1:]


def _children(sessions: Sequence[Session], pipeline: str) -> list[int]:
    for session in sessions:
        try:
            below = [row.get("downstream_pipeline") for row in session.rows(f"{pipeline}/bridges")]
            return [one["id"] for one in below if one]
        except (Reply, UsageError):
            continue
    return []


def _plays_a_run(sessions: Sequence[Session], pipeline: str) -> bool:
    """Whether it has the job that permits a run; True also where nobody may look."""
    for session in sessions:
        try:
            return any("preflight" in job["name"] for job in session.rows(f"{pipeline}/jobs"))
        except (Reply, UsageError):
            continue
    return True
