"""Put lines into a mapping that is written over lines, at the indentation that it has."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from improve_loop.rules.nodes.compose import pairs
from improve_loop.rules.pipeline import Value, place
from improve_loop.rules.splice import CannotSplice, Edit


def add_pair(mapping: Value, lines: Sequence[str], after: Sequence[str] = ()) -> Edit:
    """The edit that adds lines (indented from column 0, without line ends) behind one of the keys `after`, else first.

    The first key of `after` that the mapping itself has counts; keys that it merges in do not.
    """
    node = mapping.node
    if not isinstance(node, yaml.MappingNode) or not place.is_block(node) or not node.value:
        raise CannotSplice("the mapping is not written as a block")
    text = mapping.file.text
    first = node.value[0][0]
    column = text.column(first.start_mark.index)
    if text.content[text.start_of_line(first.start_mark.index) : first.start_mark.index].strip():
        raise CannotSplice("the mapping shares a line with something else")
    own = {key.value: (key, value) for key, value in pairs(node)}
    step = mapping.file.step
    new = [" " * column + _deepened(line, step) for line in lines]
    chosen = next((own[name] for name in after if name in own), None)
    merge = own.get("<<")  # what is merged in below a key overrides it, so new pairs stand behind it
    if merge is not None and (chosen is None or chosen[0].start_mark.index < merge[0].start_mark.index):
        chosen = merge
    if chosen is None:
        at = text.start_of_line(first.start_mark.index)
        return Edit(text.path, at, at, "".join(line + text.newline for line in new))
    return _behind(mapping, place.end(text, chosen[0].end_mark.index, chosen[1]), new)


def _deepened(line: str, step: int) -> str:
    """A line that is indented in steps of two, in the steps of the file."""
    depth = (len(line) - len(line.lstrip(" "))) // 2
    return " " * (depth * step) + line.lstrip(" ")


def _behind(mapping: Value, end: int, new: Sequence[str]) -> Edit:
    """Behind the line that holds the offset; a last line without its line end goes on lacking it."""
    text = mapping.file.text
    at = text.end_of_line(max(end - 1, 0))
    if at and text.content[at - 1] != "\n":
        return Edit(text.path, at, at, "".join(text.newline + line for line in new))
    return Edit(text.path, at, at, "".join(line + text.newline for line in new))


def replace_value(value: Value, new: str) -> Edit:
    """The edit that writes another value in a scalar's or list's place, its anchor and tag with it."""
    text, start = value.file.text, value.node.start_mark.index
    if value.key is not None and place.is_alias(value.key.end_mark.index, value.node):
        raise CannotSplice("the value is an alias of one written elsewhere")
    after = value.key.end_mark.index if value.key is not None else start
    return Edit(text.path, start, place.end(text, after, value.node), new)


def raw(value: Value) -> str:
    """A scalar as it is written, quotes included."""
    return value.file.text.content[value.node.start_mark.index : value.node.end_mark.index]


def replace_in_scalar(value: Value, old: str, new: str) -> Edit:
    """The edit that changes a part of a scalar that stands in it exactly once, quotes and all else kept."""
    written = raw(value)
    if written.count(old) != 1:
        raise CannotSplice(f"`{old}` does not stand exactly once in the text of the value")
    start = value.node.start_mark.index + written.index(old)
    return Edit(value.file.path, start, start + len(old), new)
