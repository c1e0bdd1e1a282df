"""RUN01: a job that, by the team's own map, belongs on another runner."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

import yaml

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.bases import hoisted
from improve_loop.rules.ci.insert import add_pair
from improve_loop.rules.ci.rule import Card, Plan, Settings, Sighting, at, sentence
from improve_loop.rules.nodes.compose import pairs
from improve_loop.rules.pipeline import Job, Pipeline, place
from improve_loop.rules.splice import CannotSplice, Edit

CARD = Card(
    id="RUN01",
    title="A job on another runner than the team's map says",
    tier="B",
    why="The configuration says which runner tag a kind of job belongs on (`runner_map`).",
    docs="https://docs.gitlab.com/ci/yaml/#tags",
    fix="Sets the job's `tags` to the tag of the map.",
    risk="medium",
    risk_text="If no runner with that tag is online for this project, the job waits.",
    value="high",
    hours=0.2,
)


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Each job that matches the map and runs elsewhere; the first matching line of the map counts."""
    found = []
    for job in pipeline.jobs.values():
        tag = _tag(job, settings)
        if tag and not job.is_trigger and tag not in (job.plain("tags") or []):
            now = sentence([str(name) for name in job.plain("tags") or []]) if job.plain("tags") else "any runner"
            message = f"`{job.name}` runs on {now} and belongs on `{tag}`"
            found.append(Sighting(path=job.path, offset=at(job.own), message=message, jobs=(job.name,)))
    return found


def plans(pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
    """One line in each hidden job that only such jobs are made from and in each other job; else one in every job."""
    wanted = {name: _tag(pipeline.jobs[name], settings) for sighting in seen for name in sighting.jobs}
    for places in (_hoisted(pipeline, wanted), wanted):
        try:
            edits = tuple(_edit(pipeline.all_jobs[place], tag) for place, tag in places.items())
        except CannotSplice:
            continue
        yield Plan(
            edits=edits,
            document_may_differ=lambda _file, path: "tags" in path,
            job_may_differ=lambda job, path: (job in wanted or job.startswith(".")) and path[0] == "tags",
            explanation=_explain(pipeline, wanted, list(places), settings),
        )


def _hoisted(pipeline: Pipeline, wanted: Mapping[str, str]) -> dict[str, str]:
    """Place -> tag. A job with tags of its own keeps its own line."""
    found = {name: tag for name, tag in wanted.items() if "tags" in _own(pipeline.jobs[name])}
    for tag in dict.fromkeys(wanted.values()):
        bare = {name for name, to in wanted.items() if to == tag and name not in found}
        found.update(dict.fromkeys(sorted(hoisted(pipeline, bare)), tag))
    return found


def _own(job: Job) -> list[str]:
    return [key.value for key, _ in pairs(job.own.node)]


def _tag(job: Job, settings: Settings) -> str:
    return next((tag for glob, tag in settings.runner_map.items() if fnmatchcase(job.name, glob)), "")


def _edit(job: Job, tag: str) -> Edit:
    written = tag if re.fullmatch(r"[A-Za-z][\w.-]*", tag) else json.dumps(tag)
    own = [(key, value) for key, value in pairs(job.own.node) if key.value == "tags"]
    if not own:
        return add_pair(job.own, [f"tags: [{written}]"], after=("stage", "extends", "image", "<<"))
    key, value = own[-1]
    text = job.own.file.text
    if place.is_alias(key.end_mark.index, value):
        raise CannotSplice("the tags are an alias")
    if place.is_block(value) and isinstance(value, yaml.SequenceNode):
        first = value.value[0]
        return Edit(text.path, first.start_mark.index, place.end(text, key.end_mark.index, value), written)
    return Edit(text.path, value.start_mark.index, place.end(text, key.end_mark.index, value), f"[{written}]")


def _takes(glob: str, names: Sequence[str]) -> bool:
    return any(fnmatchcase(name, glob) for name in names)


def _explain(pipeline: Pipeline, wanted: Mapping[str, str], places: Sequence[str], settings: Settings) -> Explanation:
    groups = {tag: [name for name in wanted if wanted[name] == tag] for tag in dict.fromkeys(wanted.values())}
    short = [f"{', '.join(names[:3])}{' …' if names[3:] else ''} on {tag}" for tag, names in groups.items()]
    moves = [f"{sentence(names)} to `{tag}`" for tag, names in groups.items()]
    lines = [f"`{name}` ({pipeline.all_jobs[name].path}, line {pipeline.all_jobs[name].line})" for name in places]
    globs = [f"`{glob}` to `{tag}`" for glob, tag in settings.runner_map.items() if _takes(glob, groups.get(tag, ()))]
    old = sorted({str(tag) for name in wanted for tag in pipeline.jobs[name].plain("tags") or []})
    return Explanation(
        title=f"Run {'; '.join(short)}",
        what=f"Sets the `tags` of {'; '.join(moves)}, in {', '.join(lines[:10])}{' …' if lines[10:] else ''}.",
        why_here=f"The team's `runner_map` sends jobs by their names: {', '.join(globs)}.",
        could_go_wrong="If no runner with that tag is online and allowed for this project, the jobs wait until one is: "
        "look at the first pipeline."
        + (f" Gone are {sentence(old)}: where one of them means a certain machine, say no." if old else ""),
        how_to_revert="Revert this commit, or change `runner_map` if the map is wrong.",
    )
