"""Path patterns mean what people expect of them."""

from __future__ import annotations

import pytest

from improve_loop.rules.exclusions import memory_problems, of_memory
from improve_loop.rules.globs import path_matches, word_matches


@pytest.mark.parametrize(
    ("path", "pattern", "matches"),
    [
        ("infra/a/b.tf", "infra/**", True),
        ("infra/a/b.tf", "infra/", True),
        ("infra/a/b.tf", "infra", True),
        ("infra/a/b.tf", "/infra/a", True),
        ("infrared/a.tf", "infra", False),
        ("x/infra/a.tf", "infra/**", False),
        ("a/b.tf", "*.tf", True),
        ("a/b.tf", "a/*.tf", True),
        ("a/c/b.tf", "a/*.tf", False),
        ("a/c/b.tf", "a/**/*.tf", True),
        ("a/b.tf", "a/**/*.tf", True),
        ("a.b", "a?b", True),
        ("a/b", "a?b", False),
        ("a+b(1).md", "a+b(1).md", True),
        ("aXb", "a.b", False),
        ("a\nb", "*", True),
    ],
)
def test_paths(path: str, pattern: str, matches: bool) -> None:
    assert path_matches(path, pattern) is matches


def test_words() -> None:
    assert word_matches("ci/PIP04", "ci/*")
    assert not word_matches("ci/PIP04", "ci")


def test_memory_lines_become_zones_with_their_reason_and_place() -> None:
    text = "# x\n<!-- improve-loop: exclude path=legacy/** domain=ci because it is frozen -->\n"
    text += "- improve-loop: exclude why\n"
    (zone,) = of_memory(text, "docs/m.md")
    assert (zone.path, zone.domain, zone.reason, zone.origin) == ("legacy/**", "ci", "it is frozen", "docs/m.md:2")
    assert list(memory_problems(text, "docs/m.md")) == [
        "docs/m.md:3: `improve-loop: exclude` names no path=, domain=, subject= or source="
    ]
