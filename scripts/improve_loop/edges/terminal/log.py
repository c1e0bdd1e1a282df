"""The log of a run on a terminal: what runs now, what it found, how long, how much it spent."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from improve_loop.edges.console import harmless
from improve_loop.rules.render.text import duration, money, one_line, visible

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
BAR = 12  # columns of the progress bar


def open_console(stream: TextIO | None = None, *, stderr: bool = False) -> Console:
    """A console that takes nothing as markup, emoji code or something to highlight. rich honours NO_COLOR itself."""
    return Console(file=stream, stderr=stderr, markup=False, emoji=False, highlight=False)


@dataclass
class _Running:
    """The phase at work; drawn anew several times a second, on one line however narrow the terminal."""

    name: str
    title: str
    started: float
    clock: Callable[[], float]
    done: int = 0
    total: int | None = None
    what: str = ""
    spent_usd: float = 0.0
    said: bool = False

    @property
    def seconds(self) -> float:
        return self.clock() - self.started

    def facts(self) -> list[str]:
        """Count, time and cost, as far as they are known."""
        count = [f"{self.done}/{self.total} {self.what}" if self.total else f"{self.done} {self.what}"]
        spent = [money(self.spent_usd)] if self.spent_usd else []
        return [*(count if self.what else []), duration(self.seconds), *spent]

    def __rich__(self) -> Text:
        frame = SPINNER[int(self.seconds * 8) % len(SPINNER)]
        line = Text(f"{frame} ", style="cyan", no_wrap=True, overflow="ellipsis", end="")
        line.append(self.name, style="bold")
        if self.total:
            full = round(BAR * min(self.done / self.total, 1.0))
            line.append("  " + "━" * full, style="green").append("─" * (BAR - full), style="dim")
        line.append(f"  {' · '.join(self.facts())}", style="default").append(f"  {self.title}", style="dim")
        return line


class TerminalLog:
    """A `Log` for people. Quiet: only warnings. Safe to use from several threads at once, as rich's console is."""

    def __init__(
        self, console: Console | None = None, *, quiet: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.console = console or open_console()
        self.quiet = quiet
        self.clock = clock
        self.running: _Running | None = None
        self.live: Live | None = None

    def say(self, text: str) -> None:
        """A line under its phase, unless the run is quiet."""
        if not self.quiet:
            self._open()
            self.console.print(Text(f"  {visible(harmless(text))}"))

    def warn(self, text: str) -> None:
        """A line that even a quiet run shows."""
        if not self.quiet:
            self._open()
        self.console.print(Text(f"! {visible(harmless(text))}", style="yellow"))

    @contextlib.contextmanager
    def phase(self, name: str, title: str) -> Iterator[None]:
        """A line that moves while the phase is at work, and one that stays when it is done."""
        before, self.running = (
            self.running,
            _Running(one_line(name, 30), one_line(title, 200), self.clock(), self.clock),
        )
        sign, style = "✕", "bold red"
        try:
            with self._moving():
                yield
            sign, style = "✓", "green"
        finally:
            if not self.quiet:
                self._close(self.running, sign, style)
            self.running = before

    def progress(self, done: int, total: int | None, what: str, spent_usd: float) -> None:
        """How far the phase has come; shown by the line that moves."""
        if self.running:
            self.running.done, self.running.total = done, total
            self.running.what, self.running.spent_usd = one_line(what, 60), spent_usd

    @contextlib.contextmanager
    def pause(self) -> Iterator[None]:
        """Nothing moves inside, so that a person can be asked."""
        live, self.live = self.live, None
        if live:
            live.stop()
        try:
            yield
        finally:
            if live:
                live.start()
                self.live = live

    @contextlib.contextmanager
    def _moving(self) -> Iterator[None]:
        if self.quiet or not self.console.is_terminal or self.live:
            yield
            return
        live = Live(get_renderable=self._line, console=self.console, refresh_per_second=8, transient=True)
        self.live = live
        try:
            with live:
                yield
        finally:
            self.live = None

    def _line(self) -> Text:
        return self.running.__rich__() if self.running else Text()

    def _open(self) -> None:
        """The phase's name above the first thing that is said in it."""
        if self.running and not self.running.said:
            self.running.said = True
            self.console.print(
                Text.assemble(("● ", "cyan"), (self.running.name, "bold"), (f"  {self.running.title}", "dim"))
            )

    def _close(self, running: _Running, sign: str, style: str) -> None:
        title = "" if running.said else f"  {running.title}"
        line = Text.assemble(
            (f"{sign} ", style), (running.name, "bold"), f"  {' · '.join(running.facts())}", (title, "dim")
        )
        self.console.print(line)
