"""A pipeline that died before it was on record: the next preflight counts what it may have spent."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.llm.script import by_role, plan
from tests.llm.tasks import edit
from tests.support.fake_gitlab import MAINTAINER, REPORTER, FakeGitLab, JobPlan, Project
from tests.support.fake_gitlab.actions import create_pipeline
from tests.support.fake_gitlab.pipelines import PipelineRecord
from tests.support.imports import ROOT
from tests.support.in_process import Played, played
from tests.support.repositories import repository
from tests.support.scripted_model import serving

POLICY = "limits: {usd: 6, usd_per_day: 50}\nmodels: {escalation: claude/claude-sonnet-5-5}\nsandbox: none\n"
JOBS = tuple(
    JobPlan(name=f"improve-loop:{name}", stage=name, seconds=5) for name in ("preflight", "extract", "propose")
)


class Hub:
    """A hub and its target on the simulated GitLab; each of its pipelines is played up to some job."""

    def __init__(self, folder: Path, gitlab: FakeGitLab) -> None:
        self.folder, self.gitlab = folder, gitlab
        self.target: Project = gitlab.project("acme/app", {"a.py": "a = 1\n", ".improve-loop.yml": POLICY})
        self.read = gitlab.token(self.target, "reader", level=REPORTER, scopes=("read_api", "read_repository"))
        self.write = gitlab.token(self.target, "writer", scopes=("api", "write_repository"))
        self.hub = gitlab.project("acme/hub", {"README.md": "# Hub\n"})
        self.hub.plan("*", *JOBS)
        self.job_level = MAINTAINER

    def pipeline(self, source: str = "schedule") -> PipelineRecord:
        head = self.hub.repository.head("main") or ""
        made = create_pipeline(self.gitlab.world, self.hub, "main", head, source, self.gitlab.user("ada"))
        assert made
        return made

    def play(self, pipeline: PipelineRecord, verb: str, *more: str) -> Played:
        self.gitlab.clock.now = max(time.time(), self.gitlab.clock.now)
        writes = verb in ("propose", "publish", "ship", "cleanup")
        given = {
            "HOME": str(self.folder),
            **({"IL_WRITE_TOKEN": self.write} if writes else {"IL_READ_TOKEN": self.read}),
            "CI_SERVER_URL": self.gitlab.url,
            "CI_PROJECT_PATH": self.hub.path,
            "CI_PIPELINE_ID": str(pipeline.id),
            "CI_JOB_TOKEN": self.gitlab.token(
                self.hub, "ada", level=self.job_level, bot=False, job=pipeline.jobs[0].id
            ),
            "GITLAB_CI": "true",
        }
        return played(verb, "--out", self.folder / str(pipeline.id), *more, **given)

    def preflight(self, pipeline: PipelineRecord, *more: str) -> Played:
        more = more or ("--mode", "full")
        done = self.play(pipeline, "preflight", "--target", f"{self.gitlab.url}/acme/app", *more)
        assert done.code == 0, done.output
        permit = (self.folder / str(pipeline.id) / "preflight/run.json").read_bytes()
        pipeline.jobs[0].files[f"il-out/{pipeline.id}/preflight/run.json"] = permit
        return done

    def died(self, *more: str, reading: bool = True) -> PipelineRecord:
        """A pipeline that was cancelled while it read texts, or before that."""
        pipeline = self.pipeline()
        self.preflight(pipeline, *more)
        self.gitlab.clock.advance(20)
        preflight, extract, propose = pipeline.jobs
        preflight.forced, extract.forced, propose.forced = "success", "canceled" if reading else "skipped", "skipped"
        extract.start = extract.start if reading else float("inf")
        pipeline.forced = "canceled"
        return pipeline

    def run(self, pipeline: PipelineRecord) -> Any:
        return json.loads((self.folder / str(pipeline.id) / "preflight/run.json").read_text())

    def state(self, pipeline: PipelineRecord) -> Any:
        return yaml.safe_load((self.folder / str(pipeline.id) / "preflight/state.yaml").read_text())

    def next(self) -> tuple[float, str]:
        """What the next pipeline's preflight counts to the day, and what it says."""
        pipeline = self.pipeline()
        said = self.preflight(pipeline).output
        pipeline.forced = "success"
        pipeline.jobs[1].start = float("inf")  # it read nothing
        return sum(self.state(pipeline)["spend_usd_by_day"].values()), said


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with FakeGitLab(tmp_path / "gitlab", start=time.time()) as gitlab:
        yield Hub(tmp_path, gitlab)


