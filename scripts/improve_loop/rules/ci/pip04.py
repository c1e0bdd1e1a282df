"""PIP04: `image`, `services`, `cache` or scripts for all jobs at the top level instead of under `default:`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.gather import gather_into, gather_new
from improve_loop.rules.ci.rule import Card, Path, Plan, Settings, Sighting, at, count, never, sentence
from improve_loop.rules.pipeline import GLOBALS, File, Pipeline, Value
from improve_loop.rules.splice import CannotSplice, Edit

CARD = Card(
    id="PIP04",
    title="Keywords that GitLab wants under `default:`",
    tier="A",
    why="GitLab deprecates `image`, `services`, `cache`, `before_script` and `after_script` at the top level; "
    "`default:` is the supported place and means the same for every job.",
    docs="https://docs.gitlab.com/ci/yaml/deprecated_keywords/",
    fix="Moves the blocks under `default:`, with their comments; nothing else changes.",
    risk="low",
    risk_text="None is known for the pipeline itself: every job's expanded configuration is compared before and after. "
    "GitLab refuses a keyword that stands both at the top level and under `default:`, so the recipe gives up where an "
    "include from elsewhere could bring the same keyword, or another project's pipeline includes this file.",
    value="low",
    hours=0.1,
)
FAR = 60  # lines; a block that is carried further down than this is no longer found where people look
CLEAN_TEMPLATES = ("Jobs/", "Security/", "Workflows/")  # by GitLab's own rules these set no global keyword


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Each deprecated keyword in each file."""
    reason = _why_not(pipeline)
    return [
        Sighting(
            path=file.path,
            offset=at(value),
            message=f"`{value.key.value if value.key else ''}` stands at the top level instead of under `default:`",
            unfixable=reason or _why_not_here(pipeline, value),
        )
        for file in _once(pipeline)
        for value in _globals(file)
    ]


def plans(pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
    """All of a file's blocks where the first of them stands now, else (an anchor may be in the way) at the last."""
    names = {sighting.offset for sighting in seen}
    files = {file: [v for v in _globals(file) if at(v) in names] for file in _once(pipeline)}
    files = {file: values for file, values in files.items() if values}
    for last in (False, True):
        if last and any(values[-1].line - values[0].line > FAR for values in files.values()):
            return
        try:
            edits = [edit for file, values in files.items() for edit in _moves(file, values, last)]
        except CannotSplice:
            continue
        yield Plan(
            edits=tuple(edits),
            document_may_differ=_may_differ,
            job_may_differ=never,
            explanation=_explain(pipeline, files),
        )


def _once(pipeline: Pipeline) -> list[File]:
    """Each file once, however often it is included."""
    return list({file.path: file for file in pipeline.files}.values())


def _globals(file: File) -> list[Value]:
    entries = Value(file, file.document).entries if file.document is not None else {}
    return [value for name, value in entries.items() if name in GLOBALS]


def _moves(file: File, values: Sequence[Value], last: bool) -> list[Edit]:
    default = Value(file, file.document).entries.get("default") if file.document is not None else None
    if default is not None:
        return gather_into(file, default, values)
    return gather_new(file, "default", values, len(values) - 1 if last else 0)


def _may_differ(_path: str, path: Path) -> bool:
    return path[0] in GLOBALS or path == ("default",) or (path[0] == "default" and path[1] in GLOBALS)


def _why_not(pipeline: Pipeline) -> str:
    """What stands against any move in this pipeline."""
    for include in pipeline.elsewhere:
        if not (include.kind == "template" and include.name.startswith(CLEAN_TEMPLATES)):
            return (
                f"the include `{include.name}` is not in this repository; if it sets the same keyword at the top "
                "level, GitLab would refuse the pipeline after the move"
            )
    if not pipeline.jobs:
        return "no job is defined here: another pipeline includes this file, and its own keywords could collide"
    if pipeline.referenced & {*GLOBALS}:
        return "a `!reference` points at a keyword at the top level"
    return ""


def _why_not_here(pipeline: Pipeline, value: Value) -> str:
    name = value.key.value if value.key else ""
    default = pipeline.top.get("default")
    if value.is_null:
        return f"`{name}` is empty"
    if default is not None and (not default.is_map or "script" in default.entries):
        return "`default` is not the mapping of defaults here"
    if default is not None and name in default.entries:
        return f"`{name}` is also under `default:`, which GitLab refuses"
    return ""


def _explain(pipeline: Pipeline, files: dict[File, list[Value]]) -> Explanation:
    names = [value.key.value for values in files.values() for value in values if value.key]
    places = [f"`{v.key.value}` ({file.path}, line {v.line})" for file, vs in files.items() for v in vs if v.key]
    has_default = any("default" in Value(file, file.document).entries for file in files if file.document is not None)
    return Explanation(
        title=f"Move {', '.join(dict.fromkeys(names))} under default in {', '.join(file.path for file in files)}",
        what=f"Moves {sentence(names)} from the top level {'into the existing' if has_default else 'into a new'} "
        "`default:` section. The lines themselves, their comments and everything else stay as they are.",
        why_here=f"{', '.join(places)} {'is' if len(names) == 1 else 'are'} written in the form that GitLab "
        f"deprecates: see [globally-defined keywords]({CARD.docs}). `default:` is the supported place, and "
        "it is where a job's `inherit:default` looks.",
        could_go_wrong=f"The expanded configuration of {_jobs(pipeline)} was compared before and after, and is the "
        "same. The one known trap: GitLab refuses a keyword set both at the top level and under `default:`, so a "
        f"pipeline in another project that includes {_these(files)} and sets {sentence(names)} at its own top level "
        "would have to move it too.",
        how_to_revert="Revert this commit; no job, cache or artifact is left in another state.",
    )


def _jobs(pipeline: Pipeline) -> str:
    names = list(pipeline.jobs)
    return f"the one job `{names[0]}`" if len(names) == 1 else f"all {count(len(names), 'job')}"


def _these(files: dict[File, list[Value]]) -> str:
    return sentence([file.path for file in files])
