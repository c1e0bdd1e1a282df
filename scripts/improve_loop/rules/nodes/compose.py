"""Text to YAML nodes with their source positions, by libyaml where it exists; bounded in depth and in size."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from improve_loop.rules.nodes.events import Composer
from improve_loop.rules.nodes.text import Text, Unreadable

MAX_DEPTH = 100  # GitLab's own limit
MAX_NODES = 1_000_000  # after every alias is expanded
LONG_TEXT = 64  # characters of a scalar that count as one node more
SUSPECT_BRACKETS = 1_000
DEEP_LINE = re.compile(r"(?:[-?:][ \t]+){60}|^ {100}", re.MULTILINE)
LONG_LINE = 100  # characters; what DEEP_LINE finds is at least as long
ALIAS = re.compile(r"(?:^|[\s\[{,:-])\*[^\s,\]}]")

LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def compose(text: Text, most: int = MAX_NODES) -> list[yaml.Node]:
    """The documents of a file as nodes, without building values; `Unreadable` with the line where it breaks."""
    try:
        if _may_nest_deeply(text.content):
            _refuse_depth(text)
        documents = _documents(text.content)
    except yaml.MarkedYAMLError as error:
        raise Unreadable(f"is not valid YAML: {_say(error)}", _line(error)) from None
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise Unreadable(f"is not valid YAML: {' '.join(str(error).split())[:200]}") from None
    if "*" in text.content and ALIAS.search(text.content):
        for document in documents:
            _refuse_bombs(document, text, most)
    return documents


def _documents(content: str) -> list[yaml.Node]:
    try:
        return [node for node in yaml.compose_all(content, Loader=LOADER) if node is not None]
    except yaml.composer.ComposerError as error:
        if "duplicate anchor" not in str(error):
            raise
    return Composer(LOADER(content)).read()


def _say(error: yaml.MarkedYAMLError) -> str:
    return ", ".join(part for part in (error.context, error.problem) if part)


def _line(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 1


def _may_nest_deeply(content: str) -> bool:
    """Cheap and wide: the C composer recurses without a bound, so what could nest deeply is counted first."""
    brackets = content.count("[") + content.count("{")
    if brackets > SUSPECT_BRACKETS:
        return True
    return any(len(line) >= LONG_LINE for line in content.split("\n")) and DEEP_LINE.search(content) is not None


def _refuse_depth(text: Text) -> None:
    depth = 0
    for event in yaml.parse(text.content, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise Unreadable(f"nests deeper than {MAX_DEPTH}", event.start_mark.line + 1 if event.start_mark else 1)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _refuse_bombs(root: yaml.Node, text: Text, most: int) -> None:
    """Aliases may not loop, and the document they expand to has a bound."""
    weights: dict[int, int | None] = {}  # None: being weighed, so meeting it again is a loop
    stack: list[tuple[yaml.Node, bool]] = [(root, False)]
    while stack:
        node, weighed = stack.pop()
        if weighed:
            weight = weights[id(node)] = _own_weight(node) + sum(weights[id(child)] or 0 for child in children(node))
            if weight > most:
                raise Unreadable(f"expands to more than {most} values", text.line(node.start_mark.index))
        elif id(node) not in weights:
            weights[id(node)] = None
            stack.append((node, True))
            stack.extend((child, False) for child in children(node))
        elif weights[id(node)] is None:  # still open, so it is an ancestor of itself
            raise Unreadable("an anchor contains itself", text.line(node.start_mark.index))


def _own_weight(node: yaml.Node) -> int:
    return 1 + (len(node.value) // LONG_TEXT if isinstance(node, yaml.ScalarNode) else 0)


def pairs(node: yaml.Node) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    """The pairs of a mapping whose keys are scalars, as all keys are that GitLab knows."""
    every = node.value if isinstance(node, yaml.MappingNode) else ()
    return [(key, value) for key, value in every if isinstance(key, yaml.ScalarNode)]


def children(node: yaml.Node) -> Iterator[yaml.Node]:
    """The nodes directly inside a node, keys and values alike."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value
