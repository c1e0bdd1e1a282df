"""A container registry on 127.0.0.1: the v2 calls that the client makes, with anonymous tokens, and a log of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class StandIn:
    """What the registry holds: name -> tag -> digest; `broken` answers 500, `page` is how many tags a page has."""

    tags: dict[str, dict[str, str]]
    page: int = 1000
    broken: bool = False
    redirect: str = ""
    asked: list[str] = field(default_factory=list)
    url: str = ""


def digest(letter: str) -> str:
    """A digest of one repeated hex digit."""
    return "sha256:" + letter * 64


@contextmanager
def served(stand_in: StandIn) -> Iterator[StandIn]:
    """The stand-in, listening."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stand_in))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield stand_in
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return None

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            stand_in.asked.append(f"{self.command} {self.path}")
            parts = urlsplit(self.path)
            if stand_in.broken:
                return self.answer(500)
            if stand_in.redirect:
                return self.answer(302, {"Location": stand_in.redirect})
            if parts.path == "/token":
                return self.answer(200, body={"token": "t0ken"})
            if self.headers.get("Authorization") != "Bearer t0ken":
                challenge = f'Bearer realm="{stand_in.url}/token",service="stand-in",scope="repository:x:pull"'
                return self.answer(401, {"WWW-Authenticate": challenge})
            name, _, last = parts.path.removeprefix("/v2/").rpartition("/")
            if name.endswith("/manifests"):
                found = stand_in.tags.get(name.removesuffix("/manifests"), {}).get(last)
                return self.answer(200, {"Docker-Content-Digest": found}) if found else self.answer(404)
            tags = sorted(stand_in.tags.get(name.removesuffix("/tags"), {}))
            start = int(parse_qs(parts.query).get("last", ["0"])[0])
            end = start + stand_in.page
            link = {"Link": f'</v2/{name}/list?last={end}>; rel="next"'} if end < len(tags) else {}
            return self.answer(200, link, {"name": name, "tags": tags[start:end]})

        def answer(self, status: int, headers: dict[str, str] | None = None, body: object = None) -> None:
            data = json.dumps(body).encode() if body is not None and self.command == "GET" else b""
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler
