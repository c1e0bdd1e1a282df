"""IMG04: images straight from Docker Hub, where the group has a dependency proxy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import yaml

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.images import HUB, Place, places
from improve_loop.rules.ci.insert import raw, replace_in_scalar
from improve_loop.rules.ci.rule import Card, Plan, Settings, Sighting, at, count, sentence
from improve_loop.rules.nodes.compose import pairs
from improve_loop.rules.pipeline import Pipeline, Value, place
from improve_loop.rules.splice import CannotSplice, Edit

CARD = Card(
    id="IMG04",
    title="An image straight from Docker Hub",
    tier="B",
    why="Docker Hub limits pulls per address; on shared runners a job fails when others used the limit up.",
    docs="https://docs.gitlab.com/user/packages/dependency_proxy/",
    fix="Writes `${CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX}/` before the name, and gives services the `alias` that they "
    "had by their name. Only where the configuration asks for it (`rules_on: [IMG04]`), which says that the project is "
    "in a group whose proxy is on.",
    risk="medium",
    risk_text="Fails outside a group or where the proxy is off. Services in a folder of the Hub (`acme/db`) are left "
    "alone unless they have an alias: they have two host names, and only one would stay.",
    value="medium",
    hours=0.5,
    on=False,
)
PREFIX = "${CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX}/"
OFFICIAL = re.compile(r"(?:(?:index\.)?docker\.io/)?(?:library/)?")


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Each written one."""
    return [
        Sighting(
            path=one.value.file.path,
            offset=at(one.value),
            message=f"`{one.image.written}` comes straight from Docker Hub",
            jobs=one.jobs,
            unfixable=_why_not(pipeline, one),
        )
        for one in places(pipeline)
        if one.image.host == HUB
    ]


def plans(pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
    """Without quotes where they do without, else in quotes (braces inside brackets)."""
    wanted = {(sighting.path, sighting.offset) for sighting in seen}
    found = [one for one in places(pipeline) if (one.value.file.path, at(one.value)) in wanted]
    for quote in ("", '"'):
        try:
            edits = tuple(edit for one in found for edit in _edits(pipeline, one, quote))
        except CannotSplice:
            continue
        yield Plan(
            edits=edits,
            document_may_differ=lambda _file, path: bool({"image", "services"} & {*map(str, path)}),
            job_may_differ=lambda _job, path: path[0] in ("image", "services"),
            explanation=_explain(found),
        )


def _short(used: Place) -> str:
    """As the proxy knows it."""
    return OFFICIAL.sub("", used.image.written, count=1)


def _host(used: Place) -> str:
    """The host name that a service has by its image alone; empty where it has two."""
    name = _short(used).partition("@")[0].partition(":")[0]
    return "" if "/" in name else name


def _item(pipeline: Pipeline, used: Place) -> Value | None:
    """The mapping that names the service, where it is one."""
    for job in (pipeline.jobs[name] for name in used.jobs):
        services = job.get("services")
        for item in services.items if services is not None else ():
            if item.is_map and "name" in item.entries and item.entries["name"].node is used.value.node:
                return item
    return None


def _why_not(pipeline: Pipeline, used: Place) -> str:
    if not used.is_service or _host(used):
        return ""
    item = _item(pipeline, used)
    return "" if item is not None and "alias" in item.entries else "the service has two host names and no `alias`"


def _edits(pipeline: Pipeline, used: Place, quote: str) -> Iterator[Edit]:
    value, new = used.value, PREFIX + _short(used)
    plain = isinstance(value.node, yaml.ScalarNode) and not value.node.style
    written = f"{quote}{new}{quote}" if plain else new
    item = _item(pipeline, used) if used.is_service else None
    if not used.is_service or item is not None:
        yield replace_in_scalar(value, used.image.written, written)
        if item is not None and "alias" not in item.entries:
            yield _alias(item, _host(used))
        return
    yield _as_mapping(used, f'"{new}"' if quote or not plain else new, bool(quote))


def _alias(item: Value, host: str) -> Edit:
    """Behind the name: on a line of its own, or inside the braces."""
    found = next(((key, value) for key, value in pairs(item.node) if key.value == "name"), None)
    if found is None:
        raise CannotSplice("the service is merged from elsewhere")
    text, end = item.file.text, found[1].end_mark.index
    if not place.is_block(item.node):
        return Edit(text.path, end, end, f", alias: {host}")
    at = text.end_of_line(max(end - 1, 0))
    line = " " * text.column(found[0].start_mark.index) + f"alias: {host}"
    has_end = at > 0 and text.content[at - 1] == "\n"
    return Edit(text.path, at, at, line + text.newline if has_end else text.newline + line)


def _as_mapping(used: Place, name: str, in_brackets: bool) -> Edit:
    """A service that was only a name."""
    text, start = used.value.file.text, used.value.node.start_mark.index
    pad = text.newline + " " * text.column(start)
    new = f"{{name: {name}, alias: {_host(used)}}}" if in_brackets else f"name: {name}{pad}alias: {_host(used)}"
    return Edit(text.path, start, start + len(raw(used.value)), new)


def _explain(found: Sequence[Place]) -> Explanation:
    names = [one.image.written for one in found]
    lines = list(dict.fromkeys(f"{one.value.file.path}, line {one.value.line}" for one in found))
    services = [one for one in found if one.is_service]
    alias = " Services keep the host name that they have today, as their `alias`." if services else ""
    return Explanation(
        title=f"Pull {', '.join(dict.fromkeys(one.image.base for one in found))} through the group's proxy",
        what=f"Writes `{PREFIX}` before {sentence(names)} ({'; '.join(lines[:12])}).{alias}",
        why_here=f"{count(len({*names}), 'image')} straight from Docker Hub, which limits how often "
        "one address may pull; the group's dependency proxy keeps a copy.",
        could_go_wrong="It works only in a project of a group whose dependency proxy is on, which the configuration "
        "says of this one. A fork outside the group cannot pull these images.",
        how_to_revert="Revert this commit.",
    )
