"""A GitLab pipeline before and after, compared job by job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from functools import lru_cache
from typing import Any

from improve_loop.rules.gating.ci.conditions import left_early
from improve_loop.rules.gating.ci.guards import guards
from improve_loop.rules.gating.ci.includes import includes
from improve_loop.rules.gating.ci.lines import image_problem, repository_of
from improve_loop.rules.gating.ci.order import first_of_all, hands_out, order
from improve_loop.rules.gating.ci.powers import daemons, powers, variables_set
from improve_loop.rules.gating.ci.renewed import renewed
from improve_loop.rules.gating.ci.running import runs_seldomer, workflow
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
_POWERFUL = lazy(r"(?i)priv|prod|deploy|release|root|shell|admin|trusted|secure|bare|host")
_IDLE = lazy(r"(?:echo|true|:|exit 0|printf|sleep)\b")


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
    yield from workflow(old, new)
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
    if new.get("allow_failure") and not old.get("allow_failure"):
        yield Weakness("allow-failure", "allow_failure", name)
    yield from runs_seldomer(name, old, new)
    extends = bool(new.get("extends"))
    if "environment" in old and "environment" not in new and not extends and "script" in new:
        yield Weakness("rules-weakened", "", f"{name} is no longer guarded by its environment")
    at_once = new.get("needs") == [] and old.get("needs") != [] and old.get("stage") == new.get("stage")
    if at_once and "environment" in new:
        yield Weakness("rules-weakened", "needs", f"{name} no longer waits for {old.get('needs')}"[:80])
    if "script" in old and not extends and _works(old) and not _works(new):
        yield Weakness("job-removed", f"{name}:", f"{name} no longer does anything")
    yield from variables_set(part(old, "variables"), part(new, "variables"))


def _works(job: Mapping[str, Any]) -> bool:
    return any(not _IDLE.match(line) for line in _script(job))


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
