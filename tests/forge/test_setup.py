"""The setup guide, followed literally, is what `doctor` calls right; each way to get it wrong is named."""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from improve_loop.cli.doctor import doctor, examine
from improve_loop.errors import Refused
from improve_loop.model.setup import Check
from tests.forge.conftest import FILES
from tests.support.fake_gitlab import MAINTAINER, REPORTER, FakeGitLab, Project
from tests.support.fake_gitlab.world import Token
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
        return {check.id: check.status for check in self.checks(**environ)}

    def checks(self, **environ: str) -> tuple[Check, ...]:
        return examine(self.url(self.hub), self.url(self.target), {**self.environ(), **environ})

    def environ(self) -> dict[str, str]:
        """The owner's own token, and the two that the guide hid."""
        tokens = {name: self.secret(name) for name in ("IL_READ_TOKEN", "IL_WRITE_TOKEN")}
        return {"GITLAB_TOKEN": self.admin, **tokens}

    def token(self, key: str) -> Token:
        return self.gitlab.world.tokens[self.secret(key)]

    def secret(self, key: str) -> str:
        return next((str(row["value"]) for row in self.hub.variables if row["key"] == key), "")

    def variable(self, key: str) -> dict[str, Any]:
        return next(row for row in self.hub.variables if row["key"] == key)


@pytest.fixture(scope="module")
def set_up_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("guide")
    with FakeGitLab(folder / "gitlab") as gitlab:
        yield set_up(gitlab, folder)


@pytest.fixture
def instance(set_up_once: Instance) -> Iterator[Instance]:
    """As the guide leaves it; what a test gets wrong there is put right again."""
    world = set_up_once.gitlab.world
    everything: list[Project | Token] = [*world.projects, *world.tokens.values()]
    kept = [(one, copy.deepcopy(settings(one))) for one in everything]
    tokens, heads = dict(world.tokens), {project.path: project.repository.head("main") for project in world.projects}
    yield set_up_once
    world.tokens = tokens
    for one, before in kept:
        one.__dict__.update(before)
    for project in world.projects:
        project.repository.git("update-ref", "refs/heads/main", heads[project.path] or "")


def settings(one: Project | Token) -> dict[str, Any]:
    return {name: value for name, value in vars(one).items() if name not in ("repository", "user", "iids", "pipelines")}


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
        "EXPIRES": (date.today() + timedelta(days=90)).isoformat(),
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
    bot = instance.token("IL_WRITE_TOKEN").user
    instance.target.members[bot.id] = MAINTAINER


def _bot_owns_schedule(instance: Instance) -> None:
    bot = instance.token("IL_WRITE_TOKEN").user
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
    "reader-scope": lambda i: setattr(i.token("IL_READ_TOKEN"), "scopes", ("read_api", "read_repository", "api")),
    "reader-role": lambda i: i.target.members.update({i.token("IL_READ_TOKEN").user.id: 10}),
    "reader-expires": lambda i: setattr(i.token("IL_READ_TOKEN"), "expires_at", date.today().isoformat()),
    "writer-scope": lambda i: setattr(i.token("IL_WRITE_TOKEN"), "scopes", ("read_api", "write_repository")),
    "writer-expires": lambda i: setattr(i.token("IL_WRITE_TOKEN"), "expires_at", date.today().isoformat()),
    "target-issues": lambda i: i.target.settings.update(issues_access_level="disabled"),
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
    given = instance.environ()  # before IL_READ_TOKEN is taken away
    PLANTED[id](instance)
    (check,) = [check for check in instance.checks(**given) if check.status != "ok"]
    assert check.id == id
    assert check.click.startswith(instance.gitlab.url)
    assert re.match(r"(GET|POST|PUT|PATCH|DELETE) /", check.call)


def test_the_guide_names_the_loops_own_user(instance: Instance) -> None:
    bot = instance.token("IL_WRITE_TOKEN").user.username
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
    found = instance.found(GITLAB_TOKEN=reporter, IL_READ_TOKEN="", IL_WRITE_TOKEN="")
    assert {id for id, status in found.items() if status == "unknown"} == {
        "variables",
        "reader",
        "writer",
        "hub-branch",
        "target-branch",
        "job-token",
        "runners",
        "schedules",
    }


def test_the_command_exits_4_and_shows_the_click(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in instance.environ().items():
        monkeypatch.setenv(name, value)
    arguments = ["--hub", instance.url(instance.hub), "--target", instance.url(instance.target)]
    assert CliRunner().invoke(doctor, arguments).exit_code == 0
    _merge_open(instance)
    result = CliRunner().invoke(doctor, arguments)
    assert isinstance(result.exception, Refused)
    assert "PROBLEM bot-can-merge" in result.output
    assert "click: http" in result.output
