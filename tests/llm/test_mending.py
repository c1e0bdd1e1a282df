"""Back to the maker: twice at most, with what is left of the money, and the best change is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from threading import Event

import pytest

from improve_loop.making.made import Feedback, Made, Reason, Status
from improve_loop.making.mending import Failure, until_it_passes
from improve_loop.model.config import Check, Config
from improve_loop.model.find import LedgerEntry
from improve_loop.phases.trying import failure_of
from improve_loop.rules.budget import Allowance
from tests.llm.runs import run


def entry(usd: float) -> LedgerEntry:
    return LedgerEntry(
        at="2026-11-20T12:00:00Z",
        role="fix",
        model="m",
        candidate=None,
        reserved_usd=usd,
        spent_usd=usd,
        input_tokens=1,
        output_tokens=1,
        seconds=1.0,
        finish="stop",
    )


def change(content: bytes, status: Status = "made", reason: Reason = "done") -> Made:
    return Made(status=status, reason=reason, detail="", files={"a": content}, ledger=(entry(1.0),), attempts=1)


def failing(*outputs: str) -> dict[bytes, Failure]:
    return {str(number).encode(): Failure(check="unit", output=text) for number, text in enumerate(outputs)}


def played(failures: Mapping[bytes, Failure], later: list[Made]) -> tuple[Made, list[tuple[Feedback, Allowance]]]:
    asked: list[tuple[Feedback, Allowance]] = []

    def again(told: Feedback, left: Allowance) -> Made:
        asked.append((told, left))
        return later[len(asked) - 1]

    made = until_it_passes(change(b"0"), Allowance(usd=5.0), again, lambda files: failures.get(files["a"] or b""))
    return made, asked


def test_what_passes_is_not_asked_about() -> None:
    made, asked = played({}, [])
    assert (made.files, asked) == ({"a": b"0"}, [])


def test_it_goes_back_twice_with_what_is_left_and_everything_adds_up() -> None:
    made, asked = played(failing("boom 1", "bang", "boom 3"), [change(b"1"), change(b"2")])
    assert made.files == {"a": b"2"}
    assert (len(made.ledger), made.attempts) == (3, 3)
    assert [left.usd for _, left in asked] == [4.0, 3.0]
    assert [told.files["a"] for told, _ in asked] == [b"0", b"1"]


def test_the_same_failure_again_is_told_apart_from_another_one() -> None:
    _, same = played(failing("boom at 0x1f, 3 s", "boom at 0x2a, 4 s"), [change(b"1"), change(b"2")])
    assert [told.seen_before for told, _ in same] == [False, True]
    _, other = played(failing("boom", "bang"), [change(b"1"), change(b"2")])
    assert [told.seen_before for told, _ in other] == [False, False]


def test_a_maker_that_gives_up_leaves_the_change_as_it_was_and_the_cost_is_kept() -> None:
    made, asked = played(failing("boom"), [change(b"", "gave_up", "same_reply")])
    assert (made.status, made.files, len(made.ledger), len(asked)) == ("made", {"a": b"0"}, 2, 1)


def test_no_code_of_the_target_runs_unconfined_beside_a_key(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    checks = (Check(name="x", run=("touch", str(mark))),)
    allowed = run("task")
    configured = Config(checks=checks, sandbox="none")
    exposed = type(allowed)(**{**vars(allowed), "config": configured})
    assert failure_of(exposed, tmp_path, "x", {}, Event(), exposed=False) is None
    assert not mark.exists()


@pytest.mark.parametrize(("one", "two", "same"), [("a 1", "a 2", True), ("a", "b", False)])
def test_numbers_do_not_make_a_failure_another(one: str, two: str, same: bool) -> None:
    first, second = (Failure(check="unit", output=text).signature for text in (one, two))
    assert (first == second) is same
