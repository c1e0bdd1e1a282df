"""One run at a time for one target: a lock file that names its holder and says when it ends by itself.

The file appears whole (hard link to a finished temporary file) and only where none is. A stale one is moved aside,
never overwritten. Judging and moving aside happen under a kernel lock on `lock.guard`, so that nobody moves a lock that
was taken after they looked; the kernel lets go of it when a process dies, so kill -9 leaves nothing to clean.
"""

from __future__ import annotations

import getpass
import json
import os
import platform
import shutil
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from improve_loop.edges.environment import git_environment
from improve_loop.edges.exclusive import alone, finished_file, replace_file, sweep
from improve_loop.errors import TryLater

LOCK = "lock.json"
ASIDE = "lock.stale.json"
GUARD = "lock.guard"


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who holds the lock. Times are RFC 3339; `pid` is None when the run is played verb by verb."""

    run_id: str
    pid: int | None
    process_started: str | None  # boot, process namespace and start tick: the same number later is another process
    host: str
    user: str
    started_at: str
    expires_at: str
    out: str
    scratch: str


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The lock is held now. `stale_holder` is the dead or expired one whose place was taken."""

    stale_holder: Holder | None
    took_over: bool = False  # True also when what was there could not be read and so names no holder


def holder_here(run_id: str, now: datetime, lasts: timedelta, out: Path, scratch: Path, *, by_verbs: bool) -> Holder:
    """A holder that is this process, or (`by_verbs`) a run that outlives the process of each of its verbs."""
    pid = None if by_verbs else os.getpid()
    return Holder(
        run_id=run_id,
        pid=pid,
        process_started=None if pid is None else process_start(pid),
        host=platform.node(),
        user=user_name(),
        started_at=_rfc3339(now),
        expires_at=_rfc3339(now + lasts),
        out=str(out),
        scratch=str(scratch),
    )


def take(folder: Path, holder: Holder, now: datetime) -> Taken:
    """Takes the lock in `folder` (`<git common dir>/improve-loop`).

    Raises TryLater when a live run holds it, naming the holder, since when, until when, and what to do.
    """
    with alone(folder / GUARD):
        path = folder / LOCK
        sweep(folder)
        before = read(folder)
        took_over = path.exists()
        if before is not None and not is_stale(before, now):
            raise TryLater(_busy(path, before))
        if took_over:
            os.replace(path, folder / ASIDE)
        _create(path, holder)
    return Taken(stale_holder=before, took_over=took_over)


def update(folder: Path, holder: Holder) -> bool:
    """Replaces the lock of the same run (another expiry, or `pid` None once preflight is over); False: not its own."""
    with alone(folder / GUARD):
        current = read(folder)
        if current is None or current.run_id != holder.run_id:
            return False
        replace_file(folder / LOCK, _content(holder))
        return True


def release(folder: Path, run_id: str) -> bool:
    """Removes the lock when it belongs to this run; False when it does not, or there is none."""
    if not folder.is_dir():
        return False
    with alone(folder / GUARD):
        current = read(folder)
        if current is None or current.run_id != run_id:
            return False
        (folder / LOCK).unlink()
        return True


def read(folder: Path) -> Holder | None:
    """Who holds the lock; None where there is none, or one that a crash of the machine cut off.

    Raises TryLater for a lock of another version: it may be alive.
    """
    path = folder / LOCK
    try:
        plain = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return None
    try:
        holder = Holder(**plain)
        _moment(holder.expires_at)
    except (TypeError, ValueError):
        raise TryLater(
            f"{path}: a lock of another version of improve-loop; if no run is at work, remove the file and run again"
        ) from None
    return holder


def is_stale(holder: Holder, now: datetime) -> bool:
    """Expired; or of this host, and its process is gone or another one. What cannot be looked at counts as alive."""
    if now >= _moment(holder.expires_at):
        return True
    if holder.pid is None or holder.process_started is None or holder.host != platform.node():
        return False
    here, there = _place(), holder.process_started.split("/")[:-1]
    if there[:1] != here[:1]:
        return True  # this host was started again since
    return there == here and process_start(holder.pid) != holder.process_started


def process_start(pid: int) -> str | None:
    """When process `pid` of this namespace started, in a form only good for comparing.

    None: there is no such process, or neither `/proc` nor `ps` to ask.
    """
    stat = Path(f"/proc/{pid}/stat")
    if not Path("/proc/self/stat").exists():
        if shutil.which("ps") is None:
            return None
        asked, env = ["ps", "-o", "lstart=", "-p", str(pid)], git_environment(as_user=False)
        shown = subprocess.run(asked, capture_output=True, text=True, check=False, env=env)
        return "/".join([*_place(), shown.stdout.strip()]) if shown.stdout.strip() else None
    try:
        fields = stat.read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else "/".join([*_place(), fields[19]])  # fields[0] is the 3rd, the state


def _place() -> list[str]:
    """Boot and process namespace: only in the same ones does a process number say anything."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return [boot, os.readlink("/proc/self/ns/pid")]
    except OSError:
        return ["", ""]


def _create(path: Path, holder: Holder) -> None:
    temporary = finished_file(path.parent, _content(holder))
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise TryLater(f"{path}: another run took the lock this very moment; run again when it is done") from None
    finally:
        os.unlink(temporary)


def _content(holder: Holder) -> bytes:
    return (json.dumps(asdict(holder), indent=2, sort_keys=True) + "\n").encode()


def _busy(path: Path, holder: Holder) -> str:
    process = f"process {holder.pid}" if holder.pid is not None else "a run played verb by verb"
    return (
        f"{path}: run {holder.run_id} of {holder.user} on {holder.host} ({process}) is at work since "
        f"{holder.started_at}, until {holder.expires_at} at most; wait for it, or if you know that it is dead, "
        f"remove {path} and run again"
    )


def user_name() -> str:
    """Who runs this, or the number of a user without a name, as in many containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
