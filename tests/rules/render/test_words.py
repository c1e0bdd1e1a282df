"""Every state has a word, and only what is known to be good is said in a good tone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import pytest

from improve_loop import errors
from improve_loop.model.candidate import SourceStatus
from improve_loop.model.find import HealthStatus
from improve_loop.model.make import CheckStatus
from improve_loop.model.tend import Answer, ReportedOutcome, ValidationStatus
from improve_loop.rules.render import words


@pytest.mark.parametrize(
    ("table", "states"),
    [
        (words.OUTCOMES, ReportedOutcome),
        (words.SOURCES, SourceStatus),
        (words.CHECKS, CheckStatus),
        (words.ANSWERS, Answer),
        (words.HEALTH, HealthStatus),
    ],
)
def test_every_state_has_its_own_word(table: Mapping[str, words.Word], states: Any) -> None:
    assert set(table) == set(get_args(states))
    texts = [word.text for word in table.values()]
    assert len(texts) == len(set(texts))


def test_what_a_pipeline_may_say_may_be_reported() -> None:
    assert set(get_args(ValidationStatus)) <= set(words.OUTCOMES)


def test_unknown_is_never_yes() -> None:
    good = {"green", "merged", "passed", "ok", "ok_empty", "not_modified", "accepted"}
    for table in (words.OUTCOMES, words.SOURCES, words.CHECKS, words.ANSWERS, words.HEALTH):
        assert {state for state, word in table.items() if word.tone == "good"} <= good
    assert words.job("success").tone == "good"
    assert all(words.job(status).tone != "good" for status in ("failed", "skipped", "manual", "running", "", "🤷"))
    assert all(words.exit_code(code).tone != "good" for code in (1, 2, 3, 4, 5, 75, 130, 137, -9))


def test_tones_differ_by_sign_too() -> None:
    assert len(set(words.GLYPHS.values())) == len(words.GLYPHS)


def test_every_way_to_stop_has_a_word() -> None:
    codes = {
        one.exit_code for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.LoopError)
    }
    assert codes <= set(words.EXITS)
