"""A workflow of GitHub before and after: jobs and steps that never run any more, rights that are no longer stated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from improve_loop.rules.gating.ci.conditions import conditions
from improve_loop.rules.gating.ci.weakness import Weakness, listed, name_of
from improve_loop.rules.gating.lazy import lazy

_NEVER = lazy(
    r"\s*(?:\$\{\{\s*)?(?:false|0|never\(\)|!\s*always\(\)|!\s*true|github\.actor\s*==\s*['\"](?:nobody|none)?['\"])(?:\s*\}\})?\s*$",
    re.I,
)


_ALL_PATHS = ("**", "*", "**/*", "src/**", "tests/**")
_CHECKS = lazy(r"test|lint|check|audit|scan|verify|tox|analy[sz]|coverage|build", re.I)


def workflow_weaknesses(
    old: Mapping[str, Any], new: Mapping[str, Any], others: Sequence[Mapping[str, Any]] = ()
) -> Iterator[Weakness]:
    """What the new workflow checks less; a workflow that is new has nothing to lose, what moves to others is not lost."""
    before, after = _jobs(old), _jobs(new)
    if not before:
        return
    kept = {line for tree in (new, *others) for job in _jobs(tree).values() for line in _steps(job)}
    for name, job in before.items():
        steps = _steps(job)
        if name not in after and steps and len(steps & kept) < 0.7 * len(steps):
            yield Weakness("job-removed", "", name)
    for name, job in after.items():
        was = before.get(name, {})
        if _never(job) and not _never(was):
            yield Weakness("rules-weakened", "if:", f"{name} never runs")
        unrun = sum(_never(step) for step in _listed(job)) - sum(_never(step) for step in _listed(was))
        if unrun > 0 and name in before:
            yield Weakness("rules-weakened", "if:", f"{name}: a step never runs")
        if name_of(job.get("environment")) not in ("", name_of(was.get("environment"))):
            yield Weakness("reach", "environment:", f"{name} gets environment")
    yield from conditions(old, new, before, after)
    checks = any(_CHECKS.search(line) for job in before.values() for line in _steps(job))
    yield from _started_less(_events(old), _events(new)) if checks else ()
    if "permissions" in old and "permissions" not in new and any("permissions" not in job for job in after.values()):
        yield Weakness("rights", "", "the rights of the token are no longer limited")


def _events(tree: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What starts a workflow, with its filters."""
    events = tree.get("on")
    if isinstance(events, dict):
        return {str(name): each if isinstance(each, dict) else {} for name, each in events.items()}
    return {str(name): {} for name in (events if isinstance(events, list) else [events] if events else [])}


def _started_less(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> Iterator[Weakness]:
    """A workflow that no longer starts for changes, or for none of the branches and paths that it started for."""
    for name in ("push", "pull_request", "merge_group"):
        if name in before and name not in after and not (name == "push" and "pull_request" in after):
            yield Weakness("rules-weakened", "", f"no longer starts for {name}")
        was, now = before.get(name, {}), after.get(name, {})
        left_out = [path for path in listed(now.get("paths-ignore")) if path in _ALL_PATHS]
        if name in after and left_out and left_out != listed(was.get("paths-ignore")):
            yield Weakness("rules-weakened", "paths-ignore", f"{name}: not for {left_out[0]}")
        branches, others = listed(was.get("branches")), listed(now.get("branches"))
        was_limited = bool(branches) or (name in before and "tags" not in now)
        if name in after and was_limited and others and not {*branches} & {*others} and not _renamed(others):
            yield Weakness("rules-weakened", "branches", f"{name}: only for {others[0]}")


def _renamed(branches: Iterable[str]) -> bool:
    """Whether one of these is the name of a main branch, or stands for every one."""
    usual = r"main|master|trunk|dev|develop|default|stable|next|staging|\*\*?|\w*[*\d].*|\$default-branch"
    return any(re.fullmatch(usual, name) for name in branches)


def _jobs(tree: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    jobs = tree.get("jobs")
    return {str(name): job for name, job in jobs.items() if isinstance(job, dict)} if isinstance(jobs, dict) else {}


def _listed(job: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    steps = job.get("steps")
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []


def _steps(job: Mapping[str, Any]) -> set[str]:
    """What the steps of a job run; actions without their version."""
    return {
        str(step.get("run") or str(step.get("uses", "")).partition("@")[0]).strip()
        for step in _listed(job)
        if step.get("run") or step.get("uses")
    } | ({str(job["uses"]).partition("@")[0]} if "uses" in job else set())


def _never(part: Mapping[str, Any]) -> bool:
    return "if" in part and bool(_NEVER.match(str(part["if"])))
