"""Pipelines of the loop that are over: which of them may have paid a model, and what they were allowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from improve_loop.edges.forge.gitlab_session import Reply, Session
from improve_loop.errors import UsageError
from improve_loop.model.forge import EarlierRun
from improve_loop.rules.turns import perhaps_on

AT_WORK = ("created", "waiting_for_resource", "preparing", "pending", "running")
STARTED_BY = ("schedule", "web", "api", "trigger", "pipeline", "parent_pipeline")
PERMITS = "improve-loop:preflight"  # the job that writes run.json
SPENDS = ("improve-loop:extract", "improve-loop:implement")  # the jobs with a model key
MOST = 200  # pipelines whose jobs are looked at


def runs(
    session: Session, project: str, since: str, recorded: Collection[str], target: str
) -> tuple[EarlierRun, ...] | None:
    """Those that started a job with a model key, oldest first; None where there are more than anyone looks at.

    Those whose name says that they were for another target are passed over: a hub of many has hundreds.
    A list without `source` leaves child pipelines out. Raises Reply, UsageError where the token may not look.
    """
    path = f"{project}/pipelines"
    rows = [row for source in STARTED_BY for row in session.rows(path, source=source, updated_after=since)]
    rows = [row for row in rows if perhaps_on(target_in(row.get("name")), target)]
    over = {row["id"]: row for row in rows if row["status"] not in AT_WORK and str(row["id"]) not in recorded}
    if len(over) > MOST:
        return None
    found = [_run(session, project, over[number]) for number in sorted(over)]
    return tuple(run for run in found if run)


def _run(session: Session, project: str, row: Any) -> EarlierRun | None:
    jobs = session.rows(f"{project}/pipelines/{row['id']}/jobs", include_retried=True)
    if not any(job["name"].split(" ")[0] in SPENDS and job["started_at"] for job in jobs):
        return None
    permits = [job["id"] for job in jobs if job["name"] == PERMITS and job["status"] == "success"]
    return EarlierRun(
        id=str(row["id"]),
        started_at=row["created_at"],
        target=target_in(row.get("name")),
        permit=_permit(session, f"{project}/jobs/{permits[0]}/artifacts", row["id"]) if permits else None,
    )


def attempts(session: Session, project: str, pipeline: str) -> tuple[str, ...]:
    """The phases of this pipeline's jobs with a model key that were started before, once for each such attempt."""
    jobs = session.rows(f"{project}/pipelines/{pipeline}/jobs", include_retried=True)
    started = Counter(job["name"] for job in jobs if job["name"].split(" ")[0] in SPENDS and job["started_at"])
    return tuple(name.split(" ")[0].partition(":")[2] for name in sorted(started) for _ in range(started[name] - 1))


def _permit(session: Session, artifacts: str, pipeline: int) -> bytes | None:
    """The job's run.json; None where it is gone, or this token may not read it."""
    try:
        return session.content(f"{artifacts}/il-out/{pipeline}/preflight/run.json")
    except (Reply, UsageError):
        return None


def target_in(name: Any) -> str | None:
    """The target in a pipeline's name, as the hub's workflow writes it: `improve-loop sweep https://…/project`."""
    words = str(name or "").split(" ")
    named = len(words) == 3 and words[0] == "improve-loop" and "://" in words[2]
    return words[2].removesuffix("/").removesuffix(".git") if named else None
