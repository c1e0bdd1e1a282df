"""The marker says whose a merge request is; it can be neither broken out of nor half read."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improve_loop.model.forge import Marker
from improve_loop.rules import marker

MARK = Marker(
    run_id="2026-03-02-1",
    candidate="ci-cache",
    fingerprint="f" * 64,
    patch_sha256="a" * 64,
    head_sha="b" * 40,
    repairs=1,
    retriggers=2,
)


@pytest.mark.parametrize("mark", [MARK, dataclasses.replace(MARK, head_sha=None, repairs=0)])
def test_what_is_written_is_read(mark: Marker) -> None:
    assert marker.read(marker.with_marker("Why.\n", mark)) == mark


def test_a_description_holds_one_marker_however_often_it_is_written() -> None:
    twice = marker.with_marker(marker.with_marker("Why.", MARK), dataclasses.replace(MARK, repairs=2))
    assert twice.count("improve-loop:v1") == 1
    assert marker.strip(twice) == "Why."


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "<!-- improve-loop:v1 -->",
        "<!-- improve-loop:v1 candidate=x run=r fingerprint=f patch=short -->",
        marker.write(MARK).replace("repairs=1", "repairs=many"),
        marker.write(MARK).replace("b" * 40, "b" * 39),
        marker.write(MARK).replace("v1", "v2"),
    ],
)
def test_a_damaged_marker_is_none(damaged: str) -> None:
    assert marker.read(damaged) is None


@pytest.mark.parametrize("value", ["", "a b", "x --> <b>", "a\nb", "é"])
def test_a_value_that_would_break_out_is_not_written(value: str) -> None:
    with pytest.raises(ValueError, match="not a value for a marker"):
        marker.write(dataclasses.replace(MARK, candidate=value))


@given(st.text(max_size=300))
def test_no_text_before_the_marker_hides_or_changes_it(text: str) -> None:
    assert marker.read(marker.with_marker(text, MARK)) == MARK


def test_a_note_is_found_by_its_key() -> None:
    body = marker.note("red", "Failed.")
    assert marker.note_key(body) == "red"
    assert marker.note(("red"), body) == body
    assert marker.note_key("Failed.") is None
    with pytest.raises(ValueError, match="key of a comment"):
        marker.note("Not a key", "x")


def test_commits_name_their_candidate() -> None:
    message = marker.with_trailers("Cache what CI downloads\n\nSaves time.", "ci-cache")
    assert message.endswith("\n\nImprove-Loop-Candidate: ci-cache\n")
    assert marker.candidate_of(message) == "ci-cache"
    assert marker.candidate_of("Merge branch") is None
