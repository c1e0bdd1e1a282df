"""The ledger of one job as it goes, `<phase>/ledger/<job>.jsonl`: a line before each model call and one after it.

A job that is killed leaves its lines behind. A call with only its first line is one whose cost nobody knows, so it
counts with all that was set aside for it.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from improve_loop.edges import artifacts, schemas
from improve_loop.errors import ArtifactError, TryLater
from improve_loop.model.codec import from_plain, to_plain
from improve_loop.model.find import LedgerEntry, LedgerLine
from improve_loop.rules.budget import spent_usd

Journal = Callable[[int, LedgerEntry], None]
"""Told of each call, by its number: before it with nothing spent, after it with what it cost."""


class LedgerFile:
    """The file of one job; safe to share between threads."""

    def __init__(self, out: Path, path: str, run_id: str) -> None:
        self.out, self.path, self.run_id = out, path, run_id
        self._lock = threading.Lock()

    def journal(self) -> Journal:
        """For one door: its calls are told from those of the job's other doors."""
        door = secrets.token_hex(6)
        return lambda number, entry: self._append(f"{door}-{number}", entry)

    def _append(self, call: str, entry: LedgerEntry) -> None:
        line = LedgerLine(run_id=self.run_id, call=call, entry=entry)
        text = json.dumps(to_plain(line), sort_keys=True, ensure_ascii=True) + "\n"
        file = artifacts.inside(self.out, self.path)
        try:
            with self._lock:
                file.parent.mkdir(parents=True, exist_ok=True)
                handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o644)
                with os.fdopen(handle, "a", encoding="ascii") as open_file:
                    open_file.write(text)
        except OSError as error:
            raise TryLater(f"{file}: cannot be written: {error.strerror}; no model is asked off the books") from error


def entries(out: Path, run_id: str, path: str = "*/ledger/*.jsonl") -> tuple[LedgerEntry, ...]:
    """Every call of the run's ledgers, each once and as it last stood. Raises ArtifactError."""
    calls: dict[str, LedgerEntry] = {}
    for file in sorted(out.glob(path)):
        for number, text in enumerate(_lines(out, file), 1):
            line = _line(f"{file}:{number}", text, run_id)
            calls[line.call] = line.entry
    return tuple(calls.values())


def spent(out: Path, run_id: str, path: str) -> float:
    """Dollars of one ledger file, unknown calls in full; nothing where there is no such file."""
    return spent_usd(entries(out, run_id, path))


def _lines(out: Path, file: Path) -> list[bytes]:
    """The whole lines. What stands after the last line end was cut off; its call has its first line before it."""
    return artifacts.read_bytes(out, str(file.relative_to(out))).split(b"\n")[:-1]


def _line(where: str, text: bytes, run_id: str) -> LedgerLine:
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{where}: not JSON ({error}); it was edited, start a new run") from None
    wrong = schemas.problem(LedgerLine.kind, plain)
    if not wrong and plain["run_id"] != run_id:
        wrong = f"it belongs to run {plain['run_id']}, this is run {run_id}"
    if wrong:
        raise ArtifactError(f"{where}: {wrong}; it was edited, start a new run")
    return from_plain(LedgerLine, plain)
