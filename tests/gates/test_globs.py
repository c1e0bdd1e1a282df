"""Globs of candidates, policies, includes and ignore lists: what they mean, whatever stands in them, and soon."""

from __future__ import annotations

import pytest

from improve_loop.gates import judge
from improve_loop.rules.gating.globs import globbed, in_target, protects
from improve_loop.rules.gating.policy import Policy
from improve_loop.rules.gating.scratch import scratch_delta


@pytest.mark.parametrize(
    ("pattern", "fits", "others"),
    [
        ("a/*.py", ("a/b.py", "a/.py"), ("a/b/c.py", "a/b.pyc")),
        ("**/a", ("a", "b/a", "b/c/a"), ("ba", "a/b")),
        ("a/**", ("a/b", "a/b/c"), ("a", "b/a/c")),
        ("a/**/b", ("a/b", "a/x/b", "a/x/y/b"), ("a/xb", "ab")),
        ("*a*b", ("ab", "aab", "xaxb", "abab"), ("a/b", "ba", "abc")),
        ("**/a*c/*d", ("ac/d", "x/abc/cd", "a/ac/x/abcc/d"), ("ac/d/e", "c/d")),
        ("[a-c]x[!d]", ("axe", "cxx"), ("dxe", "axd", "ax/")),
        ("[t-n]", (), ("t", "n", "p", "-")),
        ("[!t-n]", ("a",), ("/",)),
        ("[[:alpha:]]", ("a]", ":]"), ("b",)),
        ("a[", ("a[",), ("a",)),
        ("[]", ("[]",), ("",)),
        ("?", ("a",), ("/", "")),
    ],
)
def test_what_a_glob_fits(pattern: str, fits: tuple[str, ...], others: tuple[str, ...]) -> None:
    glob = globbed(pattern)
    assert [path for path in (*fits, *others) if glob.fullmatch(path)] == [*fits]


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a*" * 60 + "b", "a" * 2_000),
        ("**a*" * 40 + "b", "a" * 2_000),
        ("**/a*" * 30 + "b", "a/" * 1_000),
        ("*" * 4_000, "a" * 4_000),
        ("[a-a]*" * 60 + "b", "a" * 2_000),
    ],
)
def test_however_many_stars_an_answer_comes(pattern: str, path: str) -> None:
    """One way back for each star would take longer than anybody waits."""
    assert in_target(path + "c", (pattern,)) == pattern.endswith("**")
    assert protects(pattern, path) == pattern.endswith("**")


def told(lines: list[str], base: dict[str, bytes], path: str = ".gitignore") -> list[tuple[str, int | None]]:
    found = judge(scratch_delta(base, {**base, path: "\n".join(lines).encode()}), None, Policy())
    return [(item.reason.rpartition(": ")[2], item.line) for item in found if item.rule == "kinds/ignored"]


TREE = {"src/app.py": b"", "a[1]/.gitignore": b"", "a[1]/b/c.py": b"", "docs/x/index.md": b""}


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("app.py", "src/app.py"),
        ("*.py", "a[1]/b/c.py"),
        ("/src", "src/app.py"),
        ("src/*.py", "src/app.py"),
        ("docs/**", "docs/x/index.md"),
        ("**/x/", "docs/x/index.md"),
        ("x", "docs/x/index.md"),
    ],
)
def test_a_line_that_ignores_a_file_of_the_tree_is_told(line: str, hidden: str) -> None:
    assert told(["# x", "nothing", line], TREE) == [(hidden, 3)]


@pytest.mark.parametrize(
    "line", ["/app.py", "*.pyc", "build/", "x/*.py", "!app.py", "[t-n]", "[z-a]*", "a" * 9_000 + "*"]
)
def test_a_line_that_ignores_none_is_not(line: str) -> None:
    assert told([line], TREE) == []


def test_a_list_in_a_folder_is_about_that_folder() -> None:
    assert told(["app.py", "/b"], TREE, "a[1]/.gitignore") == [("a[1]/b/c.py", 2)]
