"""Publishing, merge requests, comments, labels, state and control issue, on a good day and on the loop's own terms."""

from __future__ import annotations

import dataclasses

import pytest

from improve_loop.edges.forge.contract import (
    BranchMoved,
    BranchTakenOver,
    MergeRequestMoved,
    PatchDoesNotApply,
    StateConflict,
)
from improve_loop.model.forge import STATE_BRANCH, STATE_PATH
from improve_loop.rules.marker import candidate_of
from tests.forge.conftest import BRANCH, OTHER_PATCH, PATCH, Scene, marker
from tests.support.fake_gitlab import JobPlan


def test_a_branch_is_one_commit_on_the_real_base_by_the_tokens_user(scene: Scene) -> None:
    head = scene.published(scene.writer())
    commit = scene.project.repository.commit(head)
    assert commit.parents == (scene.base,)
    assert commit.committer[:2] == ("Loop Writer", "loop-writer@noreply.example.com")
    assert candidate_of(commit.message) == "ci-cache"
    assert scene.project.repository.read(BRANCH, "README.md") == b"# App\nBetter.\n"


def test_publishing_the_same_again_changes_nothing(scene: Scene) -> None:
    first = scene.published(scene.writer())
    scene.gitlab.log.clear()
    assert scene.published(scene.writer()) == first
    assert not [entry for entry in scene.gitlab.writes() if entry.path.endswith("git-receive-pack")]


def test_a_retry_that_never_heard_of_its_push_finds_it(scene: Scene) -> None:
    first = scene.published(scene.writer())
    again = scene.writer().publish_branch(BRANCH, scene.base, PATCH, "Cache what CI downloads", None)
    assert again == first


def test_another_patch_replaces_the_commit(scene: Scene) -> None:
    scene.published(scene.writer())
    head = scene.published(scene.writer(), OTHER_PATCH)
    assert scene.project.repository.log([f"{scene.base}..{BRANCH}"]) == [head]


def test_a_humans_commit_makes_the_branch_theirs(scene: Scene) -> None:
    scene.published(scene.writer())
    scene.gitlab.token(scene.project, "ada", bot=False)
    theirs = scene.gitlab.push(scene.project, BRANCH, {"app.py": "print(2)\n"}, by="ada")
    with pytest.raises(BranchTakenOver):
        scene.writer().publish_branch(BRANCH, scene.base, OTHER_PATCH, "x", theirs)
    assert scene.project.repository.head(BRANCH) == theirs


def test_a_branch_of_a_human_is_not_touched_even_if_it_holds_the_same_change(scene: Scene) -> None:
    scene.gitlab.push(scene.project, BRANCH, {"README.md": "# App\nBetter.\n"}, by="ada")
    with pytest.raises(BranchTakenOver):
        scene.published(scene.writer())


def test_a_head_that_the_caller_did_not_see_is_not_overwritten(scene: Scene) -> None:
    first = scene.published(scene.writer())
    scene.published(scene.writer(), OTHER_PATCH)
    with pytest.raises(BranchMoved):
        scene.writer().publish_branch(BRANCH, scene.base, PATCH.replace(b"Better", b"Third"), "x", first)


@pytest.mark.parametrize("patch", [b"", b"nonsense", PATCH.replace(b" # App", b" # Other")])
def test_a_patch_that_does_not_apply_is_refused(scene: Scene, patch: bytes) -> None:
    with pytest.raises(PatchDoesNotApply):
        scene.published(scene.writer(), patch)
    assert scene.project.repository.head(BRANCH) is None


def test_neither_the_token_nor_its_user_is_left_on_disk_or_in_an_argument(scene: Scene) -> None:
    scene.published(scene.writer())
    urls = [entry.path for entry in scene.gitlab.log]
    assert not [path for path in urls if scene.write_token in path]


def test_a_merge_request_is_opened_once_and_brought_up_to_date_after(scene: Scene) -> None:
    writer = scene.writer()
    head = scene.published(writer)
    opened = writer.open_merge_request(scene.draft())
    assert (opened.id, opened.state, opened.labels) == ("!1", "opened", ("improve-loop",))
    assert opened.marker == marker(head_sha=head)
    again = scene.writer().open_merge_request(scene.draft(description="Saves three minutes."))
    assert again.id == "!1"
    assert again.description.startswith("Saves three minutes.")
    assert len(scene.project.merge_requests) == 1