def test_one_that_was_cancelled_while_it_read_counts_in_full_until_it_is_on_record(hub: Hub) -> None:
    dead = hub.died()
    assert hub.next()[0] == 6.0
    spent, said = hub.next()  # that one did not get so far as to put it on record
    assert spent == 6.0
    assert f"run {dead.id} of" in said
    later = hub.pipeline()
    hub.preflight(later)
    for verb in ("discover", "extract", "triage", "propose"):
        assert hub.play(later, verb).code == 0
    later.forced = "manual"
    after = hub.pipeline()
    said = hub.preflight(after).output
    assert f"run {dead.id} of" not in said
    assert sum(hub.state(after)["spend_usd_by_day"].values()) == 12.0  # its own, and the one that still waits


def test_the_limit_of_the_day_holds_over_pipelines_that_died(hub: Hub) -> None:
    for left in (6.0, 6.0, 6.0, 6.0, 6.0, 6.0, 6.0, 6.0, 2.0, 0.0):
        assert hub.run(hub.died())["limits"]["usd"] == left


def test_one_that_says_nothing_more_counts_as_the_dearest_that_was_possible(hub: Hub) -> None:
    hub.died().jobs[0].files.clear()
    assert hub.next()[0] == 6.0
    hub.gitlab.push(hub.target, "main", {".improve-loop.yml": POLICY.replace("usd: 6, ", "")}, by="ada")
    assert hub.next()[0] == 40.0  # a variable may have asked for the heaviest


@pytest.mark.parametrize("why", ["no model was asked", "a dry run", "no models", "another target"])
def test_one_that_can_have_spent_nothing_here_counts_nothing(hub: Hub, why: str) -> None:
    dead = hub.died(
        *{"a dry run": ("--mode", "full", "--dry-run"), "no models": ("--mode", "none")}.get(why, ()),
        reading=why != "no model was asked",
    )
    if why == "another target":
        (path,) = dead.jobs[0].files
        dead.jobs[0].files[path] = dead.jobs[0].files[path].replace(b"/acme/app", b"/acme/other")
    assert hub.next()[0] == 0.0


def test_the_runs_of_a_hubs_other_targets_are_told_by_their_names_and_not_looked_into(hub: Hub) -> None:
    """Hourly runs for a handful of targets are more than anyone looks into, and none of them is in this one's state."""
    hub.died().name = f"improve-loop run {hub.gitlab.url}/Acme/app/"
    others = [hub.pipeline() for _ in range(210)]
    for pipeline in others:
        pipeline.forced, pipeline.name = "success", f"improve-loop run {hub.gitlab.url}/acme/other"
    hub.died().name = "improve-loop run "  # a variable that was not set
    assert hub.next()[0] == 12.0
    looked = " ".join(request.path for request in hub.gitlab.log)
    assert not [one.id for one in others if f"/pipelines/{one.id}/jobs" in looked]


def test_where_pipelines_are_not_shown_nothing_is_bought_before_a_run_is_on_record(hub: Hub) -> None:
    refused = {"message": "404 Not Found"}
    hub.gitlab.faults.add("reply", "GET", "hub/pipelines", status=404, body=refused, times=99)
    pipeline = hub.pipeline()
    assert "paid models read none in this run" in hub.preflight(pipeline).output
    limits = hub.run(pipeline)["limits"]
    assert (limits["usd_reading"], limits["usd"]) == (0.0, 6.0)


def test_the_reader_looks_where_the_job_itself_may_not(hub: Hub) -> None:
    hub.died()
    hub.job_level = 0  # before GitLab 18 no job token may list pipelines
    hub.hub.members[hub.gitlab.user("reader").id] = REPORTER
    hub.gitlab.push(hub.target, "main", {".improve-loop.yml": POLICY.replace("usd: 6", "usd: 7")}, by="ada")
    assert hub.next()[0] == 7.0  # a Reporter may not read artifacts: the dearest that was possible


