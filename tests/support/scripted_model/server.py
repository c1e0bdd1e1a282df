"""The HTTP server: one thread a request, every request remembered, faults that end when the server stops."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.scripted_model.replies import Reply, failing
from tests.support.scripted_model.wires import (
    anthropic_document,
    anthropic_events,
    openai_document,
    openai_events,
)


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request as the server saw it."""

    number: int  # 1 for the first
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def prompt(self) -> str:
        """Every text of the request, system prompt first."""
        system = self.body.get("system", "")
        return "\n".join(
            [_text(system), *(_text(message.get("content", "")) for message in self.body.get("messages", []))]
        )


Script = Callable[[Received], Reply]


class ScriptedServer(ThreadingHTTPServer):
    """Answers from its script; `context_tokens` and `truncates` make it behave like a badly configured server."""

    daemon_threads = True

    def __init__(self, script: Script, *, port: int = 0, context_tokens: int | None = None, truncates: bool = False):
        super().__init__(("127.0.0.1", port), _Handler)
        self.script = script
        self.context_tokens = context_tokens
        self.others: tuple[str, ...] = ()  # models that it lists beside the one that answers
        self.truncates = truncates
        self.requests: list[Received] = []
        self.gets: list[str] = []
        self.sent = 0  # events sent to the last request
        self.disconnected = threading.Event()  # a client went away in the middle of an answer
        self.stopping = threading.Event()
        self._lock = threading.Lock()

    @property
    def root(self) -> str:
        """Base URL of the Anthropic protocol; the OpenAI one is `root + "/v1"`."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def remember(self, path: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Received:
        with self._lock:
            received = Received(number=len(self.requests) + 1, path=path, headers=headers, body=body)
            self.requests.append(received)
        return received

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""
        self.disconnected.set()


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: Any) -> None:
        """Silent: the requests are in `server.requests`."""

    def do_GET(self) -> None:
        self.server.gets.append(self.path)
        model = {"id": "scripted", "object": "model", "max_model_len": self.server.context_tokens}
        rows = [{**model, "id": other} for other in self.server.others] + [model]
        self._whole(200, json.dumps({"object": "list", "data": rows}).encode(), "application/json", {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        received = self.server.remember(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        reply = self.server.script(received)
        tokens = self._tokens(reply, received)
        limit = self.server.context_tokens
        if limit is not None and tokens[0] > limit:
            if not self.server.truncates:
                reply = failing(400, f"This model's maximum context length is {limit} tokens.")
            tokens = (min(tokens[0], limit), tokens[1])
        self._answer(reply, received, tokens)

    def _tokens(self, reply: Reply, received: Received) -> tuple[int, int]:
        asked = reply.input_tokens if reply.input_tokens is not None else len(received.prompt.encode()) // 4 + 1
        told = reply.output_tokens if reply.output_tokens is not None else len(reply.text.encode()) // 4 + 1
        return asked, told

    def _answer(self, reply: Reply, received: Received, tokens: tuple[int, int]) -> None:
        if reply.fault == "hang":
            self._until_stopped(lambda: False)
            return
        if reply.body is not None:
            self._whole(reply.status, reply.body.encode(), reply.content_type, reply.headers)
            return
        model = reply.served_model or str(received.body.get("model", "scripted"))
        anthropic = received.path.endswith("/messages")
        if not received.body.get("stream"):
            document = (anthropic_document if anthropic else openai_document)(reply, model, tokens)
            self._whole(200, document, "application/json", reply.headers)
            return
        events = (anthropic_events if anthropic else openai_events)(reply, model, tokens)
        self._stream(reply, events)

    def _stream(self, reply: Reply, events: Iterator[bytes]) -> None:
        self._head(200, "text/event-stream", reply.headers, None)
        self.server.sent = 0
        sending = list(events)
        if reply.fault in ("drip", "endless"):
            # The last text event again and again, slowly or at full speed, until the client goes away.
            again = sending[-4] if b"message_stop" in sending[-1] else sending[0]
            for event in sending[:-4] if b"message_stop" in sending[-1] else ():
                self._send(event)
            self._until_stopped(lambda: self._send(again), pause=0.05 if reply.fault == "drip" else 0.0)
            return
        for event in sending[: len(sending) // 2] if reply.fault == "cut" else sending:
            self._send(event)

    def _send(self, event: bytes) -> bool:
        self.wfile.write(event)
        self.wfile.flush()
        self.server.sent += 1
        return True

    def _until_stopped(self, step: Callable[[], bool], pause: float = 0.05) -> None:
        self.close_connection = True
        while not self.server.stopping.wait(pause):
            if not step() and self._client_left():
                self.server.disconnected.set()
                return

    def _client_left(self) -> bool:
        self.connection.settimeout(0.001)
        try:
            return not self.connection.recv(1)
        except TimeoutError:
            return False
        except OSError:
            return True

    def _whole(self, status: int, body: bytes, content_type: str, headers: Mapping[str, str]) -> None:
        self._head(status, content_type, headers, len(body))
        self.wfile.write(body)

    def _head(self, status: int, content_type: str, headers: Mapping[str, str], length: int | None) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        for name, text in headers.items():
            self.send_header(name, text)
        if length is not None:
            self.send_header("content-length", str(length))
        self.send_header("connection", "close")
        self.close_connection = True
        self.end_headers()


def in_order(replies: Sequence[Reply]) -> Script:
    """The first request gets the first reply; one request too many is an error that names itself."""

    def script(received: Received) -> Reply:
        if received.number > len(replies):
            return failing(418, f"the script has {len(replies)} replies and this is request {received.number}")
        return replies[received.number - 1]

    return script


@contextmanager
def serving(
    script: Script | Sequence[Reply], *, port: int = 0, context_tokens: int | None = None, truncates: bool = False
) -> Iterator[ScriptedServer]:
    """A running server, stopped at the end with whatever hangs in it."""
    answer = script if callable(script) else in_order(script)
    server = ScriptedServer(answer, port=port, context_tokens=context_tokens, truncates=truncates)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content)
