"""git's own listings of a change (`diff-tree --raw -z` and `-p -U0`) read into file deltas, each checked on the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from improve_loop.model.delta import SUBMODULE, FileDelta, Line, Status

_STATUS: Mapping[str, Status] = {
    "A": "added",
    "M": "modified",
    "D": "deleted",
    "R": "renamed",
    "T": "type_changed",
}
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_NO_MODE = "000000"


class Change(NamedTuple):
    """One entry of `diff-tree --raw -z`. Modes and ids are None on the side where there is no file."""

    status: Status
    path: str
    old_path: str | None
    old_mode: str | None
    new_mode: str | None
    old_id: str | None
    new_id: str | None

    @property
    def blobs(self) -> tuple[str, ...]:
        """The ids whose content can be read: no submodules."""
        sides = ((self.old_mode, self.old_id), (self.new_mode, self.new_id))
        return tuple(blob for mode, blob in sides if blob and mode != SUBMODULE)


def parse_raw(output: bytes) -> tuple[Change, ...]:
    """The entries of `git diff-tree -r -z --raw --no-abbrev`."""
    fields = iter(output.decode("utf-8", "surrogateescape").split("\0"))
    changes = []
    for head in fields:
        if head:
            changes.append(_change(head, fields))
    return tuple(changes)


def _change(head: str, fields: Iterator[str]) -> Change:
    old_mode, new_mode, old_id, new_id, letter = head.removeprefix(":").split(" ")
    first = next(fields)
    renamed = letter[0] == "R"
    return Change(
        status=_STATUS[letter[0]],
        path=next(fields) if renamed else first,
        old_path=first if renamed else None,
        old_mode=None if old_mode == _NO_MODE else old_mode,
        new_mode=None if new_mode == _NO_MODE else new_mode,
        old_id=None if old_mode == _NO_MODE else old_id,
        new_id=None if new_mode == _NO_MODE else new_id,
    )


def file_deltas(changes: Sequence[Change], patch: bytes, contents: Mapping[str, bytes]) -> tuple[FileDelta, ...] | None:
    """Raw entries and `-p -U0` text put together; None where the two do not describe the same change."""
    sections = _sections(patch.decode("utf-8", "surrogateescape").split("\n"))
    files = []
    for change in changes:
        added: list[Line] = []
        removed: list[Line] = []
        for _ in range(2 if change.status == "type_changed" else 1):
            section = next(sections, None)
            if section is None:
                return None
            removed += section[0]
            added += section[1]
        files.append(_file(change, added, removed, contents))
    return tuple(files) if next(sections, None) is None else None


def _sections(lines: list[str]) -> Iterator[tuple[list[Line], list[Line]]]:
    """Removed and added lines of each `diff --git` section. Hunks are stepped over by their counts."""
    at, end = 0, len(lines)
    while at < end:
        at += 1
        if not lines[at - 1].startswith("diff --git "):
            continue
        removed: list[Line] = []
        added: list[Line] = []
        while at < end and not lines[at].startswith("diff --git "):
            hunk = _HUNK.match(lines[at])
            at += 1
            if hunk:
                at = _take(lines, at, _side(hunk[1], hunk[2]), removed)
                at = _take(lines, at, _side(hunk[3], hunk[4]), added)
        yield removed, added


def _side(start: str, count: str | None) -> tuple[int, int]:
    return int(start), 1 if count is None else int(count)


def _take(lines: list[str], at: int, side: tuple[int, int], into: list[Line]) -> int:
    """Append the lines of one side of a hunk; the index after them and after a `\\ No newline` line."""
    start, count = side
    into.extend(map(Line, range(start, start + count), [text[1:] for text in lines[at : at + count]]))
    at += count
    return at + 1 if count and at < len(lines) and lines[at].startswith("\\") else at


def _file(change: Change, added: list[Line], removed: list[Line], contents: Mapping[str, bytes]) -> FileDelta:
    return FileDelta(
        path=change.path,
        status=change.status,
        old_path=change.old_path,
        old_mode=change.old_mode,
        new_mode=change.new_mode,
        old=contents.get(change.old_id or ""),
        new=contents.get(change.new_id or ""),
        added=tuple(added),
        removed=tuple(removed),
    )