def test_a_job_that_somebody_retried_counts_once_more_for_the_ledger_that_is_gone(hub: Hub) -> None:
    sample = (ROOT / "examples/sample-repo/.gitlab-ci.yml").read_text()
    hub.gitlab.push(hub.target, "main", {".gitlab-ci.yml": sample}, by="ada")
    hub.hub.plan("*", *JOBS, *(JobPlan(name=f"improve-loop:implement {slot}/2", stage="make") for slot in (1, 2)))
    pipeline = hub.pipeline()
    hub.preflight(pipeline, "--mode", "full", "--auto")
    for verb in ("discover", "extract", "triage", "propose", "approve"):
        assert hub.play(pipeline, verb).code == 0
    hub.gitlab.clock.advance(600)
    second = pipeline.jobs[-1]
    for _ in range(2):  # attempts of the second slot that are not the last one
        pipeline.jobs.append(replace(second, id=hub.gitlab.world.next_id(), retried=True))
    for slot in ("1", "2"):
        assert hub.play(pipeline, "implement", "--slot", slot).code == 0
    done = hub.play(pipeline, "cleanup")
    assert done.output.count("left no word of what it spent") == 2, done.output
    report = json.loads((hub.folder / str(pipeline.id) / "cleanup/report.json").read_text())
    assert (report["spent_usd"], report["reserved_usd"]) == (0.0, pytest.approx(2 * 1.95))


def test_a_job_whose_runner_died_counts_with_all_that_it_was_allowed(hub: Hub) -> None:
    sample = ROOT / "examples/sample-repo"
    files = {str(path.relative_to(sample)): path.read_bytes() for path in sample.rglob("*") if path.is_file()}
    del files[".improve-loop.yml"]
    hub.gitlab.push(hub.target, "main", {name: content.decode() for name, content in files.items()}, by="ada")
    pipeline = hub.pipeline()
    hub.preflight(pipeline, "--mode", "full", "--auto")
    for verb in ("discover", "extract", "triage", "propose", "approve"):
        assert hub.play(pipeline, verb).code == 0
    assert hub.play(pipeline, "implement", "--slot", "1").code == 0  # nothing is heard of the second of two
    done = hub.play(pipeline, "cleanup")
    assert done.output.count("left no word of what it spent") == 1, done.output
    report = json.loads((hub.folder / str(pipeline.id) / "cleanup/report.json").read_text())
    assert (report["spent_usd"], report["reserved_usd"]) == (0.0, pytest.approx(1.95))
    pipeline.forced = "success"
    after = hub.pipeline()
    hub.preflight(after)
    assert sum(hub.state(after)["spend_usd_by_day"].values()) == pytest.approx(1.95)


@pytest.mark.parametrize(("told", "left"), [("1", ""), ("2", "of $0.07"), ("", "of $0.04")])
def test_the_slice_of_a_job_is_divided_by_how_often_gitlab_may_start_it(tmp_path: Path, told: str, left: str) -> None:
    """Where the template does not say, it is the most that GitLab has: three times."""
    with serving(by_role({"plan": [plan("a.py")], "implement": [edit("a.py", "a = 1", "a = 10")]})) as server:
        claude = f"    claude: {{url: '{server.root}', protocol: anthropic, key_variable: CLAUDE_KEY}}\n"
        policy = f"limits: {{usd: 0.2}}\nmodels:\n  endpoints:\n{claude}  escalation: claude/claude-sonnet-5-5\n"
        app = repository(tmp_path / "app", {"a.py": "a = 1\n", ".improve-loop.yml": policy})
        task = ("--task", "Make a ten.", "--target-path", "a.py", "--auto", "--mode", "full")
        given = {"GITLAB_CI": "true", "IL_JOB_ATTEMPTS": told, "CLAUDE_KEY": "of-claude"}
        played("run", "--target", app, "--out", tmp_path / "out", *task, **given)
    (change,) = (tmp_path / "out").glob("implement/*/change.json")
    made = json.loads(change.read_text())
    assert (made["status"], left in made["reason"]) == ("failed" if left else "made", True), made["reason"]
