"""Where a value begins and ends in its text. libyaml's end marks run past comments and blank lines; these do not."""

from __future__ import annotations

import re

import yaml

from improve_loop.rules.nodes.text import Text

ALIAS_NAME = re.compile(r"[\s:?,\[{-]*(\*[^\s,\]}]+)")


def is_alias(key_end: int, node: yaml.Node) -> bool:
    """Whether the value behind this offset is an alias: its node was then written earlier."""
    return bool(node.start_mark.index < key_end)


def end(text: Text, after: int, node: yaml.Node) -> int:
    """The offset behind the last character of a value that stands behind `after` (its key, or its list dash)."""
    if is_alias(after, node):
        found = ALIAS_NAME.match(text.content, after)
        return found.end() if found else after
    if isinstance(node, yaml.ScalarNode):
        return _end_of_scalar(text, node)
    if not is_block(node) or not node.value:
        return int(node.end_mark.index)
    if isinstance(node, yaml.MappingNode):
        key, value = node.value[-1]
        return end(text, key.end_mark.index, value)
    return _end_of_list(text, node)


def _end_of_scalar(text: Text, node: yaml.ScalarNode) -> int:
    if node.style in ("|", ">"):
        return len(text.content[: node.end_mark.index].rstrip(" \t\r\n"))
    return int(node.end_mark.index)


def _end_of_list(text: Text, node: yaml.Node) -> int:
    """Behind the last item. An alias is told from a value by where its node was written, so go item by item."""
    offset = int(node.start_mark.index)
    for item in node.value:
        offset = _end_of_alias(text, offset) if is_alias(offset, item) else end(text, offset, item)
    return offset


def _end_of_alias(text: Text, offset: int) -> int:
    """The offset behind the next alias; comments between the items are stepped over."""
    while offset < len(text.content):
        found = ALIAS_NAME.match(text.content, offset)
        if found:
            return found.end()
        offset = text.end_of_line(offset)
    return offset


def is_block(node: yaml.Node) -> bool:
    """Whether a mapping or list is written over lines, not in braces."""
    return isinstance(node, yaml.CollectionNode) and not getattr(node, "flow_style", False)
