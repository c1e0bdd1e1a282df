"""Runs one of the target's own commands: empty environment, no network, no home, and an end for all that it starts.

In bubblewrap where it works, else in namespaces of our own, else not at all: code of the target runs unconfined only
where the configuration says `sandbox: none`. A sandbox is tried once per process before it is trusted.

After a command ran, git must not be used in the checkout: what the command left there would run outside the sandbox.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from threading import Event
from typing import Literal

from improve_loop.edges.sandbox.output import BoundedOutput
from improve_loop.edges.sandbox.view import HOME, Step, View, view_of
from improve_loop.edges.scratch import scratch_folder

Confined = Literal["bubblewrap", "namespaces"]
Used = Literal["bubblewrap", "namespaces", "none"]
KINDS: tuple[Confined, ...] = ("bubblewrap", "namespaces")  # the first that works is used
INIT = Path(__file__).with_name("init.py")
WATCH_SECONDS = 0.2  # how often a running command is looked after
ENDING_SECONDS = 10.0  # for the supervisor to kill and collect what a command left
STARTED = b"started\n"
IN_BUBBLEWRAP = 'echo started >&3; exec "$@" 3>&-'


@dataclass(frozen=True, kw_only=True)
class Ran:
    """How a command ended. `not_run` says in `reason` why, and is neither passed nor failed."""

    status: Literal["passed", "failed", "timed_out", "not_run"]
    exit_code: int | None  # 128 + n when signal n ended it; None when it did not end by itself
    seconds: float
    output_tail: str  # standard output and error as they came; the middle of a long one is left out
    sandbox: Used
    reason: str


@dataclass(frozen=True)
class _Until:
    """Until when a command may run: a moment of the monotonic clock, or another thread's word."""

    deadline: float
    stop: Event

    def over(self) -> bool:
        return self.stop.is_set() or time.monotonic() >= self.deadline

    def next_look(self) -> float:
        return max(0.0, min(WATCH_SECONDS, self.deadline - time.monotonic()))


def run(
    argv: Sequence[str],
    folder: Path,
    timeout_seconds: float,
    sandbox: Literal["auto", "none"] = "auto",
    *,
    readable: Sequence[Path] = (),
    kinds: tuple[Confined, ...] = KINDS,
    stop: Event | None = None,
) -> Ran:
    """Runs an argument list in a checkout; every process it started is dead when this returns or raises.

    `readable`: what else it may read, as the git directory that a linked worktree belongs to. Setting `stop` in
    another thread ends it within WATCH_SECONDS, as if it had run out of time.
    """
    stop = stop or Event()
    if sandbox == "none":
        return _run_in("none", argv, folder.resolve(), timeout_seconds, stop=stop)
    used, why_not = working_sandbox(kinds)
    if used is None:
        return _not_run("none", f"no sandbox works here: {why_not}")
    return _run_in(used, argv, folder.resolve(), timeout_seconds, [place.resolve() for place in readable], stop)


@cache
def working_sandbox(kinds: tuple[Confined, ...] = KINDS) -> tuple[Confined | None, str]:
    """The first kind that runs `true`, or None and what was wrong with each; tried once per process."""
    problems = []
    for kind in kinds if sys.platform.startswith("linux") else ():
        with tempfile.TemporaryDirectory() as folder:
            tried = _run_in(kind, ("true",), Path(folder).resolve(), 30)
        if tried.status == "passed":
            return kind, ""
        problems.append(f"{kind}: {tried.reason}")
    return None, (
        f"{'; '.join(problems) or 'it needs Linux'}. Install bubblewrap or allow user namespaces; where the whole job "
        "is a throw-away container without secrets, say `sandbox: none` in .improve-loop.yml"
    )


def _run_in(
    used: Used,
    argv: Sequence[str],
    folder: Path,
    timeout_seconds: float,
    readable: Sequence[Path] = (),
    stop: Event | None = None,
) -> Ran:
    until = _Until(time.monotonic() + timeout_seconds, stop or Event())
    if used == "bubblewrap" and shutil.which("bwrap") is None:
        return _not_run(used, "not installed")
    if used == "none":
        with scratch_folder(ignore_cleanup_errors=True) as fresh:
            return _run_unconfined(argv, folder, until, Path(fresh))
    view = view_of(argv, folder, os.get_exec_path(), readable)
    if view.missing is not None:
        return _not_run(used, view.missing)
    environment = _environment(view.path, HOME, "/tmp", folder)
    return _play(used, lambda status: _spec(used, argv, folder, view, status), Path("/"), environment, until)


