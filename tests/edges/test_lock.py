"""The lock: one winner, a dead holder's place is taken, a live one's never."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from improve_loop.edges import lock
from improve_loop.errors import TryLater
from tests.support.imports import PACKAGE

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONTENDER = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from improve_loop.edges import lock
from improve_loop.errors import TryLater
folder, now = Path(sys.argv[1]), datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
holder = lock.holder_here(sys.argv[2], now, timedelta(hours=1), Path("out"), Path("scratch"), by_verbs=False)
print("ready", flush=True)
sys.stdin.readline()
try:
    lock.take(folder, holder, now)
    print("won", flush=True)
except TryLater:
    print("later", flush=True)
sys.stdin.readline()
"""
KILLED_AT_EVENT = """
import os, signal, sys
seen = 0
def count(event, arguments):
    global seen
    if event in ("open", "os.link", "os.rename", "os.remove", "fcntl.flock", "tempfile.mkstemp") and armed:
        seen += 1
        if seen == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
armed = False
from datetime import UTC, datetime, timedelta
from pathlib import Path
from improve_loop.edges import lock
folder, now = Path(sys.argv[1]), datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
holder = lock.holder_here("killed", now, timedelta(hours=1), Path("out"), Path("scratch"), by_verbs=False)
sys.addaudithook(count)
armed = True
lock.take(folder, holder, now)
lock.release(folder, "killed")
"""


def holder(run_id: str = "run-1", *, by_verbs: bool = False) -> lock.Holder:
    return lock.holder_here(run_id, NOW, HOUR, Path("/o"), Path("/s"), by_verbs=by_verbs)


