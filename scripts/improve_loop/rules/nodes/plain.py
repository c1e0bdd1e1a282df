"""YAML as plain values, whatever stands in it: texts, booleans, None, lists, and mappings by text.

Keys and numbers are the text that was written (`on` stays `on`, `1.10` stays `1.10`); dates, sets and values with a tag
are what is written there. Depth, and what aliases may grow to, are bounded before anything is built.
"""

from __future__ import annotations

from typing import Any

import yaml

from improve_loop.rules.nodes.compose import MAX_DEPTH, compose
from improve_loop.rules.nodes.text import Text, Unreadable

MERGE = "tag:yaml.org,2002:merge"
BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
MAX_WEIGHT = 100_000  # of one document with its aliases expanded; as many values, or 64 times as many characters


def documents(content: str, own_first: bool = False) -> list[Any]:
    """Every document that is not empty. Raises ValueError, with a line, for what cannot be read.

    Where a `<<` stands below a key that it has too, it wins, as for Ruby and so for GitLab; with `own_first` the key
    wins, as for most others.
    """
    try:
        nodes = compose(Text("", content.removeprefix("\ufeff")), MAX_WEIGHT)
    except Unreadable as error:
        raise ValueError(f"line {error.line}: {error.message}") from None
    found = (_Reader(own_first).value(node) for node in nodes)
    return [document for document in found if document is not None]


class _Reader:
    """The values of one document; an anchor's is built once."""

    def __init__(self, own_first: bool) -> None:
        self.own_first = own_first
        self.known: dict[int, Any] = {}

    def value(self, node: yaml.Node, depth: int = 0) -> Any:
        """What a node says."""
        if depth > MAX_DEPTH:
            raise ValueError(f"line {node.start_mark.line + 1}: nests deeper than {MAX_DEPTH}")
        if id(node) not in self.known:
            self.known[id(node)] = self._built(node, depth)
        return self.known[id(node)]

    def _built(self, node: yaml.Node, depth: int) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, depth + 1) for item in node.value]
        if node.tag == "tag:yaml.org,2002:null":
            return None
        text = str(node.value)
        return BOOLEANS.get(text.lower(), text) if node.tag == "tag:yaml.org,2002:bool" else text

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag == MERGE:
                for source in reversed(self._sources(value, depth)):
                    found.update(source)
            elif not isinstance(key, yaml.ScalarNode):
                raise ValueError(f"line {key.start_mark.line + 1}: a key that is no text")
            else:
                own[str(key.value)] = found[str(key.value)] = self.value(value, depth + 1)
        return found | own if self.own_first else found

    def _sources(self, node: yaml.Node, depth: int) -> list[dict[str, Any]]:
        named = node.value if isinstance(node, yaml.SequenceNode) else [node]
        return [value for each in named if isinstance(value := self.value(each, depth + 1), dict)]
