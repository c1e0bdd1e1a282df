"""RUN01: a job that, by the team's own map, belongs on another runner."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

import yaml

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.insert import add_pair
from improve_loop.rules.ci.rule import Card, Plan, Settings, Sighting, at, sentence
from improve_loop.rules.pipeline import Job, Pipeline, place
from improve_loop.rules.pipeline.compose import pairs
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
    """Every job that was seen, in its own block."""
    names = [name for sighting in seen for name in sighting.jobs]
    try:
        edits = tuple(_edit(pipeline.jobs[name], _tag(pipeline.jobs[name], settings)) for name in names)
    except CannotSplice:
        return
    yield Plan(
        edits=edits,
        document_may_differ=lambda _file, path: "tags" in path,
        job_may_differ=lambda job, path: job in names and path[0] == "tags",
        explanation=_explain(pipeline, names, settings),
    )


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


def _explain(pipeline: Pipeline, names: Sequence[str], settings: Settings) -> Explanation:
    tags = sorted({_tag(pipeline.jobs[name], settings) for name in names})
    places = [f"`{name}` ({pipeline.jobs[name].path}, line {pipeline.jobs[name].line})" for name in names]
    globs = [glob for glob, tag in settings.runner_map.items() if tag in tags]
    return Explanation(
        title=f"Run {', '.join(names[:3])} on {', '.join(tags)}" + (" …" if names[3:] else ""),
        what=f"Sets `tags` of {', '.join(places[:10])} to {sentence(tags)}.",
        why_here=f"The team's `runner_map` sends jobs named {sentence(globs)} to runners tagged {sentence(tags)}.",
        could_go_wrong="If no runner with that tag is online and allowed for this project, the jobs wait until one is: "
        "look at the first pipeline. Other tags that a job had are gone, as the map names one.",
        how_to_revert="Revert this commit, or change `runner_map` if the map is wrong.",
    )
