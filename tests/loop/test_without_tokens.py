"""A job of a branch or merge request that protected variables do not reach: one message, exit 2, nothing half done."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loop.test_review_on_gitlab import Team, team
from tests.loop.test_stopped_publish import asked, made

__all__ = ["team"]  # the fixture


def files(out: Path) -> set[Path]:
    return {path for path in out.rglob("*") if path.is_file() and not {"timing", ".scratch"} & {*path.parts}}


@pytest.mark.parametrize("phase", ["propose", "publish", "ship", "cleanup"])
def test_a_job_that_writes_says_which_token_is_missing_and_does_nothing(team: Team, phase: str) -> None:
    made(team) if phase == "publish" else asked(team)
    if phase in ("ship", "cleanup"):
        assert team.command("validate").code == 0
    out = team.folder / "out"
    for path in (out / phase).rglob("*.json"):
        path.unlink()
    before, asked_for, refs = files(out), len(team.gitlab.log), team.project.repository.refs()
    done = team.command(phase, IL_READ_TOKEN="", IL_WRITE_TOKEN="")
    assert done.code == 2
    assert done.output.count("IL_WRITE_TOKEN is not set in this job") == 1
    assert "or run on a protected branch" in done.output
    assert "IL_READ_TOKEN" not in done.output
    assert files(out) == before
    assert (len(team.gitlab.log), team.project.repository.refs()) == (asked_for, refs)


def test_a_job_that_reads_says_so_of_its_own(team: Team) -> None:
    without = {"IL_READ_TOKEN": "", "IL_WRITE_TOKEN": "", "GITLAB_CI": "true"}
    done = team.command("preflight", "--target", f"{team.gitlab.url}/acme/app", **without)
    assert (done.code, team.gitlab.log) == (2, [])
    assert "IL_READ_TOKEN is not set in this job" in done.output
