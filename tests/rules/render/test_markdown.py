"""Markdown from outside text: what a reader sees is the text, what GitLab obeys is nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from improve_loop.model.find import Shortlist
from improve_loop.rules.render import report_markdown, shortlist_markdown
from improve_loop.rules.render.markdown import cell, code, inline_prose, link, plain, prose_of
from tests.support.gitlab_markdown import CLOSING, links, obeyed, tokens
from tests.support.reports import HOSTILE, example, full, hostile, huge, quiet

ALL = pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))


@ALL
def test_nothing_of_a_hostile_text_is_obeyed(text: str) -> None:
    for markdown in (f"so: {plain(text)}", f"- {code(text)}", prose_of(text), f"Why: {inline_prose(text)}"):
        assert obeyed(markdown) == []
        assert links(markdown) == []


@ALL
def test_nothing_of_a_hostile_report_is_obeyed(text: str) -> None:
    markdown = report_markdown(hostile(text))
    markdown.encode()
    assert obeyed(markdown) == []
    assert all(one.startswith(("http://", "https://")) for one in links(markdown))


def test_the_reader_of_these_tests_sees_what_gitlab_would_obey() -> None:
    for harmful in (
        "/close",
        "  /merge",
        "hello @dana",
        "see #12",
        "`Fixes #3`",
        "<b>x</b>",
        "![a](b)",
        "Closes ABC-1",
    ):
        assert obeyed(harmful), harmful
    assert links("[a](https://b.example)") == ["https://b.example"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words, 1.5 h", "plain words, 1.5 h"),
        ("CI_DEBUG_TRACE in .gitlab-ci.yml", "CI_DEBUG_TRACE in .gitlab-ci.yml"),
        ("*bold* _it_", "*bold* _it_"),
        ("a @dana b", "a @dana b"),
        ("1. one", "1. one"),
        ("# head", "# head"),
        ("<b>&amp;</b>", "<b>&amp;</b>"),
        ("a\nb", "a b"),
        ("https://x.example/a_b", "https://x.example/a_b"),
    ],
)
def test_plain_text_reads_as_it_was(text: str, shown: str) -> None:
    rendered = [token for token in tokens(plain(text)) if token.type == "inline"]
    (inline,) = rendered
    assert "".join(child.content for child in inline.children or []) == shown


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("npm ci", "`npm ci`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("fixes #12 at last", "`fixes` `#12 at last`"),
        ("", ""),
        ("a\n\nb", "`a b`"),
    ],
)
def test_code_is_one_line_in_a_fence_that_holds(text: str, markdown: str) -> None:
    assert code(text) == markdown


def test_prose_keeps_lists_code_and_strong_text_and_escapes_the_rest() -> None:
    text = "Moves `a_b` and **all** of\nit.\n\n- one\n- two <b>\n\n## Head\n```yaml\n/close\n```\n[x](http://y.example)"
    assert prose_of(text) == (
        "Moves `a_b` and **all** of it.\n\n- one\n- two \\<b\\>\n\n**Head**\n\n> `/close`\n\n\\[x\\](http\\://y.example)"
    )


def test_a_bar_does_not_end_a_cell() -> None:
    assert cell("a|b") == "a\\|b"
    assert cell("a\\|b") == "a\\|b"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "ftp://x.example", "https://user:pw@x.example/", "https://", "//x", "", None, "http://[x"],
)
def test_only_web_addresses_become_links(url: str | None) -> None:
    assert link("here", url) == "here"


def test_an_address_cannot_leave_its_link() -> None:
    assert link("here", "https://x.example/a) [b](c") == "[here](https://x.example/a%29%20%5Bb%5D%28c)"


def test_the_report_names_everything_once() -> None:
    report = full()
    markdown = report_markdown(report)
    for part in ("2 merge requests for acme/webshop", "**6** found", "✕ red", "## Sources", "PIP03", "ship"):
        assert part in markdown
    for one in report.dropped:
        assert plain(one.reason) in markdown


def test_a_huge_report_stays_short_enough_for_a_comment() -> None:
    assert len(report_markdown(huge(10_000))) < 200_000


def test_a_quiet_report_says_what_to_do() -> None:
    assert "1. Nothing to do. The run looked at ci; the next one looks again." in report_markdown(quiet())


def test_closing_words_are_seen_in_code_too() -> None:
    assert CLOSING.search("`Closes #1`")
    assert not CLOSING.search(code("Closes #1"))


def test_an_empty_shortlist_says_so() -> None:
    shortlist = replace(example(Shortlist), shortlisted=(), dropped=(), found=0)
    assert shortlist_markdown(shortlist, {}).startswith("# Nothing to ask today\n\nno candidates found at `4a20378`")