def test_a_merge_request_that_is_as_wanted_is_not_written_to(scene: Scene) -> None:
    writer = scene.writer()
    scene.published(writer)
    mr = writer.open_merge_request(scene.draft())
    scene.gitlab.log.clear()
    assert writer.open_merge_request(scene.draft()) == mr
    assert not scene.gitlab.writes()


def test_labels_of_humans_stay(scene: Scene) -> None:
    writer = scene.writer()
    scene.published(writer)
    mr = writer.open_merge_request(scene.draft())
    scene.project.merge_requests[0].labels |= {"team::a", "improve-loop/fixing"}
    scene.project.labels.clear()
    after = writer.set_labels(mr, ("improve-loop/needs-review",), ("improve-loop/fixing",))
    assert after.labels == ("improve-loop", "improve-loop/needs-review", "team::a")
    assert "team::a" in writer.update_merge_request(mr, scene.draft(title="Other")).labels


def test_labels_wait_for_the_head_that_was_judged(scene: Scene) -> None:
    writer = scene.writer()
    scene.published(writer)
    mr = writer.open_merge_request(scene.draft())
    scene.gitlab.push(scene.project, BRANCH, {"app.py": "print(3)\n"}, by="ada")
    scene.gitlab.clock.advance(5)
    with pytest.raises(MergeRequestMoved):
        writer.set_labels(mr, ("improve-loop/auto-mergeable",), ())
    with pytest.raises(MergeRequestMoved):
        writer.close(mr, "Gave up.")


def test_one_comment_per_key_is_updated_in_place(scene: Scene) -> None:
    writer = scene.writer()
    scene.published(writer)
    mr = writer.open_merge_request(scene.draft())
    first = writer.comment(mr, "red", "The test job failed.")
    assert writer.comment(mr, "red", "The lint job failed.") == first
    writer.comment(mr, "other", "Something else.")
    bodies = [note.body for note in scene.project.merge_requests[0].notes]
    assert [body.split("\n")[0] for body in bodies] == ["The lint job failed.", "Something else."]


def test_a_humans_note_with_the_key_in_it_is_not_overwritten(scene: Scene) -> None:
    writer = scene.writer()
    scene.published(writer)
    mr = writer.open_merge_request(scene.draft())
    url = writer.comment(mr, "red", "Failed.")
    note = scene.project.merge_requests[0].notes[0]
    note.author = scene.gitlab.user("ada")
    assert writer.comment(mr, "red", "Failed again.") != url
    assert note.body.startswith("Failed.")


def test_closing_says_why_once(scene: Scene) -> None:
    writer = scene.writer()
    scene.published(writer)
    mr = writer.open_merge_request(scene.draft())
    closed = writer.close(mr, "Red after two repairs.")
    assert (closed.state, closed.closed_by_human) == ("closed", False)
    assert writer.close(mr, "Red after two repairs.").state == "closed"
    assert len(scene.project.merge_requests[0].notes) == 1


def test_a_human_closing_is_seen_as_such(scene: Scene) -> None:
    writer = scene.writer()
    scene.published(writer)
    writer.open_merge_request(scene.draft())
    record = scene.project.merge_requests[0]
    record.state, record.closed_at, record.closed_by = "closed", record.updated_at, scene.gitlab.user("ada")
    seen = scene.reader().merge_request_of(BRANCH)
    assert seen is not None
    assert seen.closed_by_human is True


def test_a_cancelled_pipeline_is_started_again_and_counted(scene: Scene) -> None:
    scene.project.plan("improve-loop/*", JobPlan(name="test", outcome="canceled"))
    writer = scene.writer()
    scene.published(writer)
    mr = writer.open_merge_request(scene.draft())
    scene.gitlab.clock.advance(60)
    assert scene.project.pipelines[0].status(scene.gitlab.clock.now) == "canceled"
    writer.retrigger(mr)
    assert scene.project.pipelines[0].status(scene.gitlab.clock.now) in ("created", "pending", "running")
    again = scene.reader().merge_request(mr.id)
    assert again.marker is not None
    assert (again.marker.retriggers, again.human_commits) == (1, False)


@pytest.mark.parametrize("kinds", [("branch",), ("merge_request",)])
def test_a_pipeline_that_never_came_is_started(scene: Scene, kinds: tuple[str, ...]) -> None:
    scene.project.pipeline_kinds = ()
    writer = scene.writer()
    scene.published(writer)
    mr = writer.open_merge_request(scene.draft())
    scene.project.pipeline_kinds = kinds
    assert "/-/pipelines/" in writer.retrigger(mr)
    assert len(scene.project.pipelines) == 1


