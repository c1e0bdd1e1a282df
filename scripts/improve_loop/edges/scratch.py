"""Folders for a moment below the system's own place for them; what kill -9 leaves there is swept after a day."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path

PREFIX = "improve-loop-scratch-"
DAY_SECONDS = 86_400.0


def scratch_folder(*, ignore_cleanup_errors: bool = False) -> tempfile.TemporaryDirectory[str]:
    """An empty folder of this user's alone, removed at the end of the `with`."""
    return tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=ignore_cleanup_errors)


def sweep(now: datetime) -> None:
    """Removes what processes of this user left when they were killed, a day and more ago."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # gone by now, or not ours to remove
            about = path.lstat()
            if about.st_uid == os.getuid() and now.timestamp() - about.st_mtime > DAY_SECONDS:
                shutil.rmtree(path)
