"""Edits: parsed from what models write, applied to the one right place, or rejected with the real lines."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from improve_loop.rules.applying import Applied, apply
from improve_loop.rules.edits import parse
from tests.llm import drift

TEXT = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"


def edited(reply: str, text: str | None = TEXT, path: str = "a.py") -> Applied:
    return apply(lambda asked: text if asked == path else None, parse(reply).blocks)


def block(search: str, replacement: str, path: str = "a.py", marks: int = 7) -> str:
    return f"{path}\n{'<' * marks} SEARCH\n{search}\n{'=' * marks}\n{replacement}\n{'>' * marks} REPLACE\n"


@pytest.mark.parametrize(
    ("change", "rate"),
    [
        (drift.exact, 0.99),
        (drift.trailing, 0.99),
        (drift.outdented, 0.99),
        (drift.indented, 0.99),
        (drift.mistyped, 0.0),
        (drift.omitted, 0.0),
    ],
)
def test_drift_of_blanks_is_recovered_and_nothing_goes_to_a_wrong_place(
    change: Callable[[list[str]], list[str]], rate: float
) -> None:
    drifted = [edit for edit in drift.edits(600, seed=7) if change is drift.exact or change(edit.search) != edit.search]
    results = Counter(drift.outcome(edit, change) for edit in drifted)
    assert results["wrong"] == 0
    assert results["right"] >= rate * len(drifted) - 2  # the files are this project's own, and change with it
    assert rate or not results["right"]
    assert len(drifted) > 150


def test_a_block_of_another_file_is_rejected() -> None:
    first, second = list(drift.edits(60, seed=1)), list(drift.edits(60, seed=2))
    foreign = [
        replace(a, search=b.search) for a, b in zip(first, second, strict=True) if "\n".join(b.search) not in a.text
    ]
    assert Counter(drift.outcome(edit, drift.exact) for edit in foreign) == {"rejected": len(foreign)}


def test_the_corpus_holds_every_kind_of_file() -> None:
    paths = " ".join(path for path, _ in drift.corpus())
    assert all(kind in paths for kind in (".py", ".yml", ".md", ".tf", "Dockerfile", "Makefile"))


def test_a_line_that_the_block_did_not_mean_to_change_keeps_its_blanks() -> None:
    text = "a: 1   \nb: 2\nc: 3\n"
    done = edited(block("a: 1\nb: 2 ", "a: 1\nb: 20 "), text)
    assert done.texts["a.py"] == "a: 1   \nb: 20 \nc: 3\n"
    tidy = edited(block("a: 1 \nb: 2 ", "a: 1 \nb: 20 "), text.replace("   \n", "\n"))
    assert tidy.texts["a.py"] == "a: 1\nb: 20\nc: 3\n"


def test_lines_that_are_there_twice_are_rejected_with_their_places() -> None:
    done = edited(block("x", "y"), "x\nz\nx\n")
    assert not done.texts
    assert (done.rejected[0].reason, "lines 1, 3" in done.rejected[0].message) == ("ambiguous", True)


def test_a_block_that_may_have_lost_a_line_is_rejected_though_it_fits_another_place() -> None:
    text = "if a:\n    go()\nelse:\n    stop()\n\nif a:\n    log()\n    go()\nelse:\n    wait()\n"
    done = edited(block("if a:\n    go()", "if b:\n    go()"), text)
    assert not done.texts
    assert "from line 6 on the same lines stand with one more between them" in done.rejected[0].message
    done = edited(block("if a:\n    go()\nelse:\n    stop()", "if b:\n    go()\nelse:\n    stop()"), text)
    assert done.texts["a.py"].startswith("if b:")
    twice = "a\n\n\nb\n"  # where blank lines stand together, the place is the same
    assert edited(block("a\n\n\nb", "a\n\n\nc"), twice).texts


def test_a_block_that_is_nowhere_is_answered_with_the_real_lines() -> None:
    done = edited(block("def two():\n    return 3", "def two():\n    return 4"))
    assert done.rejected[0].closest == "def two():\n    return 2"


def test_blocks_are_matched_against_the_file_as_it_was() -> None:
    done = edited(block("    return 1", "    return 2") + block("def two():\n    return 2", "def two():\n    return 3"))
    assert done.texts["a.py"] == "def one():\n    return 2\n\n\ndef two():\n    return 3\n"


def test_blocks_that_touch_the_same_lines_are_rejected() -> None:
    done = edited(
        block("def one():\n    return 1", "def uno():\n    return 1") + block("    return 1", "    return 11")
    )
    assert [wrong.reason for wrong in done.rejected] == ["overlap"]


def test_line_ends_and_byte_order_mark_stay() -> None:
    done = edited(block("def one():\n    return 1", "def one():\n    return 11"), "\ufeff" + TEXT.replace("\n", "\r\n"))
    assert done.texts["a.py"] == "\ufeff" + TEXT.replace("return 1", "return 11").replace("\n", "\r\n")


def test_a_byte_order_mark_that_was_copied_along_is_not_written_twice() -> None:
    text, wanted = "\ufeff" + TEXT, "\ufeff" + TEXT.replace("one", "uno")
    assert edited(block("\ufeffdef one():", "\ufeffdef uno():"), text).texts["a.py"] == wanted
    whole = f"a.py\n<<<<<<< WHOLE\n{wanted}>>>>>>> END\n"
    assert edited(whole, text).texts["a.py"] == wanted


def test_a_missing_last_newline_stays_missing() -> None:
    assert edited(block("b", "c"), "a\nb").texts["a.py"] == "a\nc"


def test_a_heading_of_equals_signs_is_no_divider_where_only_one_reading_fits() -> None:
    text = "Guide\n=======\n\nText\n"
    done = edited(block("=======\n\nText", "=======\n\nBetter text"), text)
    assert done.texts["a.py"] == "Guide\n=======\n\nBetter text\n"
    unclear = edited(block("Guide\n=======\n\nText", "Guide\n=======\n\nBetter text"), text)
    assert unclear.rejected[0].reason == "divider"
    longer = edited(block("Guide\n=======\n\nText", "Guide\n=======\n\nBetter text", marks=9), text)
    assert longer.texts["a.py"] == "Guide\n=======\n\nBetter text\n"


def test_a_new_file_is_written_whole_and_a_long_one_is_not_rewritten() -> None:
    whole = "new.py\n<<<<<<< WHOLE\n```python\nprint(1)\n```\n>>>>>>> END\n"
    assert edited(whole).texts == {"new.py": "print(1)\n"}
    assert edited(block("", "print(1)", "new.py")).texts == {"new.py": "print(1)\n"}
    long = "a.py\n<<<<<<< WHOLE\nprint(1)\n>>>>>>> END\n"
    assert edited(long).texts == {"a.py": "print(1)\n"}
    assert edited(long, "x\n" * 151).rejected[0].reason == "too_long"


def test_an_edit_that_changes_nothing_is_no_edit() -> None:
    assert edited(block("    return 1", "    return 1")).rejected[0].reason == "no_change"


@pytest.mark.parametrize(
    "wrapped",
    [
        "`a.py`\n```python\n<<<<<<< SEARCH\n    return 1\n=======\n    return 9\n>>>>>>> REPLACE\n```",
        "### File: ./a.py\n\n<<<<<<< SEARCH\n    return 1\n=======\n    return 9\n>>>>>>> REPLACE",
        "**a.py**:\n<<<<<<<< SEARCH\n    return 1\n========\n    return 9\n>>>>>>>> REPLACE",
        "<<<<<<< SEARCH a.py\n    return 1\n=======\n    return 9\n>>>>>>>",
        "Here it is.\r\n\r\na.py\r\n<<<<<<< SEARCH\r\n    return 1\r\n=======\r\n    return 9\r\n>>>>>>> REPLACE\r\n",
    ],
)
def test_decoration_around_a_block_is_no_trouble(wrapped: str) -> None:
    assert edited(wrapped).texts["a.py"] == TEXT.replace("return 1", "return 9")


def test_a_second_block_is_for_the_same_file_unless_it_says_otherwise() -> None:
    first = block("    return 1", "    return 8")
    second = block("    return 2", "    return 9").partition("\n")[2]
    assert edited(first + "\n" + second).texts["a.py"] == "def one():\n    return 8\n\n\ndef two():\n    return 9\n"


def test_what_cannot_be_read_is_named() -> None:
    assert "has no end" in parse("a.py\n<<<<<<< SEARCH\nx\n=======\ny\n").broken[0]
    assert "no line =======" in parse("a.py\n<<<<<<< SEARCH\nx\ny\n>>>>>>> REPLACE\n").broken[0]
    assert "which file" in parse("<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n").broken[0]


def test_remarks_beside_the_blocks_are_read_and_inside_them_are_not() -> None:
    reply = parse(
        "NOCHANGE: it is done already\nBLOCKING-GAP[kind=network]: needs the changelog\n"
        "SPILL[docs/b.md]: also names it\n"
    )
    assert reply.nothing_because == "it is done already"
    assert [(gap.name, gap.text) for gap in reply.gaps] == [("network", "needs the changelog")]
    assert [(item.name, item.text) for item in reply.spill] == [("docs/b.md", "also names it")]
    inside = parse(block("x", "NOCHANGE: no\nBLOCKING-GAP[kind=a]: b"))
    assert (inside.nothing_because, inside.gaps) == (None, ())


def test_no_reply_whatever_makes_the_parser_fail() -> None:
    dice = random.Random(5)
    parts = [
        "a.py",
        "<<<<<<< SEARCH",
        "=======",
        ">>>>>>> REPLACE",
        "<<<<<<< WHOLE",
        ">>>>>>> END",
        "x",
        "",
        "```",
        "    y",
    ]
    for _ in range(3000):
        reply = parse("\n".join(dice.choice(parts) for _ in range(dice.randrange(20))))
        done = apply(lambda path: "x\n    y\n" if path == "a.py" else None, reply.blocks)
        assert not any(">>>>>>> REPLACE" in text for text in done.texts.values())


@pytest.mark.parametrize("blanks", ["", "\n", "\n\n"])
def test_brackets_and_blanks_alone_name_no_place(blanks: str) -> None:
    done = edited(block(f"    ]\n{blanks}", f"    ]  # changed\n{blanks}"), f"x = [\n    [\n    ]\n{blanks}\n]\n")
    assert [wrong.reason for wrong in done.rejected] == ["ambiguous"]
    assert "add the lines around" in done.rejected[0].message