def test_the_first_state_makes_a_branch_that_holds_nothing_else_and_runs_nothing(scene: Scene) -> None:
    revision = scene.writer().write_state("runs: []\n", None, "Remember run 1")
    repository = scene.project.repository
    assert [row[3] for row in repository.entries(STATE_BRANCH, recursive=True) if row[1] == "blob"] == [STATE_PATH]
    assert repository.commit(revision).parents == ()
    assert "[skip ci]" in repository.commit(revision).message
    assert not scene.project.pipelines
    assert scene.reader().read_state().text == "runs: []\n"


def test_the_state_is_replaced_only_at_the_revision_that_was_read(scene: Scene) -> None:
    writer = scene.writer()
    first = writer.write_state("a: 1\n", None, "One")
    assert scene.reader().read_state().revision == first
    second = writer.write_state("a: 2\n", first, "Two")
    assert second == scene.reader().read_state().revision != first
    with pytest.raises(StateConflict):
        writer.write_state("a: 3\n", first, "Three")
    with pytest.raises(StateConflict):
        writer.write_state("a: 3\n", None, "Three")
    assert writer.write_state("a: 2\n", first, "Two") == second


def test_a_state_written_between_reading_and_writing_is_a_conflict(scene: Scene) -> None:
    writer = scene.writer()
    first = writer.write_state("a: 1\n", None, "One")
    other = scene.writer()
    scene.gitlab.faults.before("POST", "repository/commits$", lambda: None)
    scene.gitlab.faults.planned[-1].action = lambda: _commit_state(scene, "b: 1\n")
    with pytest.raises(StateConflict):
        writer.write_state("a: 2\n", first, "Two")
    assert other.session.at.path == "acme/app"
    assert scene.reader().read_state().text == "b: 1\n"


def _commit_state(scene: Scene, text: str) -> None:
    repository = scene.project.repository
    head = repository.head(STATE_BRANCH)
    repository.commit_files(STATE_BRANCH, head, {STATE_PATH: text.encode()}, "Other", ("Ada", "ada@example.com"))


def test_the_control_issue_is_one_and_updated_in_place(scene: Scene) -> None:
    writer = scene.writer()
    made = writer.write_control_issue("- [x] ci-cache\n")
    assert writer.write_control_issue("- [x] ci-cache\n- [x] ci-tags\n").id == made.id
    scene.gitlab.log.clear()
    writer.write_control_issue("- [x] ci-cache\n- [x] ci-tags\n")
    assert not scene.gitlab.writes()
    assert len(scene.project.issues) == 1
    seen = scene.reader().read_control_issue()
    assert seen is not None
    assert "- [x] ci-tags" in seen.text


def test_an_issue_of_a_human_that_copies_the_marker_is_not_written_to(scene: Scene) -> None:
    writer = scene.writer()
    writer.write_control_issue("- [x] ci-cache\n")
    scene.project.issues[0].author = scene.gitlab.user("mallory")
    assert writer.write_control_issue("- [x] ci-cache\n").id == "#2"


def test_a_repair_that_stopped_before_its_note_is_still_the_loops(scene: Scene) -> None:
    writer = scene.writer()
    scene.published(writer)
    writer.open_merge_request(scene.draft())
    scene.published(scene.writer(), OTHER_PATCH)
    scene.gitlab.clock.advance(5)
    seen = scene.reader().merge_request_of(BRANCH)
    assert seen is not None
    assert seen.human_commits is False


def test_an_amended_commit_is_a_humans(scene: Scene) -> None:
    writer = scene.writer()
    head = scene.published(writer)
    writer.open_merge_request(scene.draft())
    message = scene.project.repository.commit(head).message
    scene.project.repository.git("update-ref", f"refs/heads/{BRANCH}", scene.base)
    scene.gitlab.push(scene.project, BRANCH, {"app.py": "print(9)\n"}, by="ada", message=message)
    scene.gitlab.clock.advance(5)
    seen = scene.reader().merge_request_of(BRANCH)
    assert seen is not None
    assert seen.human_commits is True


def test_a_marker_counts_on_when_the_draft_says_so(scene: Scene) -> None:
    writer = scene.writer()
    scene.published(writer)
    mr = writer.open_merge_request(scene.draft())
    counted = dataclasses.replace(marker(), repairs=1)
    after = scene.writer().update_merge_request(mr, scene.draft(marker=counted))
    assert after.marker is not None
    assert (after.marker.repairs, after.marker.head_sha) == (1, mr.head_sha)