def _run_unconfined(argv: Sequence[str], folder: Path, until: _Until, fresh: Path) -> Ran:
    path = os.pathsep.join(entry for entry in os.get_exec_path() if os.path.isabs(entry))
    for name in ("home", "tmp"):
        (fresh / name).mkdir()
    environment = _environment(path, str(fresh / "home"), str(fresh / "tmp"), folder)
    return _play(
        "none",
        lambda status: {"mode": "none", "argv": list(argv), "status": status},
        folder,
        environment,
        until,
    )


def _environment(path: str, home: str, temporary: str, folder: Path) -> dict[str, str]:
    return {"PATH": path, "LANG": "C.UTF-8", "HOME": home, "TMPDIR": temporary, "PWD": str(folder)}


def _spec(used: Used, argv: Sequence[str], folder: Path, view: View, status: int) -> dict[str, object]:
    """What `init.py` is told."""
    if used == "bubblewrap":
        shell = ("/bin/sh", "-c", IN_BUBBLEWRAP, "check", *argv)
        return {"mode": used, "status": status, "argv": [*_bubblewrap(view.steps, folder), *shell]}
    steps = [[step.kind, step.path, step.target] for step in view.steps]
    return {"mode": used, "status": status, "argv": list(argv), "folder": str(folder), "steps": steps}


def _bubblewrap(steps: Sequence[Step], folder: Path) -> list[str]:
    """The view as bubblewrap's options."""
    words = [shutil.which("bwrap") or "bwrap", "--unshare-all", "--die-with-parent", "--cap-drop", "ALL"]
    for step in steps:
        words += {
            "ro": ["--ro-bind", step.path, step.path],
            "rw": ["--bind", step.path, step.path],
            "empty": ["--tmpfs", step.path],
            "folder": ["--dir", step.path],
            "link": ["--symlink", step.target, step.path],
            "mask": ["--ro-bind", "/dev/null", step.path],
            "dev": ["--dev", step.path],
            "proc": ["--proc", step.path],
        }[step.kind]
    return [*words, "--remount-ro", "/", "--chdir", str(folder), "--"]


def _play(
    used: Used,
    spec: Callable[[int], dict[str, object]],
    folder: Path,
    environment: dict[str, str],
    until: _Until,
) -> Ran:
    """Starts `init.py`, reads until the end or the timeout, and leaves nothing running."""
    began = time.monotonic()
    read_end, write_end = os.pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(INIT), json.dumps(spec(write_end))],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(write_end,),
        )
    except OSError as error:
        os.close(read_end)
        return _not_run(used, str(error))
    finally:
        os.close(write_end)
    output = BoundedOutput()
    try:
        in_time = _read_until(process, output, until)
    finally:
        _end(process)
        said = _said(read_end)
    ran = _judged(used, process.returncode, in_time=in_time, said=said, output=output.text())
    return replace(ran, seconds=round(time.monotonic() - began, 3))


def _judged(used: Used, code: int, *, in_time: bool, said: bytes, output: str) -> Ran:
    ran = Ran(status="passed", exit_code=code, seconds=0, output_tail=output, sandbox=used, reason="")
    if not in_time:
        return replace(
            ran, status="timed_out", exit_code=None, reason="not done in time; all its processes were killed"
        )
    if said != STARTED:
        why = said.removeprefix(STARTED).decode(errors="replace").strip().removeprefix("cannot: ")
        return replace(ran, status="not_run", exit_code=None, reason=why or f"it did not start: {output.strip()[:500]}")
    return ran if code == 0 else replace(ran, status="failed", reason=f"exit code {code}")


def _read_until(process: subprocess.Popen[bytes], output: BoundedOutput, until: _Until) -> bool:
    """Reads to the end of output and process; False when time was up or somebody said stop."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not until.over():
            if not selector.select(until.next_look()):
                continue
            chunk = os.read(process.stdout.fileno(), 1 << 16)
            if not chunk:
                break
            output.add(chunk)
    while not until.over():
        with suppress(subprocess.TimeoutExpired):
            process.wait(until.next_look())
            return True
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """The supervisor kills all that descends from it and goes; should it not, its group is killed."""
    process.terminate()
    try:
        process.wait(ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _said(read_end: int) -> bytes:
    """What was said on the status descriptor, which nobody holds any more; never waits."""
    os.set_blocking(read_end, False)
    try:
        return os.read(read_end, 4096)
    except BlockingIOError:
        return b""
    finally:
        os.close(read_end)


def _not_run(used: Used, reason: str) -> Ran:
    return Ran(status="not_run", exit_code=None, seconds=0.0, output_tail="", sandbox=used, reason=reason)
