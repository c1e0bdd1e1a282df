"""Bytes in, bytes out: the request handler, GitLab's standard headers, and Rails' way to read parameters."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol
from urllib.parse import parse_qsl

from tests.support.fake_gitlab.routing import Reply
from tests.support.fake_gitlab.world import World


class Answers(Protocol):
    """What the handler needs of the simulator."""

    world: World

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[Reply, bool]:
        """The reply, and whether it gets lost on the way."""


def parse_params(query: str, content_type: str, body: bytes) -> dict[str, Any]:
    """Query, form and JSON body as one mapping."""
    pairs = parse_qsl(query, keep_blank_values=True)
    if body and content_type.startswith("application/x-www-form-urlencoded"):
        pairs += parse_qsl(body.decode(), keep_blank_values=True)
    params: dict[str, Any] = {}
    for key, value in pairs:
        _place(params, key, value)
    if body and content_type.startswith("application/json"):
        params |= json.loads(body)
    return params


def _place(params: dict[str, Any], key: str, value: str) -> None:
    """`a[]=1` is a list, `not[labels]=x` a mapping."""
    name, bracket, rest = key.partition("[")
    if not bracket:
        params[name] = value
    elif rest == "]":
        params.setdefault(name, []).append(value)
    else:
        _place(params.setdefault(name, {}), rest.replace("]", "", 1), value)


def handler(gitlab: Answers) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

        def _serve(self) -> None:
            body = self._chunks() if self.headers.get("Transfer-Encoding") == "chunked" else self._sized()
            reply, lost = gitlab.answer(
                self.command, self.path, {key.lower(): value for key, value in self.headers.items()}, body
            )
            if lost:
                self.close_connection = True
                self.connection.close()
                return
            self._send(reply)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve

        def _sized(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _chunks(self) -> bytes:
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _send(self, reply: Reply) -> None:
            data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            data = b"" if reply.status == 204 else data
            headers = {**_standard_headers(gitlab, data), **reply.headers}
            if self.headers.get("If-None-Match") == headers["ETag"] and reply.status == 200:
                reply, data = Reply(status=304), b""
            self.send_response(reply.status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

    return Handler


def _standard_headers(gitlab: Answers, data: bytes) -> dict[str, str]:
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "Cache-Control": "max-age=0, private, must-revalidate",
        "ETag": f'W/"{digest}"',
        "Vary": "Origin, Accept-Encoding",
        "X-Gitlab-Meta": json.dumps({"correlation_id": digest, "version": "1"}),
        "X-Request-Id": digest,
        "X-Runtime": "0.05",
    }
    if gitlab.world.rate_limit_headers:
        headers |= {
            "RateLimit-Limit": "2000",
            "RateLimit-Name": "throttle_authenticated_api",
            "RateLimit-Observed": "1",
            "RateLimit-Remaining": "1999",
            "RateLimit-Reset": str(int(gitlab.world.clock.now) + 60),
        }
    return headers
