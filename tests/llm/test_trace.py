"""The export of figures: it arrives with its credential, and no server of any kind can stop or delay a run by it."""

from __future__ import annotations

import base64
import json
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from improve_loop.edges.environment import git_environment
from improve_loop.edges.llm import Door
from improve_loop.edges.llm_trace import FAILURES, LINGER_SECONDS, PATIENCE, Patience, Trace
from improve_loop.model.find import LedgerEntry
from improve_loop.rules.budget import Allowance
from improve_loop.rules.tracing import Destination, destination, is_near
from tests.llm.script import by_role
from tests.llm.support import CLAUDE, KEY, QWEN, settings
from tests.llm.tasks import edit
from tests.support.in_process import played
from tests.support.repositories import repository
from tests.support.scripted_model import Reply, serving

SECRET = "sk-lf-" + "of-the-tests"
LANGFUSE = {"LANGFUSE_PUBLIC_KEY": "pk-lf-1", "LANGFUSE_SECRET_KEY": SECRET}
BASIC = "Basic " + base64.b64encode(f"pk-lf-1:{SECRET}".encode()).decode()
ENTRY = LedgerEntry(
    at="2026-11-20T12:00:00Z",
    role="plan",
    model=QWEN,
    candidate=None,
    reserved_usd=0.0,
    spent_usd=0.0,
    input_tokens=5,
    output_tokens=7,
    seconds=1.0,
    finish="stop",
)


