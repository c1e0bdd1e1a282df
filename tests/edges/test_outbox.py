"""The folder of a run's artifacts is its own: nobody else's files are moved, no two runs share it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from improve_loop.edges import outbox
from improve_loop.errors import UsageError
from tests.support.repositories import clean


def test_a_folder_with_other_files_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "check").mkdir()
    (tmp_path / "check/mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds other files"):
        outbox.prepare(tmp_path)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == ["check", "check/mine.txt"]


def test_an_earlier_run_is_moved_aside(tmp_path: Path) -> None:
    out = tmp_path / "out"
    outbox.prepare(out)
    (out / "preflight").mkdir()
    (out / "preflight/run.json").write_text('{"run_id": "one"}')
    assert outbox.prepare(out) == out / "previous/one"


def test_a_second_run_in_the_same_folder_comes_later(tmp_path: Path) -> None:
    outbox.prepare(tmp_path)
    program = "import sys, pathlib; from improve_loop.edges import outbox; outbox.prepare(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, env=clean(), capture_output=True, text=True, timeout=60, check=False)
    assert "TryLater" in done.stderr
    assert "another run is writing there" in done.stderr
