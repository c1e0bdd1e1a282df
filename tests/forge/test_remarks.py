"""Remarks on lines of a merge request's diff: on their line or nowhere, once, and a summary that stays one."""

from __future__ import annotations

import dataclasses

import pytest

from improve_loop.edges.forge.contract import MergeRequestMoved
from improve_loop.edges.forge.gitlab_notes import MOST
from improve_loop.edges.forge.gitlab_write import GitLabWriter
from improve_loop.model.forge import LineNote, MergeRequest
from tests.forge.conftest import BRANCH, OTHER_PATCH, Scene
from tests.forge.test_simulator import P, ask

ADDED = LineNote(key="remark-1", path="README.md", old_line=None, new_line=2, text="**quality**: Better than what?")


def opened(scene: Scene) -> tuple[GitLabWriter, MergeRequest]:
    writer = scene.writer()
    scene.published(writer)
    return writer, writer.open_merge_request(scene.draft())


def notes(scene: Scene) -> list[tuple[str | None, str]]:
    return [(note.type, note.body.split("\n")[0]) for note in scene.project.merge_requests[0].notes]


def test_a_remark_waits_until_the_merge_request_is_prepared_and_is_put_on_its_line(scene: Scene) -> None:
    scene.gitlab.faults.prepare = 9.0
    writer, mr = opened(scene)
    assert writer.annotate(mr, (ADDED,)) == ()
    (note,) = scene.project.merge_requests[0].notes
    assert (note.type, note.body.split("\n")[0]) == ("DiffNote", "**quality**: Better than what?")
    assert note.position
    assert (note.position["new_path"], note.position["new_line"], "old_line" in note.position) == (
        "README.md",
        2,
        False,
    )
    assert note.position["head_sha"] == mr.head_sha


def test_lines_that_were_there_before_are_named_by_both_numbers_and_removed_ones_by_the_old(scene: Scene) -> None:
    writer = scene.writer()
    scene.published(writer, OTHER_PATCH.replace(b" # App\n", b"-# App\n").replace(b",2 @@", b" @@"))
    mr = writer.open_merge_request(scene.draft())
    gone = dataclasses.replace(ADDED, old_line=1, new_line=None)
    assert writer.annotate(mr, (gone,)) == ()
    scene.published(scene.writer())
    scene.gitlab.clock.advance(5)
    mr = scene.reader().merge_request(mr.id)
    same = dataclasses.replace(ADDED, key="remark-2", old_line=1, new_line=1)
    assert scene.writer().annotate(mr, (same, dataclasses.replace(same, key="remark-3", old_line=None))) == (
        "remark-3",
    )
    assert [kind for kind, _ in notes(scene)] == ["DiffNote", "DiffNote"]


def test_the_same_remarks_again_change_nothing(scene: Scene) -> None:
    writer, mr = opened(scene)
    writer.annotate(mr, (ADDED,))
    scene.gitlab.log.clear()
    assert scene.writer().annotate(mr, (ADDED,)) == ()
    assert not scene.gitlab.writes()


def test_a_plain_note_that_gitlab_made_instead_is_taken_away(scene: Scene) -> None:
    scene.gitlab.faults.positions_lost = True
    writer, mr = opened(scene)
    assert writer.annotate(mr, (ADDED,)) == ("remark-1",)
    assert notes(scene) == []


def test_a_plain_note_that_an_earlier_run_left_behind_is_taken_away(scene: Scene) -> None:
    scene.gitlab.faults.positions_lost = True
    writer, mr = opened(scene)
    scene.gitlab.faults.add("reply", "DELETE", "notes", status=403, body={"message": "403 Forbidden"})
    with pytest.raises(Exception, match="403"):
        writer.annotate(mr, (ADDED,))
    scene.gitlab.faults.positions_lost = False
    assert scene.writer().annotate(mr, (ADDED,)) == ()
    assert [kind for kind, _ in notes(scene)] == ["DiffNote"]


def test_a_line_outside_the_diff_has_no_place(scene: Scene) -> None:
    writer, mr = opened(scene)
    outside = dataclasses.replace(ADDED, key="remark-9", new_line=40)
    assert writer.annotate(mr, (outside, ADDED)) == ("remark-9",)
    assert len(notes(scene)) == 1


def test_a_merge_request_that_never_gets_prepared_gets_no_remark_and_no_endless_wait(scene: Scene) -> None:
    scene.gitlab.faults.stuck_preparing = True
    writer, mr = opened(scene)
    before = scene.gitlab.clock.now
    assert writer.annotate(mr, (ADDED,)) == ("remark-1",)
    assert scene.gitlab.clock.now - before < 60
    assert notes(scene) == []


def test_many_that_never_get_prepared_do_not_end_the_phase(scene: Scene) -> None:
    scene.gitlab.faults.stuck_preparing = True
    writer, mr = opened(scene)
    assert [writer.annotate(mr, (ADDED,)) for _ in range(12)] == [("remark-1",)] * 12
    assert writer.comment(mr, "review", "Told here instead.")


@pytest.mark.parametrize("reset", [False, True])
def test_a_remark_whose_reply_was_lost_is_not_made_twice(scene: Scene, reset: bool) -> None:
    writer, mr = opened(scene)
    scene.gitlab.faults.lose_reply("POST", "discussions", reset=reset)
    assert writer.annotate(mr, (ADDED,)) == ()
    assert len(notes(scene)) == 1


def test_no_more_remarks_than_a_person_reads_whatever_was_found(scene: Scene) -> None:
    writer, mr = opened(scene)
    many = tuple(dataclasses.replace(ADDED, key=f"remark-{number}") for number in range(MOST + 5))
    left = writer.annotate(mr, many)
    assert (len(notes(scene)), len(left)) == (MOST, 5)
    assert len(scene.writer().annotate(mr, many)) == 5
    assert len(notes(scene)) == MOST


def test_a_head_that_moved_gets_no_remark(scene: Scene) -> None:
    writer, mr = opened(scene)
    scene.gitlab.push(scene.project, BRANCH, {"app.py": "print(3)\n"}, by="ada")
    scene.gitlab.clock.advance(5)
    with pytest.raises(MergeRequestMoved):
        writer.annotate(mr, (ADDED,))


def test_a_remark_runs_no_quick_action(scene: Scene) -> None:
    writer, mr = opened(scene)
    writer.annotate(mr, (dataclasses.replace(ADDED, text="/close\n/merge"),))
    assert scene.project.merge_requests[0].state == "opened"


def test_the_simulator_knows_positions_as_gitlab_does(scene: Scene) -> None:
    opened(scene)
    path = f"{P}/merge_requests/1/discussions"
    assert ask(scene, "POST", path, {"body": "x"})[1]["notes"][0]["type"] == "DiscussionNote"
    status, body, _ = ask(scene, "POST", path, {"body": "x", "position": {"new_line": 2}})
    assert status == 400
    assert body["error"].startswith("position[base_sha] is missing, ")
    full = dict.fromkeys(("base_sha", "start_sha", "head_sha"), "0" * 40) | {"position_type": "text"}
    status, body, _ = ask(scene, "POST", path, {"body": "x", "position": full})
    assert (status, "line_code" in body["message"]) == (400, True)
