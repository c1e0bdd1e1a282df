"""A person at a terminal: what they said is kept, also when they stop in the middle of a question."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import sys
from pathlib import Path

import pytest

from tests.support.repositories import branches, clean, improve_loop, repository

QUESTION, WHY = b"[q]uit", b"Why not?"


def talk(command: list[str], lines: list[tuple[bytes, bytes]]) -> int:
    """Runs the command on a terminal of its own and answers each prompt with its line; the exit code."""
    process, terminal = pty.fork()
    if process == 0:
        os.execve(sys.executable, [sys.executable, "-m", "improve_loop", *command], clean(TERM="xterm"))
    heard, todo, last, silences = b"", list(lines), b"", 0
    while True:
        if not select.select([terminal], [], [], 5)[0]:
            silences += 1
            if silences > 12:
                os.kill(process, signal.SIGKILL)
            elif last == b"\x03":
                os.write(terminal, last)  # as a person would: the first one met a terminal that was being set up
            continue
        try:
            part = os.read(terminal, 1 << 16)
        except OSError:  # how Linux says that the other side is gone
            break
        if not part:
            break
        heard += part
        if todo and todo[0][0] in heard:
            heard = heard.partition(todo[0][0])[2]
            last = todo.pop(0)[1]
            os.write(terminal, last)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_no_before_ctrl_c_is_remembered_and_shown_next_time(tmp_path: Path) -> None:
    app = repository(tmp_path / "app")
    command = ["run", "--target", str(app), "--out", str(tmp_path / "one")]
    code = talk(command, [(QUESTION, b"n\n"), (WHY, b"ops reads it\n"), (QUESTION, b"\x03")])
    assert code == 130
    assert branches(app) == []
    assert not (app / ".git/improve-loop/lock.json").exists()
    improve_loop("run", "--target", app, "--out", tmp_path / "two")
    dropped = json.loads((tmp_path / "two/cleanup/report.json").read_text())["dropped"]
    assert [each["rule"] for each in dropped] == ["rejected"]
    assert dropped[0]["reason"].endswith("ops reads it")
