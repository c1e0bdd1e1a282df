"""A job killed between its push and its merge request, then retried as GitLab does: the same merge request, once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.loop.test_review_on_gitlab import Team, team
from tests.support.imports import ROOT
from tests.support.repositories import clean

__all__ = ["team"]  # the fixture
SAMPLE = ROOT / "examples" / "sample-repo"


def asked(team: Team, **more: str) -> None:
    """A sweep of the sample, and these files, up to its question."""
    files: dict[str, str | None] = {
        str(path.relative_to(SAMPLE)): path.read_text() for path in SAMPLE.rglob("*") if path.is_file()
    }
    team.gitlab.push(team.project, "main", {**files, **more}, by="ada")
    first = team.command("preflight", "--target", f"{team.gitlab.url}/acme/app", "--mode", "none")
    assert first.code == 0, first.output
    for words in (["discover", "--domain", "ci"], ["extract"], ["triage"], ["propose"]):
        done = team.command(*words)
        assert done.code == 0, done.output


def made(team: Team) -> None:
    """The same, accepted and made, up to where only `publish` is left."""
    asked(team)
    for words in (["approve"], ["implement"], ["check"], ["gate"]):
        done = team.command(*words)
        assert done.code == 0, done.output


def branches(team: Team) -> dict[str, str]:
    kept = ("main", "improve-loop/state")
    return {name: sha for name, sha in team.project.repository.refs().items() if name not in kept}


def test_publish_that_stopped_after_its_push_is_continued_by_its_retry(team: Team) -> None:
    made(team)
    forbidden = {"message": "403 Forbidden"}
    team.gitlab.faults.add("reply", "POST", "merge_requests$", status=403, body=forbidden, times=99)
    assert team.command("publish").code == 2
    pushed = branches(team)
    assert pushed
    assert team.project.merge_requests == []

    team.gitlab.faults.planned.clear()
    for _ in range(2):
        retried(team)
    each_is_open_once(team)
    assert pushed.items() <= branches(team).items()
    assert {json.loads(path.read_text())["status"] for path in published(team.folder)} == {"unchanged"}


def retried(team: Team) -> None:
    for path in (team.folder / "out" / "publish").rglob("*.json"):  # a retried job has none of its own
        path.unlink()
    done = team.command("publish")
    assert done.code == 0, done.output


def each_is_open_once(team: Team) -> None:
    opened = [mr.source_branch for mr in team.project.merge_requests]
    assert len(opened) == len(set(opened)) == len(branches(team)) > 1


def killed_at(team: Team, path: str, *, carried_out: bool) -> None:
    """`publish` in a process of its own, which gets SIGKILL over its next POST there."""
    process: subprocess.Popen[bytes] | None = None

    def kill() -> None:
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        process.wait(30)

    team.gitlab.faults.kills("POST", path, kill, carried_out=carried_out)
    team.gitlab.clock.now = max(time.time(), team.gitlab.clock.now)
    command = [sys.executable, "-m", "improve_loop", "publish", "--out", str(team.folder / "out")]
    process = subprocess.Popen(command, env=clean(**team.environ()), stdout=subprocess.DEVNULL)
    assert process.wait(60) == -signal.SIGKILL


def test_a_publish_that_is_killed_over_its_merge_request_is_continued_by_its_retry(team: Team) -> None:
    """kill -9 by the simulator: first with the branch pushed and no merge request, then with one that it never saw."""
    made(team)
    killed_at(team, "merge_requests$", carried_out=False)
    (pushed,) = branches(team).items()
    assert team.project.merge_requests == []
    killed_at(team, "merge_requests$", carried_out=True)
    assert [mr.source_branch for mr in team.project.merge_requests] == [pushed[0]]
    retried(team)
    each_is_open_once(team)
    assert pushed in branches(team).items()
    created = [one for one in team.gitlab.writes() if one.path.endswith("/merge_requests") and one.status == 201]
    assert len(created) == len(team.project.merge_requests)


def published(folder: Path) -> list[Path]:
    return sorted((folder / "out" / "publish").glob("*.json"))
