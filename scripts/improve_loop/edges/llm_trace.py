"""Tells an OTLP/HTTP endpoint what each call cost. It can neither fail nor delay a run.

Only figures leave: role, model, tokens, dollars, seconds and the prompt's hash; never a text. A credential goes with
them to the one address that is configured for it: no redirect is followed.
"""

from __future__ import annotations

import json
import queue
import secrets
import threading
import time
import urllib.request
from collections.abc import Sequence
from datetime import datetime
from http.client import HTTPException
from typing import Any

from improve_loop.model.find import LedgerEntry
from improve_loop.rules.tracing import Destination

LINGER_SECONDS = 2.0  # that one process waits at its ends, all of them together
FAILURES = 3  # in a row, after which an endpoint is left alone
BATCH = 100


class Patience:
    """How long this process still waits for figures to leave."""

    def __init__(self, seconds: float = LINGER_SECONDS) -> None:
        self.left = seconds
        self._lock = threading.Lock()

    def wait_for(self, thread: threading.Thread) -> None:
        """Waits until the thread has ended, or the patience has."""
        with self._lock:
            start = time.monotonic()
            thread.join(max(0.0, self.left))
            self.left -= time.monotonic() - start


class _Straight(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """None: a redirect is an error like any other."""


PATIENCE = Patience()
_OPENER = urllib.request.build_opener(_Straight())


class Trace:
    """A queue and one daemon thread, begun with the first entry. A full queue drops; errors are nobody's."""

    def __init__(self, to: Destination | None, patience: Patience = PATIENCE) -> None:
        self.to = to
        self.patience = patience
        self.id = secrets.token_hex(16)
        self._waiting: queue.Queue[LedgerEntry | None] = queue.Queue(maxsize=1_000)
        self._thread: threading.Thread | None = None

    def tell(self, entry: LedgerEntry) -> None:
        """Sends the entry some time later, or never."""
        if self.to is None:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._sending, args=(self.to,), daemon=True)
            self._thread.start()
        try:
            self._waiting.put_nowait(entry)
        except queue.Full:
            return

    def close(self) -> None:
        """Gives what still waits a moment to leave."""
        if self._thread is not None:
            try:
                self._waiting.put_nowait(None)
            except queue.Full:
                return
            self.patience.wait_for(self._thread)

    def _sending(self, to: Destination) -> None:
        failures = 0
        while failures < FAILURES and (entry := self._waiting.get()) is not None:
            entries, last = _with_those_behind(entry, self._waiting)
            failures = 0 if _sent(to, spans(entries, self.id)) else failures + 1
            if last:
                return


def _with_those_behind(first: LedgerEntry, waiting: queue.Queue[LedgerEntry | None]) -> tuple[list[LedgerEntry], bool]:
    """What may leave together, and whether nothing comes after it."""
    entries = [first]
    while len(entries) < BATCH:
        try:
            entry = waiting.get_nowait()
        except queue.Empty:
            return entries, False
        if entry is None:
            return entries, True
        entries.append(entry)
    return entries, False


def _sent(to: Destination, body: dict[str, Any]) -> bool:
    headers = {"content-type": "application/json", **to.headers}
    try:
        request = urllib.request.Request(to.url, data=json.dumps(body).encode(), headers=headers)
        with _OPENER.open(request, timeout=LINGER_SECONDS):
            return True
    except (OSError, ValueError, HTTPException):
        return False


def spans(entries: Sequence[LedgerEntry], trace: str) -> dict[str, Any]:
    """Calls as one OTLP request."""
    service = [{"key": "service.name", "value": {"stringValue": "improve-loop"}}]
    scope = {"scope": {"name": "improve_loop"}, "spans": [_span(entry, trace) for entry in entries]}
    return {"resourceSpans": [{"resource": {"attributes": service}, "scopeSpans": [scope]}]}


def _span(entry: LedgerEntry, trace: str) -> dict[str, Any]:
    """One call, with the attribute names of the GenAI conventions."""
    start = datetime.fromisoformat(entry.at).timestamp() if entry.at else time.time()
    attributes: dict[str, str | int | float | None] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": entry.model,
        "gen_ai.usage.input_tokens": entry.input_tokens,
        "gen_ai.usage.output_tokens": entry.output_tokens,
        "gen_ai.response.finish_reasons": entry.finish,
        "improve_loop.role": entry.role,
        "improve_loop.candidate": entry.candidate,
        "improve_loop.spent_usd": entry.spent_usd,
        "improve_loop.reserved_usd": entry.reserved_usd,
        "improve_loop.prompt_sha256": entry.prompt_sha256,
    }
    return {
        "traceId": trace,
        "spanId": secrets.token_hex(8),
        "name": f"{entry.role} {entry.model}",
        "kind": 3,
        "startTimeUnixNano": str(int(start * 1e9)),
        "endTimeUnixNano": str(int((start + entry.seconds) * 1e9)),
        "attributes": [{"key": key, "value": _value(value)} for key, value in attributes.items() if value is not None],
    }


def _value(value: str | int | float) -> dict[str, str | float]:
    if isinstance(value, str):
        return {"stringValue": value}
    return {"intValue": str(value)} if isinstance(value, int) else {"doubleValue": value}
