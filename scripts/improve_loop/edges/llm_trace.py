"""Tells an OTLP/HTTP collector what each call cost. It can neither fail nor delay a run.

No credential is sent: a service that asks for one, such as Langfuse, is reached through a collector that holds it.

Only figures leave: role, model, tokens, dollars, seconds and the prompt's hash; never a text.
"""

from __future__ import annotations

import json
import queue
import secrets
import threading
import time
import urllib.request
from datetime import datetime
from typing import Any

from improve_loop.model.find import LedgerEntry

LINGER_SECONDS = 2.0


class Trace:
    """A queue and one daemon thread, begun with the first entry. A full queue drops; errors are nobody's."""

    def __init__(self, url: str | None) -> None:
        self.url = url
        self._waiting: queue.Queue[LedgerEntry | None] = queue.Queue(maxsize=1_000)
        self._thread: threading.Thread | None = None

    def tell(self, entry: LedgerEntry) -> None:
        """Sends the entry some time later, or never."""
        if self.url is None:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._sending, daemon=True)
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
            self._thread.join(LINGER_SECONDS)

    def _sending(self) -> None:
        while (entry := self._waiting.get()) is not None:
            body = json.dumps(span(entry)).encode()
            request = urllib.request.Request(f"{self.url}", data=body, headers={"content-type": "application/json"})
            try:
                with urllib.request.urlopen(request, timeout=LINGER_SECONDS):
                    pass
            except (OSError, ValueError):
                continue


def span(entry: LedgerEntry) -> dict[str, Any]:
    """One call as an OTLP span, with the attribute names of the GenAI conventions."""
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
    known = [{"key": key, "value": _value(value)} for key, value in attributes.items() if value is not None]
    whole = {
        "traceId": secrets.token_hex(16),
        "spanId": secrets.token_hex(8),
        "name": f"{entry.role} {entry.model}",
        "kind": 3,
        "startTimeUnixNano": str(int(start * 1e9)),
        "endTimeUnixNano": str(int((start + entry.seconds) * 1e9)),
        "attributes": known,
    }
    service = [{"key": "service.name", "value": {"stringValue": "improve-loop"}}]
    scope = {"scope": {"name": "improve_loop"}, "spans": [whole]}
    return {"resourceSpans": [{"resource": {"attributes": service}, "scopeSpans": [scope]}]}


def _value(value: str | int | float) -> dict[str, str | float]:
    if isinstance(value, str):
        return {"stringValue": value}
    return {"intValue": str(value)} if isinstance(value, int) else {"doubleValue": value}
