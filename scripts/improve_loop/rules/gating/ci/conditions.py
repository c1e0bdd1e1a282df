"""Checks and guards of pipelines that hold for fewer changes: a condition on a step, a guard taken off, a job left early."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from improve_loop.rules.gating.ci.weakness import Weakness, flat, listed, part
from improve_loop.rules.gating.lazy import lazy

_CHECK = lazy(
    r"\b(?:pytest|tox|nox|jest|vitest|mocha|rspec|phpunit|ruff|mypy|pyright|flake8|pylint|eslint|rubocop|golangci-lint|phpstan|bandit|semgrep|trivy|gitleaks|shellcheck|(?:go|cargo|dotnet|mix|npm|yarn|pnpm|make|gradlew?|mvnw?)\s+(?:run\s+)?(?:test|check|lint|vet|clippy|verify))\b"
)
_OF_SOME = lazy(
    r"github\.(?:actor|triggering_actor)\b|github\.event_name\s*==\s*'(?:schedule|workflow_dispatch|release|repository_dispatch)'|\b(?:vars|inputs)\.\w|head_commit\.message|pull_request\.(?:title|body|user|labels)"
)
_LEAVES = lazy(r"(?:\|\||&&)\s*exit(?:\s+0)?\s*;?\s*$|\bthen\s+exit(?:\s+0)?\s*;\s*fi\b")
_TRACES = lazy(r"(?m)(?:^|[;&|]\s*)(?:set\s+-\w*x\w*\b|set\s+-o\s+xtrace|(?:ba)?sh\s+-\w*x\w*\s)")
_ELSEWHERE = lazy(r"(?i)(?:\./)?(?:docs?|examples?|tmp|none|/tmp)\b")
_IS_CHECK = lazy(r"(?i)test|lint|check|scan|audit|verify|analy[sz]")
_DEPLOYS = lazy(r"(?i)deploy|release|publish|promote")
_OF_A_REF = lazy(
    r"github\.(?:ref|ref_name|ref_type|base_ref)\b|'push'|'release'|head_branch|ref_protected|startsWith\(|workflow_dispatch"
)
_SECRET = "secrets."
_OPENED = frozenset(("opened", "synchronize"))


def conditions(
    old: Mapping[str, Any], new: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Weakness]:
    """What a workflow of GitHub checks or guards less; `before` and `after` are its jobs."""
    yield from _events(old, new)
    if before and _SECRET in str(new.get("env", "")) and _SECRET not in str(old.get("env", "")):
        yield Weakness("reach", "env:", "every step of every job gets a secret")
    for name, job in after.items():
        was = before.get(name)
        if was is None:
            continue
        checks = any(_CHECK.search(str(step.get("run", ""))) for step in _steps(job))
        if checks and _is_narrower(was, job):
            yield Weakness("rules-weakened", "if:", f"{name} only checks if {job['if']}"[:120])
        if "environment" in was and "environment" not in job and "uses" not in job:
            yield Weakness("rules-weakened", "", f"{name} is no longer guarded by its environment")
        if "environment" in job or _DEPLOYS.search(name):
            yield from _guarded(name, was, job, after)
        if checks and (lost := _left_out(was, job)):
            yield Weakness("rules-weakened", "matrix", f"{name} no longer checks {lost}"[:100])
        yield from _of_steps(name, was, job)


def _guarded(name: str, was: Mapping[str, Any], job: Mapping[str, Any], jobs: Mapping[str, Any]) -> Iterator[Weakness]:
    """What a job that deploys no longer waits for, and where it may run that it could not."""
    reached = set(listed(job.get("needs")))
    for each in [*reached]:
        reached |= set(listed(part(jobs, each).get("needs")))
    lost = [each for each in listed(was.get("needs")) if each in jobs and each not in reached]
    if reached:  # what publishes elsewhere may go its own way
        lost = [each for each in lost if _IS_CHECK.search("\n".join((each, *_runs(part(jobs, each)))))]
    if lost:
        yield Weakness("rules-weakened", "needs", f"{name} no longer waits for {lost[0]}"[:80])
    stops, stopped = (part(each, "concurrency").get("cancel-in-progress") is True for each in (job, was))
    if stops and not stopped:
        yield Weakness("rules-weakened", "cancel", f"{name} may be cancelled in the midst of a deployment")
    inside = any(_OF_A_REF.search(str(step.get("if", ""))) for step in _steps(job))
    before, now = str(was.get("if", "")), str(job.get("if", ""))
    if _OF_A_REF.search(before) and before in now and "||" in now.replace(before, "", 1):
        yield Weakness("rules-weakened", "if:", f"{name} runs on more occasions: {now}"[:120])
    if _OF_A_REF.search(str(was.get("if", ""))) and not _OF_A_REF.search(str(job.get("if", ""))) and not inside:
        yield Weakness("rules-weakened", "if:", f"{name} no longer runs only if {was['if']}"[:120])


def _runs(job: Mapping[str, Any]) -> list[str]:
    return [str(step.get("run", "")) for step in _steps(job)]


def _left_out(was: Mapping[str, Any], job: Mapping[str, Any]) -> str:
    """The values of a matrix that are gone, where one of three or more is left."""
    old, new = (part(part(each, "strategy"), "matrix") for each in (was, job))
    for key in old.keys() & new.keys():
        before, after = set(map(str, flat(old[key]))), set(map(str, flat(new[key])))
        if after < before and len(after) == 1 and len(before) > 2 and key not in ("include", "exclude"):
            return f"{key}: {', '.join(sorted(before - after))}"
    excluded = [
        each for each in flat(new.get("exclude")) if isinstance(each, dict) and each not in flat(old.get("exclude"))
    ]
    for key, values in new.items():
        gone = {str(each[key]) for each in excluded if len(each) == 1 and key in each}
        if gone and gone >= set(map(str, flat(values))):
            return f"{key}: {', '.join(sorted(gone))}"
    return ""


def _of_steps(name: str, was: Mapping[str, Any], job: Mapping[str, Any]) -> Iterator[Weakness]:
    known = {str(step.get("run")): step for step in _steps(was) if "run" in step}
    for step in _steps(job):
        run = str(step.get("run", ""))
        if run in known and _CHECK.search(run) and _is_narrower(known[run], step):
            yield Weakness("rules-weakened", "if:", f"{name} only checks if {step['if']}"[:120])
        place = str(step.get("working-directory", ""))
        if run in known and _CHECK.search(run) and _ELSEWHERE.match(place) and "working-directory" not in known[run]:
            yield Weakness("rules-weakened", "working-directory", f"{name} checks {place} only"[:100])
        traces = run not in known and _TRACES.search(run) and not any(map(_TRACES.search, known))
        if traces and _SECRET in str(step):
            yield Weakness("debug-trace", "", f"{name} traces commands that hold a secret")


def _events(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Weakness]:
    """Pull requests that no longer start the workflow when they are opened or change."""
    was, now = (part(part(tree, "on"), "pull_request") for tree in (old, new))
    types, before = listed(now.get("types")), listed(was.get("types"))
    if was != now and types and not _OPENED & {*types} and (not before or _OPENED & {*before}):
        yield Weakness("rules-weakened", "types", f"pull_request: only when {types[0]}"[:80])


def _is_narrower(was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a part that always ran, or ran for all, now only runs for some people or on some occasions."""
    fresh = str(now.get("if", ""))
    return was.get("if") != now.get("if") and bool(_OF_SOME.search(fresh)) and not _OF_SOME.search(str(was.get("if")))


def _steps(job: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    steps = job.get("steps")
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []


def left_early(name: str, old: list[str], new: list[str]) -> Iterator[Weakness]:
    """Lines of a job of checks that end it, green, before its checks; `old` and `new` are its commands in order."""
    first = next((at for at, line in enumerate(new) if _CHECK.search(line)), 0)
    for line in new[:first]:
        if line not in old and _LEAVES.search(line):
            yield Weakness("rules-weakened", line[:40], f"{name} may end before its checks: {line}"[:120])
