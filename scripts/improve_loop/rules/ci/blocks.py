"""Top-level blocks of a file as whole lines, with the comments that belong to them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from improve_loop.rules.nodes.text import Text
from improve_loop.rules.pipeline import Value, place
from improve_loop.rules.splice import CannotSplice, indent, is_blank, is_comment

HEADER = re.compile(
    r"licen[sc]e|copyright|spdx|template|-\*-|vim:|yaml-language-server|\$schema|https?://|gitlab[- ]ci", re.I
)
COMMENTED_ITEM = re.compile(r"#\s*- ")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A key with its value: 1-based first and last line, its own comments included."""

    name: str
    first: int
    last: int
    key_line: int


def block_of(value: Value) -> Block:
    """The lines of a top-level key, or `CannotSplice` where it shares a line with something else."""
    text, key = value.file.text, value.key
    if key is None or text.column(key.start_mark.index) != 0:
        raise CannotSplice(f"{value.file.path} is not written as plain block YAML")
    key_line = text.line(key.start_mark.index)
    last = text.line(max(place.end(text, key.end_mark.index, value.node) - 1, key.start_mark.index))
    return Block(name=key.value, first=_first(text, key_line), last=_last(text, last, value), key_line=key_line)


def _first(text: Text, key_line: int) -> int:
    """The comments right above belong to the key, except a header that opens the file."""
    first = key_line
    while first > 1 and is_comment(text, first - 1) and indent(text, first - 1) == 0:
        first -= 1
    comments = [text.line_text(line) for line in range(first, key_line)]
    opens_file = all(_says_nothing(text, line) for line in range(1, first))
    if opens_file and (len(comments) > 1 or any(HEADER.search(comment) for comment in comments)):
        return key_line
    return first


def _says_nothing(text: Text, line: int) -> bool:
    return is_blank(text, line) or is_comment(text, line) or text.line_text(line).rstrip() == "---"


def _last(text: Text, last: int, value: Value) -> int:
    """Comments that follow belong to the block when they are indented, look like its items, or stand close to it."""
    line = last
    while (is_blank(text, line + 1) and _more(text, line + 1)) or is_comment(text, line + 1):
        line += 1
        if is_comment(text, line) and indent(text, line) > 0:
            last = line
    close = last
    while is_comment(text, close + 1):
        close += 1
    if is_blank(text, close + 1):
        return close
    while COMMENTED_ITEM.match(text.line_text(last + 1)):
        last += 1
    return last


def _more(text: Text, line: int) -> bool:
    """Whether there is anything at or below this line."""
    return bool(text.content) and line <= text.line(len(text.content))
