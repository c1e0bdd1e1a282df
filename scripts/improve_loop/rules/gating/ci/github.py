"""A workflow of GitHub before and after: jobs and steps that never run any more, rights that are no longer stated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from improve_loop.rules.gating.ci.gitlab import Weakness
from improve_loop.rules.gating.lazy import lazy

_NEVER = lazy(
    r"\s*(?:\$\{\{\s*)?(?:false|0|!\s*always\(\)|!\s*true|github\.actor\s*==\s*['\"](?:nobody|none)?['\"])(?:\s*\}\})?\s*$",
    re.I,
)


def workflow_weaknesses(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Weakness]:
    """What the new workflow checks less; a workflow that is new has nothing to lose."""
    before, after = _jobs(old), _jobs(new)
    if not before:
        return
    kept = {line for job in after.values() for line in _steps(job)}
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
    if "permissions" in old and "permissions" not in new and any("permissions" not in job for job in after.values()):
        yield Weakness("rights", "", "the rights of the token are no longer limited")


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
