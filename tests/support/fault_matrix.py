"""Seeded bad days: the writes of propose, publish, ship and cleanup under faults, against the same on a good day."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any

from improve_loop.errors import TryLater
from improve_loop.model.forge import STATE_BRANCH, STATE_PATH
from tests.forge.conftest import BRANCH, FILES, PATCH, Scene
from tests.support.fake_gitlab import REPORTER, FakeGitLab, JobPlan

# Every write: propose, publish, ship, cleanup.
WRITES = {
    "control issue": ("POST", r"/issues$"),
    "control issue again": ("PUT", r"/issues/1$"),
    "push": ("POST", r"git-receive-pack$"),
    "merge request": ("POST", r"/merge_requests$"),
    "labels and text": ("PUT", r"/merge_requests/1$"),
    "comment": ("POST", r"/notes$"),
    "comment again": ("PUT", r"/notes/"),
    "state": ("POST", r"/repository/commits$"),
}
MOST_STOPS = 12  # longer than any fault here lasts
Fault = Callable[[Scene, str, str, int], None]


def _human_label(scene: Scene, method: str, path: str, skip: int) -> None:
    def label() -> None:
        for mr in scene.project.merge_requests:
            mr.labels.add("team::a")

    scene.gitlab.faults.before(method, path, label, skip=skip)


def _other_run_writes_state(scene: Scene, method: str, path: str, skip: int) -> None:
    def write() -> None:
        repository = scene.project.repository
        text = (repository.read(STATE_BRANCH, STATE_PATH) or b"").decode()
        if "other\n" not in text:
            head = repository.head(STATE_BRANCH)
            files = {STATE_PATH: (text + "other\n").encode()}
            repository.commit_files(STATE_BRANCH, head, files, "Other", ("Ada", "ada@example.com"))

    scene.gitlab.faults.before(method, path, write, skip=skip)


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
    "read fails after": lambda s, m, p, k: s.gitlab.faults.add("reply", "GET", "", status=500, times=2, skip=9 + k),
    "human labels meanwhile": _human_label,
    "another run writes the state": _other_run_writes_state,
}
STEADY: dict[str, Callable[[Scene, random.Random], None]] = {
    "branch lags": lambda s, r: setattr(s.gitlab.faults, "branch_lag", r.uniform(1, 40)),
    "no sha at first": lambda s, r: _no_sha_at_first(s),
    "slow to prepare": lambda s, r: setattr(s.gitlab.faults, "prepare", r.uniform(5, 60)),
    "never prepared": lambda s, r: setattr(s.gitlab.faults, "stuck_preparing", True),
    "head lags": lambda s, r: setattr(s.gitlab.faults, "head_lag", r.uniform(2, 20)),
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
    fired: int  # faults that were met


def day(folder: Path, seed: int | None) -> Outcome:
    """One day from its seed; None is the good day."""
    with FakeGitLab(folder / "gitlab") as gitlab:
        project = gitlab.project("acme/app", FILES)
        project.plan("*", JobPlan(name="test"))
        read = gitlab.token(project, "loop-reader", level=REPORTER, scopes=("read_api", "read_repository"))
        write = gitlab.token(project, "loop-writer", scopes=("api", "write_repository"))
        scene = Scene(gitlab, project, read, write)
        name = _plan(scene, random.Random(seed)) if seed is not None else "good day"
        stops = 0
        while stops < MOST_STOPS:
            try:
                journey(scene)
                break
            except TryLater:
                stops += 1
                gitlab.clock.advance(600)
        return Outcome(
            name=name, end=end_of(scene), stops=stops, lost_unread=_lost_unread(gitlab), fired=len(gitlab.faults.fired)
        )


def _plan(scene: Scene, chance: random.Random) -> str:
    names = []
    for _ in range(chance.randint(1, 3)):
        fault, write = chance.choice([*FAULTS]), chance.choice([*WRITES])
        FAULTS[fault](scene, *WRITES[write], chance.randint(0, 1))
        names.append(f"{fault} at {write}")
    steady = chance.choice([*STEADY])
    STEADY[steady](scene, chance)
    return "; ".join([*names, steady])


def journey(scene: Scene) -> None:
    """What the phases write in one sweep and one tend run, each thing twice."""
    reader, writer = scene.reader(), scene.writer()
    for text in ("- [x] one\n", "- [x] one\n- [x] two\n"):
        writer.write_control_issue(text)
    base, tip = scene.base, reader.branch_head(BRANCH)
    writer.publish_branch(BRANCH, base, PATCH, "Cache what CI downloads", tip)
    mr = writer.open_merge_request(scene.draft())
    mr = writer.update_merge_request(mr, scene.draft(description="Saves three minutes."))
    for text in ("Red.", "Red, still."):
        writer.comment(mr, "state", text)
    mr = writer.set_labels(mr, ("improve-loop/fixing",), ())
    writer.set_labels(mr, ("improve-loop/needs-review",), ("improve-loop/fixing",))
    for line in ("run 1\n", "run 2\n"):
        _remember(scene, line)


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
    return {
        "merge requests": [
            (mr.source_branch, mr.state, mr.title, mr.description.split("<!--")[0], sorted(mr.labels - {"team::a"}))
            for mr in project.merge_requests
        ],
        "notes": [note.body for mr in project.merge_requests for note in mr.notes],
        "issues": [(issue.state, issue.description) for issue in project.issues],
        "branch": repository.read(BRANCH, "README.md"),
        "commits": len(repository.log([f"main..{BRANCH}"])) if repository.head(BRANCH) else 0,
        "state": sorted(line for line in state if line != "other"),
    }


def _lost_unread(gitlab: FakeGitLab) -> list[str]:
    """Writes that followed a lost reply although nothing had been read between (a leased push is its own reading)."""
    return [
        f"{one.method} {one.path}"
        for one, following in zip(gitlab.log, gitlab.log[1:], strict=False)
        if one.lost and following.is_write and not following.path.endswith("git-receive-pack")
    ]
