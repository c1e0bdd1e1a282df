"""glab, GitLab's own command line: its Go structs refuse what is of another type."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import run, tool
from tests.forge.conftest import BRANCH, Scene

CONFIG = """check_update: false
no_prompt: true
host: 127.0.0.1
hosts:
  127.0.0.1:
    api_protocol: http
    api_host: "127.0.0.1:{port}"
    git_protocol: http
    token: {token}
    user: bot
"""


@pytest.fixture
def glab(busy: Scene, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Runs glab in a clone of the project."""
    binary = tool("glab", "usr", "bin", "glab")
    config = tmp_path / "config" / "glab-cli" / "config.yml"
    config.parent.mkdir(parents=True)
    config.write_text(CONFIG.format(port=busy.gitlab.port, token=busy.read_token))
    config.chmod(0o600)
    url = busy.gitlab.url.replace("http://", f"http://bot:{busy.read_token}@")
    env = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "NO_COLOR": "1"}
    run(["git", "clone", "-q", f"{url}/grp/proj.git", "clone"], tmp_path, env)
    clone = tmp_path / "clone"
    run(["git", "remote", "set-url", "origin", f"{busy.gitlab.url}/grp/proj.git"], clone, env)

    def call(*arguments: str, expect: int | None = 0) -> str:
        return run([str(binary), *arguments], clone, env, expect)

    return call


def test_it_reads_and_writes_merge_requests_pipelines_labels_and_issues(busy: Scene, glab) -> None:  # type: ignore[no-untyped-def]
    glab("auth", "status", "--hostname", "127.0.0.1")
    glab("api", "projects/:fullpath/merge_requests?state=opened")
    glab("repo", "view")
    assert "Cache what CI downloads" in glab("mr", "list", "--label", "b")
    assert '"iid":1' in glab("mr", "list", "-F", "json")
    assert "The lint job failed" in glab("mr", "view", "1", "--comments")
    glab("mr", "note", "1", "-m", "Thanks.")
    busy.gitlab.push(busy.project, "feature", {"x": "1"}, by="ada")
    glab("mr", "create", "-s", "feature", "-b", "main", "-t", "Mine", "-d", "Why", "-l", "a", "--draft", "--yes")
    assert "409" in glab("mr", "create", "-s", "feature", "-b", "main", "-t", "M", "-d", "W", "--yes", expect=None)
    assert "+1" in glab("mr", "diff", "2")  # not !1: glab 1.53 cannot read a commit with trailers
    glab("mr", "update", "2", "--ready", "--label", "x", "--unlabel", "a")
    glab("mr", "close", "2")
    record = busy.project.merge_requests[1]
    assert (record.title, record.labels, record.state) == ("Mine", {"x"}, "closed")
    busy.gitlab.clock.advance(120)
    job = str(busy.project.pipelines[-1].jobs[0].id)
    assert "failed" in glab("ci", "list")
    assert "lint" in glab("ci", "status", "--branch", "feature", expect=None)
    glab("ci", "get", "--branch", "feature")
    assert "Job succeeded" in glab("ci", "trace", job)
    glab("ci", "lint")
    glab("ci", "run", "-b", BRANCH, "--variables", "A:1")
    glab("label", "create", "--name", "new", "--color", "#00ff00")
    assert "new" in glab("label", "list")
    glab("issue", "create", "-t", "Title", "-d", "Text", "--yes")
    assert "Title" in glab("issue", "list")
