"""PIP08: the same key twice in one mapping. YAML readers take the last one and say nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.remove import remove_pair
from improve_loop.rules.ci.rule import Card, Plan, Settings, Sighting, at, count, never
from improve_loop.rules.nodes.plain import MERGE
from improve_loop.rules.pipeline import File, Pipeline, Value
from improve_loop.rules.splice import CannotSplice

CARD = Card(
    id="PIP08",
    title="A key that is written twice",
    tier="A",
    why="Of two equal keys in one mapping GitLab reads the last and drops the first without a word, so an edit of the "
    "first one does nothing.",
    docs="https://yaml.org/spec/1.2.2/#3213-node-comparison",
    fix="Removes the earlier pair where the later one says all that it says. Where the two differ, somebody meant "
    "both, and that is only reported.",
    risk="low",
    risk_text="None for the pipeline: the parsed configuration is compared before and after, and is the same.",
    value="medium",
    hours=0.1,
)


@dataclass(frozen=True, kw_only=True)
class Twice:
    """A shadowed pair, the mapping that holds it, and the pair that wins."""

    holder: Value
    shadowed: Value
    winner: Value
    path: tuple[str, ...]


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Each shadowed pair."""
    return [
        Sighting(
            path=twice.shadowed.file.path,
            offset=at(twice.shadowed),
            message=f"`{_name(twice)}` is written again in line {twice.winner.line}; this one is never read",
            unfixable="" if _says_less(twice.shadowed.plain, twice.winner.plain) else "the two differ",
        )
        for twice in _all(pipeline)
    ]


def plans(pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
    """Every pair that can go."""
    wanted = {(sighting.path, sighting.offset) for sighting in seen}
    found = [twice for twice in _all(pipeline) if (twice.shadowed.file.path, at(twice.shadowed)) in wanted]
    try:
        edits = tuple(remove_pair(twice.holder, twice.shadowed) for twice in found)
    except CannotSplice:
        return
    yield Plan(edits=edits, document_may_differ=never, job_may_differ=never, explanation=_explain(found))


def _all(pipeline: Pipeline) -> list[Twice]:
    files = {file.path: file for file in pipeline.files}.values()
    return [twice for file in files if file.document is not None for twice in _in(file, file.document, (), set())]


def _in(file: File, node: yaml.Node, path: tuple[str, ...], seen: set[int]) -> Iterator[Twice]:
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        yield from _pairs(file, node, path)
        for key, value in node.value:
            yield from _in(file, value, (*path, str(key.value)), seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _in(file, item, path, seen)


def _pairs(file: File, node: yaml.MappingNode, path: tuple[str, ...]) -> Iterator[Twice]:
    last = {(key.tag, key.value): (key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    if len(last) == len(node.value):
        return
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.tag != MERGE and last[key.tag, key.value][0] is not key:
            winning_key, winning = last[key.tag, key.value]
            yield Twice(
                holder=Value(file, node),
                shadowed=Value(file, value, key),
                winner=Value(file, winning, winning_key),
                path=(*path, key.value),
            )


def _says_less(shadowed: Any, winner: Any) -> bool:
    """Whether nothing is lost with the shadowed value: the winner says the same, or the same and more."""
    if isinstance(shadowed, dict) and isinstance(winner, dict):
        return all(key in winner and winner[key] == value for key, value in shadowed.items())
    if isinstance(shadowed, list) and isinstance(winner, list):
        return all(item in winner for item in shadowed)
    return bool(shadowed == winner) or shadowed is None


def _name(twice: Twice) -> str:
    return ".".join(twice.path)


def _explain(found: Sequence[Twice]) -> Explanation:
    lines = [f"`{_name(t)}`: line {t.shadowed.line} goes, line {t.winner.line} stays" for t in found]
    return Explanation(
        title=f"Remove {count(len(found), 'key')} written twice: {', '.join(t.path[-1] for t in found[:3])}",
        what=f"Removes what is never read ({'; '.join(lines)}).",
        why_here="YAML takes the last of two equal keys and drops the earlier one silently. Here the later one says "
        "all that the earlier one says, so the earlier one only waits for somebody to edit it in vain.",
        could_go_wrong="Nothing in the pipeline: the parsed configuration was compared before and after and is equal.",
        how_to_revert="Revert this commit.",
    )
