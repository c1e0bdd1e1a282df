"""The team's own rules: a template, image or keyword X of the configuration becomes Y."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from fnmatch import fnmatchcase
from typing import Any

import yaml

from improve_loop.model.config import CustomRule
from improve_loop.model.find import Explanation
from improve_loop.rules.ci.insert import raw
from improve_loop.rules.ci.rule import Card, Path, Plan, Settings, Sighting, at, sentence
from improve_loop.rules.nodes.compose import children, pairs
from improve_loop.rules.pipeline import Pipeline, Value
from improve_loop.rules.splice import Edit

RECIPE = "CUSTOM"
DOCS = "https://docs.gitlab.com/ci/yaml/"


class Custom:
    """One rule of the configuration, as a rule of the catalogue."""

    def __init__(self, rule: CustomRule) -> None:
        self.rule = rule
        self.CARD = Card(
            id=rule.id,
            title=f"{rule.match} becomes {rule.replace}",
            tier="B",
            why=rule.reason,
            docs=DOCS,
            fix=f"Writes `{rule.replace}` for the {rule.kind} `{rule.match}`.",
            risk="medium",
            risk_text="As the team judged when it wrote the rule.",
            value="high",
            hours=0.2,
        )

    def find(self, pipeline: Pipeline, settings: Settings) -> list[Sighting]:
        """Each written place."""
        return [
            Sighting(
                path=place.file.path,
                offset=at(place),
                message=f"`{place.node.value}`: {self.rule.reason}",
                unfixable=self._why_not(place),
            )
            for place in self._places(pipeline)
        ]

    def _why_not(self, place: Value) -> str:
        if self.rule.match not in raw(place) and "*" not in self.rule.match:
            return "it is written in parts"
        holder = _holder(place) if self.rule.kind == "keyword" else None
        if holder is not None and any(key.value == self.rule.replace for key, _ in pairs(holder)):
            return f"`{self.rule.replace}` stands beside it already"
        return ""

    def plans(self, pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
        """Every place."""
        wanted = {(sighting.path, sighting.offset) for sighting in seen}
        found = [place for place in self._places(pipeline) if (place.file.path, at(place)) in wanted]
        yield Plan(
            edits=tuple(self._edit(place) for place in found),
            document_may_differ=self._may_differ,
            job_may_differ=lambda _job, path: self._may_differ("", path),
            explanation=self._explain(found),
        )

    def _may_differ(self, _where: str, path: Path) -> bool:
        if self.rule.kind == "keyword":
            return bool({self.rule.match, self.rule.replace} & {*map(str, path)})
        keys = {"image", "services"} if self.rule.kind == "image" else {"include", "trigger"}
        return bool(keys & {*map(str, path)}) or str(path[0]).startswith(".")

    def _places(self, pipeline: Pipeline) -> list[Value]:
        found: dict[tuple[str, int], Value] = {}
        for file in pipeline.files:
            top = Value(file, file.document) if file.document is not None else None
            for place in self._in(top) if top is not None else ():
                found.setdefault((file.path, at(place)), place)
        return list(found.values())

    def _in(self, top: Value) -> Iterator[Value]:
        if self.rule.kind == "keyword":
            yield from _keys(top, self.rule.match)
            return
        names = {"image": ("image", "services"), "template": ("include",)}[self.rule.kind]
        for holder in (top, *(value for value in top.entries.values() if value.is_map)):
            for name in names:
                part = holder.entries.get(name)
                for scalar in _names(part) if part is not None and (name != "include" or holder is top) else ():
                    if fnmatchcase(scalar.scalar, self.rule.match):
                        yield scalar

    def _edit(self, place: Value) -> Edit:
        start = place.node.start_mark.index
        written = raw(place)
        inner = place.node.value if "*" in self.rule.match else self.rule.match
        return Edit(place.file.path, start, start + len(written), written.replace(inner, self.rule.replace))

    def _explain(self, found: Sequence[Value]) -> Explanation:
        places = [f"{place.file.path}, line {place.line}" for place in found]
        return Explanation(
            title=f"{self.rule.id}: use {self.rule.replace} for {self.rule.match}",
            what=f"Writes `{self.rule.replace}` for the {self.rule.kind} {sentence([p.node.value for p in found])} "
            f"({'; '.join(places[:12])}).",
            why_here=f"The team's rule {self.rule.id} says: {self.rule.reason}",
            could_go_wrong=f"Whatever differs between `{self.rule.match}` and `{self.rule.replace}`; nothing else is "
            "touched, and the list of jobs is the same.",
            how_to_revert=f"Revert this commit, or take {self.rule.id} out of `custom_rules` if the rule is wrong.",
        )


def to_params(rule: CustomRule) -> dict[str, Any]:
    """The rule as recipe parameters."""
    return asdict(rule)


def from_params(params: Mapping[str, Any]) -> Custom:
    """The rule that a recipe was told."""
    return Custom(CustomRule(**params))


def _holders(top: yaml.Node) -> list[yaml.Node]:
    """The top level and the jobs."""
    return [top, *(child for child in children(top) if isinstance(child, yaml.MappingNode))]


def _holder(place: Value) -> yaml.Node | None:
    """The mapping that a key stands in."""
    document = place.file.document
    every = _holders(document) if document is not None else []
    return next((holder for holder in every if any(key is place.node for key, _ in pairs(holder))), None)


def _keys(top: Value, name: str) -> Iterator[Value]:
    """Keys of that name at the top level and inside jobs, wherever they are written."""
    for holder in _holders(top.node):
        for key, _ in pairs(holder):
            if key.value == name:
                yield Value(top.file, key)


def _names(part: Value) -> Iterator[Value]:
    """The scalars that name an image or an included file."""
    for item in part.items if part.is_list else (part,):
        if item.is_scalar:
            yield item
        for name in ("name", "template", "project", "remote", "component", "file"):
            value = item.entries.get(name) if item.is_map else None
            if value is not None and value.is_scalar:
                yield Value(value.file, value.node)
