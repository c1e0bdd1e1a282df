"""When a job of a GitLab pipeline runs, and when any pipeline does: `rules`, `only`, `when`, `workflow`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from improve_loop.rules.gating.ci.legacy import keeps_duplicates_out, left_out_before, runs_less
from improve_loop.rules.gating.ci.narrowed import narrowed, runs_on_changes
from improve_loop.rules.gating.ci.weakness import Weakness, flat, part
from improve_loop.rules.gating.lazy import lazy

Job = Mapping[str, Any]

_DEPLOYS = lazy(r"(?i)deploy|release|publish|prod|rollout|promote")
_FALSY = lazy(r"^\s*[\"']?(?:false|0|\$NEVER\w*|\"0\"\s*==\s*\"1\"|1\s*==\s*[02])[\"']?\s*$", re.I)


def runs_seldomer(name: str, old: Job, new: Job) -> Iterator[Weakness]:
    """Changes for which a job runs no longer, and people whom it no longer waits for."""
    if new.get("when") in ("manual", "never", "delayed") and old.get("when") != new.get("when"):
        yield Weakness("rules-weakened", f"when: {new.get('when')}", f"{name} no longer runs by itself")
    if _waits(old) and not _waits(new) and ("rules" in new or "rules" not in old):
        yield Weakness("rules-weakened", name, f"{name} no longer waits for a person")
    if _loses_its_rules(name, old, new):
        yield Weakness("rules-weakened", name, f"{name} loses its rules")
    yield from _fresh_rules(name, old, new)
    yield from narrowed(name, _rules(old), _rules(new))
    for key in ("only", "except"):
        if key in new and new[key] != old.get(key) and runs_less(key, old.get(key), new[key]):
            yield Weakness("rules-weakened", f"{key}:", f"{name}: {key}")


def workflow(old: Job, new: Job) -> Iterator[Weakness]:
    """Changes for which there is no pipeline any more."""
    before, after = _rules(part(old, "workflow")), _rules(part(new, "workflow"))
    for rule in after:
        stops = rule not in before and (rule.get("when") == "never" or _is_false(rule))
        if stops and not keeps_duplicates_out(rule, after):
            yield Weakness("rules-weakened", "workflow", f"no pipeline for {rule.get('if', 'anything')}")
    if after and not runs_on_changes(after) and (not before or runs_on_changes(before)):
        yield Weakness("rules-weakened", "workflow", "no pipeline for a push or a merge request")
    if after and len(_admitting(after)) < len(_admitting(before)):
        lost = [rule for rule in _admitting(before) if rule not in after]
        says = f"no pipeline for {lost[0].get('if', 'anything')}" if lost else "workflow"
        yield Weakness("rules-weakened", "workflow", says)


def _loses_its_rules(name: str, old: Job, new: Job) -> bool:
    """Whether rules that limited a job, or guarded it, are gone and nothing that it extends may have others."""
    if "rules" not in old or "rules" in new or not ({"only", "except"} & new.keys() or not new.get("extends")):
        return False
    limited = any(rule.get("when") == "never" for rule in _rules(old))
    return limited or _waits(old) or "environment" in old or bool(_DEPLOYS.search(name))


def _fresh_rules(name: str, old: Job, new: Job) -> Iterator[Weakness]:
    before, after = _rules(old), _rules(new)
    fresh = [rule for rule in after if rule not in before]
    stopped = [(rule.get("when"), rule.get("if")) for rule in before]
    for rule in fresh:
        when = rule.get("when")
        if when in ("never", "manual") and (when, rule.get("if")) not in stopped:
            if when == "manual" or not left_out_before(rule, old):
                yield Weakness("rules-weakened", f"when: {when}", f"{name}: {rule.get('if', 'always')}")
        elif rule.get("allow_failure") is True:
            yield Weakness("allow-failure", "allow_failure", name)
        elif _is_false(rule):
            yield Weakness("rules-weakened", str(rule.get("if")), name)
    if fresh and not runs_on_changes(after) and (not before or runs_on_changes(before)):
        yield Weakness("rules-weakened", "rules:", f"{name} no longer runs for changes")


def _waits(job: Job) -> bool:
    """Whether a job only runs when a person presses it."""
    when = [rule.get("when", job.get("when")) for rule in _admitting(_rules(job))]
    return all(each == "manual" for each in when or [job.get("when")])


def _is_false(rule: Job) -> bool:
    return bool(_FALSY.match(str(rule.get("if", "x"))))


def _admitting(rules: Sequence[Job]) -> list[Job]:
    return [rule for rule in rules if rule.get("when") != "never"]


def _rules(job: Job) -> list[Mapping[str, Any]]:
    return [rule for rule in flat(job.get("rules")) if isinstance(rule, dict)]
