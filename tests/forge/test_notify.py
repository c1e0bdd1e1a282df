"""What a chat is told: a question, an end, nothing that mentions anybody; and that no chat can fail a run."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from improve_loop.edges import notify
from improve_loop.rules import notice
from tests.support.repositories import improve_loop, repository


@dataclass
class Chat:
    url: str
    answer: int = 200
    told: list[str] = field(default_factory=list)


@pytest.fixture
def chat() -> Iterator[Chat]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            here.told.append(json.loads(self.rfile.read(size))["text"])
            self.send_response(here.answer)
            self.send_header("Location", f"{here.url}/elsewhere")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here = Chat(f"http://127.0.0.1:{server.server_port}/hook/secret-part")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield here
    server.shutdown()
    server.server_close()


def test_a_run_tells_what_it_opened_and_a_dry_one_nothing(tmp_path: Path, chat: Chat) -> None:
    app = repository(tmp_path / "app")
    dry = improve_loop("run", "--target", app, "--auto", "--dry-run", "--out", tmp_path / "dry", IL_NOTIFY_URL=chat.url)
    assert (dry.returncode, chat.told) == (0, [])
    done = improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "out", IL_NOTIFY_URL=chat.url)
    assert done.returncode == 0
    (text,) = chat.told
    assert text.startswith("improve-loop looked after 2 merge requests of app")
    assert "Turn off CI_DEBUG_TRACE: ready to merge" in text


def test_phases_one_by_one_tell_that_a_question_waits(tmp_path: Path, chat: Chat) -> None:
    app, out = repository(tmp_path / "app"), tmp_path / "out"
    improve_loop("preflight", "--target", app, "--out", out)
    for phase in ("discover", "triage", "propose"):
        assert improve_loop(phase, "--out", out, IL_NOTIFY_URL=chat.url).returncode == 0
    (text,) = chat.told
    assert text.startswith("improve-loop asks about 2 improvements of app")


@pytest.mark.parametrize("answer", [302, 404, 500])
def test_a_chat_that_does_not_take_it_fails_nothing_and_its_url_is_not_shown(chat: Chat, answer: int) -> None:
    chat.answer = answer
    wrong = notify.tell("text", {"IL_NOTIFY_URL": chat.url})
    assert wrong == f"IL_NOTIFY_URL: the chat answered {answer}; nobody was told"
    assert len(chat.told) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/secret-part", "file:///etc/passwd", "http://[secret-part"])
def test_a_chat_that_cannot_be_reached_is_a_line_without_its_url(url: str) -> None:
    wrong = notify.tell("text", {"IL_NOTIFY_URL": url})
    assert wrong is not None
    assert "nobody was told" in wrong
    assert "secret-part" not in wrong


def test_nobody_is_told_without_a_url_or_without_news() -> None:
    assert notify.tell("text", {}) is None
    assert notify.tell(None, {"IL_NOTIFY_URL": "http://127.0.0.1:9/"}) is None


@pytest.mark.parametrize("text", ["<!channel> hi", "@here look", "[a](https://evil.example)", "two\nlines\r\x1b[31m"])
def test_no_mention_link_or_markup_of_a_stranger_reaches_the_chat(text: str) -> None:
    shown = notice.plain(text)
    assert not any(sign in shown for sign in ("<!", "@here", "](", "\n", "\x1b"))
