"""What a job of a GitLab pipeline may reach that it could not reach before, and the variables that change what it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from improve_loop.rules.gating.ci.weakness import Weakness, ends_a_review, flat, listed, name_of, part
from improve_loop.rules.gating.lazy import lazy

Job = Mapping[str, Any]

_WIDE = lazy(r"(?:\.|\./|/|~/?|\*|\./\*|\$HOME/?|\$CI_PROJECT_DIR/?|\.git(?:/.*)?|~/\.(?:ssh|aws|docker).*)$")
_DEBUG = lazy(r"CI_DEBUG_(?:TRACE|SERVICES)$|RUNNER_DEBUG|ACTIONS_(?:STEP|RUNNER)_DEBUG")
_SWITCH = lazy(r"(?:_DISABLED|SKIP_\w*(?:TEST|SCAN|CHECK|LINT)\w*|(?:SAST|SECRET_DETECTION|DAST|DS|CS)_EXCLUDED_\w+)$")


def powers(name: str, old: Job, new: Job) -> Iterator[Weakness]:
    """What a job may reach that it could not reach before."""
    for key in ("environment", "id_tokens", "secrets", "trigger", "identity", "release"):
        if key in new and (key not in old or (key == "environment" and name_of(new[key]) != name_of(old[key]))):
            if key == "environment" and ends_a_review(new[key]):
                continue
            rule = "rights" if key in ("id_tokens", "identity") else "reach"
            yield Weakness(rule, f"{key}:", f"{name} gets {key}")
    if "dotenv" in part(part(new, "artifacts"), "reports") and "dotenv" not in part(part(old, "artifacts"), "reports"):
        yield Weakness("reach", "dotenv", f"{name} sets variables of later jobs")
    paths = {path for cache in flat(new.get("cache")) if isinstance(cache, dict) for path in listed(cache.get("paths"))}
    if new.get("cache") != old.get("cache") and (wide := sorted(path for path in paths if _WIDE.match(path))):
        yield Weakness("reach", "cache", f"{name} shares {wide[0]} with all pipelines")
    artifacts = part(new, "artifacts")
    if artifacts.get("public") is True or artifacts.get("access") == "all":
        yield Weakness("reach", "artifacts", f"{name} shows its artifacts to everyone")


def daemons(before: Mapping[str, Job], after: Mapping[str, Job]) -> Iterator[Weakness]:
    """The first job with a Docker daemon, where none had one; all inherited counts as a job."""
    with_one = [
        [name for name, job in jobs.items() if "dind" in str(job.get("services", ""))] for jobs in (before, after)
    ]
    if with_one[1] and not with_one[0]:
        yield Weakness("rights", "dind", f"{with_one[1][0]} gets a Docker daemon, which wants a privileged runner")


def variables_set(old: Job, new: Job) -> Iterator[Weakness]:
    """Variables of a job, or of all, that trace commands or switch checks off."""
    for key, value in new.items():
        text = str(value.get("value") if isinstance(value, dict) else value).lower()
        if old.get(key) == value:
            continue
        if _DEBUG.match(str(key)) and text in ("true", "1", "yes"):
            yield Weakness("debug-trace", str(key), str(key))
        if _SWITCH.search(str(key)) and text not in ("false", "0", "", "no", "none"):
            yield Weakness("rules-weakened", str(key), f"{key} turns checks off")
