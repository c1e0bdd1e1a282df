"""A project whose pipeline or default branch is not where most have it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from improve_loop.edges import artifacts, workshop
from improve_loop.model.find import Run, Shortlist
from improve_loop.phases.gate import findings_of
from tests.support.fake_gitlab import REPORTER, FakeGitLab, Project
from tests.support.imports import ROOT
from tests.support.in_process import Played, played
from tests.support.reports import example

PIPELINE = (ROOT / "examples/sample-repo/.gitlab-ci.yml").read_text()


class Elsewhere:
    def __init__(self, folder: Path, gitlab: FakeGitLab) -> None:
        self.folder, self.gitlab = folder, gitlab
        self.project: Project = gitlab.project("acme/app", {"ci/main.yml": PIPELINE, "README.md": "# App\n"})
        self.read = gitlab.token(self.project, "reader", level=REPORTER, scopes=("read_api", "read_repository"))

    def play(self, *words: str) -> Played:
        given = {"HOME": str(self.folder), "IL_READ_TOKEN": self.read, "CI_SERVER_URL": self.gitlab.url}
        self.gitlab.clock.now = max(time.time(), self.gitlab.clock.now)
        return played(words[0], "--out", self.folder / "out", *words[1:], **given)

    def look(self) -> Played:
        return self.play("preflight", "--target", f"{self.gitlab.url}/acme/app")

    def found(self) -> dict[str, object]:
        looked = self.look()
        assert looked.code == 0, looked.output
        assert self.play("discover", "--domain", "ci").code == 0
        (path,) = (self.folder / "out" / "discover").glob("*.json")
        loaded: dict[str, object] = json.loads(path.read_text())
        return loaded


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    with FakeGitLab(tmp_path / "gitlab") as gitlab:
        yield Elsewhere(tmp_path, gitlab)


def test_a_pipeline_that_the_project_keeps_elsewhere_is_the_one_that_is_read(elsewhere: Elsewhere) -> None:
    elsewhere.project.settings["ci_config_path"] = "ci/main.yml"
    found = elsewhere.found()
    assert found["status"] == "ok", found["reason"]
    assert "ci/main.yml" in json.dumps(found["candidates"])


def test_what_the_configuration_says_goes_before_what_gitlab_says(elsewhere: Elsewhere) -> None:
    policy = "domains:\n  ci:\n    options: {ci_file: ci/main.yml}\n"
    elsewhere.gitlab.push(elsewhere.project, "main", {".improve-loop.yml": policy}, by="ada")
    elsewhere.project.settings["ci_config_path"] = "ci/none.yml"
    assert elsewhere.found()["status"] == "ok"


def test_the_gates_of_a_run_know_both_pipelines_that_they_are_told_of(elsewhere: Elsewhere) -> None:
    policy = "domains:\n  ci:\n    options: {ci_file: build/mine.yml}\n"
    elsewhere.gitlab.push(elsewhere.project, "main", {".improve-loop.yml": policy}, by="ada")
    elsewhere.project.settings["ci_config_path"] = "build/theirs.yml"
    assert elsewhere.look().code == 0
    out = elsewhere.folder / "out"
    run = artifacts.read(out, Run, "preflight/run.json", json.loads((out / "preflight/run.json").read_text())["run_id"])
    for path in ("build/mine.yml", "build/theirs.yml"):
        before, after = f"diff --git a/{path} b/{path}\nnew file mode 100644\n", f"--- /dev/null\n+++ b/{path}\n"
        patch = f"{before}{after}@@ -0,0 +1,3 @@\n+a:\n+  script:\n+    - printenv\n".encode()
        each = replace(example(Shortlist).shortlisted[0], preview=None)
        each = replace(each, candidate=replace(each.candidate, target_paths=(path,), class_="code"))
        found, _ = findings_of(run, workshop.opened(out, run), each, patch)
        assert {"ci/configuration", "ci/token-shown"} <= {one.rule for one in found}


def test_a_pipeline_in_another_project_is_none_of_this_one(elsewhere: Elsewhere) -> None:
    elsewhere.gitlab.push(elsewhere.project, "main", {".gitlab-ci.yml": PIPELINE}, by="ada")
    elsewhere.project.settings["ci_config_path"] = "ci/main.yml@acme/ci"
    found = elsewhere.found()
    assert found["status"] == "ok_empty"
    assert "ci/main.yml@acme/ci" in str(found["reason"])


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"archived": True}, "acme/app is archived"),
        ({"merge_requests_access_level": "disabled"}, "acme/app has merge requests switched off"),
    ],
)
def test_a_project_that_takes_no_merge_request_is_refused_before_any_work(
    elsewhere: Elsewhere, settings: dict[str, object], why: str
) -> None:
    elsewhere.project.settings.update(settings)
    done = elsewhere.look()
    assert done.code == 2
    assert why in done.output


def test_a_default_branch_that_was_renamed_between_two_runs_is_followed(elsewhere: Elsewhere) -> None:
    assert elsewhere.look().code == 0
    elsewhere.project.repository.git("branch", "-m", "main", "trunk")
    elsewhere.project.settings["default_branch"] = "trunk"
    elsewhere.gitlab.push(elsewhere.project, "trunk", {"README.md": "# Renamed\n"}, by="ada")
    assert elsewhere.look().code == 0
    run = json.loads((elsewhere.folder / "out/preflight/run.json").read_text())
    assert (run["target"]["branch"], run["target"]["base_sha"]) == ("trunk", elsewhere.project.repository.head("trunk"))
