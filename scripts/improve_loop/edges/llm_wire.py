"""The HTTP connection under the SDK: it ends at a wall-clock deadline and tells what the server really said.

The SDK's timeout is per read, so a dripping answer outlives it; its stream cannot be closed while a read blocks; and
it replaces the served model by the one that was asked for. Here a timer shuts the socket down, which ends the read at
once and lets the server see that nobody listens; headers, served model and the end of the answer are read off the wire.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import httpx

_MODEL = re.compile(rb'"model"\s*:\s*"((?:[^"\\]|\\.)*)"')
_USAGE = re.compile(rb'"usage"\s*:\s*\{|"(?:prompt|input)_tokens"\s*:')
_END = re.compile(rb'"finish_reason"\s*:\s*"|"stop_reason"\s*:\s*"')
KEPT_BYTES = 65_536
HEARTBEAT_SECONDS = 45.0
CONNECT_SECONDS = 10.0


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that are trusted, read once: it takes longer than a short call."""
    return httpx.create_ssl_context()


class Wire:
    """One connection for one call; use as a context manager."""

    def __init__(self, seconds: float, beat: Callable[[float], None]) -> None:
        self.seconds = seconds
        self.beat = beat
        self.cut_for: str | None = None
        self.status: int | None = None
        self.headers: httpx.Headers = httpx.Headers()
        self.sent_bytes = 0
        self.served_model: str | None = None
        self.told_usage = False
        self.finished = False
        self.body = b""  # the beginning of the answer, for messages
        self.client = httpx.Client(
            event_hooks={"request": [self._request], "response": [self._response]},
            follow_redirects=False,  # a key follows nobody to another host
            verify=_trusted(),
        )
        self._streams: list[Any] = []
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._watch = threading.Thread(target=self._watching, daemon=True)

    @property
    def connected(self) -> bool:
        """Whether the server was ever reached: then it may have worked, and may bill, whatever came back."""
        return bool(self._streams)

    def __enter__(self) -> Wire:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self.cut("")
        self.client.close()

    def cut(self, why: str) -> None:
        """Ends the connection now, whatever is being read."""
        with self._lock:
            self.cut_for = self.cut_for or why or None
            for stream in self._streams:
                with contextlib.suppress(OSError):
                    stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def _watching(self) -> None:
        start = time.monotonic()
        while (left := self.seconds - (time.monotonic() - start)) > 0:
            if self._done.wait(min(left, HEARTBEAT_SECONDS)):
                return
            self.beat(time.monotonic() - start)
        self.cut("deadline")

    def _request(self, request: httpx.Request) -> None:
        request.headers["accept-encoding"] = "identity"
        limit = self.seconds + 1.0
        request.extensions["timeout"] = {
            "connect": min(CONNECT_SECONDS, limit),
            "read": limit,
            "write": limit,
            "pool": limit,
        }
        request.extensions["trace"] = self._trace
        self.sent_bytes = len(request.content)

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            with self._lock:
                self._streams.append(info["return_value"])
            if self.cut_for:
                self.cut(self.cut_for)

    def _response(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        response.stream = _Heard(response.stream, self)

    def heard(self, chunk: bytes) -> None:
        """Remembers what the SDK will not tell."""
        # A name may be split over two chunks, so the last bytes are looked at again.
        window = self._tail + chunk
        if self.served_model is None and (found := _MODEL.search(window)):
            self.served_model = found.group(1).decode("utf-8", "replace")
        self.told_usage = self.told_usage or bool(_USAGE.search(window))
        self.finished = self.finished or bool(_END.search(window))
        self._tail = window[-400:]
        if len(self.body) < KEPT_BYTES:
            self.body += chunk

    _tail = b""


class _Heard(httpx.SyncByteStream):
    """A response body that is listened to on its way."""

    def __init__(self, inner: Any, wire: Wire) -> None:
        self.inner = inner
        self.wire = wire

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.inner:
            self.wire.heard(chunk)
            yield chunk

    def close(self) -> None:
        self.inner.close()
