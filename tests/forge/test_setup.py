"""The setup guide, followed literally, is what `doctor` calls right; each way to get it wrong is named."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from improve_loop.cli.doctor import doctor, examine
from improve_loop.edges.forge import gitlab_setup
from improve_loop.edges.forge.gitlab_session import Session, locate
from improve_loop.errors import Refused
from improve_loop.rules.setup import checks
from tests.forge.conftest import FILES
from tests.support.fake_gitlab import MAINTAINER, REPORTER, FakeGitLab, Project
from tests.support.imports import ROOT

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="follows the guide with curl; .ci/run installs it")
GUIDE = ROOT / "docs" / "gitlab-setup.md"
RUNNER = {"id": 1, "description": "docker", "active": True, "paused": False, "status": "online", "is_shared": True}


@dataclass
class Instance:
    gitlab: FakeGitLab
    hub: Project
    target: Project
    admin: str

    def url(self, project: Project) -> str:
        return f"{self.gitlab.url}/{project.path}"

    def found(self, **environ: str) -> dict[str, str]:
        given = {"GITLAB_TOKEN": self.admin, "IL_WRITE_TOKEN": self.secret("IL_WRITE_TOKEN"), **environ}
        return {check.id: check.status for check in examine(self.url(self.hub), self.url(self.target), given)}

    def secret(self, key: str) -> str:
        return next((str(row["value"]) for row in self.hub.variables if row["key"] == key), "")

    def variable(self, key: str) -> dict[str, Any]:
        return next(row for row in self.hub.variables if row["key"] == key)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    with FakeGitLab(tmp_path / "gitlab") as gitlab:
        yield set_up(gitlab, tmp_path)


def set_up(gitlab: FakeGitLab, folder: Path, **files: str) -> Instance:
    """Two new projects, and the guide followed; `files` are in the target already."""
    hub, target = gitlab.project("acme/hub", FILES), gitlab.project("acme/app", {**FILES, **files})
    hub.runners.append(RUNNER)
    admin = gitlab.token(hub, "ada", level=MAINTAINER, bot=False)
    target.members[gitlab.user("ada").id] = MAINTAINER
    hub.settings["ci_pipeline_variables_minimum_override_role"] = "developer"
    target.protected["main"] = {"push": 30, "merge": 30}
    made = Instance(gitlab, hub, target, admin)
    follow_the_guide(made, folder)
    return made


def follow_the_guide(instance: Instance, folder: Path) -> None:
    (script,) = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    env = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "GITLAB": instance.gitlab.url,
        "ADMIN": instance.admin,
        "HUB": str(instance.hub.id),
        "TARGET": str(instance.target.id),
        "EXPIRES": "2027-01-31",
    }
    done = subprocess.run(["bash", "-c", script], env=env, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_guide_followed_literally_leaves_nothing_to_change(instance: Instance) -> None:
    assert {id: status for id, status in instance.found().items() if status != "ok"} == {}
    assert [row["description"] for row in instance.hub.schedules] == ["sweep", "tend"]
    assert instance.hub.schedules[1]["variables"][0]["value"] == "tend"


def _merge_open(instance: Instance) -> None:
    instance.target.protected["main"]["merge"] = 30


def _bot_is_maintainer(instance: Instance) -> None:
    bot = instance.gitlab.world.tokens[instance.secret("IL_WRITE_TOKEN")].user
    instance.target.members[bot.id] = MAINTAINER


def _bot_owns_schedule(instance: Instance) -> None:
    bot = instance.gitlab.world.tokens[instance.secret("IL_WRITE_TOKEN")].user
    instance.hub.schedules[0]["owner"] = {"username": bot.username}


def _policy(instance: Instance, content: str | None) -> None:
    instance.gitlab.push(instance.target, "main", {".improve-loop.yml": content}, by="ada")


PLANTED: dict[str, Callable[[Instance], Any]] = {
    "pipeline-variables": lambda i: i.hub.settings.update(ci_pipeline_variables_minimum_override_role="developer"),
    "IL_WRITE_TOKEN-exposed": lambda i: i.variable("IL_WRITE_TOKEN").update(protected=False),
    "IL_READ_TOKEN-exposed": lambda i: i.variable("IL_READ_TOKEN").update(environment_scope="*"),
    "IL_READ_TOKEN-missing": lambda i: i.hub.variables.remove(i.variable("IL_READ_TOKEN")),
    "secrets-everywhere": lambda i: i.hub.variables.append(
        {**i.variable("IL_READ_TOKEN"), "key": "A", "environment_scope": "*"}
    ),
    "secrets-unprotected": lambda i: i.hub.variables.append(
        {**i.variable("IL_READ_TOKEN"), "key": "A", "environment_scope": "improve-loop/model", "protected": False}
    ),
    "IL_NOTIFY_URL-exposed": lambda i: i.hub.variables.append({**i.variable("IL_READ_TOKEN"), "key": "IL_NOTIFY_URL"}),
    "no-runner": lambda i: i.hub.runners.clear(),
    "bot-can-merge": _merge_open,
    "writer-role": _bot_is_maintainer,
    "hub-unprotected": lambda i: i.hub.protected.clear(),
    "job-token-push": lambda i: i.target.settings.update(ci_push_repository_for_job_token_allowed=True),
    "job-token-open": lambda i: i.target.job_token_scope.update(inbound_enabled=False),
    "job-token-listed": lambda i: i.target.job_token_allowlist.append(i.hub.id),
    "forge-bot": lambda i: _policy(i, "forge: {bot: somebody}\n"),
    "no-schedule": lambda i: i.hub.schedules.clear(),
    "schedule-owner": _bot_owns_schedule,
    "target-merge-requests": lambda i: i.target.settings.update(merge_requests_access_level="disabled"),
    "target-archived": lambda i: i.target.settings.update(archived=True),
}


@pytest.mark.parametrize("id", PLANTED)
def test_each_planted_mistake_is_named_with_what_to_click_and_which_call_mends_it(instance: Instance, id: str) -> None:
    PLANTED[id](instance)
    environ = {"GITLAB_TOKEN": instance.admin, "IL_WRITE_TOKEN": instance.secret("IL_WRITE_TOKEN")}
    found = examine(instance.url(instance.hub), instance.url(instance.target), environ)
    (check,) = [check for check in found if check.status != "ok"]
    assert check.id == id
    assert check.click.startswith(instance.gitlab.url)
    assert re.match(r"(GET|POST|PUT|PATCH|DELETE) /", check.call)


def test_the_guide_names_the_loops_own_user(instance: Instance) -> None:
    bot = instance.gitlab.world.tokens[instance.secret("IL_WRITE_TOKEN")].user.username
    assert instance.target.repository.read("main", ".improve-loop.yml") == f"forge: {{bot: {bot}}}".encode()


@pytest.mark.parametrize(
    ("content", "status"),
    [("intensity: light\n", "warning"), (None, "warning"), ("forge: {bot: [x]}\n", "unknown"), ("a: [\n", "unknown")],
)
def test_a_name_that_is_not_given_or_cannot_be_read_is_told(
    instance: Instance, content: str | None, status: str
) -> None:
    _policy(instance, content)
    assert {id: found for id, found in instance.found().items() if found != "ok"} == {"forge-bot": status}


def test_the_guide_leaves_a_configuration_that_is_there_as_it_is(tmp_path: Path) -> None:
    with FakeGitLab(tmp_path / "gitlab") as gitlab:
        instance = set_up(gitlab, tmp_path, **{".improve-loop.yml": "intensity: light\n"})
        assert instance.target.repository.read("main", ".improve-loop.yml") == b"intensity: light\n"
        assert len(instance.hub.schedules) == 2
        assert instance.found()["forge-bot"] == "warning"


@pytest.mark.parametrize(
    ("key", "scope", "found"),
    [
        ("A", "improve-loop/*", "secrets-everywhere"),
        ("A", "improve-loop/model", None),
        ("A", "production", None),
        ("IL_NOTIFY_URL", "improve-loop/write", None),
        ("IL_NOTIFY_URL", "improve-loop/*", "IL_NOTIFY_URL-exposed"),
        ("IL_NOTIFY_URL", "improve-loop/model", "IL_NOTIFY_URL-exposed"),
    ],
)
def test_a_secret_belongs_to_the_jobs_of_one_environment(
    instance: Instance, key: str, scope: str, found: str | None
) -> None:
    instance.hub.variables.append({**instance.variable("IL_READ_TOKEN"), "key": key, "environment_scope": scope})
    assert [id for id, status in instance.found().items() if status != "ok"] == [found] * (found is not None)


def test_what_may_not_be_looked_at_is_unknown_and_not_right(instance: Instance) -> None:
    reporter = instance.gitlab.token(instance.hub, "bob", level=REPORTER, bot=False)
    instance.target.members[instance.gitlab.user("bob").id] = REPORTER
    found = instance.found(GITLAB_TOKEN=reporter, IL_WRITE_TOKEN="")
    assert {id for id, status in found.items() if status == "unknown"} == {
        "variables",
        "writer",
        "hub-branch",
        "target-branch",
        "job-token",
        "runners",
        "schedules",
    }


def test_a_token_about_to_expire_is_a_warning(instance: Instance) -> None:
    environ = {"GITLAB_TOKEN": instance.admin}
    sessions = [
        Session(locate(instance.url(project), environ, token_name="GITLAB_TOKEN"))
        for project in (instance.hub, instance.target)
    ]
    setup = gitlab_setup.look(sessions[0], sessions[1], instance.secret("IL_WRITE_TOKEN"))
    assert {check.id: check.status for check in checks(setup, today="2027-01-20")}["writer-expires"] == "warning"


def test_the_command_exits_4_and_shows_the_click(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", instance.admin)
    monkeypatch.setenv("IL_WRITE_TOKEN", instance.secret("IL_WRITE_TOKEN"))
    arguments = ["--hub", instance.url(instance.hub), "--target", instance.url(instance.target)]
    assert CliRunner().invoke(doctor, arguments).exit_code == 0
    _merge_open(instance)
    result = CliRunner().invoke(doctor, arguments)
    assert isinstance(result.exception, Refused)
    assert "PROBLEM bot-can-merge" in result.output
    assert "click: http" in result.output
