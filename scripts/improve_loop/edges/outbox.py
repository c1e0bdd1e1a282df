"""The folder of a run's artifacts: where it is by default, and how a new run moves an earlier one aside."""

from __future__ import annotations

import fcntl
import json
import os
import re
from pathlib import Path

from improve_loop.edges.desk import RUN, SCRATCH
from improve_loop.edges.environment import Environment
from improve_loop.errors import TryLater, UsageError

PHASE_FOLDERS = (
    *("preflight", "discover", "extract", "triage", "propose", "approve", "implement"),
    *("check", "gate", "publish", "validate", "ship", "cleanup"),
)
PREVIOUS = "previous"
NOTE = b"*\n"  # the .gitignore of our own folders, by which they are known
_HELD: dict[Path, int] = {}  # folders that this process writes to, and the open file that holds each


def default_out(environment: Environment, name: str, started: str) -> Path:
    """In CI `il-out` of the job; on a laptop a folder outside every working tree, one per run."""
    if environment.in_ci or environment.state_home is None:
        return Path("il-out").absolute()
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    return environment.state_home / "runs" / safe / re.sub(r"[^0-9TZ]", "", started)


def prepare(out: Path) -> Path | None:
    """An empty place for a new run; an earlier run's artifacts are moved to `previous/<run id>`, which is returned."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise UsageError(f"{out}: is not a folder; give --out another one")
    try:
        out.mkdir(parents=True, exist_ok=True)
        _refuse_foreign(out)
        _ignore_itself(out)
        _hold(out)
        there = [out / name for name in PHASE_FOLDERS if (out / name).exists() or (out / name).is_symlink()]
        if not there:
            return None
        aside = _free(out / PREVIOUS / _run_id(out))
        aside.mkdir(parents=True)
        for folder in there:
            folder.rename(aside / folder.name)
    except OSError as error:
        raise TryLater(f"{out}: cannot be used: {error.strerror}; give --out a folder that you may write to") from error
    return aside


def _refuse_foreign(out: Path) -> None:
    """A folder with other things in it is not ours: a `check/` or `publish/` there may be a human's."""
    other = next((path.name for path in out.iterdir()), None)
    note = out / ".gitignore"
    if other and not (note.is_file() and note.read_bytes() == NOTE):
        raise UsageError(
            f"{out}: holds other files ({other}); give --out a folder of its own, such as {out / 'il-out'}"
        )


def _hold(out: Path) -> None:
    """Two runs never share a folder: it is held, without a trace, until this process ends."""
    if out in _HELD:
        return
    handle = os.open(out / ".gitignore", os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise TryLater(f"{out}: another run is writing there; wait for it, or give --out another folder") from None
    _HELD[out] = handle


def _ignore_itself(out: Path) -> None:
    """A run inside a repository must not show up in its `git status`."""
    note = out / ".gitignore"
    if not note.exists():
        note.write_bytes(NOTE)


def _run_id(out: Path) -> str:
    try:
        found = json.loads((out / RUN).read_bytes())["run_id"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "unfinished"
    return found if isinstance(found, str) and re.fullmatch(r"[A-Za-z0-9._-]{1,80}", found) else "unfinished"


def _free(wanted: Path) -> Path:
    number, path = 1, wanted
    while path.exists():
        number, path = number + 1, wanted.with_name(f"{wanted.name}-{number + 1}")
    return path


def scratch_of(out: str) -> Path | None:
    """The scratch folder that a run which did not finish left in `out`, if it is there and is one."""
    folder = Path(out) / SCRATCH
    return folder if folder.is_dir() and not folder.is_symlink() else None
