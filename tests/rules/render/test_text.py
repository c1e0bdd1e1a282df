"""Times, money, counts, and what happens to text that hides something."""

from __future__ import annotations

from dataclasses import replace

import pytest

from improve_loop.model.tend import Funnel, Report
from improve_loop.rules.render import text
from improve_loop.rules.render.funnel import stages
from improve_loop.rules.render.summary import headline, next_steps, sentence
from tests.support.reports import QUIET, full, quiet, source


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.96, "10 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (252, "4 min 12 s"),
        (3599.7, "1 h"),
        (19_260, "5 h 21 min"),
        (86_399, "24 h"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert text.duration(seconds) == said


@pytest.mark.parametrize(
    ("usd", "said"), [(0, "$0.00"), (0.001, "under $0.01"), (0.005, "$0.01"), (1234.5, "$1,234.50")]
)
def test_money_is_nothing_only_when_it_is_nothing(usd: float, said: str) -> None:
    assert text.money(usd) == said


@pytest.mark.parametrize(("count", "said"), [(0, "no leads"), (1, "1 lead"), (1200, "1,200 leads")])
def test_counts(count: int, said: str) -> None:
    assert text.counted(count, "lead") == said


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("\x1b[1m", "⟨U+001B⟩[1m"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("a\r\nb", "a\nb"),
        ("half \udc00", "half ⟨U+DC00⟩"),
        ("👩‍👧", "👩‍👧"),
    ],
)
def test_hidden_characters_are_named(raw: str, seen: str) -> None:
    assert text.visible(raw) == seen


def test_one_line_is_one_line_and_short() -> None:
    assert text.one_line(" a\n\tb\u2028c ") == "a b c"
    assert len(text.one_line("word " * 10**6, 50)) <= 50


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "2 merge requests for acme/webshop, 1 green"),
        ({"merge_requests": full().merge_requests[1:]}, "1 merge request for acme/webshop, none green"),
        (
            {
                "merge_requests": tuple(replace(one, merge_request=None) for one in full().merge_requests),
                "dry_run": True,
            },
            "Dry run: 2 improvements for acme/webshop, nothing published",
        ),
        (
            {"merge_requests": (), "answers": (replace(full().answers[0], answer="unanswered"),)},
            "1 improvement for acme/webshop, waiting for your answer",
        ),
        (
            {"merge_requests": (), "phases": (replace(full().phases[0], exit_code=3, phase="triage"),)},
            "The run on acme/webshop stopped in triage",
        ),
        (
            {"merge_requests": tuple(replace(one, merge_request=None) for one in full().merge_requests)},
            "2 improvements accepted for acme/webshop, none published",
        ),
        (
            {"merge_requests": (), "sources": (source("blocked"),)},
            "Nothing found in acme/webshop, but not everything could be read",
        ),
        ({"merge_requests": ()}, "Nothing in acme/webshop worth your minute today"),
        ({"merge_requests": (), "funnel": QUIET}, "Nothing to improve in acme/webshop today"),
    ],
)
def test_the_headline_says_what_matters_most(changes: dict[str, object], said: str) -> None:
    report: Report = replace(full(), **changes)  # type: ignore[arg-type]
    assert headline(report) == said


def test_the_sentence_names_spend_that_is_not_known() -> None:
    assert sentence(replace(full(), reserved_usd=5.0)).endswith(
        "cost $0.00 of $15.00, and up to $5.00 more that is not known."
    )


def test_what_to_do_is_never_empty_and_puts_trouble_first() -> None:
    assert next_steps(quiet())[0].text.startswith("Nothing to do. The run looked at ci")
    broken = replace(full(), sources=(source("rate_limited", reason="403", retry_at="2026-11-20T04:00:00Z"),))
    steps = next_steps(broken)
    assert steps[0].urgent
    assert steps[0].text == (
        "ci could not be read (rate limited): 403. What it holds is unknown. "
        "It may be asked again from 20 November 2026, 04:00 UTC."
    )
    assert [step.url for step in steps[1:]] == [one.url for one in full().merge_requests]


def test_a_budget_nearly_used_is_said() -> None:
    assert any(
        "87% of the budget" in step.text for step in next_steps(replace(quiet(), spent_usd=8.0, reserved_usd=5.0))
    )


def test_the_funnel_narrows_with_the_counts_and_never_vanishes() -> None:
    found, shortlisted, *_, green = stages(Funnel(found=10_000, shortlisted=6, accepted=3, published=2, green=0))
    assert found.lost == "9,994 dropped"
    assert found.across.startswith("M0,0 ")
    assert shortlisted.across.startswith("M0,47.5 ")
    assert green.count == 0
    assert stages(QUIET)[0].lost == ""
