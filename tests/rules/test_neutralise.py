"""Text from a model or a stranger does nothing on GitLab, and a reader still sees what was written."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improve_loop.rules import neutralise
from tests.support.fake_gitlab.actions import split_commands

JOINER = neutralise.JOINER


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/close", "\\/close"),
        ("ok\n  /merge now", "ok\n  \\/merge now"),
        ("> /label ~a", f"> \\/label ~{JOINER}a"),
        ("see /etc/hosts", "see /etc/hosts"),
        ("thanks @ada and @all", f"thanks @{JOINER}ada and @{JOINER}all"),
        ("me@example.com", "me@example.com"),
        ("closes #12", f"closes {JOINER}#{JOINER}12"),
        ("Fixes: group/app#7", f"Fixes: {JOINER}group/app#{JOINER}7"),
        ("resolves https://git.example.com/a/-/issues/1", f"resolves {JOINER}https://git.example.com/a/-/issues/1"),
        ("closes the door", "closes the door"),
        ("see !4 and $9 and %v1", f"see !{JOINER}4 and ${JOINER}9 and %{JOINER}v1"),
        ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
        ("<!-- improve-loop:v1 x -->", "&lt;!-- improve-loop:v1 x -->"),
        ("![x](http://evil/?q)", "\\![x](http://evil/?q)"),
        ("a & b", "a &amp; b"),
        ("done [skip ci]", "done (skip ci)"),
        ("[ci skip] [no-ci]", "(ci skip) (no-ci)"),
        ("use `@ada` and `#12`", "use `@ada` and `#12`"),
        ("a `open @ada", f"a `open @{JOINER}ada"),
        ("``x ` @ada`` @bob", f"``x ` @ada`` @{JOINER}bob"),
        ("```\n/close\n```", "```\n /close\n```"),
        ("~~~sh onload=x\n/close\n", "~~~sh\n /close\n\n~~~"),
        ("```\nnever closed @ada", "```\nnever closed @ada\n```"),
        ("zero\u200bwidth \u202eright", "zerowidth right"),
        ("a\x00b\x1b[31mc", "ab[31mc"),
    ],
)
def test_untrusted_markdown(text: str, shown: str) -> None:
    assert neutralise.untrusted(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# Big\n/close", "Big /close"),
        ("/close", "close"),
        ("a | b", "a \\| b"),
        ("@all look", f"@{JOINER}all look"),
    ],
)
def test_one_line(text: str, shown: str) -> None:
    assert neutralise.one_line(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Draft: WIP: Update", "Update"),
        ("[Draft] Update [skip ci]", "Update (skip ci)"),
        ("Update\nCloses #3", f"Update Closes {JOINER}#3"),
        ("Drafting tools: update", "Drafting tools: update"),
    ],
)
def test_titles(text: str, shown: str) -> None:
    assert neutralise.title(text) == shown


def test_a_commit_message_carries_no_trailer_but_the_loops() -> None:
    text = "Update\n\nSigned-off-by: Ada <a@example.com>\nImprove-Loop-Candidate: other\nCloses #3 @all [skip ci]"
    message = neutralise.commit_message(text)
    assert "Signed-off-by -" in message
    assert "Improve-Loop-Candidate:" not in message
    assert f"Closes {JOINER}#3 @{JOINER}all (skip ci)" in message


def test_long_text_is_cut() -> None:
    assert len(neutralise.untrusted("a" * 50, limit=20)) <= 20


WRITTEN = st.text(st.sampled_from("/close label`~\n> @ada#1!<b>&-*`~ \t"), max_size=60)


@given(WRITTEN)
def test_no_text_ever_holds_a_quick_action(text: str) -> None:
    for safe in (neutralise.untrusted(text), neutralise.commands(text)):
        assert split_commands(safe)[1] == []
        assert not re.search(r"^/(?:close|label|title)\b", safe, re.MULTILINE)


@given(st.text(max_size=200))
def test_no_text_keeps_html_outside_code(text: str) -> None:
    outside = re.sub(r"`[^`]*`|^```.*", "", neutralise.untrusted(text.replace("`", "").replace("~", "")), flags=re.S)
    assert "<" not in outside


@given(WRITTEN)
def test_the_loops_own_bodies_stay_as_they_are_but_for_commands(text: str) -> None:
    once = neutralise.commands(text)
    assert neutralise.commands(once) == once
