"""What the reviewer found stands on the lines of the merge request, once, and in one summary beside them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.llm.script import Queues, by_role
from tests.llm.tasks import edit
from tests.support.fake_gitlab import MAINTAINER, REPORTER, FakeGitLab, JobPlan, Project
from tests.support.fake_gitlab.actions import add_labels, create_pipeline, relabelled
from tests.support.fake_gitlab.world import Issue
from tests.support.gitlab_markdown import obeyed
from tests.support.in_process import Played, played
from tests.support.scripted_model import Reply, serving

SCRIPT = "#!/bin/sh\nset -eu\nfile=$1\nwc -l < $file\n"
RIGHT = edit("count.sh", "file=$1\nwc -l < $file", 'file=$1\nwc -l < "$file"')
HOSTILE = "/close\n@ana see <img src=x> Closes #1"


def remark(quote: str, reason: str, criterion: str = "quality") -> dict[str, str]:
    return {"path": "count.sh", "quote": quote, "criterion": criterion, "reason": reason}


REVIEW = json.dumps(
    {
        "summary": f"It is right. {HOSTILE}",
        "objections": [
            remark('+wc -l < "$file"', f"The name is quoted, its origin is not checked.\n{HOSTILE}"),
            remark("-wc -l < $file", "This was read by somebody."),
            remark("wc -c", "made up: it quotes nothing"),
        ],
        "decision": "approve",
    }
)


class Team:
    """A project on the simulated GitLab and a model that answers as it is told."""

    def __init__(self, folder: Path, gitlab: FakeGitLab) -> None:
        self.folder, self.gitlab = folder, gitlab
        self.project: Project = gitlab.project("acme/app", {"count.sh": SCRIPT, ".improve-loop.yml": "sandbox: none\n"})
        self.project.plan("*", JobPlan(name="test"))
        self.read = gitlab.token(self.project, "loop-reader", level=REPORTER, scopes=("read_api", "read_repository"))
        self.hub = gitlab.project("acme/hub", {"README.md": "# Hub\n"})
        self.hub.plan("*", JobPlan(name="run"))
        head = self.hub.repository.head("main") or ""
        pipeline = create_pipeline(gitlab.world, self.hub, "main", head, "schedule", gitlab.user("ada"))
        assert pipeline
        self.pipeline = pipeline
        self.job = gitlab.token(self.hub, "ada", level=MAINTAINER, bot=False, job=pipeline.jobs[0].id)
        self.write = gitlab.token(self.project, "loop-writer", scopes=("api", "write_repository"))

    def environ(self) -> dict[str, str]:
        return {
            "HOME": str(self.folder),
            "IL_READ_TOKEN": self.read,
            "IL_WRITE_TOKEN": self.write,
            "CI_SERVER_URL": self.gitlab.url,
            "CI_PROJECT_PATH": self.hub.path,
            "CI_PIPELINE_ID": str(self.pipeline.id),
            "CI_JOB_TOKEN": self.job,
        }

    def command(self, verb: str, *more: str | Path, model: str = "", **environ: str) -> Played:
        """With both tokens, unless `environ` says otherwise."""
        models = {"IL_MODEL_URL": model, "IL_MODEL": "qwen"} if model else {}
        self.gitlab.clock.now = max(time.time(), self.gitlab.clock.now)
        return played(verb, "--out", self.folder / "out", *more, **{**self.environ(), **environ, **models})

    def sweep(self, queues: Queues) -> Played:
        task = ("--task", "Quote the file name in count.sh.", "--target-path", "count.sh")
        plan = '{"approaches": [], "plan": "Quote it.", "files": ["count.sh"], "stop": ""}'
        with serving(by_role({"plan": [plan], "implement": [RIGHT], **queues})) as server:
            target = f"{self.gitlab.url}/acme/app"
            return self.command("run", "--target", target, "--auto", *task, model=f"{server.root}/v1")

    @property
    def issues(self) -> tuple[str, ...]:
        """A run that takes what issues ask for."""
        return ("--target", f"{self.gitlab.url}/acme/app", "--domain", "internal-issues", "--auto")

    def issue(self, path: str) -> None:
        """A developer's issue that asks for a change of this file."""
        self.gitlab.token(self.project, "dana", bot=False)
        person, now = self.gitlab.user("dana"), self.gitlab.clock.iso()
        issue = Issue(
            id=self.gitlab.world.next_id(),
            iid=self.project.next_iid("issue"),
            title="Please",
            description=f"```yaml\ntarget_paths: [{path}]\nrisk: low\n```\nMend {path}.",
            state="opened",
            author=person,
            created_at=now,
            updated_at=now,
        )
        self.project.issues.append(issue)
        add_labels(self.gitlab.world, self.project, issue, ["improve-loop"])
        relabelled(self.gitlab.world, issue, person, set())

    def ship_again(self) -> Played:
        """The phase once more, as GitLab's Retry does: its artifacts are made anew."""
        for path in [*(self.folder / "out/ship").glob("*.json"), *(self.folder / "out/ship/timing").glob("*.json")]:
            path.unlink()
        return self.command("ship")

    def notes(self, kind: str | None) -> list[Any]:
        return [note for note in self.project.merge_requests[0].notes if note.type == kind]


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    with FakeGitLab(tmp_path / "gitlab") as gitlab:
        gitlab.faults.prepare = 0.0  # its clock stands still while a run is played
        yield Team(tmp_path, gitlab)


