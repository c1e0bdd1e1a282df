"""What a line of a test file stands in, worked out once for the whole file."""

from __future__ import annotations

import pytest

from improve_loop.rules.gating.testing.blocks import openers
from improve_loop.rules.gating.testing.owners import Owners, owners_of


@pytest.mark.parametrize(
    ("above", "collected"),
    [
        ("", True),
        ("class TestA:\n", True),
        ("class A(unittest.TestCase):\n    def __init__(self):\n        pass\n", True),
        ("class TestA:\n    def test_a(self):\n        pass\n\n", True),
        ("class TestA:\n    def __init__(self):\n        pass\n", False),
        ("class Helper:\n", False),
        ("def test_outer():\n", False),
        ("class TestA:\n    class Inner:\n        x = 1\n", True),
        ("class TestA:\n    x = 1\nclass B:\n    y = 2\n", False),
    ],
)
def test_a_method_is_collected_where_its_class_is(above: str, collected: bool) -> None:
    lines = f"{above}    def test_it(self):\n".split("\n")
    assert Owners(lines).are_collected(len(lines) - 2) == collected


def test_other_lines_have_owners_of_their_own() -> None:
    first, second = ["class A:", "    def test_a():"], ["class TestA:", "    def test_a():"]
    assert not owners_of(first).are_collected(1)
    assert owners_of(second).are_collected(1)
    assert owners_of(second) is owners_of(second)


def test_each_line_knows_the_brace_above_it() -> None:
    assert openers(["a {", "  b {", "  c", "}", "d"]) == ["", "a {", "  b {", "  b {", "  b {"]