def dead_holder(run_id: str = "dead") -> lock.Holder:
    """A holder whose process has ended and was waited for."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    gone = replace(holder(run_id), pid=child.pid, process_started=lock.process_start(child.pid))
    child.communicate(b"\n")
    return gone


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE.parent)}
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def put(folder: Path, content: object) -> None:
    folder.mkdir(exist_ok=True)
    (folder / lock.LOCK).write_text(json.dumps(content))


def test_a_free_lock_is_taken_and_names_its_holder(tmp_path: Path) -> None:
    assert lock.take(tmp_path / "il", holder(), NOW) == lock.Taken(stale_holder=None, took_over=False)
    assert lock.read(tmp_path / "il") == holder()


def test_a_live_holder_is_named_with_since_until_and_what_to_do(tmp_path: Path) -> None:
    lock.take(tmp_path, holder(), NOW)
    with pytest.raises(TryLater) as refusal:
        lock.take(tmp_path, holder("run-2"), NOW)
    message = str(refusal.value)
    assert "run run-1" in message
    assert str(os.getpid()) in message
    assert "since 2026-03-01T12:00:00Z, until 2026-03-01T13:00:00Z" in message
    assert f"remove {tmp_path / 'lock.json'}" in message
    assert lock.read(tmp_path) == holder()


def test_an_expired_holder_gives_way_though_its_process_lives(tmp_path: Path) -> None:
    lock.take(tmp_path, holder(), NOW)
    later = lock.holder_here("run-2", NOW + HOUR, HOUR, Path("/o"), Path("/s"), by_verbs=False)
    assert lock.take(tmp_path, later, NOW + HOUR) == lock.Taken(stale_holder=holder(), took_over=True)
    assert lock.read(tmp_path) == later
    assert json.loads((tmp_path / lock.ASIDE).read_text())["run_id"] == "run-1"


def test_a_holder_whose_process_is_gone_gives_way(tmp_path: Path) -> None:
    gone = dead_holder()
    lock.take(tmp_path, gone, NOW)
    assert lock.take(tmp_path, holder(), NOW).stale_holder == gone


def test_a_process_number_used_again_is_another_process(tmp_path: Path) -> None:
    before, _, tick = str(holder().process_started).rpartition("/")
    lock.take(tmp_path, replace(holder("old"), process_started=f"{before}/{int(tick) - 1}"), NOW)
    assert lock.take(tmp_path, holder(), NOW).stale_holder is not None


def test_a_holder_from_before_the_last_boot_gives_way(tmp_path: Path) -> None:
    _, namespace, tick = str(holder().process_started).split("/")
    lock.take(tmp_path, replace(holder("old"), process_started=f"other-boot/{namespace}/{tick}"), NOW)
    assert lock.take(tmp_path, holder(), NOW).stale_holder is not None


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"host": "another-host", "pid": 4_194_304},
        {"process_started": None, "pid": None},
    ],
    ids=["another host", "played verb by verb"],
)
def test_a_holder_that_cannot_be_looked_at_counts_as_alive(tmp_path: Path, elsewhere: dict[str, object]) -> None:
    put(tmp_path, {**asdict(holder("far")), **elsewhere})
    with pytest.raises(TryLater, match="run far"):
        lock.take(tmp_path, holder(), NOW)


def test_a_process_of_another_process_namespace_counts_as_alive(tmp_path: Path) -> None:
    boot, _, tick = str(holder().process_started).split("/")
    put(tmp_path, {**asdict(holder("box")), "pid": 4_194_304, "process_started": f"{boot}/pid:[1]/{tick}"})
    with pytest.raises(TryLater, match="run box"):
        lock.take(tmp_path, holder(), NOW)


def test_a_run_removes_only_its_own_lock(tmp_path: Path) -> None:
    lock.take(tmp_path, holder(), NOW)
    assert not lock.release(tmp_path, "run-2")
    assert lock.read(tmp_path) == holder()
    assert lock.release(tmp_path, "run-1")
    assert not lock.release(tmp_path, "run-1")
    assert not lock.release(tmp_path / "never", "run-1")
    assert not (tmp_path / "never").exists()


def test_a_run_changes_only_its_own_lock(tmp_path: Path) -> None:
    lock.take(tmp_path, holder(), NOW)
    assert lock.update(tmp_path, holder(by_verbs=True))
    assert lock.read(tmp_path) == holder(by_verbs=True)
    assert not lock.update(tmp_path, holder("run-2"))
    assert lock.read(tmp_path) == holder(by_verbs=True)


def test_a_lock_cut_off_by_a_crash_of_the_machine_gives_way_and_says_so(tmp_path: Path) -> None:
    (tmp_path / lock.LOCK).write_text('{"run_id": "r')
    assert lock.take(tmp_path, holder(), NOW) == lock.Taken(stale_holder=None, took_over=True)


@pytest.mark.parametrize("content", [[], {"run_id": "x"}, {**asdict(holder()), "more": 1}])
def test_a_lock_of_another_version_counts_as_alive(tmp_path: Path, content: object) -> None:
    put(tmp_path, content)
    with pytest.raises(TryLater, match="another version"):
        lock.take(tmp_path, holder(), NOW)


@pytest.mark.parametrize("left", ["nothing", "stale", "cut off"])
def test_of_twenty_processes_at_once_exactly_one_wins(tmp_path: Path, left: str) -> None:
    if left == "stale":
        lock.take(tmp_path, dead_holder(), NOW)
    if left == "cut off":
        (tmp_path / lock.LOCK).write_text("")
    crowd = [start(CONTENDER, str(tmp_path), f"run-{number}") for number in range(20)]
    said: list[str] = []
    for word in ("ready", "won or later"):
        said = [process.stdout.readline().strip() for process in crowd if process.stdout]
        assert word != "ready" or set(said) == {"ready"}
        for process in crowd if word == "ready" else ():
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
    winner = lock.read(tmp_path)
    for process in crowd:
        process.communicate("done\n")
    assert sorted(said) == ["later"] * 19 + ["won"]
    assert winner is not None
    assert winner.run_id == f"run-{said.index('won')}"


@pytest.mark.parametrize("left", ["nothing", "stale"])
def test_killed_at_any_step_the_next_take_goes_on(tmp_path: Path, left: str) -> None:
    survived = False
    for step in range(1, 60):
        if left == "stale":
            put(tmp_path, asdict(dead_holder()))
        process = start(KILLED_AT_EVENT, str(tmp_path), str(step))
        process.communicate("")
        survived = process.returncode == 0
        lock.take(tmp_path, holder(), NOW)
        assert lock.release(tmp_path, "run-1")
        assert not list(tmp_path.glob(".writing-*"))
        if survived:
            break
        assert process.returncode == -9
    assert survived
    assert step > 10


def test_a_user_without_a_name_is_known_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987_654_321)
    assert lock.user_name() == "987654321"
