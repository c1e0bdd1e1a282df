"""A change as a diff to read, and its size. The patch that is published is made by git, elsewhere."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

Read = Callable[[str], bytes | None]
_HUNK = re.compile(r"@@ -(?P<old>\d+)(?:,(?P<olds>\d+))? \+(?P<new>\d+)(?:,(?P<news>\d+))? @@")


@dataclass(frozen=True, kw_only=True)
class Size:
    """Files, and lines added and removed."""

    files: int
    lines: int


def unified(read: Read, files: Mapping[str, bytes | None]) -> str:
    """The change against what `read` gives, as a unified diff."""
    return "".join(part for path in sorted(files) for part in _one(path, read(path), files[path]))


def _one(path: str, before: bytes | None, after: bytes | None) -> Iterator[str]:
    names = ("/dev/null" if before is None else f"a/{path}", "/dev/null" if after is None else f"b/{path}")
    lines = difflib.unified_diff(_lines(before), _lines(after), *names)
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n"


def _lines(content: bytes | None) -> list[str]:
    text = (content or b"").decode("utf-8", "replace")
    return [f"{line}\n" for line in text.split("\n")[: None if not text.endswith("\n") else -1]] if text else []


def changed_lines(diff: str, *, removed: bool = True) -> dict[str, list[tuple[int, str]]]:
    """path -> (line number, text) of each added line in the new file, and of each removed one in the old."""
    found: dict[str, list[tuple[int, str]]] = {}
    path, old, new, old_left, new_left = "", 0, 0, 0, 0
    for line in diff.split("\n"):
        # Inside a hunk a line that begins with --- is one that was removed.
        if old_left <= 0 and new_left <= 0:
            if line.startswith("--- "):
                path = line[4:].removeprefix("a/")
            elif line.startswith("+++ ") and line[4:] != "/dev/null":
                path = line[4:].removeprefix("b/")
            elif head := _HUNK.match(line):
                old, new = int(head["old"]), int(head["new"])
                old_left, new_left = int(head["olds"] or 1), int(head["news"] or 1)
            continue
        gone, added = line.startswith("-"), line.startswith("+")
        if added or (gone and removed):
            found.setdefault(path, []).append((new if added else old, line[1:]))
        old, old_left = old + (not added), old_left - (not added)
        new, new_left = new + (not gone), new_left - (not gone)
    return found


def size(diff: str) -> Size:
    """How large a change is."""
    found = changed_lines(diff)
    return Size(files=len(found), lines=sum(map(len, found.values())))


def digest(files: Mapping[str, bytes | None]) -> str:
    """Names what the files are now; equal for equal trees."""
    whole = hashlib.sha256()
    for path in sorted(files):
        content = files[path]
        whole.update(f"{path}\0{'gone' if content is None else len(content)}\0".encode())
        whole.update(content or b"")
    return whole.hexdigest()
