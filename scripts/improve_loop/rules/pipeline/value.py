"""A value with the place where it was written: merges keep, for every part, the file and the node it came from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from improve_loop.rules.nodes.plain import BOOLEANS, MERGE
from improve_loop.rules.nodes.text import Text
from improve_loop.rules.pipeline import place
from improve_loop.rules.pipeline.once import once

REFERENCE = "!reference"
INPUT = re.compile(r"\$\[\[\s*inputs\.([\w-]+)\s*((?:\|[^\]]*)?)\]\]")


@dataclass(frozen=True, eq=False)
class File:
    """One configuration file as it was included: its text, its content document, and the inputs it was given."""

    text: Text
    document: yaml.Node | None
    header: yaml.Node | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    conditional: bool = False  # included by rules that are not known here

    @property
    def path(self) -> str:
        """The path in the repository."""
        return self.text.path

    @once
    def step(self) -> int:
        """How many columns this file indents the keys of a mapping: what most of its jobs do, else two."""
        found: list[int] = []
        for key, value in self.document.value if isinstance(self.document, yaml.MappingNode) else ():
            if isinstance(value, yaml.MappingNode) and place.is_block(value) and value.value:
                first = value.value[0][0].start_mark.index
                if first > key.end_mark.index:
                    found.append(self.text.column(first))
        return max(sorted(set(found)), key=found.count) if found else 2


class Value:
    """A node in its file. `entries` and `items` are built when asked for; a merged value carries them ready-made."""

    __slots__ = ("__dict__", "file", "key", "node", "resolved")

    def __init__(self, file: File, node: yaml.Node, key: yaml.Node | None = None) -> None:
        self.file, self.node, self.key = file, node, key
        self.resolved = False  # a reference whose parts were found

    @classmethod
    def merged(cls, like: Value, entries: Mapping[str, Value]) -> Value:
        """A mapping made of several; it says that it was written where `like` was."""
        value = cls(like.file, like.node, like.key)
        value.__dict__["entries"] = entries
        return value

    @classmethod
    def listed(cls, like: Value, items: tuple[Value, ...]) -> Value:
        """A list made of several, written where `like` was."""
        value = cls(like.file, like.node, like.key)
        value.resolved = True
        value.__dict__["items"] = items
        return value

    def spoken(self, text: str) -> Value:
        """A string that stands where this value is written, though not in these words."""
        node = yaml.ScalarNode("tag:yaml.org,2002:str", text, self.node.start_mark, self.node.end_mark)
        return Value(self.file, node, self.key)

    @property
    def is_map(self) -> bool:
        """Whether this is a mapping."""
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        """Whether this is a list; a `!reference` is none."""
        return isinstance(self.node, yaml.SequenceNode) and not self.is_reference

    @property
    def is_scalar(self) -> bool:
        """Whether this is one string, number, boolean or null."""
        return isinstance(self.node, yaml.ScalarNode)

    @property
    def is_reference(self) -> bool:
        """Whether this is `!reference [job, keyword]`, not yet resolved."""
        return isinstance(self.node, yaml.SequenceNode) and self.node.tag == REFERENCE and not self.resolved

    @property
    def is_null(self) -> bool:
        """Whether this is null or empty."""
        return isinstance(self.node, yaml.ScalarNode) and self.node.tag == "tag:yaml.org,2002:null"

    @property
    def line(self) -> int:
        """The 1-based line of the key, or of the value where there is none."""
        return self.file.text.line((self.key or self.node).start_mark.index)

    @once
    def entries(self) -> Mapping[str, Value]:
        """The pairs of a mapping, `<<` resolved; of a duplicate key the last, as GitLab reads it."""
        return _entries(self.file, self.node) if isinstance(self.node, yaml.MappingNode) else {}

    @once
    def items(self) -> tuple[Value, ...]:
        """The items of a list, or the parts of an unresolved reference."""
        nodes = self.node.value if isinstance(self.node, yaml.SequenceNode) else ()
        return tuple(Value(self.file, node) for node in nodes)

    @property
    def scalar(self) -> str:
        """The text of a scalar, inputs filled in; empty for anything else."""
        if not isinstance(self.node, yaml.ScalarNode):
            return ""
        return str(filled(self.file, self.node.value)) if self.file.inputs else str(self.node.value)

    @once
    def plain(self) -> Any:
        """The value as Python sees it; a reference is `("!reference", ...)`."""
        if isinstance(self.node, yaml.MappingNode):
            return {name: value.plain for name, value in self.entries.items()}
        if isinstance(self.node, yaml.SequenceNode):
            parts = [item.plain for item in self.items]
            return (REFERENCE, *parts) if self.is_reference else parts
        return _plain_scalar(self.file, self.node)

    def walk(self) -> Iterator[Value]:
        """This value and everything in it."""
        yield self
        for child in (*self.entries.values(), *self.items):
            yield from child.walk()


def _entries(file: File, node: yaml.MappingNode) -> dict[str, Value]:
    """As Ruby's YAML reads them, which GitLab uses: in order, a later `<<` or key over an earlier one.

    So a `<<` below a key overrides it, which other YAML libraries do the other way round.
    """
    found: dict[str, Value] = {}
    for key, value in node.value:
        if key.tag == MERGE:
            for source in reversed(value.value) if isinstance(value, yaml.SequenceNode) else (value,):
                if isinstance(source, yaml.MappingNode):
                    found.update(_entries(file, source))
        elif isinstance(key, yaml.ScalarNode):
            found[str(filled(file, key.value))] = Value(file, value, key)
    return found


def filled(file: File, text: str) -> Any:
    """A scalar with its `$[[ inputs.x ]]` filled in; a whole-value input keeps its type, an unknown one its text."""
    if not file.inputs or "$[[" not in text:
        return text
    whole = INPUT.fullmatch(text.strip())
    if whole and whole[1] in file.inputs and not whole[2]:
        return file.inputs[whole[1]]
    return INPUT.sub(lambda found: _input_text(file, found), text)


def _input_text(file: File, found: re.Match[str]) -> str:
    known = found[1] in file.inputs and not found[2].strip("| ").strip()
    value = file.inputs.get(found[1])
    if not known:
        return found[0]
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"), default=str)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain_scalar(file: File, node: yaml.Node) -> Any:
    kind = node.tag.rpartition(":")[2]
    if kind == "null":
        return None
    if kind == "bool":
        return BOOLEANS.get(node.value.lower(), node.value)
    if kind in ("int", "float"):
        return _number(node.value)
    return filled(file, node.value)


def _number(text: str) -> Any:
    """Plain decimal numbers as numbers; the odd forms of YAML 1.1 (octal, sexagesimal) stay text, told apart by it."""
    for kind in (int, float):
        if re.fullmatch(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?", text):
            try:
                return kind(text)
            except ValueError:
                continue
    return ("number", text)
