"""Our reader beside gitlab-ci-local: the same jobs, the same expanded jobs? Differences are listed to be judged.

`.ci/run` installs it; `PYTHONPATH=scripts:. .venv/bin/python -m bench.compare_readers [answers.jsonl]`
asks only what that file does not hold yet.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from bench.independent_reader import Said, answers, cases
from improve_loop.edges.trees import FolderTree
from improve_loop.model.plugs import Tree
from improve_loop.rules.pipeline import Job, Pipeline, Value, read_pipeline
from improve_loop.rules.pipeline.merge import names_of
from tests.ci.support import ROOT, Files

ENGINE = ".tools/engine/node_modules/.bin/gitlab-ci-local"
KEPT = ".tools/compare-readers.jsonl"
SCRIPTS = ("script", "before_script", "after_script")
KEYWORDS = (
    *("stage", "image", "services", *SCRIPTS, "variables", "tags", "cache", "rules", "only", "except", "when"),
    *("allow_failure", "artifacts", "dependencies", "environment", "interruptible", "retry", "parallel", "timeout"),
    *("coverage", "resource_group", "trigger"),
)
TOP = frozenset({"stages", "variables", "workflow", "include", "default", "spec"})
TOP_TOO = frozenset({"cache", "image", "services", "before_script", "after_script"})
DEFAULTS: dict[str, Any] = {"stage": "test", "when": "on_success", "allow_failure": False, "interruptible": False}


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # whichever is built in
    """Reads what gitlab-ci-local prints."""


Loader.add_constructor("!reference", lambda loader, node: list(loader.construct_sequence(node)))


def main() -> None:
    """Prints how many were compared and every difference."""
    tool = str(Path(os.environ.get("GITLAB_CI_LOCAL", ENGINE)).resolve())
    said = answers(tool, Path(sys.argv[1] if len(sys.argv) > 1 else KEPT))
    counts: Counter[str] = Counter()
    for case in cases():
        tree = Files({ROOT: case.source}) if isinstance(case.source, bytes) else FolderTree(case.source)
        for difference in _compared(said[case.name], tree, counts):
            print(f"{case.name}: {difference}"[:300])
    for name, count in sorted(counts.items()):
        print(f"{count:>6} {name}")


def _compared(said: Said, tree: Tree, counts: Counter[str]) -> Iterator[str]:
    if said.failed:
        counts["not accepted by gitlab-ci-local" + (", timeout" if said.failed == "timeout" else "")] += 1
        return
    try:
        preview, listed = yaml.load(said.preview, Loader=Loader), json.loads(said.listed)
    except (yaml.YAMLError, ValueError):
        counts["its output is no YAML"] += 1
        return
    counts["compared"] += 1
    pipeline = read_pipeline(tree, ROOT)
    for difference in (*_preview(preview, pipeline, counts), *_listed(listed, pipeline, counts)):
        counts[f"{difference[0]} differs"] += 1
        yield ": ".join(map(str, difference))


def _preview(preview: dict[Any, Any], pipeline: Pipeline, counts: Counter[str]) -> Iterator[tuple[Any, ...]]:
    """The expanded jobs."""
    theirs = {str(k): v for k, v in preview.items() if k not in TOP | TOP_TOO and not str(k).startswith(".")}
    if {*theirs} != {*pipeline.jobs}:
        yield "job list", sorted({*theirs} ^ {*pipeline.jobs})
    for name in theirs.keys() & pipeline.jobs.keys():
        job = pipeline.jobs[name]
        counts["jobs compared"] += 1
        for keyword in KEYWORDS:
            counts["values compared"] += 1
            there, here = _plain(keyword, theirs[name].get(keyword)), _ours(keyword, job)
            if there != here:
                yield keyword, name, there, "here", here


def _listed(listed: list[dict[str, Any]], pipeline: Pipeline, counts: Counter[str]) -> Iterator[tuple[Any, ...]]:
    """The list of jobs, `parallel` unfolded there; what `rules` decide by the environment is not compared."""
    met: set[str] = set()
    for row in listed:
        name = str(row["name"])
        job = pipeline.jobs.get(name) or pipeline.jobs.get(name.rpartition(": [")[0])
        if job is None:
            yield "listed job", name, "is not here"
            continue
        met.add(job.name)
        counts["listed jobs compared"] += 1
        if row["stage"] != job.stage:
            yield "listed stage", name, row["stage"], "here", job.stage
        if job.get("rules") is None and row["when"] != (job.plain("when") or "on_success"):
            yield "listed when", name, row["when"], "here", job.plain("when")
        there = sorted({str(need["job"]) for need in row.get("needs") or () if "job" in need})
        here = sorted(_needs(job))
        if there != here:
            yield "listed needs", name, there, "here", here
    if {*pipeline.jobs} - met:
        yield "job not listed", sorted({*pipeline.jobs} - met)


def _needs(job: Job) -> set[str]:
    """The names of the needed jobs."""
    needs = job.get("needs")
    if needs is None or not needs.is_list:
        return {*names_of(needs)}
    return {*_need_names(needs.items)}


def _need_names(items: Iterable[Value]) -> Iterator[str]:
    for item in items:
        if item.is_map and "pipeline" not in item.entries and "project" not in item.entries:
            yield item.entries["job"].scalar
        elif item.is_scalar:
            yield item.scalar
        yield from _need_names(item.items if item.resolved or item.is_list else ())


def _ours(keyword: str, job: Job) -> Any:
    if keyword in SCRIPTS:
        return [line.scalar for line in job.lines(keyword)]
    if keyword == "variables":
        own = job.keywords.get("variables")
        return _plain(keyword, own.plain if own is not None else None)
    return _plain(keyword, job.stage if keyword == "stage" else job.plain(keyword))


def _plain(keyword: str, value: Any) -> Any:
    """Both sides in one form: an image is a mapping, a script a flat list, a variable a string."""
    if keyword in SCRIPTS:
        return list(_flat(value)) if value else []
    if keyword in DEFAULTS:
        return DEFAULTS[keyword] if value is None else value
    if keyword == "image":
        return {"name": value} if isinstance(value, str) else value or None
    if keyword == "services":
        return [{"name": item} if isinstance(item, str) else item for item in value or []]
    if keyword == "variables":
        return {key: _text(item) for key, item in (value or {}).items()}
    if keyword == "parallel" and isinstance(value, dict):
        return [
            {key: item if isinstance(item, list) else [item] for key, item in row.items()}
            for row in value.get("matrix") or ()
        ]
    if keyword == "cache":
        every = value if isinstance(value, list) else [value] if value else []
        return [sorted(map(str, one.get("paths") or [])) for one in every if isinstance(one, dict) and one.get("paths")]
    return value or None


def _text(value: Any) -> str:
    """A variable is a string."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _flat(value: Any) -> Iterator[Any]:
    for item in value if isinstance(value, list) else [value]:
        yield from _flat(item) if isinstance(item, list) else [item]


if __name__ == "__main__":
    main()
