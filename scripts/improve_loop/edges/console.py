"""What a run says while it works: plain lines, GitLab log sections in CI, or nothing but warnings."""

from __future__ import annotations

import contextlib
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol, TextIO

from improve_loop.edges.streams import fall_silent

# Terminal control sequences, other control characters and bidirectional overrides: text from a repository is data.
_CONTROL = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
    r"|[\u202a-\u202e\u2066-\u2069\u200e\u200f]"
)


def harmless(text: str) -> str:
    """The text without anything that a terminal would obey."""
    return _CONTROL.sub("", text)


class Log(Protocol):
    """Where a phase says what it does."""

    def say(self, text: str) -> None:
        """A line for whoever watches."""

    def warn(self, text: str) -> None:
        """A line that even a quiet run shows."""

    def phase(self, name: str, title: str) -> AbstractContextManager[None]:
        """Everything said inside belongs to this phase."""

    def progress(self, done: int, total: int | None, what: str, spent_usd: float) -> None:
        """How far the phase has come. At most once a minute in a plain log, as a heartbeat."""


class PlainLog:
    """Lines on a stream; warnings on standard error. In GitLab each phase is a log section that folds."""

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        sections: bool = False,
        quiet: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.stream = stream or sys.stdout
        self.sections = sections
        self.quiet = quiet
        self.clock = clock
        self.last_beat = clock()

    def say(self, text: str) -> None:
        """A line, unless the run is quiet."""
        if not self.quiet:
            self._line(text)

    def warn(self, text: str) -> None:
        """A line on standard error."""
        print(f"warning: {harmless(text)}", file=sys.stderr, flush=True)  # noqa: T201

    @contextlib.contextmanager
    def phase(self, name: str, title: str) -> Iterator[None]:
        """A section in GitLab, a line elsewhere."""
        self.last_beat = self.clock()
        if self.sections:
            self._raw(f"\x1b[0Ksection_start:{int(self.clock())}:{name}\r\x1b[0K{title}\n")
        else:
            self.say(f"{name}: {title}")
        try:
            yield
        finally:
            if self.sections:
                self._raw(f"\x1b[0Ksection_end:{int(self.clock())}:{name}\r\x1b[0K\n")

    def progress(self, done: int, total: int | None, what: str, spent_usd: float) -> None:
        """A heartbeat: GitLab ends a job that is silent for an hour, and a person looks away after a minute."""
        if self.clock() - self.last_beat >= 55:
            self.last_beat = self.clock()
            count = f"{done}/{total}" if total else str(done)
            self._line(f"  … {count} {what}, ${spent_usd:.2f} spent")

    def _line(self, text: str) -> None:
        self._raw(f"{harmless(text)}\n")

    def _raw(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except OSError as error:  # the reader went away (`| head -1`), or the disk of the log is full
            fall_silent(self.stream)
            if not isinstance(error, BrokenPipeError):
                self.warn(f"the log cannot be written ({error.strerror}); the run goes on without it")
