"""SEC04: debug tracing left on. `CI_DEBUG_TRACE` prints every variable of the job, secrets included, into its log."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import yaml

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.remove import remove_pair
from improve_loop.rules.ci.rule import Card, Path, Plan, Settings, Sighting, at, sentence
from improve_loop.rules.pipeline import Pipeline, Value
from improve_loop.rules.splice import CannotSplice, Edit

CARD = Card(
    id="SEC04",
    title="Debug tracing left on",
    tier="A",
    why="`CI_DEBUG_TRACE` writes every variable and credential that the job can see into its log, and "
    "`CI_DEBUG_SERVICES` the logs of its services. Whoever can read the log can read them.",
    docs="https://docs.gitlab.com/ci/variables/variables_troubleshooting/#enable-debug-logging",
    fix="Removes the variable where it is set, and `variables:` with it where nothing is left under it.",
    risk="low",
    risk_text="Logs become shorter. What was printed so far stays in the old logs: rotate the secrets that these jobs "
    "can see, and erase the logs.",
    value="high",
    hours=0.1,
)
NAMES = ("CI_DEBUG_TRACE", "CI_DEBUG_SERVICES")
SPOKEN_OF = re.compile(r"debug|trace|verbose|\blog", re.IGNORECASE)


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Where a debug variable is set to true for the whole pipeline or a job; on demand (`rules:variables`) is left."""
    return [
        Sighting(
            path=value.file.path,
            offset=at(value),
            message=f"`{value.key.value if value.key else ''}` is on"
            + (f" in `{owner}`" if owner else " for every job"),
            jobs=(owner,) if owner else (),
            unfixable=_why_not(owner),
        )
        for owner, _, _, value in _set(pipeline)
    ]


def plans(pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
    """One plan: every place that was seen."""
    wanted = {(sighting.path, sighting.offset) for sighting in seen}
    found = [entry for entry in _set(pipeline) if (entry[3].file.path, at(entry[3])) in wanted]
    try:
        edits = tuple(_edits(found))
    except CannotSplice:
        return
    yield Plan(
        edits=edits,
        document_may_differ=lambda _file, path: path[-1] in (*NAMES, "variables"),
        job_may_differ=lambda _job, path: _is_debug(path),
        explanation=_explain(found),
    )


def _is_debug(path: Path) -> bool:
    return path[0] == "variables" and path[-1] in NAMES


def _set(pipeline: Pipeline) -> list[tuple[str, Value, Value, Value]]:
    """Owner, the mapping that holds `variables`, `variables`, and the debug variable; each written place once."""
    found: dict[tuple[str, int], tuple[str, Value, Value, Value]] = {}
    for file in pipeline.files:
        if file.document is None:
            continue
        top = Value(file, file.document)
        for owner, holder in (("", top), *((name, value) for name, value in top.entries.items() if value.is_map)):
            variables = holder.entries.get("variables")
            for name in NAMES:
                value = variables.entries.get(name) if variables is not None else None
                if variables is not None and value is not None and _is_on(value):
                    found.setdefault((file.path, at(value)), (owner, holder, variables, value))
    return list(found.values())


def _is_on(value: Value) -> bool:
    return value.is_scalar and value.scalar.strip().lower() in ("true", "1")


def _why_not(owner: str) -> str:
    return f"`{owner}` is there for debugging, by its name" if re.search(r"debug|trace", owner, re.I) else ""


def _edits(found: Sequence[tuple[str, Value, Value, Value]]) -> Iterator[Edit]:
    """One edit for each place; where a `variables:` would be left empty, it goes as a whole."""
    gone = {id(value.key) for _, _, _, value in found}
    for _, holder, variables, value in found:
        if isinstance(variables.node, yaml.MappingNode) and all(id(key) in gone for key, _ in variables.node.value):
            yield remove_pair(holder, variables, SPOKEN_OF)
        else:
            yield remove_pair(variables, value, SPOKEN_OF)


def _explain(found: Sequence[tuple[str, Value, Value, Value]]) -> Explanation:
    names = [value.key.value for _, _, _, value in found if value.key]
    places = [
        f"{value.file.path}, line {value.line}" + (f", job `{owner}`" if owner else ", for every job")
        for owner, _, _, value in found
    ]
    traced = "CI_DEBUG_TRACE" in names
    return Explanation(
        title=f"Turn off {' and '.join(dict.fromkeys(names))}",
        what=f"Removes {sentence(names)} ({'; '.join(places)}).",
        why_here="With `CI_DEBUG_TRACE` on, the runner prints every variable that the job can see into its log, tokens "
        "and passwords included; masking does not catch all of them."
        if traced
        else "With `CI_DEBUG_SERVICES` on, the logs of all service containers end up in the job's log; GitLab advises "
        "to turn it on only while a service is being debugged.",
        could_go_wrong="Only the log gets shorter. Old logs still hold what was printed"
        + (": rotate the secrets that these jobs can see, and erase those logs." if traced else "."),
        how_to_revert="Revert this commit, or set the variable for one run when you start a pipeline by hand.",
    )
