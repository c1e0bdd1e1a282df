"""Ids and fingerprints stay the same for the same thing, and differ for another."""

from __future__ import annotations

import re

import pytest

from improve_loop.rules.identity import candidate_id, fingerprint


def test_an_id_is_fixed_for_ever() -> None:
    assert candidate_id("ci", "PIP04") == "ci-pip04-703f2b"


@pytest.mark.parametrize(
    "subject", ["PIP04", "acme/widget", "x" * 300, "../../etc/passwd", "", "Ärger mit Ümlauten", "a b\n;rm -rf /"]
)
def test_an_id_is_safe_in_a_branch_name_and_a_path(subject: str) -> None:
    name = candidate_id("deps", subject)
    assert re.fullmatch(r"deps(-[a-z0-9]+)+", name)
    assert len(name) <= len("deps") + 40 + 6 + 2


def test_subjects_with_one_slug_have_two_ids() -> None:
    assert candidate_id("ci", "a/b") != candidate_id("ci", "a-b")
    assert candidate_id("a", "b-c") != candidate_id("a-b", "c")


def test_a_fingerprint_depends_on_where_the_parts_end() -> None:
    assert fingerprint(["ab", "c"]) != fingerprint(["a", "bc"])
    assert fingerprint(["a"]) == fingerprint(["a"])
