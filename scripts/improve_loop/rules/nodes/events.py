"""Nodes from YAML events: slower than the parser's own composer, and with a later anchor of one name over an earlier.

PyYAML refuses an anchor that is defined twice; YAML itself and GitLab do not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml


@dataclass
class _Open:
    """A collection that is being read; of a mapping, the key that waits for its value."""

    node: Any
    key: Any = None


@dataclass
class Composer:
    """Builds the documents of one text without recursion."""

    loader: Any
    documents: list[yaml.Node] = field(default_factory=list)
    anchors: dict[str, yaml.Node] = field(default_factory=dict)
    open: list[_Open] = field(default_factory=list)

    def read(self) -> list[yaml.Node]:
        """Every document. Raises `yaml.YAMLError`."""
        while self.loader.check_event():
            self._take(self.loader.get_event())
        return self.documents

    def _take(self, event: Any) -> None:
        start: Any = event.start_mark  # libyaml's marks are none of PyYAML's class, and do as well
        end: Any = event.end_mark
        if isinstance(event, yaml.DocumentStartEvent):
            self.anchors = {}
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise yaml.composer.ComposerError(None, None, f"found undefined alias {event.anchor!r}", start)
            self._place(self.anchors[event.anchor])
        elif isinstance(event, yaml.ScalarEvent):
            tag = self._tag(event, yaml.ScalarNode, event.value, event.implicit)
            self._begin(event, yaml.ScalarNode(tag, event.value, start, end, style=event.style))
        elif isinstance(event, yaml.CollectionStartEvent):
            kind = yaml.MappingNode if isinstance(event, yaml.MappingStartEvent) else yaml.SequenceNode
            tag = self._tag(event, kind, None, event.implicit)
            node: Any = kind(tag, [], start, end, flow_style=event.flow_style)
            self._begin(event, node)
            self.open.append(_Open(node))
        elif isinstance(event, yaml.CollectionEndEvent):
            self.open.pop().node.end_mark = end

    def _tag(self, event: Any, kind: Any, value: str | None, implicit: Any) -> str:
        if event.tag is None or event.tag == "!":
            return str(self.loader.resolve(kind, value, implicit))
        return str(event.tag)

    def _begin(self, event: Any, node: yaml.Node) -> None:
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        self._place(node)

    def _place(self, node: yaml.Node) -> None:
        """Into the collection that is open, or as a document of its own."""
        if not self.open:
            self.documents.append(node)
            return
        top = self.open[-1]
        if isinstance(top.node, yaml.SequenceNode):
            top.node.value.append(node)
        elif top.key is None:
            top.key = node
        else:
            top.node.value.append((top.key, node))
            top.key = None
