"""Reported about caches, artifacts and the checkout: CAC03, CAC04, ART02, ART03, GIT01, GIT02."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from improve_loop.rules.ci.reported import Reported, see
from improve_loop.rules.ci.rule import Card, Settings, Sighting, sentence
from improve_loop.rules.pipeline import Job, Pipeline, Value

HISTORY = re.compile(
    r"git (?:log|describe|diff|blame|rev-list|shortlog|merge-base|show|tag)|sonar|gitleaks|gitversion|release|changelog"
    r"|setuptools_scm|versioneer|commitlint|danger|gren|lerna|nx affected|trufflehog",
    re.IGNORECASE,
)
REMOTE = re.compile(r"\s*(?:echo|curl|ssh|kubectl|helm|docker pull)\s")


def _caches(job: Job) -> Iterator[Value]:
    cache = job.get("cache")
    yield from (one for one in (cache.items if cache.is_list else (cache,)) if one.is_map) if cache is not None else ()


def _outside(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    for job in pipeline.jobs.values():
        for cache in _caches(job):
            paths = cache.entries.get("paths")
            for path in paths.items if paths is not None else ():
                if re.match(r"/|~|\$\{?HOME\b|\.\.(?:/|$)", path.scalar) and not path.scalar.startswith("/builds"):
                    yield see(
                        path, f"the cached path `{path.scalar}` is outside the project and caches nothing", job.name
                    )


def _all_push(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    users: dict[str, list[tuple[Job, Value]]] = {}
    for job in pipeline.jobs.values():
        for cache in _caches(job):
            if cache.entries.get("paths") is not None and "policy" not in cache.entries:
                key = json.dumps([cache.plain.get("key"), cache.plain.get("paths")], default=str, sort_keys=True)
                users.setdefault(key, []).append((job, cache))
    for group in users.values():
        if len(group) > 3:
            names = [job.name for job, _ in group]
            yield see(group[0][1], f"{len(group)} jobs each upload the same cache: {sentence(names)}", *names)


def _untracked(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    for job in pipeline.jobs.values():
        artifacts = job.get("artifacts")
        if artifacts is not None and artifacts.is_map and artifacts.plain.get("untracked") is True:
            yield see(artifacts.entries["untracked"], f"`{job.name}` uploads every untracked file", job.name)


def _unused_downloads(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    order = {stage: index for index, stage in enumerate(pipeline.stages)}
    every = ((order.get(job.stage, 0), job.name, _artifact_words(job)) for job in pipeline.jobs.values())
    makers = [maker for maker in every if maker[2]]
    for job in pipeline.jobs.values() if makers else ():
        if job.is_trigger or job.get("needs") is not None or job.get("dependencies") is not None:
            continue
        if not all(REMOTE.match(line.scalar) and "\n" not in line.scalar for line in job.lines("script")):
            continue
        earlier = [(name, words) for stage, name, words in makers if stage < order.get(job.stage, 0)]
        text = job.script() + json.dumps([job.plain("artifacts"), job.plain("environment")], default=str)
        if earlier and not any(word in text for _, words in earlier for word in words):
            names = sentence([name for name, _ in earlier])
            yield see(job.own, f"`{job.name}` downloads the artifacts of {names} and names none of them", job.name)


def _artifact_words(job: Job) -> set[str]:
    artifacts = job.plain("artifacts")
    paths = artifacts.get("paths") if isinstance(artifacts, dict) else None
    return {re.split(r"[/*]", str(path).removeprefix("./"))[0] for path in paths or ()} - {""}


def _full_clone(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    for job in pipeline.jobs.values():
        depth = job.variable("GIT_DEPTH")
        if depth is not None and depth.scalar == "0" and not HISTORY.search(job.script()) and job.is_known:
            yield see(depth, f"`{job.name}` clones the whole history and its commands do not ask for it", job.name)


def _needless_checkout(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    for job in pipeline.jobs.values():
        lines = [line.scalar.strip() for line in job.lines("before_script", "script")]
        if not any("curl" in line for line in lines):
            continue
        remote = lines and all(re.match(r"(?:curl|echo|sleep)\s", line) and "\n" not in line for line in lines)
        reads = re.search(r"@[\w./-]|<|\$\(cat|-T |--upload-file|\./", job.script())
        if remote and not reads and job.variable("GIT_STRATEGY") is None:
            yield see(job.own, f"`{job.name}` only talks to other systems and still clones the repository", job.name)


def _card(id_: str, title: str, why: str, docs: str, fix: str, risk: str) -> Card:
    return Card(
        id=id_,
        title=title,
        tier="B",
        why=why,
        docs=f"https://docs.gitlab.com/ci/{docs}",
        fix=fix,
        risk="medium",
        risk_text=risk,
        value="low",
        hours=0.5,
    )


RULES = (
    Reported(
        _card(
            "CAC03",
            "A cached path outside the project",
            "The runner can only cache what lies in the project's folder; other paths are skipped with a warning.",
            "yaml/#cachepaths",
            "Move the tool's cache into the project with its variable (PIP_CACHE_DIR, GOMODCACHE, npm_config_cache …).",
            "None; today nothing is cached.",
        ),
        _outside,
    ),
    Reported(
        _card(
            "CAC04",
            "Every job uploads the same cache",
            "By default each job packs and uploads the cache at its end, whether it changed or not.",
            "yaml/#cachepolicy",
            "Set `policy: pull` in all but the job that installs first.",
            "A job whose installation differs would no longer save what it fetched.",
        ),
        _all_push,
    ),
    Reported(
        _card(
            "ART02",
            "All untracked files as artifacts",
            "`untracked: true` uploads whatever a job leaves behind, installed packages and secrets in files too.",
            "yaml/#artifactsuntracked",
            "Name the paths that later jobs need.",
            "A later job may use a file that nobody thought of.",
        ),
        _untracked,
    ),
    Reported(
        _card(
            "ART03",
            "Artifacts downloaded and not used",
            "A job fetches the artifacts of all earlier stages unless it says which it wants.",
            "yaml/#dependencies",
            "Set `dependencies: []`.",
            "A script may use the files in a way that cannot be seen here.",
        ),
        _unused_downloads,
    ),
    Reported(
        _card(
            "GIT01",
            "The whole history is cloned",
            "`GIT_DEPTH: 0` fetches every commit; the default of 20 is enough for most jobs.",
            "runners/configure_runners/#shallow-cloning",
            "Drop the variable.",
            "A tool may read the history without being asked on its command line.",
        ),
        _full_clone,
    ),
    Reported(
        _card(
            "GIT02",
            "A checkout that no command reads",
            "Cloning takes time, and this job only calls other systems.",
            "runners/configure_runners/#git-strategy",
            "Set `GIT_STRATEGY: none`.",
            "A file of the repository may be used in a way that cannot be seen here.",
        ),
        _needless_checkout,
    ),
)
