"""Hidden jobs and the jobs that are made from them, by `extends` or by `<<`."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from improve_loop.rules.nodes.plain import MERGE
from improve_loop.rules.pipeline import Pipeline
from improve_loop.rules.pipeline.merge import names_of


def made_from(pipeline: Pipeline) -> Mapping[str, set[str]]:
    """Hidden job -> the jobs that can run and take their keywords from it, directly or through others."""
    by_node = {id(value.node): name for name, value in pipeline.top.items()}
    above = {name: _parents(pipeline, by_node, name) for name in pipeline.all_jobs}
    found: dict[str, set[str]] = {}
    for name in pipeline.jobs:
        seen: set[str] = set()
        todo = list(above[name])
        while todo:
            parent = todo.pop()
            if parent not in seen:
                seen.add(parent)
                found.setdefault(parent, set()).add(name)
                todo.extend(above.get(parent, ()))
    return found


def _parents(pipeline: Pipeline, by_node: Mapping[int, str], name: str) -> set[str]:
    job = pipeline.all_jobs[name]
    found = set(names_of(job.own.entries.get("extends")))
    todo = [job.own.node]
    while todo:
        node = todo.pop()
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            if key.tag == MERGE:
                sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
                found.update(by_node[id(source)] for source in sources if id(source) in by_node)
                todo.extend(sources)
    return found


def hoisted(pipeline: Pipeline, names: set[str]) -> dict[str, set[str]]:
    """Where a line that all these jobs need can stand: hidden jobs that only they are made from, else the job itself.

    Place -> the jobs that get the line there; every job once. A hidden job that says neither what to run nor when is
    about something else (`.only-default`, say), and the next job to use it may be a deployment.
    """
    places: dict[str, set[str]] = {}
    left = set(names)
    bases = made_from(pipeline)
    for base in sorted(bases, key=lambda base: (-len(bases[base]), base)):
        users = bases[base]
        if len(users) > 1 and users <= left and _is_job_of_a_kind(pipeline, base):
            places[base] = users
            left -= users
    return {**places, **{name: {name} for name in left}}


def _is_job_of_a_kind(pipeline: Pipeline, name: str) -> bool:
    job = pipeline.all_jobs.get(name)
    return job is not None and job.hidden and bool({"script", "stage"} & {*job.keywords})
