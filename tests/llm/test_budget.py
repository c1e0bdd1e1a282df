"""The ceiling holds under random faults, parallel slots, lying usage figures and jobs that die: 10,000 cases."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from improve_loop.model.config import Config, Limits
from improve_loop.model.find import LedgerEntry, RunLimits
from improve_loop.model.state import RunRecord, State
from improve_loop.rules.budget import (
    Allowance,
    Book,
    Denied,
    Outcome,
    Reservation,
    Wanted,
    booked,
    left_of,
    reserve,
    settle,
    spent_usd,
)
from improve_loop.rules.limits import run_limits
from improve_loop.rules.memory import finished, started, starts_at, unfinished_booked, with_unrecorded
from improve_loop.rules.model_settings import ModelSettings
from improve_loop.rules.prices import FREE, Price, Usage, builtin, cost, nanos, price_of, table, worst_case
from improve_loop.rules.slices import SHARES, candidate_allowance, shared, slice_usd
from improve_loop.rules.usage import cut_short, usage_of

SONNET = builtin()["claude-sonnet-5-5"]


def limits(usd: float = 15.0, per_candidate: float = 5.0, slots: int = 2) -> RunLimits:
    return RunLimits(
        candidates=6,
        domains=6,
        usd=usd,
        usd_reading=usd,
        usd_per_candidate=per_candidate,
        seconds=3600,
        seconds_per_candidate=1800,
        open_merge_requests=10,
        slots=slots,
    )


def wanted(price: Price = SONNET, **changes: object) -> Wanted:
    given = {"role": "implement", "prompt_bytes": 20_000, "max_tokens": 4_000, "seconds": 60.0, **changes}
    return Wanted(at="2026-11-20T12:00:00Z", model="claude-sonnet-5-5", price=price, **given)  # type: ignore[arg-type]


def told(dice: random.Random, asked: Wanted) -> Usage | None:
    """What a server says it used: the truth, nothing, or a lie in either direction."""
    text_bytes = int(dice.random() * 4 * asked.max_tokens)
    lies: list[tuple[object, object]] = [
        (asked.prompt_bytes // 4, text_bytes // 4),
        (0, 0),
        (-5, 10),
        (10**9, 10**9),
        (None, None),
        ("17", 3),
        (asked.prompt_bytes, asked.max_tokens),
        (True, 1.5),
    ]
    first, second = dice.choice(lies)
    cached = dice.choice([0, 10**7, -3, asked.prompt_bytes // 8])
    return usage_of(first, second, cached, cached, prompt_bytes=asked.prompt_bytes, text_bytes=text_bytes)


def random_price(dice: random.Random) -> Price:
    if dice.random() < 0.2:
        return FREE
    per_token = dice.randrange(10, 30_000)
    threshold = dice.choice([None, 100_000, 5_000])
    return Price(
        input=per_token,
        output=5 * per_token,
        cache_write=per_token * 5 // 4,
        cache_read=per_token // 10,
        long_above=threshold,
        long_factor=dice.choice([1, 5]),
    )


PRICES = [random_price(random.Random(number)) for number in range(500)]


def job(dice: random.Random, book: Book) -> Book:
    """Some calls of one job, several under way at a time, settled in any order with any outcome."""
    waiting: list[Reservation] = []
    for _ in range(dice.randrange(1, 12)):
        asked = wanted(
            dice.choice(PRICES),
            prompt_bytes=1 + int(dice.random() * 300_000),
            max_tokens=1 + int(dice.random() * 20_000),
            candidate=dice.choice([None, "a", "b"]),
            role=dice.choice(["implement", "review"]),
        )
        got = reserve(book, asked)
        if not isinstance(got, Denied):
            book, reservation = got
            waiting.append(reservation)
        if waiting and dice.random() < 0.6:
            reservation = waiting.pop(dice.randrange(len(waiting)))
            usage = told(dice, reservation.wanted)
            outcome = Outcome(finish="stop", seconds=1.0, usage=usage, never_billed=dice.random() < 0.1)
            book = settle(book, reservation, outcome)
    return book


def run_of(case: int) -> tuple[int, int]:
    """Nano-dollars booked by a whole run of parallel slots with retries, some dead; and its ceiling."""
    dice = random.Random(case)
    ceiling = dice.choice([0.0, 0.01, 0.5, 1.0, 15.0, 40.0])
    slots, attempts = dice.randrange(1, 5), dice.randrange(1, 3)
    each = slice_usd(limits(ceiling), "implement", jobs=slots, attempts=attempts)
    total = 0
    for _ in range(slots * attempts):
        roles = {"review": each * dice.random()} if dice.random() < 0.3 else {}
        allowance = Allowance(usd=each, usd_by_role=roles, usd_per_candidate=dice.choice([None, each * dice.random()]))
        book = job(dice, Book(allowance=allowance))
        died = dice.random() < 0.1  # its ledger is lost: the next preflight counts the whole slice
        total += nanos(each) if died else book.nano
    return total, nanos(ceiling)


@pytest.mark.parametrize("block", range(10))
def test_the_sum_of_ledgers_never_exceeds_the_ceiling(block: int) -> None:
    for case in range(block * 1000, block * 1000 + 1000):
        total, ceiling = run_of(case)
        assert total <= ceiling, f"case {case}: {total} > {ceiling}"


def test_the_random_runs_do_spend_money_and_meet_the_limit() -> None:
    totals = [run_of(case) for case in range(300)]
    assert sum(total > 0 for total, _ in totals) > 100
    assert sum(total > 0.4 * ceiling > 0 for total, ceiling in totals) > 10


def test_what_was_truly_spent_is_booked_where_the_server_is_honest_or_silent() -> None:
    for case in range(1000):
        dice = random.Random(case)
        book, truth = Book(allowance=Allowance(usd=5.0)), 0
        for _ in range(dice.randrange(1, 8)):
            asked = wanted(random_price(dice), prompt_bytes=dice.randrange(1, 300_000))
            got = reserve(book, asked)
            if isinstance(got, Denied):
                continue
            used = Usage(
                input_tokens=dice.randrange(1, asked.prompt_bytes + 2_000),
                output_tokens=dice.randrange(0, asked.max_tokens + 1),
            )
            truth += cost(asked.price, used)
            book = settle(got[0], got[1], Outcome(finish="", seconds=1.0, usage=dice.choice([used, None])))
        assert truth <= book.nano <= nanos(5.0), f"case {case}"


def test_an_unknown_usage_keeps_the_reservation() -> None:
    book, reservation = taken(Book(allowance=Allowance(usd=1.0)), wanted())
    settled = settle(book, reservation, Outcome(finish="timeout", seconds=60.0))
    assert settled.entries[0].spent_usd is None
    assert settled.nano == reservation.nano > 0


def test_a_known_usage_releases_what_was_not_used() -> None:
    book, reservation = taken(Book(allowance=Allowance(usd=1.0)), wanted())
    usage = Usage(input_tokens=5_000, output_tokens=100)
    settled = settle(book, reservation, Outcome(finish="stop", seconds=2.0, usage=usage))
    assert settled.nano == 5_000 * 2_000 + 100 * 10_000 < reservation.nano


def test_a_usage_above_the_worst_case_closes_the_book() -> None:
    book, reservation = taken(Book(allowance=Allowance(usd=1.0)), wanted())
    usage = Usage(input_tokens=10**7, output_tokens=1)
    settled = settle(book, reservation, Outcome(finish="stop", seconds=2.0, usage=usage))
    assert settled.entries[0].finish == "over_reservation"
    assert denied(settled, wanted()) == "closed"
    assert denied(settled, wanted(FREE)) is None


def test_spent_money_never_blocks_a_free_model() -> None:
    book = Book(allowance=Allowance(usd=0.0))
    assert denied(book, wanted()) == "money"
    assert denied(book, wanted(FREE)) is None


def test_free_models_are_held_by_tokens_and_seconds() -> None:
    assert denied(Book(allowance=Allowance(usd=9.0, free_tokens=23_999)), wanted(FREE)) == "tokens"
    tired = Book(allowance=Allowance(usd=9.0, free_seconds=100.0), free_seconds=100.0)
    assert denied(tired, wanted(FREE)) == "seconds"
    assert denied(tired, wanted()) is None


def test_role_and_candidate_have_limits_of_their_own() -> None:
    allowance = Allowance(usd=9.0, usd_by_role={"review": 0.01}, usd_per_candidate=0.10)
    book, _ = taken(Book(allowance=allowance), wanted(candidate="a"))
    assert denied(book, wanted(role="review")) == "role_money"
    assert denied(book, wanted(candidate="a")) == "candidate_money"
    assert denied(book, wanted(candidate="b")) is None


def test_calls_are_counted() -> None:
    book, _ = taken(Book(allowance=Allowance(usd=9.0, calls=1)), wanted())
    assert denied(book, wanted()) == "calls"


def test_from_80_percent_on_no_new_work_is_begun() -> None:
    book = Book(allowance=Allowance(usd=0.10))
    assert not book.nearly_spent
    book, _ = taken(book, wanted(prompt_bytes=20_000, max_tokens=2_500))
    assert book.nearly_spent


def test_slices_of_all_jobs_in_all_attempts_stay_below_the_ceiling() -> None:
    each = slice_usd(limits(15.0), "implement", jobs=3, attempts=2)
    assert each * 6 <= 15.0 * SHARES["implement"]
    assert sum(SHARES.values()) < 1.0


def test_a_candidate_gets_its_ceiling_or_what_the_slot_has_left() -> None:
    entry = LedgerEntry(
        at="",
        role="plan",
        model="m",
        candidate=None,
        reserved_usd=0.5,
        spent_usd=None,
        input_tokens=None,
        output_tokens=None,
        seconds=1.0,
        finish="timeout",
    )
    assert candidate_allowance(limits(), 10.0).usd == 5.0
    assert candidate_allowance(limits(), 2.0, [entry]).usd == 1.5
    assert candidate_allowance(limits(), 0.2, [entry]).usd == 0.0
    assert 3 * candidate_allowance(limits(), 2.0, [entry], among=3).usd <= 1.5
    assert spent_usd([entry]) == 0.5
    assert booked(entry) == 500_000_000


DEAD = RunRecord(
    run_id="r",
    run_kind="sweep",
    started_at="",
    finished_at=None,
    base_sha="",
    found=0,
    shortlisted=0,
    accepted=0,
    published=0,
    green=0,
    spent_usd=0.0,
    reserved_usd=11.0,
)


def test_who_goes_on_with_the_same_work_has_what_the_others_left() -> None:
    whole = Allowance(
        usd=2.0, usd_by_role={"review": 0.5, "fix": 0.1}, free_tokens=300_000, free_seconds=100.0, seconds=600.0
    )
    paid = LedgerEntry(
        at="",
        role="review",
        model="c/m",
        candidate="x",
        reserved_usd=0.4,
        spent_usd=None,
        input_tokens=None,
        output_tokens=None,
        seconds=50.0,
        finish="timeout",
    )
    free = replace(paid, role="fix", reserved_usd=0.0, spent_usd=0.0, input_tokens=900, output_tokens=100)
    left = left_of(whole, [paid, free, replace(free, input_tokens=None)])
    assert (left.usd, left.usd_by_role) == (1.6, {"review": pytest.approx(0.1), "fix": 0.1})
    assert (left.free_tokens, left.free_seconds, left.seconds) == (300_000 - 1_000 - 100_000, 0.0, 450.0)


def test_a_jobs_share_of_roles_and_free_models_adds_up_to_no_more_than_the_whole() -> None:
    settings = ModelSettings(
        mode="local", usd_by_role={"review": 0.5}, free_tokens=100, free_seconds=9.0, seconds_per_candidate=60.0
    )
    each = shared(Allowance(usd=2.0), settings, 3)
    assert 3 * each.usd_by_role["review"] <= 0.5
    assert (each.usd, each.free_tokens, each.free_seconds, each.seconds) == (2.0, 33, 3.0, 60.0)


def test_a_run_that_died_counts_in_full() -> None:
    day = "2026-11-20"
    before = State(runs=(replace(DEAD, started_at=f"{day}T10:00:00Z"),), spend_usd_by_day={day: 4.0})
    after, notes = unfinished_booked(before, datetime(2026, 11, 21, tzinfo=UTC))
    assert after.spend_usd_by_day == {day: 15.0}
    assert [(run.spent_usd, run.reserved_usd, run.finished_at) for run in after.runs] == [
        (11.0, 0.0, "2026-11-21T00:00:00Z")
    ]
    assert "did not finish; $11.00 booked" in notes[0]
    assert unfinished_booked(after, datetime(2026, 11, 22, tzinfo=UTC)) == (after, ())  # once is enough


def test_a_run_that_was_booked_and_ends_after_all_gives_back_what_it_did_not_spend() -> None:
    """A sweep that is pressed on Wednesday: tend runs have counted it in full since Monday."""
    day = "2026-11-16"
    asked = replace(DEAD, started_at=f"{day}T05:00:00Z", reserved_usd=15.0)
    booked_in_full, _ = unfinished_booked(started(State(), asked), datetime(2026, 11, 16, 6, tzinfo=UTC))
    assert booked_in_full.spend_usd_by_day == {day: 15.0}
    ended = replace(asked, finished_at=f"{day}T09:00:00Z", spent_usd=2.5, reserved_usd=0.0)
    for _ in range(2):  # its cleanup may be retried
        booked_in_full = finished(booked_in_full, ended, (), (), f"{day}T09:00:00Z")
        assert booked_in_full.spend_usd_by_day == {day: 2.5}
        assert [run.spent_usd for run in booked_in_full.runs] == [2.5]


def test_a_run_that_is_started_again_under_its_name_is_another_run() -> None:
    first = replace(DEAD, started_at="2026-11-16T05:00:00Z", reserved_usd=1.0)
    state = started(State(), first)
    now = datetime(2026, 11, 16, 5, tzinfo=UTC)
    assert starts_at(state, "r", now) == datetime(2026, 11, 16, 5, 0, 1, tzinfo=UTC)
    assert starts_at(state, "other", now) == now
    again = started(state, replace(first, started_at="2026-11-16T05:00:01Z"))
    assert unfinished_booked(again, now)[0].spend_usd_by_day == {"2026-11-16": 2.0}
    assert with_unrecorded(again, [first]) == again


def test_the_limit_of_the_day_leaves_a_run_what_the_day_has_left() -> None:
    config = Config(limits=Limits(usd_per_day=20.0))
    assert [run_limits(config, "medium", 0, spent).usd for spent in (0.0, 18.0, 25.0)] == [15.0, 2.0, 0.0]
    assert run_limits(Config(), "medium", 0, 99.0).usd == 15.0


def test_prices_follow_the_vendor() -> None:
    sonnet = price_of(builtin(), "claude-sonnet-4-6")
    assert sonnet
    cached = Usage(input_tokens=11_100, output_tokens=50, cache_read_tokens=10_000, cache_write_tokens=1_000)
    assert cost(sonnet, cached) == 7_800_000  # $0.0078
    haiku = builtin()["claude-haiku-5-5"]
    assert cost(haiku, Usage(input_tokens=100_001, output_tokens=0)) == 5 * 100_001 * 100
    assert worst_case(haiku, 200_000, 1) > 5 * 200_000 * 100
    assert price_of(builtin(), "claude-opus-5-5-20260930") == builtin()["claude-opus-5-5"]
    assert price_of(builtin(), "gpt-9") is None
    assert table({"m": {"input": 0.3, "output": 1.0}})["m"].cache_write == 375


def test_a_prompt_counted_far_too_small_was_cut() -> None:
    assert cut_short(4_096, 60_000)
    assert cut_short(2_048, 60_000)  # of which a believable count has at least 2,500
    assert not cut_short(15_000, 60_000)
    assert not cut_short(0, 60_000)
    assert not cut_short(None, 60_000)


def taken(book: Book, asked: Wanted) -> tuple[Book, Reservation]:
    got = reserve(book, asked)
    assert not isinstance(got, Denied), got.message
    return got


def denied(book: Book, asked: Wanted) -> str | None:
    got = reserve(book, asked)
    return got.limit if isinstance(got, Denied) else None
