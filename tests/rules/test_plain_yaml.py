"""YAML as plain values: read as GitLab reads it, and bounded whatever stands in it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from improve_loop.rules.nodes.plain import documents


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on: [push]\n1: 1.10\nyes: no\n", {"on": ["push"], "1": "1.10", "yes": False}),
        ("a: 2020-99-99\nb: 0xffff_ffff\nc: .nan\nd: ~\ne: ''\n", {
            "a": "2020-99-99", "b": "0xffff_ffff", "c": ".nan", "d": None, "e": "",
        }),
        ("a: !!set {x, y}\nb: !reference [c, script]\nd: !!binary '%%'\n", {
            "a": {"x": None, "y": None}, "b": ["c", "script"], "d": "%%",
        }),
        ("a: &x 1\nb: &x 2\nc: *x\n", {"a": "1", "b": "2", "c": "2"}),
        ("a: 1\na: 2\n", {"a": "2"}),
        ("\ufeffa: 1\n", {"a": "1"}),
    ],
)  # fmt: skip
def test_values_are_as_they_are_written(text: str, value: Any) -> None:
    assert documents(text) == [value]


def test_a_merge_below_a_key_wins_where_gitlab_reads_it_and_loses_elsewhere() -> None:
    text = "x: &x {script: true}\njob: {script: pytest, <<: *x}\n"
    assert documents(text)[0]["job"] == {"script": True}
    assert documents(text, own_first=True)[0]["job"] == {"script": "pytest"}


def test_empty_documents_are_left_out() -> None:
    assert documents("# nothing\n---\na: 1\n---\n---\nb: 2\n") == [{"a": "1"}, {"b": "2"}]


def grown(line: str) -> str:
    """Each line nine times the one before, by aliases."""
    names = "abcdefghijk"
    rows = [line.format(name=name, all=",".join([f"*{below}"] * 9)) for below, name in pairwise(names)]
    return "a: &a {x: 1}\n" + "".join(rows)


@pytest.mark.parametrize(
    "text",
    [
        grown("{name}: &{name} [{all}]\n"),
        grown("{name}: &{name} {{<<: [{all}], {name}: 1}}\n"),
        f"a: &a {'x' * 9_000}\nb: [{'*a,' * 9_000}]\n",
        "a: &a [*a]\n",
        "a: &a {*a : 1}\n",
        "a: " + "[" * 200_000 + "]" * 200_000,
        "a: " + "{a: " * 900 + "}" * 900,
        "- " * 50_000 + "a\n",
        "? [a]\n: b\n",
        "a: \0\n",
        "a: [" + "[]," * 2_000 + "\x1b]\n",
        "a: \udcff\n",
        "a: *nowhere\n",
        "a: [\n",
    ],
    ids=range(14),
)
def test_what_cannot_be_read_within_bounds_is_one_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"^line [0-9]+: "):
        documents(text)
