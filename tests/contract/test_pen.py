"""Only the writing half of the GitLab forge can write, and no phase with a model comes near it."""

from __future__ import annotations

import re

import pytest

from tests.support.imports import MODULES, imports, reach

FORGE = "improve_loop.edges.forge."
WRITERS = ("gitlab_notes", "gitlab_onboarding", "gitlab_pen", "gitlab_publish", "gitlab_state", "gitlab_write")
PENS = {FORGE + name for name in WRITERS}
PHASES = [name for name in MODULES if name.startswith("improve_loop.phases.")]


def test_the_reading_half_reaches_no_pen() -> None:
    readers = [FORGE + name for name in ("gitlab_read", "gitlab_session", "gitlab_entities", "gitlab_setup", "reading")]
    assert not PENS & set().union(*(reach(name) for name in readers))


@pytest.mark.parametrize("phase", [name for name in PHASES if PENS & reach(name)])
def test_a_phase_that_writes_has_no_model(phase: str) -> None:
    assert "improve_loop.edges.llm" not in reach(phase)
    assert phase.rpartition(".")[2] in {"propose", "publish", "ship", "cleanup"}


def test_python_gitlab_is_imported_in_one_place_and_late() -> None:
    early = re.compile(r"^(?:import|from) (?:gitlab|requests)\b", re.MULTILINE)
    late = re.compile(r"^\s+(?:import|from) (?:gitlab|requests)\b", re.MULTILINE)
    assert [name for name, path in MODULES.items() if early.search(path.read_text())] == []
    assert [name for name, path in MODULES.items() if late.search(path.read_text())] == [FORGE + "gitlab_session"]


def test_the_pen_is_taken_by_name_in_few_places() -> None:
    takers = {name for name in MODULES if FORGE + "gitlab_pen" in imports(name)}
    assert takers == PENS - {FORGE + "gitlab_pen", FORGE + "gitlab_publish"}
