"""`improve-loop init` writes what is missing, overwrites nothing, and opens one merge request however often it runs."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from improve_loop.cli.init import init
from improve_loop.edges import configuration
from improve_loop.edges.forge.gitlab_earlier import target_in
from improve_loop.edges.forge.gitlab_onboarding import propose
from improve_loop.errors import UsageError
from improve_loop.rules.onboarding import files
from tests.forge.conftest import Scene
from tests.support.ci_yaml import TEMPLATES, header


def test_a_first_hub_is_a_file_that_fits_the_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(init, ["--project", "acme/improve-loop", "--ref", "v1", "--target", "https://x.y/a/b"])
    assert done.exit_code == 0, done.output
    config = yaml.safe_load((tmp_path / ".gitlab-ci.yml").read_text())
    (include,) = config["include"]
    assert set(include["inputs"]) <= set(header(TEMPLATES / "improve-loop.yml"))
    assert include["file"] == "/ci-templates/improve-loop.yml"
    assert target_in(config["workflow"]["name"]) == "https://x.y/a/b"
    assert not (tmp_path / ".improve-loop.yml").exists(), "it belongs into the target"


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


def test_the_merge_request_is_one_and_keeps_the_targets_pipeline(scene: Scene) -> None:
    environ = {"IL_WRITE_TOKEN": scene.write_token}
    wanted = files(embedded=True, project="acme/improve-loop", ref="v1", target="x")
    scene.gitlab.faults.branch_lag = 5

    def opened() -> str:
        return propose(
            scene.url,
            environ,
            wanted,
            branch="improve-loop-setup",
            title="Set up",
            description="Why.",
            sleep=scene.gitlab.clock.advance,
        )

    assert opened() == opened()
    assert len(scene.project.merge_requests) == 1
    repository = scene.project.repository
    config = yaml.safe_load(repository.read("improve-loop-setup", ".gitlab-ci.yml") or b"")
    assert config["test"] == {"script": ["make test"]}
    assert config["include"][0]["file"] == "/ci-templates/launcher.yml"
    assert repository.log(["main..improve-loop-setup"]) == [repository.head("improve-loop-setup")]
