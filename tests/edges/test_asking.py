"""What a human says at the terminal, and how much of it is kept when they stop half way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from improve_loop.edges.asking import Answers, CutOff, ask_each
from improve_loop.model.find import Ranked
from tests.support.builders import candidate

THREE = tuple(Ranked(rank=rank, score=1.0, candidate=candidate(f"RULE{rank}")) for rank in (1, 2, 3))
IDS = [each.candidate.id for each in THREE]


def saying(*answers: str | type[BaseException]) -> Callable[[str], str]:
    given = iter(answers)

    def ask(prompt: str) -> str:
        answer = next(given)
        if isinstance(answer, str):
            return answer
        raise answer

    return ask


def asked(*answers: str | type[BaseException]) -> Answers:
    return ask_each(THREE, saying(*answers), lambda text: None, lambda one: None)


def test_yes_no_and_quit() -> None:
    answers = asked("y", "n", "we like it so", "q")
    assert (answers.accepted, answers.later) == ([IDS[0]], [IDS[2]])
    assert [(no.id, no.reason) for no in answers.declined] == [(IDS[1], "we like it so")]


def test_ctrl_c_keeps_a_no_and_takes_no_yes_for_granted() -> None:
    with pytest.raises(CutOff) as cut:
        asked("y", "n", "never", KeyboardInterrupt)
    answers = cut.value.answers
    assert [(no.id, no.reason) for no in answers.declined] == [(IDS[1], "never")]
    assert (answers.accepted, sorted(answers.later)) == ([], sorted([IDS[0], IDS[2]]))


def test_a_reason_is_text_whatever_was_typed() -> None:
    answers = asked("n", "caf\udce9 \x1b[31mred", "q")
    assert answers.declined[0].reason == "caf? red"
