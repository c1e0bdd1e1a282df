"""PIP09: keywords that GitLab has removed or never had, under the name that was surely meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.rule import Card, Plan, Settings, Sighting, at, count
from improve_loop.rules.nodes.compose import pairs
from improve_loop.rules.pipeline import Pipeline, Value
from improve_loop.rules.splice import Edit

CARD = Card(
    id="PIP09",
    title="A keyword under a name that GitLab does not know",
    tier="A",
    why="GitLab refuses a pipeline with an unknown keyword, and the old names `types` and `type` are removed.",
    docs="https://docs.gitlab.com/ci/yaml/deprecated_keywords/",
    fix="Renames the known ones: `types` to `stages`, `type` to `stage`, and slips such as `scripts` to `script`.",
    risk="low",
    risk_text="A job that GitLab refused until now begins to run.",
    value="medium",
    hours=0.1,
)
TOP = {"types": "stages"}
JOB = {
    "type": "stage",
    "scripts": "script",
    "before_scripts": "before_script",
    "after_scripts": "after_script",
    "artifact": "artifacts",
    "dependancies": "dependencies",
    "enviroment": "environment",
    "exept": "except",
    "need": "needs",
    "extend": "extends",
    "varaibles": "variables",
    "allow_failures": "allow_failure",
}
RIGHT = {**TOP, **JOB}


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """A keyword with a wrong name, and what stands against the right one."""

    job: str  # empty at the top level
    value: Value
    old: str
    why_not: str


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Each wrong name at the top level or in a job's own block."""
    return [
        Sighting(
            path=wrong.value.file.path,
            offset=at(wrong.value),
            message=f"`{wrong.old}` is no keyword; `{RIGHT[wrong.old]}` is"
            + (f" (`{wrong.job}`)" if wrong.job else ""),
            jobs=(wrong.job,) if wrong.job else (),
            unfixable=wrong.why_not,
        )
        for wrong in _all(pipeline)
    ]


def plans(pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
    """All of them at once: `types` and `type` belong together."""
    wanted = {(sighting.path, sighting.offset) for sighting in seen}
    found = [wrong for wrong in _all(pipeline) if (wrong.value.file.path, at(wrong.value)) in wanted]
    names = {name for wrong in found for name in (wrong.old, RIGHT[wrong.old])}
    yield Plan(
        edits=tuple(_edit(wrong) for wrong in found),
        document_may_differ=lambda _file, path: path[0] in TOP | {"stages": ""} or bool(names & {*map(str, path)}),
        job_may_differ=lambda _job, path: path[0] in names,
        explanation=_explain(found),
    )


def _edit(wrong: Wrong) -> Edit:
    key = wrong.value.key
    assert key is not None  # `_all` only gives pairs
    written = wrong.value.file.text.content[key.start_mark.index : key.end_mark.index]
    new = written.replace(wrong.old, RIGHT[wrong.old])
    return Edit(wrong.value.file.path, key.start_mark.index, key.end_mark.index, new)


def _all(pipeline: Pipeline) -> list[Wrong]:
    found: dict[tuple[str, int], Wrong] = {}
    for file in pipeline.files:
        top = Value(file, file.document) if file.document is not None else None
        places = [("", top, TOP)] if top is not None else []
        places += [
            (name, value, JOB) for name, value in (top.entries.items() if top else ()) if name in pipeline.all_jobs
        ]
        for job, holder, names in places:
            for key, node in pairs(holder.node):
                if key.value in names and not _is_own_word(pipeline, job, key.value):
                    value = Value(file, node, key)
                    wrong = Wrong(job=job, value=value, old=key.value, why_not=_why_not(pipeline, holder, value))
                    found.setdefault((file.path, at(value)), wrong)
    return list(found.values())


def _is_own_word(pipeline: Pipeline, job: str, name: str) -> bool:
    """A hidden mapping may be no job at all, only a place for anchors with names of its own."""
    if not job.startswith("."):
        return False
    return not {"script", "stage", "image", "only", "rules", "variables"} & {*pipeline.all_jobs[job].keywords}


def _why_not(pipeline: Pipeline, holder: Value, value: Value) -> str:
    name = str(value.key.value) if value.key is not None else ""
    right = RIGHT[name]
    if right in holder.entries or (right == "stages" and "stages" in pipeline.top):
        return f"`{right}` is there too"
    if right == "stage" and value.scalar not in pipeline.stages:
        return f"`{value.scalar}` is not among the stages"
    return ""


def _explain(found: Sequence[Wrong]) -> Explanation:
    places = [f"`{w.old}` to `{RIGHT[w.old]}` ({w.value.file.path}, line {w.value.line})" for w in found]
    kinds = list(dict.fromkeys(f"`{w.old}`" for w in found))
    removed = {"types", "type"} & {w.old for w in found}
    return Explanation(
        title=f"Use the current names of {', '.join(kind.strip('`') for kind in kinds)} in the pipeline",
        what=f"Renames {'; '.join(places[:12])}{f' and {len(places) - 12} more' if places[12:] else ''}.",
        why_here=("GitLab dropped the old names `types` and `type`; " if removed else "GitLab has no such keyword; ")
        + "a current GitLab refuses the whole pipeline because of "
        f"{count(len(found), 'such line')} ({', '.join(kinds)}).",
        could_go_wrong="A GitLab that did accept these lines reads the new names the same way. One that refused them "
        "begins to run these jobs: look at the first pipeline.",
        how_to_revert="Revert this commit.",
    )
