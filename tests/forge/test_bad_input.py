"""Tokens, projects and servers as people set them up wrong: one message that says what to change."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from improve_loop.edges.forge import gitlab_read, gitlab_write
from improve_loop.errors import LoopError, TryLater, UsageError
from tests.forge.conftest import BRANCH, FILES, PATCH, Scene
from tests.support.fake_gitlab import REPORTER, FakeGitLab


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"state": "expired"}, "IL_READ_TOKEN is unknown, expired or revoked"),
        ({"state": "revoked"}, "IL_READ_TOKEN is unknown, expired or revoked"),
        ({"scopes": ("read_repository",)}, "IL_READ_TOKEN has too narrow a scope"),
        ({"level": 0}, "no member of it"),
    ],
)
def test_a_read_token_that_is_not_good_enough(scene: Scene, change: dict[str, object], message: str) -> None:
    given = {"level": REPORTER, "scopes": ("read_api",), **change}
    scene.read_token = scene.gitlab.token(scene.project, "another", **given)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=message):
        scene.reader().project()


def test_an_unknown_token(scene: Scene) -> None:
    scene.read_token = "glpat-unknown"
    with pytest.raises(UsageError, match="make a new one"):
        scene.reader().branch_head("main")


def test_no_token_says_which_variable(scene: Scene) -> None:
    with pytest.raises(UsageError, match="IL_WRITE_TOKEN is not set"):
        gitlab_write.connect(scene.url, {"CI_SERVER_URL": scene.gitlab.url})


def test_a_read_token_cannot_write(scene: Scene) -> None:
    writer = scene.writer(IL_WRITE_TOKEN=scene.read_token)
    with pytest.raises(UsageError, match="IL_WRITE_TOKEN has too narrow a scope"):
        writer.write_control_issue("x")
    with pytest.raises(UsageError, match="write_repository"):
        writer.publish_branch(BRANCH, scene.base, PATCH, "x", None)


def test_a_reporter_may_not_open_merge_requests(scene: Scene) -> None:
    scene.published(scene.writer())
    scene.write_token = scene.gitlab.token(scene.project, "reporter", level=REPORTER)
    with pytest.raises(UsageError, match="its role there must be Developer"):
        scene.writer().open_merge_request(scene.draft())


def test_an_archived_project_refuses_with_a_reason(scene: Scene) -> None:
    scene.project.settings["archived"] = True
    assert scene.reader().project().archived is True
    with pytest.raises(UsageError, match="403"):
        scene.writer().write_control_issue("x")


def test_an_empty_project_has_no_base(scene: Scene, tmp_path: Path) -> None:
    empty = scene.gitlab.project("acme/empty")
    scene.project = empty
    empty.members[scene.gitlab.user("loop-reader").id] = REPORTER
    assert scene.reader().project().default_branch is None
    with pytest.raises(UsageError, match="push a first commit"):
        scene.reader().fetch_base(tmp_path / "target.git", None)


def test_settings_that_stop_the_loop_are_seen(scene: Scene) -> None:
    scene.project.settings |= {
        "merge_requests_access_level": "disabled",
        "issues_enabled": False,
        "ci_config_path": "ci/main.yml@acme/ci",
        "default_branch": "main",
    }
    facts = scene.reader().project()
    assert (facts.merge_requests_enabled, facts.issues_enabled) == (False, False)
    assert facts.ci_config_path == "ci/main.yml@acme/ci"


def test_a_renamed_default_branch_is_followed(tmp_path: Path) -> None:
    with FakeGitLab(tmp_path / "gitlab") as gitlab:
        project = gitlab.project("acme/app", FILES, branch="trunk")
        token = gitlab.token(project, "loop-reader", level=REPORTER)
        reader = gitlab_read.connect(f"{gitlab.url}/acme/app", {"IL_READ_TOKEN": token})
        assert reader.fetch_base(tmp_path / "target.git", None) == ("trunk", project.repository.head("trunk"))


def test_a_moved_project_says_where_it_is(scene: Scene) -> None:
    scene.gitlab.world.moved["old/app"] = "acme/app"
    given = {"CI_SERVER_URL": scene.gitlab.url, "IL_READ_TOKEN": scene.read_token, "IL_WRITE_TOKEN": scene.write_token}
    with pytest.raises(UsageError, match="was moved to acme/app"):
        gitlab_read.connect("old/app", given).project()
    with pytest.raises(UsageError, match="give the target by its new path"):
        gitlab_write.connect("old/app", given).write_control_issue("x")


def test_a_gitlab_below_a_path(tmp_path: Path) -> None:
    with FakeGitLab(tmp_path / "gitlab", prefix="/gitlab") as gitlab:
        project = gitlab.project("acme/app", FILES)
        token = gitlab.token(project, "loop-writer")
        scene = Scene(gitlab, project, token, token)
        writer = scene.writer()
        scene.published(writer)
        assert writer.open_merge_request(scene.draft()).url.startswith(f"{gitlab.url}/acme/app/-/merge_requests/")
        assert len(scene.reader().open_merge_requests()) == 1


def test_a_server_that_is_not_there_means_later(scene: Scene) -> None:
    waited: list[float] = []
    reader = gitlab_read.connect("http://127.0.0.1:9/acme/app", {"IL_READ_TOKEN": "x"}, sleep=waited.append)
    with pytest.raises(TryLater, match="ConnectionError"):
        reader.project()
    assert sum(waited) == 31


@pytest.mark.parametrize("target", ["ssh://git@host/acme/app", "https://me:secret@host/acme/app", "acme/app"])
def test_a_target_that_is_no_plain_url(target: str) -> None:
    with pytest.raises(UsageError, match="give"):
        gitlab_read.connect(target, {"IL_READ_TOKEN": "x"})


def test_a_protected_branch_pattern_that_shuts_the_bot_out(scene: Scene) -> None:
    scene.project.protected[BRANCH] = {"push": 40}
    with pytest.raises(UsageError, match="not allowed to push"):
        scene.published(scene.writer())


def test_a_job_killed_between_push_and_merge_request_is_continued(scene: Scene) -> None:
    scene.published(scene.writer())
    writer = scene.writer()
    scene.published(writer)
    writer.open_merge_request(scene.draft())
    scene.writer().open_merge_request(scene.draft())
    assert [mr.iid for mr in scene.project.merge_requests] == [1]


def test_rate_limited_half_way_and_never_again_means_later(scene: Scene) -> None:
    writer = scene.writer()
    scene.published(writer)
    scene.gitlab.faults.limited("POST", "merge_requests$", times=50)
    with pytest.raises(LoopError) as caught:
        writer.open_merge_request(scene.draft())
    assert caught.value.exit_code == 75


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_a_private_authority_is_trusted_where_it_is_named_and_nowhere_else(tmp_path: Path) -> None:
    certificate, key = tmp_path / "ca.pem", tmp_path / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    made += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    with FakeGitLab(tmp_path / "gitlab", certificate=(certificate, key)) as gitlab:
        project = gitlab.project("acme/app", FILES)
        token = gitlab.token(project, "loop-writer")
        scene = Scene(gitlab, project, token, token)
        with pytest.raises(UsageError, match="CI_SERVER_TLS_CA_FILE"):
            scene.reader().project()
        named = {"CI_SERVER_TLS_CA_FILE": str(certificate)}
        assert scene.reader(**named).project().path == "acme/app"
        assert scene.published(scene.writer(**named)) == project.repository.head(BRANCH)
