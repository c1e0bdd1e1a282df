"""Seeded bad days: the writes of propose, publish, ship and cleanup under faults, against the same on a good day."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from itertools import product
from pathlib import Path
from typing import Any

from improve_loop.edges.forge.gitlab_write import GitLabWriter
from improve_loop.errors import TryLater
from improve_loop.model.forge import STATE_BRANCH, STATE_PATH, LineNote, MergeRequest
from tests.forge.conftest import BRANCH, FILES, PATCH, Scene
from tests.support.fake_gitlab import REPORTER, FakeGitLab, JobPlan
from tests.support.fake_gitlab.pipelines import PipelineRecord
from tests.support.fake_gitlab.world import Note

REMARK, TAKEN_AWAY = "remark", "remark taken away"
# Every write of propose, publish, ship and cleanup: which request it is, and how many such go before it on a good day.
WRITES = {
    "control issue": ("POST", r"/issues$", 0),
    "control issue again": ("PUT", r"/issues/1$", 0),
    "push": ("POST", r"git-receive-pack$", 0),
    "merge request": ("POST", r"/merge_requests$", 0),
    "text": ("PUT", r"/merge_requests/1$", 0),
    "label": ("PUT", r"/merge_requests/1$", 1),
    "label for another": ("PUT", r"/merge_requests/1$", 2),
    "restart counted": ("PUT", r"/merge_requests/1$", 3),
    "closed": ("PUT", r"/merge_requests/1$", 4),
    "comment": ("POST", r"/notes$", 0),
    "comment again": ("PUT", r"/notes/", 0),
    "summary": ("POST", r"/notes$", 1),
    "last comment": ("POST", r"/notes$", 2),
    REMARK: ("POST", r"/discussions$", 0),
    TAKEN_AWAY: ("DELETE", r"/notes/", 0),
    "restart": ("POST", r"/pipelines/\d+/retry$", 0),
    "first state": ("POST", r"git-receive-pack$", 1),
    "state": ("POST", r"/repository/commits$", 0),
}
REMARKS = tuple(
    LineNote(key=f"remark-{number}", path="README.md", old_line=None, new_line=2, text=f"Why, {number}?")
    for number in (1, 2)
)
LABEL, LINE = "team::a", "other"  # what a human, and what another run writes meanwhile
STRIDE = 17
MOST_STOPS = 12  # longer than any fault here lasts
Fault = Callable[[Scene, str, str, int], None]


def _human_label(scene: Scene, method: str, path: str, skip: int) -> None:
    def label() -> None:
        for mr in scene.project.merge_requests:
            mr.labels.add(LABEL)
            scene.theirs.add(LABEL)

    scene.gitlab.faults.before(method, path, label, skip=skip)


def _other_run_writes_state(scene: Scene, method: str, path: str, skip: int) -> None:
    def write() -> None:
        repository = scene.project.repository
        text = (repository.read(STATE_BRANCH, STATE_PATH) or b"").decode()
        if LINE not in text.splitlines():
            head = repository.head(STATE_BRANCH)
            files = {STATE_PATH: f"{text}{LINE}\n".encode()}
            repository.commit_files(STATE_BRANCH, head, files, "Other", ("Ada", "ada@example.com"))
            scene.theirs.add(LINE)

    scene.gitlab.faults.before(method, path, write, skip=skip)


def _opened_by_another_job(scene: Scene, method: str, path: str, skip: int) -> None:
    """Two jobs at once: one of two creates gets the 409 that names the other's."""

    def open_it() -> None:
        if scene.project.repository.head(BRANCH) and not scene.project.merge_requests:
            scene.writer().open_merge_request(scene.draft())

    scene.gitlab.faults.before(method, path, open_it, skip=skip)


def _branch_deleted(scene: Scene, method: str, path: str, skip: int) -> None:
    def delete() -> None:
        if scene.project.repository.head(BRANCH) and not scene.project.merge_requests:
            scene.project.repository.git("update-ref", "-d", f"refs/heads/{BRANCH}")

    scene.gitlab.faults.before(method, path, delete, skip=skip)


def _no_sha_at_first(scene: Scene) -> None:
    scene.gitlab.faults.old_null_sha, scene.gitlab.faults.branch_lag = True, 15.0