def test_remarks_stand_on_their_lines_and_the_summary_beside_them(team: Team) -> None:
    done = team.sweep({"review": [REVIEW]})
    assert (done.code, len(team.project.merge_requests)) == (0, 1), done.output
    added, removed = team.notes("DiffNote")
    assert (added.position["new_line"], added.position.get("old_line")) == (4, None)
    assert (removed.position.get("new_line"), removed.position["old_line"]) == (None, 4)
    assert added.author.username == "loop-writer"
    assert added.body.startswith("**quality**: The name is quoted")
    (summary,) = [note for note in team.notes(None) if "note review" in note.body]
    assert "`local/qwen`" in summary.body
    assert "2 remarks on lines of the diff" in summary.body
    assert "1 more quoted nothing of the diff" in summary.body
    assert team.project.merge_requests[0].state == "opened"  # no note ran its quick action
    for note in (added, summary):
        assert obeyed(note.body.rpartition("<!--")[0]) == []


def test_a_review_by_the_makers_own_family_says_so_on_the_merge_request(team: Team) -> None:
    policy = "sandbox: none\nmodels: {escalation: claude/claude-sonnet-5-5}\n"  # whose key this job does not have
    team.gitlab.push(team.project, "main", {".improve-loop.yml": policy}, by="ada")
    done = team.sweep({})
    (summary,) = [note for note in team.notes(None) if "note review" in note.body]
    assert "is of its maker's own family: no other could be asked (`no_model`)" in summary.body, done.output
    (path,) = (team.folder / "out").glob("implement/*/review.json")
    review = json.loads(path.read_text())
    assert (review["decision"], review["reason"], review["reviewer"]) == ("degraded", "no_model", "local/qwen")


def test_shipping_again_doubles_nothing(team: Team) -> None:
    team.sweep({"review": [REVIEW]})
    before = [(note.id, note.body) for note in team.project.merge_requests[0].notes]
    assert team.ship_again().code == 0
    assert [(note.id, note.body) for note in team.project.merge_requests[0].notes] == before


def test_what_finds_no_line_is_told_in_the_summary(team: Team) -> None:
    team.gitlab.faults.positions_lost = True
    done = team.sweep({"review": [REVIEW]})
    assert done.code == 0, done.output
    assert team.notes("DiffNote") == team.notes("DiscussionNote") == []
    (summary,) = [note for note in team.notes(None) if "note review" in note.body]
    assert "- `count.sh:4` **quality**: The name is quoted" in summary.body
    team.gitlab.faults.positions_lost = False
    assert team.ship_again().code == 0
    assert len(team.notes("DiffNote")) == 2
    (again,) = [note for note in team.notes(None) if "note review" in note.body]
    assert again.id == summary.id
    assert "2 remarks on lines" in again.body


def test_a_merge_request_that_a_human_took_is_left_alone(team: Team) -> None:
    team.sweep({"review": [REVIEW]})
    mr = team.project.merge_requests[0]
    mr.notes.clear()
    mr.labels.add("manual")
    assert team.ship_again().code == 0
    assert mr.notes == []


def test_an_issue_that_names_a_path_below_a_symlink_has_no_target(team: Team) -> None:
    link = b"commit refs/heads/main\ncommitter A <a@b.example> 1 +0000\ndata 4\nLink\nfrom refs/heads/main^0\n"
    team.project.repository.git("fast-import", "--quiet", stdin=link + b"M 120000 inline link\ndata 4\ndocs\n\n")
    team.issue("link/new.md")
    with serving(by_role({})) as server:
        done = team.command("run", *team.issues, model=f"{server.root}/v1")
        assert server.requests == []
    (path,) = (team.folder / "out").glob("implement/*/change.json")
    made = json.loads(path.read_text())
    why = "no_target: link is no folder, so no file can be below it"
    assert (made["status"], made["reason"]) == ("gave_up", why), done.output


def test_what_a_job_may_use_of_free_models_is_shared_by_all_that_it_makes(team: Team) -> None:
    """Each call is taken for some 13,000 tokens: two would fit into the whole, and none of the halves holds two."""
    files: dict[str, str | None] = {"other.sh": SCRIPT, ".improve-loop.yml": "models: {free_tokens: 30000}\n"}
    team.gitlab.push(team.project, "main", files, by="ada")
    for path in ("count.sh", "other.sh"):
        team.issue(path)
    with serving(lambda received: Reply(text="no edit", usage=False)) as server:
        done = team.command("run", *team.issues, model=f"{server.root}/v1")
    changes = [json.loads(path.read_text()) for path in (team.folder / "out").glob("implement/*/change.json")]
    assert [change["reason"].partition(":")[0] for change in changes] == ["tokens", "tokens"], done.output
    assert len(server.requests) == 2
