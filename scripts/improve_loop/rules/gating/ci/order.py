"""What a job of a GitLab pipeline does before its checks, after which jobs it comes, and which files it hands out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from improve_loop.rules.gating.ci.weakness import Weakness, flat, listed
from improve_loop.rules.gating.lazy import lazy

Job = Mapping[str, Any]

_STAGES = ("build", "test", "deploy")  # GitLab's own, where a pipeline names none
_DEPLOYS = lazy(r"(?i)deploy|release|publish|prod|rollout|promote")
_ENDS = lazy(r"\s*(?:exit(?:\s+0)?|return\s+0|kill\s+(?:-\w+\s+)?\$\$|exec\s+(?:true|:))\s*;?\s*$")
_SHADOWS = lazy(
    r"\s*alias\s+[\w.-]+=[\"']?(?:/bin/|/usr/bin/)?(?:true|:|echo)\b|\s*(?:function\s+)?[\w.-]+\s?\(\)\s?\{\s*(?:true|:|echo\s[^;&|\n]{0,80}|return(?:\s+0)?|exit\s+0)\s*;?\s*\}|\s*(?:sudo\s+)?(?:ln|cp)\s+(?:-\w+\s+){0,3}/(?:usr/)?bin/(?:true|echo)\s+/\S+"
)
_PRIVATE = lazy(
    r"(?:\S*/)?(?:\.env(?:\.\w+)?|\.ssh|\.aws|\.kube|\.docker|\.gnupg|\.npmrc|\.netrc|\.pypirc|\.git-credentials|id_(?:rsa|ed25519|ecdsa)|[\w.*-]+\.(?:pem|p12|pfx|jks|keystore)|kubeconfig)(?:/.*)?$|(?:~|/root|/home|/etc|\$HOME)(?:/.*)?$"
)


def order(old: Job, new: Job, before: Mapping[str, Job], after: Mapping[str, Job]) -> Iterator[Weakness]:
    """Deployments that no longer come after a job that they came after before."""
    then, now = _stages(old), _stages(new)
    for name in sorted(name for name in before.keys() & after.keys() if _deploys(name, before[name])):
        for check in sorted(before.keys() & after.keys()):
            came_after = _stage(before[check], then) < _stage(before[name], then)
            if came_after and _stage(after[check], now) >= _stage(after[name], now) and not check.startswith("."):
                yield Weakness("rules-weakened", "stage", f"{name} no longer comes after {check}")


def first_of_all(name: str, old: Job, new: Job) -> Iterator[Weakness]:
    """Lines that end a job before what follows them, and names of checks given to what does nothing."""
    known = {str(line) for key in ("before_script", "script") for line in flat(old.get(key))}
    for key in ("before_script", "script"):
        lines = [str(line) for line in flat(new.get(key))]
        for at, line in enumerate(lines):
            if line in known:
                continue
            if _ENDS.match(line) and (key == "before_script" or lines[at + 1 :]):
                yield Weakness("job-removed", line, f"{name} ends before what follows: {line}"[:100])
            elif _SHADOWS.match(line):
                yield Weakness("job-removed", line, f"{name}: {line}"[:100])


def hands_out(name: str, old: Job, new: Job) -> Iterator[Weakness]:
    """Private files among the artifacts or in the cache of a job."""
    for key in ("artifacts", "cache"):
        for path in sorted(set(_paths(new.get(key))) - set(_paths(old.get(key)))):
            if _PRIVATE.match(path):
                yield Weakness("reach", path, f"{name} hands out {path} ({key})"[:100])


def _paths(value: object) -> list[str]:
    each = value if isinstance(value, list) else [value]
    return [path for item in each if isinstance(item, dict) for path in listed(item.get("paths"))]


def _deploys(name: str, job: Job) -> bool:
    return ("environment" in job or bool(_DEPLOYS.search(name))) and "needs" not in job


def _stages(tree: Job) -> Sequence[str]:
    return (".pre", *(listed(tree.get("stages")) or _STAGES), ".post")


def _stage(job: Job, stages: Sequence[str]) -> int:
    """Where a job stands in the order of stages; the last place for a stage that is not known."""
    stage = str(job.get("stage", "test"))
    return stages.index(stage) if stage in stages else len(stages)