FAULTS: dict[str, Fault] = {
    "reply lost as 502": lambda s, m, p, k: s.gitlab.faults.lose_reply(m, p, skip=k),
    "reply lost by reset": lambda s, m, p, k: s.gitlab.faults.lose_reply(m, p, reset=True, skip=k),
    "resource lock": lambda s, m, p, k: s.gitlab.faults.locked(m, p, times=2, skip=k),
    "throttled": lambda s, m, p, k: s.gitlab.faults.throttled(m, p, skip=k),
    "throttled until a date": lambda s, m, p, k: s.gitlab.faults.throttled(
        m, p, retry_after=formatdate(s.gitlab.clock.now + 9, usegmt=True), skip=k
    ),
    "limited": lambda s, m, p, k: s.gitlab.faults.limited(m, p, skip=k),
    "maintenance": lambda s, m, p, k: s.gitlab.faults.add(
        "reply", m, p, status=503, body={"message": "down"}, times=3, skip=k
    ),
    "long maintenance": lambda s, m, p, k: s.gitlab.faults.add(
        "reply", m, p, status=503, body={"message": "down"}, times=9, skip=k
    ),
    "bad gateway before": lambda s, m, p, k: s.gitlab.faults.add(
        "reply", m, p, status=502, body=b"<html>", headers={"Content-Type": "text/html"}, skip=k
    ),
    "login page": lambda s, m, p, k: s.gitlab.faults.add(
        "reply", m, p, status=200, body=b"<!DOCTYPE html>", headers={"Content-Type": "text/html"}, skip=k
    ),
    "read fails after": lambda s, m, p, k: s.gitlab.faults.add("reply", "GET", "", status=500, times=2, skip=9 + k),
    "human labels meanwhile": _human_label,
    "another run writes the state": _other_run_writes_state,
    "another job opens it first": _opened_by_another_job,
    "the branch is deleted meanwhile": _branch_deleted,
}
STEADY: dict[str, Callable[[Scene, random.Random], None]] = {
    "branch lags": lambda s, r: setattr(s.gitlab.faults, "branch_lag", r.uniform(1, 40)),
    "no sha at first": lambda s, r: _no_sha_at_first(s),
    "slow to prepare": lambda s, r: setattr(s.gitlab.faults, "prepare", r.uniform(5, 60)),
    "never prepared": lambda s, r: setattr(s.gitlab.faults, "stuck_preparing", True),
    "head lags": lambda s, r: setattr(s.gitlab.faults, "head_lag", r.uniform(2, 20)),
    "positions lost": lambda s, r: setattr(s.gitlab.faults, "positions_lost", True),
    "pipelines lag": lambda s, r: setattr(s.gitlab.faults, "pipeline_lag", r.uniform(2, 15)),
    "no head pipeline": lambda s, r: setattr(s.gitlab.faults, "head_pipeline_null", True),
    "pages shift": lambda s, r: setattr(s.gitlab.faults, "shift_pages", True),
    "good": lambda s, r: None,
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one seeded day went. `stops` counts clean stops with 75, after each of which the job was run again."""

    name: str
    end: dict[str, Any]
    stops: int
    lost_unread: list[str]
    theirs_gone: set[str]  # what others wrote meanwhile and the loop took away
    fired: int  # faults that were met
    met: bool  # the day's own pair of fault and write was among them


def day(folder: Path, seed: int | None) -> Outcome:
    """One day from its seed; None is the good day."""
    with FakeGitLab(folder / "gitlab") as gitlab:
        project = gitlab.project("acme/app", FILES)
        project.plan("*", JobPlan(name="test"))
        read = gitlab.token(project, "loop-reader", level=REPORTER, scopes=("read_api", "read_repository"))
        write = gitlab.token(project, "loop-writer", scopes=("api", "write_repository"))
        scene = Scene(gitlab, project, read, write)
        name = _plan(scene, random.Random(seed), seed) if seed is not None else "good day"
        stops = 0
        while stops < MOST_STOPS:
            try:
                journey(scene)
                break
            except TryLater:
                stops += 1
                gitlab.clock.advance(600)
        return Outcome(
            name=name,
            end=end_of(scene),
            stops=stops,
            lost_unread=_lost_unread(gitlab),
            theirs_gone=_theirs_gone(scene),
            fired=len(gitlab.faults.fired),
            met=seed is None or gitlab.faults.planned[0].name in gitlab.faults.fired,
        )


def _plan(scene: Scene, chance: random.Random, seed: int) -> str:
    """One pair of the matrix after the other, so that as many seeds as pairs meet each; the rest by chance."""
    pairs = list(product(FAULTS, WRITES))
    # A stride without a common divisor, so that the first few seeds differ in both.
    planned = [(*pairs[seed * STRIDE % len(pairs)], 0)]
    for _ in range(chance.randint(0, 2)):
        planned.append((*chance.choice(pairs), chance.randint(0, 1)))
    for fault, write, more in planned:
        method, path, skip = WRITES[write]
        FAULTS[fault](scene, method, path, skip + more)
    steady = _that_lets_happen(planned[0][1], chance.choice([*STEADY]))
    STEADY[steady](scene, chance)
    return "; ".join([*(f"{fault} at {write}" for fault, write, _ in planned), steady])


def _that_lets_happen(write: str, steady: str) -> str:
    """Nothing is taken away unless positions are lost, and nothing remarked where nothing is ever prepared."""
    if write == TAKEN_AWAY:
        return "positions lost"
    return "slow to prepare" if (write, steady) == (REMARK, "never prepared") else steady


def journey(scene: Scene) -> None:
    """What the phases write in one sweep and one tend run, each thing twice."""
    reader, writer = scene.reader(), scene.writer()
    for text in ("- [x] one\n", "- [x] one\n- [x] two\n"):
        writer.write_control_issue(text)
    known = reader.merge_request_of(BRANCH)
    if known is None or known.state == "opened":
        _made_and_tended(scene, writer)
    for line in ("run 1\n", "run 2\n"):
        _remember(scene, line)


def _made_and_tended(scene: Scene, writer: GitLabWriter) -> None:
    base, tip = scene.base, scene.reader().branch_head(BRANCH)
    writer.publish_branch(BRANCH, base, PATCH, "Cache what CI downloads", tip)
    mr = writer.open_merge_request(scene.draft())
    mr = writer.update_merge_request(mr, scene.draft(description="Saves three minutes."))
    for text in ("Red.", "Red, still."):
        writer.comment(mr, "state", text)
    for _ in range(2):
        left = writer.annotate(mr, REMARKS)
        writer.comment(mr, "review", f"Told here: {' '.join(left) or 'nothing'}.")
    mr = writer.set_labels(mr, ("improve-loop/fixing",), ())
    mr = writer.set_labels(mr, ("improve-loop/needs-review",), ("improve-loop/fixing",))
    _restarted(scene, writer, mr)
    writer.close(mr, "Superseded.")


def _restarted(scene: Scene, writer: GitLabWriter, mr: MergeRequest) -> None:
    """Somebody cancels the first pipeline, once; as `ship` does, a cancelled one is started again."""
    scene.gitlab.clock.advance(60)
    record = [one for one in scene.project.pipelines if one.ref == BRANCH][-1]
    if not any(job.retried or job.forced for job in record.jobs):
        for job in record.jobs:
            job.forced = "canceled"
    if any(pipeline.status == "canceled" for pipeline in scene.reader().pipelines_of(mr)):
        writer.retrigger(mr)


def _remember(scene: Scene, line: str) -> None:
    """As the phases do: read, add, write exactly what was read; a lost race is tried again."""
    for _ in range(4):
        file = scene.reader().read_state()
        if line in (file.text or ""):
            return
        try:
            scene.writer().write_state((file.text or "") + line, file.revision, f"Remember {line.strip()}")
            return
        except TryLater:
            continue
    raise TryLater("the state could not be written")


def end_of(scene: Scene) -> dict[str, Any]:
    """What people and the next run see, without what differs by the time of day."""
    project, repository = scene.project, scene.project.repository
    state = (repository.read(STATE_BRANCH, STATE_PATH) or b"").decode().splitlines()
    notes = [note for mr in project.merge_requests for note in mr.notes]
    return {
        "merge requests": [
            (mr.source_branch, mr.state, mr.title, mr.description.split("<!--")[0], sorted(mr.labels - {LABEL}))
            for mr in project.merge_requests
        ],
        "notes": [note.body for note in notes if not _is_remark(note) and "Told here" not in note.body],
        # On its line or in the summary, and nowhere twice.
        "remarks": {one.key: sum(one.key in note.body for note in notes) for one in REMARKS},
        "pipelines": [[job.retried for job in one.jobs] for one in _pipelines(scene)],
        "issues": [(issue.state, issue.description) for issue in project.issues],
        "branch": repository.read(BRANCH, "README.md"),
        "commits": len(repository.log([f"main..{BRANCH}"])) if repository.head(BRANCH) else 0,
        "state": sorted(line for line in state if line != LINE),
    }


def _pipelines(scene: Scene) -> list[PipelineRecord]:
    """That of the last push, and all that the loop started: a branch that was deleted is pushed again."""
    found = [one for one in scene.project.pipelines if one.ref == BRANCH]
    pushed = [one for one in found if one.source == "push"]
    return [*pushed[-1:], *(one for one in found if one.source != "push")]


def _theirs_gone(scene: Scene) -> set[str]:
    labels = [mr.labels for mr in scene.project.merge_requests]
    state = (scene.project.repository.read(STATE_BRANCH, STATE_PATH) or b"").decode().splitlines()
    kept = {LABEL} if all(LABEL in each for each in labels) else set()
    return scene.theirs - kept - {*state}


def _is_remark(note: Note) -> bool:
    return any(one.key in note.body for one in REMARKS)


def _lost_unread(gitlab: FakeGitLab) -> list[str]:
    """Writes that followed a lost reply although nothing had been read between (a leased push is its own reading)."""
    return [
        f"{one.method} {one.path}"
        for one, following in zip(gitlab.log, gitlab.log[1:], strict=False)
        if one.lost and following.is_write and not following.path.endswith("git-receive-pack")
    ]