class Collector:
    """An HTTP server that writes down what it is sent and answers as it is told."""

    def __init__(self, status: int = 200, location: str | None = None) -> None:
        self.seen: list[tuple[str, Mapping[str, str], Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(status)
                if location:
                    self.send_header("location", location)
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def spans(self) -> list[Any]:
        return [
            span
            for _, _, body in self.seen
            for resource in body["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]


@contextmanager
def collecting(status: int = 200, location: str | None = None) -> Iterator[Collector]:
    made = Collector(status, location)
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()


@contextmanager
def saying(*words: bytes) -> Iterator[str]:
    """A server that takes a connection, says these bytes and then nothing more until the test is over."""
    over = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            for word in words:
                self.request.sendall(word)
            over.wait()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1/traces"
        finally:
            over.set()
            server.shutdown()


def told(url: str, entries: int = 1, patience: float = 0.3) -> Trace:
    trace = Trace(Destination(url=url, headers={"authorization": SECRET}), Patience(patience))
    for _ in range(entries):
        trace.tell(ENTRY)
    trace.close()
    return trace


@pytest.mark.parametrize(
    ("variables", "path", "header"),
    [
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "{url}/", "OTEL_EXPORTER_OTLP_HEADERS": "X-Key=a%20b, other=c"},
            "/v1/traces",
            ("x-key", "a b"),
        ),
        (
            {
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "{url}/x",
                "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "authorization=Bearer%20t",
                "OTEL_EXPORTER_OTLP_HEADERS": "authorization=other",
            },
            "/x",
            ("authorization", "Bearer t"),
        ),
        ({"LANGFUSE_HOST": "{url}", **LANGFUSE}, "/api/public/otel/v1/traces", ("authorization", BASIC)),
        ({"LANGFUSE_BASE_URL": "{url}/", **LANGFUSE}, "/api/public/otel/v1/traces", ("authorization", BASIC)),
        ({"trace_url": "{url}/api/public/otel", **LANGFUSE}, "/api/public/otel/v1/traces", ("authorization", BASIC)),
        ({"trace_url": "{url}/t", "OTEL_EXPORTER_OTLP_HEADERS": "x-key=1", **LANGFUSE}, "/t", ("x-key", "1")),
    ],
)
def test_each_endpoint_gets_its_credential_at_its_path(
    variables: dict[str, str], path: str, header: tuple[str, str]
) -> None:
    with collecting() as collector:
        given = {name: value.replace("{url}", collector.url) for name, value in variables.items()}
        trace = Trace(destination(given.pop("trace_url", None), given), Patience(5.0))
        for _ in range(3):
            trace.tell(ENTRY)
        trace.close()
    assert collector.seen[0][0] == path
    assert collector.seen[0][1][header[0]] == header[1]
    assert collector.seen[0][1]["content-type"] == "application/json"
    assert len(collector.spans()) == 3
    assert len({span["traceId"] for span in collector.spans()}) == 1


@pytest.mark.parametrize(
    ("configured", "variables"),
    [
        (None, {}),
        (None, LANGFUSE),  # keys alone are no wish, and no host is guessed
        (None, {"LANGFUSE_HOST": "https://lf.example"}),
        (None, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c.internal:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}),
        (None, {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c.example", "OTEL_SDK_DISABLED": "true"}),
        ("https://c.example/v1/traces", {"OTEL_TRACES_EXPORTER": "none"}),
        (None, {"OTEL_EXPORTER_OTLP_ENDPOINT": "file:///etc/passwd"}),
        (None, {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://user:password@c.example"}),
        (None, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://[", "GITLAB_CI": "false"}),
        # A credential leaves by https, or stays on this network.
        ("http://c.example/v1/traces", {"OTEL_EXPORTER_OTLP_HEADERS": "x-key=1", "GITLAB_CI": "true"}),
        (None, {"LANGFUSE_HOST": "http://lf.example", **LANGFUSE}),
        # Whoever may start a pipeline may set its variables.
        (None, {"LANGFUSE_HOST": "https://lf.example", "GITLAB_CI": "true", **LANGFUSE}),
        (None, {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c.example", "GITLAB_CI": "true"}),
    ],
)
def test_nothing_is_told_where_nobody_asked_for_it_or_it_is_not_safe(
    configured: str | None, variables: dict[str, str]
) -> None:
    assert destination(configured, variables) is None


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "192.168.0.9",
        "[::1]",
        "[fd00::1]",
        "qwen",
        "3090box.lan",
        "localhost",
        "q.internal",
    ],
)
def test_addresses_of_this_network_are_near(host: str) -> None:
    assert is_near(f"http://{host}:8000/v1")


@pytest.mark.parametrize(
    "host",
    [
        "8.8.8.8",
        "134744072",  # the same, as the resolver reads a number
        "0x08080808",
        "010.8.8.8",
        "evil\u3002example",  # an ideographic full stop is a dot to the resolver
        "[2001:0:1::1]",  # Teredo: private to Python, and somebody's machine
        "[::ffff:8.8.8.8]",
        "127.0.0.1.evil.example",
        "",
    ],
)
def test_no_other_spelling_of_an_address_is_near(host: str) -> None:
    assert not is_near(f"http://{host}/v1")


def test_in_a_pipeline_the_configuration_says_where_and_variables_only_the_credential() -> None:
    given = {"GITLAB_CI": "true", "LANGFUSE_HOST": "https://elsewhere.example", **LANGFUSE}
    to = destination("https://lf.example/api/public/otel", given)
    assert to is not None
    assert (to.url, to.headers) == ("https://lf.example/api/public/otel/v1/traces", {"authorization": BASIC})
    assert SECRET not in repr(to)
    assert BASIC not in repr(to)


@pytest.mark.parametrize(
    ("variables", "kept"),
    [
        (LANGFUSE, False),  # their host is elsewhere, wherever that is
        ({"LANGFUSE_HOST": "https://lf.example", **LANGFUSE}, False),
        ({"LANGFUSE_HOST": "https://c.example", **LANGFUSE}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://lf.example", "OTEL_EXPORTER_OTLP_HEADERS": "x-key=1"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c.example/x", "OTEL_EXPORTER_OTLP_HEADERS": "x-key=1"}, True),
    ],
)
def test_on_a_laptop_a_strangers_configuration_gets_no_credential(variables: dict[str, str], kept: bool) -> None:
    to = destination("https://c.example/api/public/otel", variables)
    assert to is not None
    assert bool(to.headers) is kept


@pytest.mark.parametrize("headers", ["no pairs", "=x", "x-key=a%0d%0aevil: 1", "x-kéy=1", ","])
def test_headers_that_are_none_are_left_out(headers: str) -> None:
    to = destination("https://c.example", {"OTEL_EXPORTER_OTLP_HEADERS": headers, "GITLAB_CI": "true"})
    assert to is not None
    assert to.headers == {}


@pytest.mark.parametrize("words", [(), (b"HTTP/1.1 200 OK\r\n",), (b"HTTP/1.1 100 Continue\r\n\r\n",)])
def test_a_server_that_hangs_delays_nothing_beyond_the_patience_of_the_process(words: tuple[bytes, ...]) -> None:
    with saying(*words) as url:
        patience = Patience(0.2)
        for _ in range(20):
            trace = Trace(Destination(url=url), patience)
            trace.tell(ENTRY)
            trace.close()  # twenty doors wait no longer than one
        assert patience.left <= 0.0


@pytest.mark.parametrize("word", [b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 100 + b"\r\n\r\n"])
def test_a_server_that_is_no_web_server_is_nobodys_trouble(word: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with saying(word) as url:
        told(url, patience=5.0)
    assert capfd.readouterr() == ("", "")


def test_one_that_refuses_or_is_broken_is_left_alone_after_some_tries(capfd: pytest.CaptureFixture[str]) -> None:
    told("http://127.0.0.1:9/v1/traces")
    with collecting(status=500) as collector:
        trace = Trace(Destination(url=collector.url), Patience(5.0))
        trace.tell(ENTRY)
        trace.close()
        for _ in range(2_000):  # more than the queue holds
            trace.tell(ENTRY)
        trace.close()
    assert 1 <= len(collector.seen) <= FAILURES
    assert capfd.readouterr() == ("", "")


def test_a_redirect_takes_no_credential_elsewhere() -> None:
    with collecting() as elsewhere, collecting(status=307, location=f"{elsewhere.url}/v1/traces") as collector:
        told(f"{collector.url}/v1/traces", patience=5.0)
    assert len(collector.seen) == 1
    assert elsewhere.seen == []


@pytest.mark.parametrize("name", ["LANGFUSE_SECRET_KEY", "LANGFUSE_PUBLIC_KEY", "OTEL_EXPORTER_OTLP_HEADERS"])
@pytest.mark.parametrize("as_user", [True, False])
def test_no_child_inherits_the_credential(name: str, as_user: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, SECRET)
    assert SECRET not in git_environment(as_user=as_user).values()


def test_figures_leave_and_no_text_does() -> None:
    with serving([Reply(text="hello")]) as server, collecting() as collector:
        trace = Trace(Destination(url=collector.url), Patience(5.0))
        asking = Door(settings(server), Allowance(usd=1.0), trace=trace)
        (choice, _) = asking.settings.ladder("plan")
        asking.ask("plan", [{"role": "user", "content": "Say hello."}], choice=choice, max_tokens=50)
        trace.close()
    sent = json.dumps(collector.seen[0][2])
    assert "gen_ai.usage.input_tokens" in sent
    assert "hello" not in sent.lower()
    assert KEY not in sent


@pytest.mark.parametrize("kind", ["collector", "hanging", "broken"])
def test_a_run_ends_the_same_whatever_the_export_does_and_keeps_its_secret(tmp_path: Path, kind: str) -> None:
    PATIENCE.left = LINGER_SECONDS  # of this process, which other runs here may have used up
    right = edit("a.py", "a = 1", "a = 10")
    plan = '{"approaches": [], "plan": "Do it.", "files": ["a.py"], "stop": ""}'
    with (
        serving(by_role({"plan": [plan], "implement": [right]})) as server,
        collecting(status=500 if kind == "broken" else 200) as collector,
        saying() as hanging,
    ):
        qwen = f"    qwen: {{url: '{server.root}/v1', paid: false, key_variable: QWEN_KEY}}\n"
        models = f"models:\n  endpoints:\n{qwen}  local: {QWEN}\n"
        app = repository(tmp_path / "app", {"a.py": "a = 1\n", ".improve-loop.yml": f"sandbox: none\n{models}"})
        to = {"OTEL_EXPORTER_OTLP_ENDPOINT": hanging} if kind == "hanging" else {"LANGFUSE_HOST": collector.url}
        given = {"QWEN_KEY": KEY, "OTEL_EXPORTER_OTLP_HEADERS": f"x-key={SECRET}", **LANGFUSE, **to}
        task = ("--task", "Make a ten.", "--target-path", "a.py")
        done = played("run", "--target", app, "--auto", "--out", tmp_path / "out", *task, **given)
    assert done.code == 0, done.output
    (change,) = (tmp_path / "out").glob("implement/*/change.json")
    assert json.loads(change.read_text())["status"] == "made"
    assert len(collector.seen) > 0 or kind == "hanging"
    texts = [done.output.encode(), *(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())]
    for secret in (SECRET, BASIC, BASIC.removeprefix("Basic "), KEY):
        assert not [text for text in texts if secret.encode() in text]
    assert CLAUDE not in done.output
