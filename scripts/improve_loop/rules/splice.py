"""Edits at places of a text; every byte elsewhere stays. Lines are moved or dropped whole, with their own comments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from improve_loop.rules.nodes.text import Text


class CannotSplice(Exception):
    """The edit cannot be made at this place without touching something else; the message says why."""


@dataclass(frozen=True, order=True)
class Edit:
    """Characters `start` to `end` of a file become `new`."""

    path: str
    start: int
    end: int
    new: str


def apply(texts: Mapping[str, Text], edits: Iterable[Edit]) -> dict[str, bytes]:
    """The edited files, whole. The same edit twice is one (a file included twice); overlapping ones are refused."""
    by_path: dict[str, list[Edit]] = {}
    for edit in sorted(set(edits)):
        by_path.setdefault(edit.path, []).append(edit)
    return {path: (texts[path].mark + _apply(texts[path].content, found)).encode() for path, found in by_path.items()}


def _apply(content: str, edits: list[Edit]) -> str:
    parts: list[str] = []
    at = 0
    for edit in edits:
        if edit.start < at:
            raise CannotSplice(f"two edits of {edit.path} meet at one place")
        parts += [content[at : edit.start], edit.new]
        at = edit.end
    return "".join([*parts, content[at:]])


def shift(line: str, columns: int) -> str:
    """A line further to the right; an empty one stays empty."""
    return " " * columns + line if line.strip() else line


def is_blank(text: Text, line: int) -> bool:
    """Whether a 1-based line of the file holds nothing."""
    return not text.line_text(line).strip()


def is_comment(text: Text, line: int) -> bool:
    """Whether a 1-based line holds a comment and nothing else."""
    return text.line_text(line).lstrip().startswith("#")


def indent(text: Text, line: int) -> int:
    """How far a line is indented."""
    content = text.line_text(line)
    return len(content) - len(content.lstrip(" "))
