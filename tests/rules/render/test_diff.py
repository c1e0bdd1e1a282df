"""A patch as a page shows it."""

from __future__ import annotations

import pytest

from improve_loop.rules.render.diff import files, shortened
from tests.support.reports import HOSTILE

TWO = """diff --git a/a.txt b/a.txt
index 1..2 100644
--- a/a.txt
+++ b/a.txt
@@ -1,3 +1,3 @@ head
 same
-old value
+new value
 same
@@ -10 +10,2 @@
 x
+--- looks like a header
diff --git a/gone.txt b/gone.txt
deleted file mode 100644
--- a/gone.txt
+++ /dev/null
@@ -1 +0,0 @@
-last
\\ No newline at end of file
diff --git a/old name.txt b/new name.txt
similarity index 100%
rename from old name.txt
rename to new name.txt
"""


def test_files_have_names_numbers_and_counts() -> None:
    first, gone, renamed = files(TWO)
    assert [first.path, gone.path, renamed.path] == ["a.txt", "gone.txt", "new name.txt"]
    assert [(one.added, one.removed) for one in (first, gone, renamed)] == [(2, 1), (0, 1), (0, 0)]
    numbers = [(line.mark, line.old, line.new) for line in first.lines]
    assert numbers == [
        ("hunk", None, None),
        ("same", 1, 1),
        ("removed", 2, None),
        ("added", None, 2),
        ("same", 3, 3),
        ("hunk", None, None),
        ("same", 10, 10),
        ("added", None, 11),
    ]
    assert first.lines[-1].text == "--- looks like a header"
    assert [line.text for line in renamed.lines][1:] == ["rename from old name.txt", "rename to new name.txt"]


def test_the_changed_part_is_marked_where_most_is_the_same() -> None:
    first = files(TWO)[0]
    removed, added = first.lines[2:4]
    assert removed.changed == (0, 3)
    assert added.changed == (0, 3)


def test_lines_that_share_little_are_not_marked() -> None:
    patch = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-completely\n+different\n"
    assert [line.changed for line in files(patch)[0].lines] == [None, None, None]


def test_a_patch_without_git_headers_is_read() -> None:
    (only,) = files("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")
    assert (only.path, only.added, only.removed) == ("x", 1, 1)


@pytest.mark.parametrize(
    "text", ["", "nonsense", "@@ -1 +1 @@\n-a\n", "diff --git ", "+++ b/x\n", "--- a\n--- b\n", *HOSTILE]
)
def test_nothing_makes_it_stumble(text: str) -> None:
    for whole in (text, f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,99 +1,99 @@\n{text}"):
        for file in files(whole):
            assert file.path == file.path.split("\n")[0]


def test_shortened_keeps_the_first_lines_and_counts_the_rest() -> None:
    shown = shortened(files(TWO), 9)
    assert [(len(file.lines), file.hidden) for file in shown] == [(8, 0), (1, 3), (0, 3)]
