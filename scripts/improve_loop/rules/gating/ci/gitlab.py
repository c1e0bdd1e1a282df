"""A GitLab pipeline before and after, compared job by job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from functools import lru_cache
from typing import Any

from improve_loop.rules.gating.ci.conditions import left_early
from improve_loop.rules.gating.ci.guards import guards
from improve_loop.rules.gating.ci.includes import includes
from improve_loop.rules.gating.ci.legacy import keeps_duplicates_out, left_out_before, runs_less
from improve_loop.rules.gating.ci.lines import image_problem, repository_of
from improve_loop.rules.gating.ci.narrowed import narrowed, runs_on_changes
from improve_loop.rules.gating.ci.order import first_of_all, hands_out, order
from improve_loop.rules.gating.ci.powers import daemons, powers, variables_set
from improve_loop.rules.gating.ci.renewed import renewed
from improve_loop.rules.gating.ci.touched import touched
from improve_loop.rules.gating.ci.weakness import Weakness, defaults, flat, listed, part
from improve_loop.rules.gating.lazy import lazy

MAX_TEXT = 500_000  # characters of a pipeline file that are parsed

_RESERVED = frozenset(
    (
        "default",
        "include",
        "stages",
        "variables",
        "workflow",
        "image",
        "services",
        "cache",
        "before_script",
        "after_script",
        "spec",
        "pages:deploy",
    )
)
_DEPLOYS = lazy(r"(?i)deploy|release|publish|prod|rollout|promote")
_POWERFUL = lazy(r"(?i)priv|prod|deploy|release|root|shell|admin|trusted|secure|bare|host")
_FALSY = lazy(r"^\s*[\"']?(?:false|0|\$NEVER\w*|\"0\"\s*==\s*\"1\"|1\s*==\s*[02])[\"']?\s*$", re.I)


@lru_cache(maxsize=32)
def pipeline(text: str) -> Mapping[str, Any] | None:
    """The mapping of a pipeline file, the one after its `spec` where it has one; None where it cannot be read."""
    from improve_loop.rules.nodes.plain import documents  # few changes touch a pipeline

    if len(text) > MAX_TEXT:
        return None
    try:
        found = documents(text)
    except ValueError:
        return None
    with_header = len(found) > 1 and isinstance(found[0], dict) and "spec" in found[0]
    tree = found[with_header] if found else None
    return tree if isinstance(tree, dict) else None


def weaknesses(old: Mapping[str, Any], new: Mapping[str, Any], paths: Set[str] = frozenset()) -> Iterator[Weakness]:
    """What the new pipeline checks less, or does that the old did not; `paths` are those of the new tree."""
    before, after = _jobs(old), _jobs(new)
    yield from _removed(before, after)
    yield from includes(old, new)
    yield from _services(before, after, old, new)
    yield from _stages(old, new, after)
    yield from order(old, new, before, after)
    yield from guards(before, after, old, new)
    yield from touched(before, after, paths)
    known, every = {**before, "default": defaults(old)}, {**after, "default": defaults(new)}
    yield from daemons(known, every)
    for name, job in every.items():
        yield from first_of_all(name, known.get(name, {}), job)
        yield from hands_out(name, known.get(name, {}), job)
    known_tags = {tag for job in (old, *before.values()) for tag in listed(job.get("tags"))}
    for name, job in after.items():
        was = before.get(name)
        if was is not None and was != job:
            yield from _weaker(name, was, job)
            yield from left_early(name, _script(was), _script(job))
        yield from powers(name, was or {}, job)
        if was is not None:
            yield from _tells_less(name, was, job)
        for tag in listed(job.get("tags")):
            if tag not in known_tags and _POWERFUL.search(tag):
                yield Weakness("reach", tag, f"{name} runs on another runner: {tag}")
    yield from powers("default", defaults(old), defaults(new))
    yield from _weaker("default", defaults(old), defaults(new))
    yield from _workflow(old, new)
    yield from variables_set(part(old, "variables"), part(new, "variables"))


def _jobs(tree: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {str(name): job for name, job in tree.items() if isinstance(job, dict) and str(name) not in _RESERVED}


def _removed(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> Iterator[Weakness]:
    kept = {
        line
        for name, job in after.items()
        if not name.startswith(".") or name in before or _is_used(name, after)
        for line in _script(job)
    }
    fresh = {name: job for name, job in after.items() if name not in before}
    for name, job in before.items():
        if name in after:
            continue
        lines = set(_script(job))
        hidden = f".{name}" in after and f".{name}" not in before and not _is_used(f".{name}", after)
        moved = not hidden and bool(lines) and len(lines & kept) >= 0.7 * len(lines)
        followed = not hidden and (job in fresh.values() or renewed(name, job, fresh))
        if not moved and not followed and not (name.startswith(".") and not _is_used(name, after)):
            yield Weakness("job-removed", "", name)


def _is_used(name: str, jobs: Mapping[str, Mapping[str, Any]]) -> bool:
    return any(name in listed(job.get("extends")) for job in jobs.values())


def _script(job: Mapping[str, Any]) -> list[str]:
    return [
        " ".join(str(line).split())
        for key in ("before_script", "script", "after_script", "trigger", "run")
        for line in flat(job.get(key))
    ]


def _weaker(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Weakness]:
    if _allows(new) and not _allows(old):
        yield Weakness("allow-failure", "allow_failure", name)
    if new.get("when") in ("manual", "never", "delayed") and old.get("when") != new.get("when"):
        yield Weakness("rules-weakened", f"when: {new.get('when')}", f"{name} no longer runs by itself")
    if (
        "rules" in old
        and "rules" not in new
        and ("only" in new or "except" in new or ("rules" in old and not new.get("extends")))
    ):
        limited = not _runs_always(old) or _waits(old) or "environment" in old or _DEPLOYS.search(name)
        yield from [Weakness("rules-weakened", name, f"{name} loses its rules")] if limited else ()
    if _waits(old) and not _waits(new) and ("rules" in new or "rules" not in old):
        yield Weakness("rules-weakened", name, f"{name} no longer waits for a person")
    fresh = [rule for rule in _rules(new) if rule not in _rules(old)]
    for rule in fresh:
        if rule.get("when") in ("never", "manual") and not any(
            item.get("when") == rule.get("when") and item.get("if") == rule.get("if") for item in _rules(old)
        ):
            if rule.get("when") == "manual" or not left_out_before(rule, old):
                yield Weakness("rules-weakened", f"when: {rule.get('when')}", f"{name}: {rule.get('if', 'always')}")
        elif rule.get("allow_failure") is True:
            yield Weakness("allow-failure", "allow_failure", name)
        elif _FALSY.match(str(rule.get("if", "x"))):
            yield Weakness("rules-weakened", str(rule.get("if")), name)
    if _rules(new) and fresh and not runs_on_changes(_rules(new)) and (not _rules(old) or runs_on_changes(_rules(old))):
        yield Weakness("rules-weakened", "rules:", f"{name} no longer runs for changes")
    yield from narrowed(name, _rules(old), _rules(new))
    if "environment" in old and "environment" not in new and not new.get("extends") and "script" in new:
        yield Weakness("rules-weakened", "", f"{name} is no longer guarded by its environment")
    for key in ("only", "except"):
        if key in new and new[key] != old.get(key) and runs_less(key, old.get(key), new[key]):
            yield Weakness("rules-weakened", f"{key}:", f"{name}: {key}")
    if (
        new.get("needs") == []
        and old.get("needs") != []
        and old.get("stage") == new.get("stage")
        and "environment" in new
    ):
        yield Weakness("rules-weakened", "needs", f"{name} no longer waits for {old.get('needs')}"[:80])
    if "script" in old and _is_emptied(old, new):
        yield Weakness("job-removed", f"{name}:", f"{name} no longer does anything")
    yield from variables_set(part(old, "variables"), part(new, "variables"))


def _tells_less(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Weakness]:
    """Reports and coverage that a job no longer gives."""
    if new.get("extends") != old.get("extends"):
        return
    if "coverage" in old and "coverage" not in new:
        yield Weakness("rules-weakened", "", f"{name} no longer tells its coverage")
    reports = (part(part(job, "artifacts"), "reports") for job in (old, new))
    before, after = map(set, reports)
    gone = before - after - ({"cobertura"} if "coverage_report" in after else set())  # which took its place
    for report in sorted(gone - {"dotenv"}):
        yield Weakness("rules-weakened", "", f"{name} no longer reports {report}")


def _services(
    before: Mapping[str, Mapping[str, Any]],
    after: Mapping[str, Mapping[str, Any]],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
) -> Iterator[Weakness]:
    """Images of services that come from elsewhere; `image:` itself is read line by line."""
    used = [
        image
        for each in (defaults(old), *before.values())
        for image in (*_names(each.get("services")), *_names(each.get("image")))
    ]
    known = {repository_of(image): image for image in used}
    for each in (defaults(new), *after.values()):
        for image in _names(each.get("services")):
            if image not in used and (says := image_problem(image, known)):
                yield Weakness("image", image, f"{image[:80]} {says}")


def _names(value: object) -> list[str]:
    return [str(item.get("name", "")) if isinstance(item, dict) else str(item) for item in flat(value)]


def _stages(
    old: Mapping[str, Any], new: Mapping[str, Any], jobs: Mapping[str, Mapping[str, Any]]
) -> Iterator[Weakness]:
    """Stages that are gone while jobs still stand in them: such a pipeline does not start."""
    if "stages" in new:
        for stage in sorted(set(listed(old.get("stages"))) - set(listed(new.get("stages")))):
            if any(job.get("stage") == stage for job in jobs.values()):
                yield Weakness("job-removed", "stages", f"stage {stage} is gone")


def _waits(job: Mapping[str, Any]) -> bool:
    """Whether a job only runs when a person presses it."""
    when = [rule.get("when", job.get("when")) for rule in _rules(job) if rule.get("when") != "never"]
    return all(each == "manual" for each in when or [job.get("when")])


def _is_emptied(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    real = [line for line in _script(new) if not re.match(r"(?:echo|true|:|exit 0|printf|sleep)\b", line)]
    return (
        not real
        and bool([line for line in _script(old) if not re.match(r"(?:echo|true|:)\b", line)])
        and not new.get("extends")
    )


def _allows(job: Mapping[str, Any]) -> bool:
    return bool(job.get("allow_failure"))


def _runs_always(job: Mapping[str, Any]) -> bool:
    return all(rule.get("when") != "never" for rule in _rules(job))


def _rules(job: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [rule for rule in flat(job.get("rules")) if isinstance(rule, dict)]


def _workflow(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Weakness]:
    before, after = _rules(part(old, "workflow")), _rules(part(new, "workflow"))
    for rule in after:
        if keeps_duplicates_out(rule, after):
            continue
        if rule not in before and (rule.get("when") == "never" or _FALSY.match(str(rule.get("if", "x")))):
            yield Weakness("rules-weakened", "workflow", f"no pipeline for {rule.get('if', 'anything')}")
    if after and not runs_on_changes(after) and (not before or runs_on_changes(before)):
        yield Weakness("rules-weakened", "workflow", "no pipeline for a push or a merge request")
    lost = [rule for rule in before if rule not in after and rule.get("when", "always") != "never"]
    if after and len([rule for rule in after if rule.get("when") != "never"]) < len(
        [rule for rule in before if rule.get("when") != "never"]
    ):
        yield Weakness(
            "rules-weakened", "workflow", f"no pipeline for {lost[0].get('if', 'anything')}" if lost else "workflow"
        )
