"""RET01: `retry: 2` for every kind of failure hides tests that fail now and then."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.purpose import looks
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
FAR = re.compile(
    r"emulator|\badb\b|avdmanager|selenium|chrome|browser|cypress|beaker|\bkvm\b|e2e|codecov|coveralls|sonar",
    re.IGNORECASE,
)
WHEN = ("runner_system_failure", "stuck_or_timeout_failure", "api_failure")


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Each written `retry` without a condition."""
    found = _all(pipeline)
    reason = next((reason for _, value in found if (reason := _why_not(pipeline, value))), "")  # all or none: one habit
    return [
        Sighting(
            path=value.file.path,
            offset=at(value),
            message=f"`retry` after any failure in `{name}`",
            jobs=(name,) if name in pipeline.all_jobs else (),
            unfixable=reason,
        )
        for name, value in found
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


def _why_not(pipeline: Pipeline, retry: Value) -> str:
    """Somebody who wrote down why has thought about it; and a job that talks to other machines has its reason."""
    text, line = retry.file.text, retry.line
    if "#" in text.line_text(line) or text.line_text(line - 1).lstrip().startswith("#"):
        return "a comment says why it is there"
    users = [job for job in pipeline.jobs.values() if (value := job.get("retry")) and value.node is retry.node]
    far = next((job.name for job in users if not looks(job) or FAR.search(f"{job.name} {job.script()}")), "")
    if not users:
        return "no job here uses one of them"
    return f"`{far}` may try again because of what it talks to" if far else ""


def _is_blanket(retry: Value) -> bool:
    if retry.is_map:
        return {*retry.entries} == {"max"} and str(retry.plain["max"]) in ("1", "2")
    return retry.is_scalar and str(retry.plain) in ("1", "2")


def _edit(retry: Value) -> Edit:
    """One line, since most files have it in several jobs."""
    number = retry.plain["max"] if retry.is_map else retry.plain
    if retry.key is None or place.is_alias(retry.key.end_mark.index, retry.node):
        raise CannotSplice("`retry` is an alias")
    if retry.is_map and place.is_block(retry.node) and "#" in retry.file.text.content[at(retry) : _end(retry)]:
        raise CannotSplice("a comment stands in it")
    colon = retry.file.text.content.index(":", retry.key.end_mark.index) + 1
    return Edit(retry.file.path, colon, _end(retry), f" {{max: {number}, when: [{', '.join(WHEN)}]}}")


def _end(retry: Value) -> int:
    return place.end(retry.file.text, retry.key.end_mark.index if retry.key else 0, retry.node)


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
