"""The plain log, and the standard streams that it writes to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from improve_loop.cli.run import play_all
from improve_loop.edges import artifacts
from improve_loop.edges.console import PlainLog
from improve_loop.edges.desk import RUN, Desk
from improve_loop.edges.environment import Environment
from improve_loop.errors import ArtifactError
from improve_loop.model.options import Options
from tests.support.builders import run
from tests.support.repositories import ROOT, branches, clean, repository


def test_a_log_whose_reader_went_away_falls_silent_and_the_work_goes_on() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        log = PlainLog(stream)
        with log.phase("triage", "which few?"):
            log.say("one")
        log.say("two")
        assert os.fstat(stream.fileno()).st_rdev == os.stat(os.devnull).st_rdev


def test_a_log_on_a_full_disk_says_so_once_and_the_work_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    with Path("/dev/full").open("w") as stream:
        log = PlainLog(stream)
        log.say("one")
        log.say("two")
    assert capsys.readouterr().err.count("the log cannot be written") == 1


def test_a_run_whose_output_nobody_reads_ends_as_any_other(tmp_path: Path) -> None:
    app = repository(tmp_path / "app")
    command = f"{sys.executable} -m improve_loop run --auto --target app --out out | head -n 1"
    shell = ["bash", "-o", "pipefail", "-c", command]
    done = subprocess.run(shell, cwd=tmp_path, env=clean(), capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(branches(app)) == 2
    assert not (app / ".git/improve-loop/lock.json").exists()


def test_closed_standard_streams_are_no_bug(tmp_path: Path) -> None:
    command = f"{sys.executable} -m improve_loop config check {ROOT}/schemas/examples/config.yml <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], env=clean(), timeout=60, check=False).returncode == 0


def test_an_error_of_cleanup_does_not_hide_why_the_run_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def play(name: str, desk: Desk) -> str:
        if name == "cleanup":
            raise ArtifactError("the report cannot be written")
        if name == "discover":
            raise KeyboardInterrupt
        return name

    monkeypatch.setattr("improve_loop.cli.run.play", play)
    artifacts.write(tmp_path, RUN, run())
    desk = Desk(out=tmp_path, options=Options(), environment=Environment(), log=PlainLog())
    with pytest.raises(KeyboardInterrupt):
        play_all(desk)
    assert "cleanup: the report cannot be written" in capsys.readouterr().err
