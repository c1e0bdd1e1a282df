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
    fix="Removes `CI_DEBUG_TRACE` where it is set, and `variables:` with it where nothing is left under it. "
    "`CI_DEBUG_SERVICES`, and what a comment says is wanted, is only reported.",
    risk="low",
    risk_text="Logs become shorter. What was printed so far stays in the old logs: rotate the secrets that these jobs "
    "can see, and erase the logs.",
    value="high",
    hours=0.1,
)
NAMES = ("CI_DEBUG_TRACE", "CI_DEBUG_SERVICES")
WANTED = re.compile(
    r"purpose|intention|deliberate|want|need|require|keep|leave|do not (?:remove|touch)|don't (?:remove|touch)"
    r"|because|since|until|so that",
    re.IGNORECASE,
)
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
            unfixable=_why_not(owner, value),
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


def _why_not(owner: str, value: Value) -> str:
    """Service logs hold no variables of the job and some teams want them; a written reason counts as well."""
    if value.key is not None and value.key.value == "CI_DEBUG_SERVICES":
        return "logs of services may be wanted; turn it off where nobody reads them"
    if re.search(r"debug|trace", owner, re.I):
        return f"`{owner}` is there for debugging, by its name"
    text, line = value.file.text, value.line
    above = text.line_text(line - 1).strip()
    spoken = text.line_text(line).partition("#")[2] + (above if above.startswith("#") else "")
    return "a comment says that it is wanted" if WANTED.search(spoken) else ""


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
    return Explanation(
        title=f"Turn off {' and '.join(dict.fromkeys(names))}",
        what=f"Removes {sentence(names)} ({'; '.join(places)}).",
        why_here="With `CI_DEBUG_TRACE` on, the runner prints every variable that the job can see into its log, tokens "
        "and passwords included; masking does not catch all of them.",
        could_go_wrong="Only the log gets shorter. Old logs still hold what was printed: rotate the secrets that these "
        "jobs can see, and erase those logs.",
        how_to_revert="Revert this commit, or set the variable for one run when you start a pipeline by hand.",
    )
