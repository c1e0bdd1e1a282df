"""A marker can be copied by whoever may write in the target; who wrote it cannot. Nothing here sets `forge.bot`."""

from __future__ import annotations

import json

from improve_loop.edges.forge import gitlab_write
from improve_loop.model.forge import MergeRequestDraft
from tests.forge.conftest import marker
from tests.loop.test_review_on_gitlab import Team, team
from tests.loop.test_stopped_publish import asked

__all__ = ["team"]  # the fixture


def mallory(team: Team) -> gitlab_write.GitLabWriter:
    token = team.gitlab.token(team.project, "mallory", scopes=("api", "write_repository"), bot=False)
    environ = {"IL_WRITE_TOKEN": token, "CI_SERVER_URL": team.gitlab.url}
    return gitlab_write.connect(f"{team.gitlab.url}/acme/app", environ)


def test_a_copy_of_the_question_is_not_heard(team: Team) -> None:
    asked(team)
    question = team.project.issues[0]
    copy = mallory(team).write_control_issue(question.description)
    team.project.issues.reverse()
    first, second = team.project.issues
    first.created_at, second.created_at = second.created_at, "2026-12-31T00:00:00Z"
    assert (copy.id, first.author.username) == (f"#{first.iid}", "mallory")  # the older one, and all of it ticked
    question.description = question.description.replace("- [x]", "- [ ]")
    done = team.command("approve", IL_WRITE_TOKEN="")
    assert done.code == 0, done.output
    approval = json.loads((team.folder / "out/approve/approval.json").read_text())
    assert (approval["accepted"], approval["reason"]) == ([], "no box was ticked in the control issue")


def test_a_merge_request_with_a_copied_marker_is_seen_and_not_touched(team: Team) -> None:
    asked(team)
    repository = team.project.repository
    base, branch = repository.head("main") or "", "improve-loop/ci-copied"
    writer = mallory(team)
    patch = b"diff --git a/new b/new\nnew file mode 100644\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+x\n"
    writer.publish_branch(branch, base, patch, "Copied", None)
    draft = MergeRequestDraft(
        branch=branch, target_branch="main", title="Copied", description="x", marker=marker(candidate="ci-copied")
    )
    writer.open_merge_request(draft)
    mr = team.project.merge_requests[0]
    for record in team.project.pipelines:
        record.forced = "failed"
    before = (mr.state, set(mr.labels), list(mr.notes), mr.description)
    assert team.command("validate", IL_WRITE_TOKEN="").code == 0
    assert team.command("ship", IL_READ_TOKEN="").code == 0
    shipped = json.loads((team.folder / "out/ship/ci-copied.json").read_text())
    assert (shipped["action"], shipped["reason"]) == ("left_alone", "mallory opened it, who is not the loop's user")
    assert (mr.state, set(mr.labels), list(mr.notes), mr.description) == before
