"""Take a pair or an item out of its block: whole lines, and the parent key too where nothing would be left under it."""

from __future__ import annotations

import re

from improve_loop.rules.nodes.text import Text
from improve_loop.rules.pipeline import Value, place
from improve_loop.rules.splice import CannotSplice, Edit, indent, is_blank, is_comment


def remove_pair(parent: Value, child: Value, comment: re.Pattern[str] | None = None) -> Edit:
    """The edit that takes `child` (by its key) out of the mapping `parent`; with the comments above that match.

    The caller passes a parent with other pairs in it, or removes the parent itself.
    """
    key = child.key
    if key is None or not place.is_block(parent.node) or child.file is not parent.file:
        raise CannotSplice("the mapping is written in braces or elsewhere")
    text = child.file.text
    first = text.line(key.start_mark.index)
    last = text.line(max(place.end(text, key.end_mark.index, child.node) - 1, key.start_mark.index))
    if text.line_text(first)[: text.column(key.start_mark.index)].strip():
        raise CannotSplice("another value stands on the same line")
    return _lines(text, _with_comments(text, first, comment), last)


def _with_comments(text: Text, first: int, comment: re.Pattern[str] | None) -> int:
    """The comment lines right above that speak of what is removed go with it."""
    top = first
    while is_comment(text, top - 1) and indent(text, top - 1) == indent(text, first):
        top -= 1
    said = "\n".join(text.line_text(line) for line in range(top, first))
    return top if comment is not None and comment.search(said) else first


def _lines(text: Text, first: int, last: int) -> Edit:
    """The edit that drops lines, and one blank line where two would meet."""
    count = len(text.starts) - (1 if text.starts[-1] == len(text.content) else 0)
    if last < count and is_blank(text, last + 1) and (first == 1 or is_blank(text, first - 1)):
        last += 1
    start = text.starts[first - 1]
    end = text.starts[last] if last < len(text.starts) else len(text.content)
    if not text.content[start:end].endswith("\n") and start:  # the file's last line has no line end, and keeps none
        start = len(text.content[:start].rstrip("\r\n"))
    return Edit(text.path, start, end, "")
