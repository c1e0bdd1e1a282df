"""`improve-loop init` writes what is missing, overwrites nothing, and opens one merge request however often it runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from improve_loop.cli.init import init
from improve_loop.edges import configuration
from improve_loop.edges.forge.gitlab_earlier import target_in
from improve_loop.edges.forge.gitlab_onboarding import Opened, propose
from improve_loop.errors import UsageError
from improve_loop.model.config import Config, Target
from improve_loop.rules.onboarding import embedded_files, hub_files
from tests.forge.conftest import Scene
from tests.support.ci_yaml import TEMPLATES, header

APP, SHOP = "https://x.y/a/app", "https://x.y/a/shop"


def started(*words: str) -> Result:
    done = CliRunner().invoke(init, [*words, "--project", "acme/improve-loop", "--ref", "v1"])
    assert done.exit_code == 0, done.output
    return done


def test_a_first_hub_is_two_files_that_fit_template_and_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = started("--target", APP)
    config = yaml.safe_load(Path(".gitlab-ci.yml").read_text())
    (include,) = config["include"]
    assert set(include["inputs"]) <= set(header(TEMPLATES / "improve-loop.yml"))
    assert include["file"] == "/ci-templates/improve-loop.yml"
    assert target_in(config["workflow"]["name"]) == APP
    assert "variables" not in config
    own = configuration.from_bytes(Path(".improve-loop.yml").read_bytes(), "hub")
    assert own == Config(targets=(Target(url=APP),))
    # What belongs into the target is shown, and is a configuration, too.
    words, _, shown = done.output.partition("a first one:\n\n")
    assert ".improve-loop.yml on its default branch" in words.replace("\n", " ")
    assert configuration.from_bytes(shown.encode(), "target").intensity == "light"


def test_a_hub_of_several_targets_offers_each_and_begins_with_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    started("--target", APP, "--target", f"{SHOP}.git", "--target", f"{APP}/")
    config = yaml.safe_load(Path(".gitlab-ci.yml").read_text())
    assert config["include"][0]["inputs"]["target"] == APP
    chosen = config["variables"]["IL_TARGET"]
    assert (chosen["value"], chosen["options"]) == (APP, [APP, SHOP])
    assert config["workflow"]["name"] == "improve-loop run $IL_TARGET"
    own = configuration.from_bytes(Path(".improve-loop.yml").read_bytes(), "hub")
    assert [target.url for target in own.targets] == [APP, SHOP]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "--target URL is missing"),
        (["--target", "$CI_PROJECT_URL"], "expected the project's URL"),
        (["--target", "acme/app"], "expected the project's URL"),
        (["--target", "https://x.y/a b"], "expected the project's URL"),
    ],
)
def test_a_hub_without_a_target_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=re.escape(says)):
        CliRunner().invoke(init, words, catch_exceptions=False)
    assert list(tmp_path.iterdir()) == []


def test_a_hub_that_is_there_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mine = {".gitlab-ci.yml": "test: {script: [make]}\n", ".improve-loop.yml": "targets: [{url: ../app}]\n"}
    for name, content in mine.items():
        Path(name).write_text(content)
    done = started("--target", APP)
    assert {name: Path(name).read_text() for name in mine} == mine
    assert done.output.count("left as it is") == 2
    assert f"  - url: {APP}\n" in done.output


def test_a_first_configuration_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(init, ["--embedded"]).exit_code == 0
    assert configuration.from_bytes(Path(".improve-loop.yml").read_bytes(), "test").intensity == "light"


def test_what_is_there_is_left_or_added_to_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".gitlab-ci.yml").write_text("test:\n  script: [make test]\n")
    Path(".improve-loop.yml").write_text("intensity: heavy\n")
    for _ in range(2):
        assert CliRunner().invoke(init, ["--embedded"]).exit_code == 0
    config = yaml.safe_load(Path(".gitlab-ci.yml").read_text())
    assert config["test"] == {"script": ["make test"]}
    assert len(config["include"]) == 1
    assert Path(".improve-loop.yml").read_text() == "intensity: heavy\n"
    Path(".gitlab-ci.yml").write_text("include: other.yml\n")
    shown = CliRunner().invoke(init, ["--embedded"])
    assert "left as it is" in shown.output
    assert Path(".gitlab-ci.yml").read_text() == "include: other.yml\n"


@pytest.mark.parametrize("value", ["a b", "x\nscript: y", "-x", "$(id)"])
def test_a_ref_that_is_none_is_refused(value: str) -> None:
    assert isinstance(CliRunner().invoke(init, ["--ref", value]).exception, UsageError)


def proposed(scene: Scene, wanted: dict[str, str]) -> Opened:
    environ = {"IL_WRITE_TOKEN": scene.write_token}
    given = {"branch": "improve-loop-setup", "title": "Set up", "description": "Why."}
    return propose(scene.url, environ, wanted, **given, sleep=scene.gitlab.clock.advance)


def test_the_merge_request_is_one_and_keeps_the_targets_pipeline(scene: Scene) -> None:
    wanted = embedded_files("acme/improve-loop", "v1")
    scene.gitlab.faults.branch_lag = 5
    assert proposed(scene, wanted) == proposed(scene, wanted)
    assert len(scene.project.merge_requests) == 1
    repository = scene.project.repository
    config = yaml.safe_load(repository.read("improve-loop-setup", ".gitlab-ci.yml") or b"")
    assert config["test"] == {"script": ["make test"]}
    assert config["include"][0]["file"] == "/ci-templates/launcher.yml"
    assert repository.log(["main..improve-loop-setup"]) == [repository.head("improve-loop-setup")]


def test_a_hub_arrives_as_a_merge_request_that_says_what_the_target_may_say(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IL_WRITE_TOKEN", scene.write_token)
    scene.gitlab.push(scene.project, "main", {".gitlab-ci.yml": None}, by="ada")
    done = started("--target", APP, "--merge-request", scene.url)
    (mr,) = scene.project.merge_requests
    assert done.output.startswith(f"{scene.url}/-/merge_requests/{mr.iid}\n\nWhat may be done")
    repository = scene.project.repository
    hub = hub_files("acme/improve-loop", "v1", [APP])
    assert {name: (repository.read("improve-loop-setup", name) or b"").decode() for name in hub} == hub
    assert "a first one:\n\n```yaml\n# What improve-loop may do here." in mr.description


def test_files_that_are_there_are_left_out_of_the_merge_request_and_named(scene: Scene) -> None:
    wanted = hub_files("acme/improve-loop", "v1", [APP])
    before = scene.project.repository.read("main", ".gitlab-ci.yml")
    assert proposed(scene, wanted).left == (".gitlab-ci.yml",)
    assert scene.project.repository.read("improve-loop-setup", ".gitlab-ci.yml") == before
    scene.gitlab.push(scene.project, "main", {name: wanted[name] for name in wanted}, by="ada")
    scene.project.merge_requests[0].state = "closed"
    scene.project.repository.git("update-ref", "-d", "refs/heads/improve-loop-setup")
    with pytest.raises(UsageError, match="nothing to propose"):
        proposed(scene, wanted)
