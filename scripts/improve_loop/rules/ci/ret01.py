"""RET01: `retry: 2` for every kind of failure hides tests that fail now and then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import yaml

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.insert import replace_value
from improve_loop.rules.ci.rule import Card, Plan, Settings, Sighting, at
from improve_loop.rules.pipeline import Pipeline, Value, place
from improve_loop.rules.splice import CannotSplice, Edit

CARD = Card(
    id="RET01",
    title="Retry after any failure",
    tier="B",
    why="A blanket `retry` runs failing tests again until they pass, so flaky tests stay unseen and red pipelines take "
    "longer. Retrying makes sense when the runner failed.",
    docs="https://docs.gitlab.com/ci/yaml/#retrywhen",
    fix="Keeps the number and limits it to failures of the infrastructure (`retry:when`). Only where the configuration "
    "asks for it (`rules_on: [RET01]`).",
    risk="medium",
    risk_text="Tests that fail now and then turn red at their first failure.",
    value="medium",
    hours=0.2,
    on=False,
)
WHEN = ("runner_system_failure", "stuck_or_timeout_failure", "api_failure")


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Each written `retry` without a condition."""
    return [
        Sighting(
            path=value.file.path,
            offset=at(value),
            message=f"`retry` after any failure in `{name}`",
            jobs=(name,) if name in pipeline.all_jobs else (),
            unfixable=_why_not(value),
        )
        for name, value in _all(pipeline)
    ]


def plans(pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
    """Every place."""
    wanted = {(sighting.path, sighting.offset) for sighting in seen}
    found = [(name, value) for name, value in _all(pipeline) if (value.file.path, at(value)) in wanted]
    try:
        edits = tuple(_edit(value) for _, value in found)
    except CannotSplice:
        return
    yield Plan(
        edits=edits,
        document_may_differ=lambda _file, path: "retry" in path,
        job_may_differ=lambda _job, path: path[0] == "retry",
        explanation=_explain(found),
    )


def _all(pipeline: Pipeline) -> list[tuple[str, Value]]:
    found: dict[tuple[str, int], tuple[str, Value]] = {}
    for name, holder in pipeline.top.items():
        retry = holder.entries.get("retry") if name == "default" or name in pipeline.all_jobs else None
        if retry is not None and retry.file.inputs == {} and _is_blanket(retry):
            found.setdefault((retry.file.path, at(retry)), (name, retry))
    return list(found.values())


def _why_not(retry: Value) -> str:
    """Somebody who wrote down why has thought about it."""
    text, line = retry.file.text, retry.line
    spoken = "#" in text.line_text(line) or text.line_text(line - 1).lstrip().startswith("#")
    return "a comment says why it is there" if spoken else ""


def _is_blanket(retry: Value) -> bool:
    if retry.is_map:
        return {*retry.entries} == {"max"} and str(retry.plain["max"]) in ("1", "2")
    return retry.is_scalar and str(retry.plain) in ("1", "2")


def _edit(retry: Value) -> Edit:
    number = retry.plain["max"] if retry.is_map else retry.plain
    if retry.key is None or place.is_alias(retry.key.end_mark.index, retry.node):
        raise CannotSplice("`retry` is an alias")
    text = retry.file.text
    column = text.column(retry.key.start_mark.index)
    if retry.is_map and isinstance(retry.node, yaml.MappingNode) and place.is_block(retry.node):
        column = text.column(retry.node.value[0][0].start_mark.index) - 2
    pad = text.newline + " " * (column + 2)
    items = "".join(f"{pad}  - {name}" for name in WHEN)
    body = f"max: {number}{pad}when:{items}"
    if retry.is_map and place.is_block(retry.node):
        return replace_value(retry, body)
    edit = replace_value(retry, pad + body)
    colon = text.content.index(":", retry.key.end_mark.index) + 1
    return Edit(edit.path, colon, edit.end, edit.new)


def _explain(found: Sequence[tuple[str, Value]]) -> Explanation:
    places = ", ".join(f"`{name}` ({value.file.path}, line {value.line})" for name, value in found)
    return Explanation(
        title=f"Retry only when the runner failed in {', '.join(name for name, _ in found[:3])}",
        what=f"Keeps the number of retries of {places} and limits them to failures of the infrastructure: "
        f"{', '.join(f'`{name}`' for name in WHEN)}.",
        why_here="Today these jobs run again after any failure. A test that fails now and then passes at the second "
        "try and nobody hears of it, and a real failure takes up to three times as long to show.",
        could_go_wrong="A job that lives on its retries (a download that fails, a flaky test) will turn red more "
        "often. That is the point, but it may be a bad week for it.",
        how_to_revert="Revert this commit.",
    )
