"""PIP07: stages that no job is in, and hidden jobs that nothing here uses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import yaml

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.bases import made_from
from improve_loop.rules.ci.rule import Card, Plan, Settings, Sighting, at, sentence
from improve_loop.rules.pipeline import Pipeline, Value, place
from improve_loop.rules.pipeline.merge import names_of
from improve_loop.rules.splice import CannotSplice, Edit, is_comment

CARD = Card(
    id="PIP07",
    title="Dead configuration",
    tier="A",
    why="A stage without jobs and a hidden job without users make a pipeline longer to read, and people keep them up.",
    docs="https://docs.gitlab.com/ci/yaml/#stages",
    fix="Takes unused stages out of `stages`. Hidden jobs are only reported: another repository may include them.",
    risk="low",
    risk_text="None for the jobs that are here. Whoever adds a job to that stage later has to add the stage again.",
    value="low",
    hours=0.1,
)


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Unused stages, then unused hidden jobs."""
    reason = _why_not(pipeline)
    unused = [] if pipeline.elsewhere else _unused_stages(pipeline)  # what is not here may have jobs in them
    stages = [
        Sighting(
            path=item.file.path,
            offset=at(item),
            message=f"no job is in the stage `{item.scalar}`",
            unfixable=reason or _is_wanted(item),
        )
        for item in unused
    ]
    return stages + [
        Sighting(
            path=value.file.path,
            offset=at(value),
            message=f"nothing in this repository uses `{name}`",
            unfixable="another repository may include it",
        )
        for name, value in _unused_jobs(pipeline)
    ]


def plans(pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
    """The lines of the unused stages."""
    wanted = {sighting.offset for sighting in seen}
    items = [item for item in _unused_stages(pipeline) if at(item) in wanted]
    try:
        edits = tuple(_edit(item) for item in items)
    except CannotSplice:
        return
    yield Plan(
        edits=edits,
        document_may_differ=lambda _file, path: path[0] == "stages",
        job_may_differ=lambda _job, _path: False,
        explanation=_explain(pipeline, items),
    )


def _unused_stages(pipeline: Pipeline) -> list[Value]:
    stages = pipeline.top.get("stages")
    used = {job.stage for job in pipeline.all_jobs.values()} | {".pre", ".post"}
    used |= {str(job.plain("type")) for job in pipeline.all_jobs.values()}  # its old name, which PIP09 mends
    items = stages.items if stages is not None and stages.is_list else ()
    unused = [item for item in items if item.is_scalar and item.scalar not in used]
    return unused if len(unused) < len(items) else []


def _why_not(pipeline: Pipeline) -> str:
    if any(job.absent for job in pipeline.all_jobs.values()) or any("$" in job.stage for job in pipeline.jobs.values()):
        return "the stage of some jobs is not known here"
    return "" if pipeline.jobs else "no job is defined here"


def _is_wanted(item: Value) -> str:
    """A job that is commented out would come back to its stage."""
    pattern = rf"^\s*#.*\bstage:\s*[\"']?{re.escape(item.scalar)}\b"
    found = re.search(pattern, item.file.text.content, re.MULTILINE)
    return "a job that is commented out is in this stage" if found else ""


def _edit(item: Value) -> Edit:
    """The whole line of the item, with a comment above that speaks of nothing else."""
    stages_text, start = item.file.text, item.node.start_mark.index
    line = stages_text.line(start)
    before = stages_text.line_text(line)[: stages_text.column(start)]
    behind = stages_text.line_text(line)[stages_text.column(item.node.end_mark.index) :].strip()
    if (
        stages_text.line(item.node.end_mark.index) != line
        or before.strip() != "-"
        or (behind and not behind.startswith("#"))
        or is_comment(stages_text, line - 1)
    ):
        raise CannotSplice("the stage does not stand on a line of its own")
    begin = stages_text.start_of_line(start)
    end = stages_text.end_of_line(start)
    if end == len(stages_text.content) and not stages_text.content.endswith("\n") and begin:
        begin = len(stages_text.content[:begin].rstrip("\r\n"))
    return Edit(stages_text.path, begin, end, "")


def _unused_jobs(pipeline: Pipeline) -> list[tuple[str, Value]]:
    """Hidden mappings that no `extends`, reference or alias of this repository names."""
    if pipeline.elsewhere:
        return []
    used = {*made_from(pipeline)}
    for job in pipeline.all_jobs.values():
        used.update(names_of(job.own.entries.get("extends")))
    used |= pipeline.referenced
    hidden = [(name, value) for name, value in pipeline.top.items() if name.startswith(".") and name not in used]
    return [(name, value) for name, value in hidden if not _has_used_anchor(value)]


def _has_used_anchor(value: Value) -> bool:
    """Whether an alias of this file leads to a node in the value: then its block is used, whatever its name."""
    inside = {id(part.node) for part in value.walk()}
    root = value.file.document
    stack = [(root, 0)] if root is not None else []
    seen: set[int] = set()
    while stack:
        node, after = stack.pop()
        if node is None or (id(node) in inside and place.is_alias(after, node)):
            return True
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            stack += [(item, key.end_mark.index) for key, item in node.value]
        elif isinstance(node, yaml.SequenceNode):
            stack += [(item, node.start_mark.index) for item in node.value]
    return False


def _explain(pipeline: Pipeline, items: Sequence[Value]) -> Explanation:
    names = [item.scalar for item in items]
    lines = ", ".join(f"line {item.line}" for item in items)
    return Explanation(
        title=f"Remove unused stage{'s' if names[1:] else ''} {', '.join(names)}",
        what=f"Takes {sentence(names)} out of `stages` ({items[0].file.path}, {lines}).",
        why_here=f"None of the {len(pipeline.jobs)} jobs is in {sentence(names)}, and no file from elsewhere is "
        "included that could bring one.",
        could_go_wrong="The jobs and their order were compared before and after and are equal. A branch that is about "
        "to add a job to the stage would have to add the stage too.",
        how_to_revert="Revert this commit.",
    )
