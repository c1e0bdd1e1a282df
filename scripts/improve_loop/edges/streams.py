"""The standard streams of the command, where the caller closed them or nobody listens any more."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import TextIO


def fall_silent(stream: TextIO) -> None:
    """Whatever is written to the stream from now on goes nowhere: a run outlives those who listen to it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def open_missing_streams() -> None:
    """Standard streams that the caller closed (`>&-`) lead nowhere; a name that is not text is written escaped."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
