"""Alone with a file for a moment, and files that appear whole; kill -9 leaves neither a lock nor half a file."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from improve_loop.errors import TryLater

PATIENCE_SECONDS = 10.0  # held for milliseconds; longer means that a process was stopped while it held it
WRITING = ".writing-"


@contextmanager
def alone(path: Path, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Holds the kernel's lock on `path`, a file for this alone; it ends with this process at the latest.

    Raises TryLater when another process does not let go of it, or the disk does not take the file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _cannot(path, error) from error
    try:
        _wait_for(handle, path, patience_seconds)
        yield
    finally:
        os.close(handle)


def _wait_for(handle: int, path: Path, patience_seconds: float) -> None:
    until = time.monotonic() + patience_seconds
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if time.monotonic() > until:
            raise TryLater(f"{path}: held by a process that does not go on; look with `fuser {path}`, then run again")
        time.sleep(0.01 if patience_seconds <= PATIENCE_SECONDS else 0.2)


def finished_file(folder: Path, content: bytes) -> str:
    """A complete file on the disk under a name of its own, to be linked or renamed into place. Raises TryLater."""
    temporary = ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=WRITING, dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        raise _cannot(folder, error) from error
    return temporary


def replace_file(path: Path, content: bytes) -> None:
    """Writes `path` anew, whole or not at all. Raises TryLater when the disk is full or read-only."""
    temporary = finished_file(path.parent, content)
    os.chmod(temporary, 0o644)
    os.replace(temporary, path)


def sweep(folder: Path) -> None:
    """Removes what a process left that was killed while it wrote; only for who is alone with the folder."""
    for left in folder.glob(f"{WRITING}*"):
        left.unlink(missing_ok=True)


def _cannot(path: Path, error: OSError) -> TryLater:
    return TryLater(f"{path}: cannot be written: {error.strerror or error}; free the disk or mend its permissions")
