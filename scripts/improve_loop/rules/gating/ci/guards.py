"""What stands between a job of a GitLab pipeline and what it may break: checks it waits for, its runner, who may fill its cache."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from improve_loop.rules.gating.ci.lines import SECRET_NAME
from improve_loop.rules.gating.ci.weakness import Weakness, defaults, flat, listed, name_of, part
from improve_loop.rules.gating.lazy import lazy

Job = Mapping[str, Any]
A_DAY = 24 * 60

_PUBLISHES = lazy(
    r"(?i)deploy|release|publish|rollout|promote|\b(?:docker|podman|buildah|crane|skopeo|helm|npm|cargo|gem|twine|oras)\s+(?:push|upload|upgrade|copy)\b|--destination\b|--push\b|\bkubectl\s+(?:apply|set|rollout)|\b(?:terraform|tofu|pulumi)\s+(?:apply|up)\b|\bs3\s+(?:cp|sync)\b"
)
_CHECKS = lazy(
    r"(?i)test|lint|check|scan|audit|verify|semgrep|trivy|mypy|pylint|rspec|sast|dast|analy[sz]|quality|coverage"
)
_OF_ALL = lazy(r"(?i)^saas-|shared|^gitlab-org|^self-?hosted$|laptop|^public")
_TRACES = lazy(r"(?:^|[;&|\n]\s*)(?:set\s+-\w*x\w*\b|set\s+-o\s+xtrace|(?:ba)?sh\s+-\w*x\w*\s)")
_SECRET = lazy(rf"\$\{{?(?!CI_(?:REGISTRY_USER|COMMIT|PROJECT))(?i:{SECRET_NAME})")
_UNIT = {"w": 7 * A_DAY, "d": A_DAY, "h": 60, "m": 1, "s": 0, "": 0}
_NOTHING = frozenset(("true", "false", ":", "echo", "sleep", "exit", "cat"))
_WRITTEN = lazy(r">>?\s*[\"']?([\w./-]{1,100})[\"']?\s*$")
_OF_A_BRANCH = lazy(r"(?i)review|preview|staging|CI_COMMIT_REF|CI_MERGE_REQUEST|CI_ENVIRONMENT_SLUG|\bdev\b|test")
_IDLE = lazy(r"(?:echo|true|:|exit 0|printf|sleep)\b")


def guards(before: Mapping[str, Job], after: Mapping[str, Job], old: Job, new: Job) -> Iterator[Weakness]:
    """What jobs that were there before are guarded by no longer; `default` is one of them."""
    inherited = (defaults(old), defaults(new))
    known = {tag for job in (old, inherited[0], *before.values()) for tag in listed(job.get("tags"))}
    both = {name: (before[name], after[name]) for name in before.keys() & after.keys()}
    for name, (was, job) in {**both, "default": inherited}.items():
        if was != job:
            yield from _runs(name, was, job, known)
            yield from _of_publishers(name, was, job) if _publishes(name, job) else ()
            yield from _idle(name, was, job, after)
        if was != job and _publishes(name, job) and "needs" in job:
            held = _held(was, before, listed(old.get("stages"))) & {each for each in after if not each.startswith(".")}
            lost = sorted(
                each for each in held - _reached(job, after) if _CHECKS.search(f"{each} {_text(after[each])}")
            )
            yield from [Weakness("rules-weakened", "needs", f"{name} no longer waits for {lost[0]}")] if lost else ()
    said = str(old)
    earlier = {**before, "default": inherited[0]}
    for name, job in {**after, "default": inherited[1]}.items():
        yield from _hands(name, earlier.get(name, {}), job, said)


def _runs(name: str, was: Job, job: Job, known: Set[str]) -> Iterator[Weakness]:
    for tag in listed(job.get("tags")):
        if known and tag not in known and _OF_ALL.search(tag) and not any(map(_OF_ALL.search, known)):
            yield Weakness("reach", tag, f"{name} runs where others' jobs run: {tag}")
    if _minutes(job.get("timeout")) >= A_DAY > _minutes(was.get("timeout")):
        yield Weakness("rules-weakened", "timeout", f"{name} may run for {job['timeout']}")
    image, before = (part(each, "image").get("entrypoint") for each in (job, was))
    users = [str(part(part(each, "image"), "docker").get("user", "")).partition(":")[0] for each in (job, was)]
    if users[0] in ("root", "0") and users[1] not in ("root", "0"):
        yield Weakness("rights", "user", f"{name} runs as root")
    first = (listed(image) or [""])[0].rpartition("/")[2].partition(" ")[0]
    if image != before and first in _NOTHING:
        yield Weakness("job-removed", "entrypoint", f"{name} runs {first} in place of its commands")
    lines = _lines(job)
    if any(_TRACES.search(line) and line not in _lines(was) for line in lines) and any(map(_SECRET.search, lines)):
        yield Weakness("debug-trace", "", f"{name} traces commands that hold a secret")


def _of_publishers(name: str, was: Job, job: Job) -> Iterator[Weakness]:
    if "resource_group" in was and "resource_group" not in job and "extends" not in job:
        yield Weakness("rules-weakened", "", f"{name} may run beside itself: no resource_group")
    if job.get("interruptible") is True and was.get("interruptible") is not True and "environment" in job:
        yield Weakness("rules-weakened", "interruptible", f"{name} may be cancelled in the midst of a deployment")
    told, before = part(job, "environment"), part(was, "environment")
    for key in ("auto_stop_in", "on_stop", "kubernetes"):
        if key in told and key not in before and before and not _OF_A_BRANCH.search(name_of(told)):
            yield Weakness("reach", key, f"{name}: {key} of {name_of(told)}")
    if "cache" in job and "cache" not in was and ("environment" in job or "environment" in was):
        yield Weakness("reach", "cache", f"{name} takes files from a cache that other jobs fill")


def _hands(name: str, was: Job, job: Job, before: str) -> Iterator[Weakness]:
    kept = {path for each in (job.get("artifacts"),) for path in _paths(each)}
    for line in _lines(job) if kept else ():
        into = _WRITTEN.search(line) if _SECRET.search(line) else None
        if into and into[1].removeprefix("./") in kept and line not in _lines(was):
            yield Weakness("token-shown", into[1], f"{name} keeps a credential in {into[1]}")
    for service in flat(job.get("services")):
        alias = str(service.get("alias", "")) if isinstance(service, dict) else ""
        if "." in alias and alias not in str(was.get("services")) and alias in before:
            yield Weakness("reach", alias, f"{name}: a service takes the place of {alias}")
    audiences = {aud for each in part(was, "id_tokens").values() for aud in _audiences(each)}
    for each in part(job, "id_tokens").values():
        yield from (
            Weakness("rights", aud, f"{name} gets a token for {aud}"[:100])
            for aud in _audiences(each)
            if "id_tokens" in was and aud not in audiences
        )
    open_before = any(isinstance(each, dict) and each.get("unprotect") is True for each in flat(was.get("cache")))
    if not open_before and any(
        isinstance(each, dict) and each.get("unprotect") is True for each in flat(job.get("cache"))
    ):
        yield Weakness("reach", "unprotect", f"{name} shares its cache with branches that anyone may push")


def _paths(artifacts: object) -> list[str]:
    """The files that a job hands on, reports among them."""
    reports = part(part({"artifacts": artifacts}, "artifacts"), "reports")
    paths = part({"artifacts": artifacts}, "artifacts").get("paths")
    return [
        path.removeprefix("./")
        for path in (*listed(paths), *(each for one in reports.values() for each in listed(one)))
    ]


def _audiences(token: object) -> list[str]:
    return listed(token.get("aud")) if isinstance(token, dict) else []


def _idle(name: str, was: Job, job: Job, jobs: Mapping[str, Job]) -> Iterator[Weakness]:
    """A job that did something and now has the idle script of what it extends."""
    works = [line for line in _lines(was) if not _IDLE.match(line)]
    extended = listed(job.get("extends"))
    if not works or "script" in job or not extended or extended == listed(was.get("extends")):
        return
    scripts = [_lines(jobs[each]) for each in extended if each in jobs and "script" in jobs[each]]
    if len(scripts) == len(extended) and not any(line for line in scripts[-1] if not _IDLE.match(line)):
        yield Weakness("job-removed", "extends", f"{name} no longer does anything")


def _held(job: Job, jobs: Mapping[str, Job], stages: Sequence[str]) -> Set[str]:
    """The jobs that this one waited for: by its needs, or by its stage."""
    if "needs" in job:
        return _reached(job, jobs)
    order = [".pre", *(stages or ("build", "test", "deploy")), ".post"]
    place = order.index(stage) if (stage := str(job.get("stage", "test"))) in order else 0
    return {
        name
        for name, other in jobs.items()
        if str(other.get("stage", "test")) in order[:place] and not other.get("allow_failure") and "when" not in other
    }


def _reached(job: Job, jobs: Mapping[str, Job]) -> Set[str]:
    """The jobs that this one needs, and what these need."""
    found: set[str] = set()
    ahead = _needs(job)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += _needs(jobs.get(name, {}))
    return found


def _needs(job: Job) -> list[str]:
    each = flat(job.get("needs"))
    return [str(item.get("job", "")) if isinstance(item, dict) else str(item) for item in each]


def _publishes(name: str, job: Job) -> bool:
    return "environment" in job or bool(_PUBLISHES.search(f"{name}\n{_text(job)}"))


def _lines(job: Job) -> list[str]:
    return [line for key in ("before_script", "script") for line in listed(job.get(key))]


def _text(job: Job) -> str:
    return "\n".join(_lines(job))[:20_000]


def _minutes(said: object) -> int:
    found = re.findall(r"(\d{1,6})\s*([a-z]?)", str(said or "").lower())
    return sum(int(number) * _UNIT.get(unit, 0) for number, unit in found)
