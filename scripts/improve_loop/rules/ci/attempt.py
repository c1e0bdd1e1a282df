"""One rule on one pipeline, from what it sees to edited files that passed every check."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from improve_loop.rules.ci.rule import CONTROL, Mender, Plan, Rule, Settings, Sighting, plainly
from improve_loop.rules.ci.verify import edited, objection, objection_of_others, objection_without_guess
from improve_loop.rules.nodes.text import Text
from improve_loop.rules.pipeline import Pipeline
from improve_loop.rules.splice import CannotSplice, apply

IGNORE = re.compile(r"#\s*improve-loop:\s*ignore\s+([A-Z]{3}[0-9]{2}(?:\s*,\s*[A-Z]{3}[0-9]{2})*|all)\b")
NO_RECIPE = "no recipe"
MAX_SINGLY = 20  # places that are tried one by one when all together do not pass


@dataclass(frozen=True, kw_only=True)
class Mended:
    """Files that passed every check, what they mend, and the plan that made them."""

    files: Mapping[str, bytes]
    plan: Plan
    mended: tuple[Sighting, ...]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a rule: `mended` where its recipe could, and the sightings that are left with the reason."""

    seen: tuple[Sighting, ...]
    mended: Mended | None = None
    reason: str = ""  # why nothing was mended


def attempt_alone(
    rule: Rule, pipeline: Pipeline, settings: Settings, family: Sequence[Pipeline], taken: Set[str]
) -> Outcome:
    """Look, drop what a comment switches off, and plan, splice and verify where the rule has a recipe.

    One pipeline of its family; the files `taken` are another one's to mend.
    """
    seen = tuple(one for one in _seen(rule, pipeline, settings) if one.path not in taken)
    plans = getattr(rule, "plans", None)
    if not seen or plans is None:
        return Outcome(seen=seen, reason=NO_RECIPE if seen else "nothing found")
    mender: Mender = rule  # type: ignore[assignment]  # it has `plans`, as was just seen
    return _mend(mender, pipeline, seen, settings, family)


def _seen(rule: Rule, pipeline: Pipeline, settings: Settings) -> tuple[Sighting, ...]:
    return tuple(one for one in rule.find(pipeline, settings) if not is_ignored(rule.CARD.id, pipeline, one))


def _mend(
    rule: Mender, pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings, family: Sequence[Pipeline]
) -> Outcome:
    """All that can be mended in one go; where one place spoils it, the others without it."""
    able = tuple(sighting for sighting in seen if not sighting.unfixable)
    first = next((sighting.unfixable for sighting in seen if sighting.unfixable), "no safe edit is known")
    found = _try(rule, pipeline, seen, able, settings, family) if able else first
    if isinstance(found, str) and 1 < len(able) <= MAX_SINGLY:
        single = tuple(one for one in able if not isinstance(_try(rule, pipeline, seen, (one,), settings, family), str))
        if single and len(single) < len(able):
            again = _try(rule, pipeline, seen, single, settings, family)
            found = found if isinstance(again, str) else again
    if isinstance(found, str):
        return Outcome(seen=tuple(seen), reason=found)
    return Outcome(seen=tuple(seen), mended=found)


def _try(
    rule: Mender,
    pipeline: Pipeline,
    seen: Sequence[Sighting],
    able: tuple[Sighting, ...],
    settings: Settings,
    family: Sequence[Pipeline],
) -> Mended | str:
    """The first plan that passes every check, else why none does."""
    reason = "no safe edit is known"
    odd = next((name for name in (*pipeline.all_jobs, *pipeline.stages) if "`" in name or CONTROL.search(name)), None)
    if odd is not None:
        return f"a job or stage has a name that does not fit into a text: {odd!r}"
    texts = {file.path: file.text for file in pipeline.files}
    for plan in rule.plans(pipeline, able, settings):
        try:
            files = apply(texts, plan.edits)
        except CannotSplice as error:
            reason = str(error)
            continue
        new = edited(pipeline, files)
        said = (
            objection(pipeline, new, plan)
            or _still_seen(seen, able, _seen(rule, new, settings))
            or objection_without_guess(pipeline, files, plan)
            or objection_of_others((one for one in family if one is not pipeline), files, plan)
        )
        if said is None:
            return Mended(files=files, plan=replace(plan, explanation=plainly(plan.explanation)), mended=able)
        reason = said
    return reason


def _still_seen(before: Sequence[Sighting], able: Sequence[Sighting], after: Sequence[Sighting]) -> str | None:
    """A second run must find nothing to do: what was mended is seen that many times less."""
    left, gone, now = (Counter((one.path, one.message) for one in group) for group in (before, able, after))
    return "the edit would not mend what was seen" if any(now[key] > left[key] - gone[key] for key in gone) else None


def is_ignored(rule: str, pipeline: Pipeline, sighting: Sighting) -> bool:
    """Whether a comment `# improve-loop: ignore RULE reason` stands on the line, right above it, or above the job."""
    file = pipeline.file(sighting.path)
    if file is None or "improve-loop:" not in file.text.content:
        return False
    lines = [file.text.line(sighting.offset)]
    own = (pipeline.all_jobs[name].own for name in sighting.jobs if name in pipeline.all_jobs)
    lines += [value.line for value in own if value.file.path == sighting.path]
    return any(_switches_off(rule, comment) for line in lines for comment in _comments(file.text, line))


def _comments(text: Text, line: int) -> list[str]:
    found = [text.line_text(line)]
    while text.line_text(line - 1).lstrip().startswith("#"):
        line -= 1
        found.append(text.line_text(line))
    return found


def _switches_off(rule: str, comment: str) -> bool:
    found = IGNORE.search(comment)
    return found is not None and (found[1] == "all" or rule in found[1])
