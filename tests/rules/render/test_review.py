"""What a reviewer found, on lines and in its summary."""

from __future__ import annotations

from dataclasses import replace

import pytest

from improve_loop.model.make import Objection, Review
from improve_loop.rules.render import remarks, review_summary
from improve_loop.rules.render.review import REMARKS
from tests.support.gitlab_markdown import links, obeyed
from tests.support.reports import HOSTILE

PATCH = """diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -1,3 +1,3 @@
 first = 1
-second = 2
+second = 20
 third = 3
"""
ONE = Objection(path="a.py", line=2, quote="+second = 20", reason="Why 20?", criterion="quality")
REVIEW = Review(
    run_id="r", candidate="c", decision="approve", summary="It is fine.", rounds=1, reviewer="q/qwen", objections=(ONE,)
)


def numbers(objection: Objection) -> tuple[int | None, int | None] | None:
    (found,) = remarks(replace(REVIEW, objections=(objection,)), PATCH)
    return (found.note.old_line, found.note.new_line) if found.note else None


def test_a_remark_knows_its_line_as_the_patch_has_it() -> None:
    assert numbers(ONE) == (None, 2)
    assert numbers(replace(ONE, line=3, quote="third = 3")) == (3, 3)
    assert numbers(replace(ONE, line=None, quote="-second = 2")) == (2, None)
    assert numbers(replace(ONE, line=9)) is None
    assert numbers(replace(ONE, path="b.py")) is None


def test_the_same_remark_has_the_same_key_and_another_has_another() -> None:
    again = replace(REVIEW, objections=(replace(ONE, reason="said in other words"), replace(ONE, criterion="scope")))
    first, second = remarks(again, PATCH)
    assert first.key == remarks(REVIEW, PATCH)[0].key
    assert second.key != first.key


def test_no_more_than_a_person_reads() -> None:
    many = tuple(replace(ONE, quote=f"+second = 20 # {number}") for number in range(20))
    assert len(remarks(replace(REVIEW, objections=many), PATCH)) == REMARKS


def test_the_summary_tells_who_looked_and_what_stands_on_no_line() -> None:
    found = remarks(REVIEW, PATCH)
    assert "`q/qwen`" in review_summary(REVIEW, found, ())
    assert "1 remark on lines of the diff" in review_summary(REVIEW, found, ())
    told = review_summary(REVIEW, found, [found[0].key])
    assert "- `a.py:2` **quality**: Why 20?" in told
    assert "on lines of the diff" not in told
    alone = replace(REVIEW, decision="unavailable", reviewer=None, objections=())
    assert "nobody but its maker has looked" in review_summary(alone, (), ())
    own = replace(REVIEW, decision="degraded", reason="money", objections=())
    assert "is of its maker's own family: no other could be asked (`money`)" in review_summary(own, (), ())


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_a_model_wrote_becomes_an_order(text: str) -> None:
    hostile = replace(ONE, path=text, quote=text, reason=text, criterion=text)
    review = replace(REVIEW, summary=text, reviewer=text, maker=text, objections=(hostile, replace(ONE, reason=text)))
    found = remarks(review, PATCH)
    texts = [review_summary(review, found, ()), *(one.note.text for one in found if one.note)]
    assert len(texts) == 2
    for shown in texts:
        assert obeyed(shown) == []
        assert all(one.startswith("https://evil.example") for one in links(shown))
