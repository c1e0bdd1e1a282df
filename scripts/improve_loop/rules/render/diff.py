"""A unified diff as a page shows it: files, numbered lines, and which part of a changed line changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

Mark = Literal["added", "removed", "same", "hunk", "note"]
LINE_LIMIT = 2000
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)")
_NOTES = ("new file mode", "deleted file mode", "old mode", "new mode", "similarity", "rename ", "copy ", "Binary ")


@dataclass(frozen=True)
class Line:
    """One line of a diff; `changed` is the part of `text` (from, to) that differs from its partner."""

    mark: Mark
    text: str
    old: int | None = None
    new: int | None = None
    changed: tuple[int, int] | None = None


@dataclass
class FileDiff:
    """The lines of one file."""

    path: str
    lines: list[Line] = field(default_factory=list)
    hidden: int = 0  # lines that `shortened` left out

    @property
    def added(self) -> int:
        """Added lines among those shown."""
        return sum(line.mark == "added" for line in self.lines)

    @property
    def removed(self) -> int:
        """Removed lines among those shown."""
        return sum(line.mark == "removed" for line in self.lines)


def files(patch: str) -> list[FileDiff]:
    """The files of a patch. Tolerant: a line that no rule knows becomes a note; nothing raises."""
    found: list[FileDiff] = []
    lines = patch.split("\n")
    number = 0
    while number < len(lines):
        line = lines[number]
        hunk = _HUNK.match(line)
        if line.startswith("diff --git ") or (line.startswith("--- ") and not _open(found)):
            found.append(FileDiff(_path_of_header(line)))
        if line.startswith(("--- ", "+++ ")) and found:
            _name(found[-1], line)
        elif hunk and found:
            number = _read_hunk(found[-1], lines, number, hunk)
            continue
        elif line.startswith(_NOTES) and found:
            found[-1].lines.append(Line("note", line[:LINE_LIMIT]))
        number += 1
    return found


def _open(found: Sequence[FileDiff]) -> bool:
    """Whether the last file still waits for its first hunk, so that `---` is its name and not the next file."""
    return bool(found) and not any(line.mark == "hunk" for line in found[-1].lines)


def _path_of_header(line: str) -> str:
    return line.rpartition(" b/")[2] if line.startswith("diff --git ") else ""


def _name(file: FileDiff, line: str) -> None:
    name = line[4:].rstrip("\t").strip()
    if name != "/dev/null":
        file.path = name[2:] if name[:2] in ("a/", "b/") else name


def _read_hunk(file: FileDiff, lines: list[str], number: int, hunk: re.Match[str]) -> int:
    """Takes as many lines as the hunk's header counts; returns the number of the line after it."""
    old, new = int(hunk[1]), int(hunk[3])
    old_end, new_end = old + int(hunk[2] or 1), new + int(hunk[4] or 1)
    read = [Line("hunk", hunk[0])]
    number += 1
    while number < len(lines) and (old < old_end or new < new_end or lines[number].startswith("\\")):
        line = lines[number]
        text = line[1:]
        if line.startswith("+"):
            read.append(Line("added", text, None, new))
            new += 1
        elif line.startswith("-"):
            read.append(Line("removed", text, old, None))
            old += 1
        elif line.startswith("\\"):
            read.append(Line("note", text.strip()))
        elif line.startswith(" ") or not line:
            read.append(Line("same", text, old, new))
            old, new = old + 1, new + 1
        else:
            break
        number += 1
    file.lines.extend(_with_changes(read))
    return number


def _with_changes(lines: list[Line]) -> Iterator[Line]:
    """The same lines, with the changed part of each removed line and the added line that stands for it."""
    start = 0
    while start < len(lines):
        removed = _run(lines, start, "removed")
        added = _run(lines, start + removed, "added")
        if removed and removed == added:
            pairs = [_pair(lines[start + k], lines[start + removed + k]) for k in range(removed)]
            yield from (pair[0] for pair in pairs)
            yield from (pair[1] for pair in pairs)
        else:
            yield from lines[start : start + removed + added]
        start += removed + added
        if not removed + added:
            yield lines[start]
            start += 1


def _run(lines: list[Line], start: int, mark: Mark) -> int:
    end = start
    while end < len(lines) and lines[end].mark == mark:
        end += 1
    return end - start


def _pair(old: Line, new: Line) -> tuple[Line, Line]:
    """Marks the middle between common beginning and common end, where enough is common for the mark to help."""
    longest, shortest = sorted((len(old.text), len(new.text)), reverse=True)
    if longest > LINE_LIMIT:
        return old, new
    head = _common(old.text, new.text)
    tail = _common(old.text[head:][::-1], new.text[head:][::-1])
    if 2 * (head + tail) < shortest:
        return old, new
    return (
        Line("removed", old.text, old.old, None, (head, len(old.text) - tail)),
        Line("added", new.text, None, new.new, (head, len(new.text) - tail)),
    )


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


def shortened(found: Sequence[FileDiff], limit: int) -> list[FileDiff]:
    """At most `limit` lines over all files; each says how many of its lines are left out."""
    left, kept = limit, []
    for file in found:
        shown = file.lines[: max(left, 0)]
        kept.append(FileDiff(file.path, shown, file.hidden + len(file.lines) - len(shown)))
        left -= len(shown)
    return kept
