"""The page by its structure: what it shows, that it needs nothing but itself, and that no text in it becomes markup."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from itertools import pairwise

import pytest

from improve_loop.model.tend import Report
from improve_loop.rules.render import report_html
from improve_loop.rules.render.page import ROWS_PER_RULE, RULES
from tests.support.pages import Element, page_of
from tests.support.reports import HOSTILE, full, hostile, huge, quiet, source

TAGS = re.compile(
    "html|head|meta|link|title|style|body|header|nav|main|section|article|footer|h[1-4]|p|a|div|span|ul|ol|li|b|em|small"
    "|strong|q|code|pre|mark|br|details|summary|figure|figcaption|table|thead|tbody|tfoot|tr|th|td|svg|path|circle|rect"
)
ATTRIBUTES = re.compile(
    "lang|charset|http-equiv|content|name|rel|href|class|id|open|role|tabindex|aria-(hidden|label|labelledby)|scope"
    "|data-label|viewbox|preserveaspectratio|d|width|height|rx|cx|cy|r"
)
RUNS = {"example": full(), "quiet": quiet(), "huge": huge(300)}


def page(report: Report) -> Element:
    return page_of(report_html(report))


@pytest.mark.parametrize("name", RUNS)
def test_headings_go_down_one_step_at_a_time_from_one_first_heading(name: str) -> None:
    levels = [int(one.tag[1]) for one in page(RUNS[name]).walk() if re.fullmatch("h[1-6]", one.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("name", RUNS)
def test_landmarks_language_and_labels_are_there(name: str) -> None:
    root = page(RUNS[name])
    assert root.one("html").attributes["lang"] == "en"
    assert root.one("main").attributes["id"] == root.one("a", "skip").attributes["href"].lstrip("#")
    assert root.one("nav").attributes["aria-label"]
    ids = [one.attributes["id"] for one in root.walk() if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    for one in root.walk():
        assert one.attributes.get("aria-labelledby", ids[0]) in ids
        target = one.attributes.get("href", "")
        assert not target.startswith("#") or target[1:] in ids
        assert one.tag != "section" or "aria-labelledby" in one.attributes
        assert one.tag != "svg" or one.attributes.get("aria-hidden") == "true"
        assert "scroll" not in one.attributes.get("class", "").split() or one.attributes.get("tabindex") == "0"


@pytest.mark.parametrize("name", RUNS)
def test_the_page_loads_nothing_and_runs_nothing(name: str) -> None:
    html = report_html(RUNS[name])
    root = page_of(html)
    style = root.one("style").raw
    assert "url(" not in style
    assert "@import" not in style
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = [one.attributes["content"] for one in root.all("meta") if "http-equiv" in one.attributes]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert [one.attributes["href"] for one in root.all("link")] == ["data:,"]
    assert all(TAGS.fullmatch(one.tag) for one in root.walk() if one is not root)
    assert all(ATTRIBUTES.fullmatch(name) for one in root.walk() for name in one.attributes)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text(text: str) -> None:
    html = report_html(hostile(text))
    html.encode()
    root = page_of(html)
    assert all(TAGS.fullmatch(one.tag) for one in root.walk() if one is not root)
    assert all(ATTRIBUTES.fullmatch(name) for one in root.walk() for name in one.attributes)
    for one in root.all("a"):
        assert re.match(r"#|https?://", one.attributes["href"])
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff]", html)


def test_text_that_looks_like_a_template_is_not_run() -> None:
    assert "{{ 7 * 7 }}" in page(hostile("{{ 7 * 7 }}")).text


def test_the_header_says_what_was_run_on_what_when_how_long_and_for_how_much() -> None:
    header = page(full()).one("header", "top")
    assert header.one("h1").text == "2 merge requests for acme/webshop, 1 green"
    lead = header.one("p", "lead").text
    for part in ("acme/webshop", "main at 4a20378", "20 November 2026, 03:00 UTC", "5 h 21 min", "$0.00 of $15.00"):
        assert part in lead


def test_the_funnel_shows_each_count_and_what_was_lost_on_the_way() -> None:
    stages = [one.text for one in page(full()).one("ol", "funnel").children]
    assert stages == [
        "6 found 3 dropped",
        "3 shortlisted 1 not accepted",
        "2 accepted",
        "2 published 1 not green yet",
        "1 green",
    ]


def test_a_merge_request_shows_state_why_evidence_diff_checks_and_the_way_back() -> None:
    card = page(full()).by_id("mr-ci-sec04-ci-debug-trace-in-gitlab-ci-yml-cae29b")
    for part in (
        "green",
        "!41",
        "Why here With debug tracing on",
        ".gitlab-ci.yml:13",
        'CI_DEBUG_TRACE: "true"',
        "2 of 2 jobs of pipeline 30117 succeeded",
        "passed lint",
        "pipeline job build",
        "a pipeline variable is removed",
        "What could go wrong",
        "How to revert Revert the merge request",
        "made by recipe SEC04",
    ):
        assert part in card.text
    (evidence, *_) = card.all("span", "where")
    assert evidence.one("a").attributes["href"].endswith("4a20378b42ac81e577f8af9da090a36386c63b45/.gitlab-ci.yml#L13")
    (removed,) = card.all("div", "removed")
    assert removed.one("span", "t").raw == '  CI_DEBUG_TRACE: "true"'


def test_a_changed_line_shows_which_part_changed() -> None:
    card = page(full()).by_id("mr-ci-cac05-npm-ci-in-gitlab-ci-yml-1f943e")
    assert [one.text for one in card.all("mark")][:2] == ["node_modules", ".npm"]


def test_a_long_diff_is_folded_and_cut_and_says_so() -> None:
    lines = "".join(f"+line {number}\n" for number in range(3000))
    patch = f"diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1,3000 @@\n{lines}"
    report = replace(full(), merge_requests=(replace(full().merge_requests[0], patch=patch),))
    diff = page(report).one("details", "diff")
    assert "open" not in diff.attributes
    assert len(diff.all("div", "added")) < 500
    assert "more lines" in diff.text
    assert "+3,000" in diff.one("summary").text


def test_every_dropped_candidate_has_its_rule_and_reason() -> None:
    report = full()
    section = next(one for one in page(report).all("section") if one.attributes["aria-labelledby"] == "dropped")
    for one in report.dropped:
        assert one.subject in section.text
        assert one.reason in section.text
        assert one.rule in [code.text for code in section.all("code")]


def test_ten_thousand_dropped_stay_a_page_that_loads_and_count_right() -> None:
    html = report_html(huge(10_000))
    assert len(html.encode()) < 2_000_000
    section = next(one for one in page_of(html).all("section") if one.attributes["aria-labelledby"] == "dropped")
    assert [one.one("span", "count").text for one in section.all("summary")] == ["1,667"] * 4 + ["1,666"] * 2
    assert len(section.all("tr")) == 6 * (ROWS_PER_RULE + 1)
    assert section.text.count("1,617 more by this rule are in report.json") == 4
    assert all("open" not in one.attributes for one in section.all("details"))
    assert f"{10_000 - RULES:,} more by {10_000 - RULES:,} other rules" in page_of(html).text


def test_a_source_that_is_down_never_looks_like_an_empty_one() -> None:
    root = page(
        replace(quiet(), sources=(source("ok_empty"), source("unreachable", domain="cves", reason="timed out")))
    )
    empty, down = root.one("ul", "sources").children
    assert empty.one("span", "pill").text == "✓ read, nothing found"
    assert down.one("span", "pill").text == "✕ down"
    assert "bad" in down.attributes["class"]
    assert "1 of 2 could not be read" in root.one("p", "alarm").text
    assert "✕ 1 down" in root.one("nav").text
    assert "cves could not be read (down): timed out" in root.one("section", "next").text
    assert root.one("h1").text == "Nothing found in acme/webshop, but not everything could be read"


def test_an_empty_run_is_calm_and_says_what_to_do() -> None:
    root = page(quiet())
    assert root.one("h1").text == "Nothing to improve in acme/webshop today"
    box = root.one("section", "next")
    assert "calm" in box.attributes["class"]
    assert "The run looked at ci; the next one looks again." in box.text
    assert not root.all("ol", "funnel")


def test_time_and_cost_name_each_phase_and_the_sum() -> None:
    table = page(full()).one("table", "time")
    rows = [[cell.text for cell in row.children] for row in table.all("tr")]
    assert rows[1][:2] == ["preflight", "1.9 s"]
    assert rows[-1][0] == "together"
    assert len(rows) == 2 + len(full().phases)


COLOURS = re.compile(r"--([\w-]+): (#[0-9a-f]{6})")


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_what_it_is_on(scheme: int) -> None:
    style = page(quiet()).one("style").raw
    colours = dict(COLOURS.findall(re.findall(r":root \{(.*?)\n *\}", style, re.S)[scheme]))
    pairs = [(text, on) for text in ("text", "soft", "link") for on in ("page", "card", "sunk")]
    pairs += [(tone, f"{tone}-bg") for tone in ("good", "bad", "warn", "wait", "idle")]
    pairs += [("text", on) for on in ("added", "added-mark", "removed", "removed-mark", "bad-bg")]
    pairs += [("soft", on) for on in ("added", "removed", "hunk")] + [
        ("good", "card"),
        ("bad", "card"),
        ("warn", "card"),
    ]
    weak = {(text, on): contrast(colours[text], colours[on]) for text, on in pairs}
    assert {pair: round(value, 2) for pair, value in weak.items() if value < 4.5} == {}
