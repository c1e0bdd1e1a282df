"""CAC05: `npm ci` in a job that caches `node_modules/`. The first thing that `npm ci` does is to delete that folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.rule import Card, Path, Plan, Settings, Sighting, at, sentence
from improve_loop.rules.ci.shell import Command, commands
from improve_loop.rules.pipeline import Job, Pipeline, Value
from improve_loop.rules.splice import Edit

CARD = Card(
    id="CAC05",
    title="`npm ci` throws away the cached `node_modules/`",
    tier="A",
    why="`npm ci` deletes `node_modules/` before it installs. A cache of that folder is downloaded and unpacked, "
    "deleted, and packed and uploaded again: time spent for nothing. What helps is npm's own download cache.",
    docs="https://docs.gitlab.com/ci/caching/examples/#cache-nodejs-dependencies",
    fix="Caches `.npm/` instead of `node_modules/`, and adds `--cache .npm --prefer-offline` to `npm ci`.",
    risk="low",
    risk_text="The first run after the change starts with a cold cache. The recipe gives up where any job that gets "
    "this cache does not run `npm ci` itself, because it may live on the cached folder.",
    value="medium",
    hours=0.2,
)
NPM_CI = re.compile(r"npm (?:ci|clean-install)(?=\s|$)")
PACKS = re.compile(
    r"\b(?:npm (?:publish|pack)|semantic-release|lerna|vsce|docker|podman|buildah|kaniko|rsync|scp|zip|tar|sls"
    r"|git (?:status|ls-files|add|stash|clean)|electron-builder|serverless|gcloud|eb|cf|vercel|now|netlify|surge|dpl"
    r"|heroku|lftp|ncftp\w*|aws|gsutil|az|sonar-scanner)\b"
)
"""Commands that may take the whole folder along: `.npm/` would travel with it, and no ignore file knows it."""
FLAGS = " --cache .npm --prefer-offline"


@dataclass(frozen=True, kw_only=True)
class Use:
    """A job that caches `node_modules` and what stands in the way of mending it."""

    job: Job
    path: Value  # the cached path, as written
    folder: str
    installs: tuple[Command, ...]
    why_not: str


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Every job that both caches `node_modules` and runs `npm ci`; the written path once for all of them."""
    uses = list(_uses(pipeline))
    found: dict[tuple[str, int], Sighting] = {}
    for use in uses:
        place = (use.path.file.path, at(use.path))
        together = [other for other in uses if (other.path.file.path, at(other.path)) == place]
        names = [other.job.name for other in together if other.installs]
        if names:
            reason = next((other.why_not for other in uses if other.why_not), "")
            message = f"{sentence(names)} cached `{use.path.scalar}`, which `npm ci` deletes first"
            found.setdefault(
                place,
                Sighting(path=place[0], offset=place[1], message=message, jobs=tuple(names), unfixable=reason),
            )
    return list(found.values())


def plans(pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
    """One plan: the cached path and every `npm ci` of the jobs that get this cache."""
    wanted = {(sighting.path, sighting.offset) for sighting in seen}
    uses = [use for use in _uses(pipeline) if (use.path.file.path, at(use.path)) in wanted]
    edits = [_path_edit(use.path) for use in uses]
    edits += [edit for use in uses for install in use.installs for edit in _flag_edits(install.line)]
    names = {use.job.name for use in uses}
    yield Plan(
        edits=tuple(edits),
        document_may_differ=lambda _file, path: (
            any(key in ("cache", "script", "before_script") for key in path) or str(path[0]).startswith(".")
        ),
        job_may_differ=lambda job, path: (job in names or job.startswith(".")) and _may_differ(path),
        explanation=_explain(uses),
    )


def _may_differ(path: Path) -> bool:
    return path[0] in ("script", "before_script") or (path[0] == "cache" and "paths" in path)


def _uses(pipeline: Pipeline) -> Iterator[Use]:
    cached = {name: path for name, job in pipeline.jobs.items() for path in _node_modules(job)}
    for name, path in cached.items():
        job = pipeline.jobs[name]
        installs = tuple(command for command in commands(job) if _is_ci(command))
        yield Use(
            job=job,
            path=path,
            folder=_folder(path),
            installs=installs,
            why_not=_why_not(pipeline, job, path, installs) or _uncached(pipeline, installs, set(cached)),
        )


def _is_ci(command: Command) -> bool:
    return NPM_CI.match(command.text) is not None


def _node_modules(job: Job) -> Iterator[Value]:
    cache = job.get("cache")
    for one in () if cache is None else cache.items if cache.is_list else (cache,):
        paths = one.entries.get("paths")
        for path in paths.items if paths is not None and paths.is_list else ():
            if re.search(r"(?:^|/)node_modules(?:/|/\*\*?/?)?$", path.scalar):
                yield path


def _folder(path: Value) -> str:
    return re.sub(r"^\./", "", re.sub(r"/?node_modules[/*]*$", "", path.scalar)) or "."


def _why_not(pipeline: Pipeline, job: Job, path: Value, installs: Sequence[Command]) -> str:
    """What stands against mending this job; empty where nothing does."""
    if not job.is_known:
        return f"`{job.name}` extends a job that is not in this repository"
    if not installs:
        return f"`{job.name}` gets the same cache and does not run `npm ci`: it may live on the cached `node_modules/`"
    if any(word in path.scalar for word in ("*", "$")):
        return f"the cached path `{path.scalar}` is a pattern"
    if any(install.folder != _folder(path) for install in installs):
        return f"`{job.name}` runs `npm ci` in another folder than `{_folder(path)}`"
    text = job.script("before_script", "script")
    if len(re.findall(r"\bnpm (?:ci|clean-install)\b", text)) != len(installs):
        return f"`{job.name}` runs `npm ci` in a way that is not understood (quoted, in a container, or in a loop)"
    if "--cache" in text or "--prefix" in text or re.search(r"npm_config_|npm config|\.npmrc", text, re.I):
        return f"`{job.name}` already tells npm where its cache or its folder is"
    if re.search(r"\b(?:yarn|pnpm|bower)\b|npm (?:i|install)\b", text):
        return f"`{job.name}` also installs packages by other means, which may profit from the cached folder"
    packs = PACKS.search(text)
    if packs or keeps_everything(job):
        return f"`{job.name}` may take the whole folder along (`{packs[0] if packs else 'artifacts'}`), `.npm/` with it"
    return _config_of(pipeline, job)


def keeps_everything(job: Job) -> bool:
    """Whether the job's artifacts take whatever lies in the folder."""
    artifacts = job.get("artifacts")
    paths = artifacts.plain.get("paths") if artifacts is not None and artifacts.is_map else None
    whole = isinstance(paths, list) and any(str(path).strip("./*") in ("", "$CI_PROJECT_DIR") for path in paths)
    return whole or (artifacts is not None and artifacts.is_map and artifacts.plain.get("untracked") is True)


def _config_of(pipeline: Pipeline, job: Job) -> str:
    names = {"npm_config_cache", "npm_config_prefix", "npm_config_prefer_offline"}
    own = job.keywords.get("variables")
    every = {*pipeline.variables, *(own.entries if own is not None else ())}
    return "npm is configured by variables" if names & {name.lower() for name in every} else ""


def _uncached(pipeline: Pipeline, installs: Sequence[Command], cached: set[str]) -> str:
    """A line shared with a job that has no such cache would leave a `.npm/` folder there that nobody asked for."""
    lines = {(id(install.line.node)) for install in installs}
    for job in pipeline.jobs.values():
        if job.name not in cached and any(id(line.node) in lines for line in job.lines()):
            return f"`{job.name}` runs the same `npm ci` line without this cache"
    return ""


def _path_edit(path: Value) -> Edit:
    raw = path.file.text.content[path.node.start_mark.index : path.node.end_mark.index]
    new = re.sub(r"node_modules(/?)(?:\*\*?/?)?", r".npm\1", raw)
    return Edit(path.file.path, path.node.start_mark.index, path.node.end_mark.index, new)


def _flag_edits(line: Value) -> Iterator[Edit]:
    start, end = line.node.start_mark.index, line.node.end_mark.index
    for found in re.finditer(r"\bnpm (?:ci|clean-install)(?=\s|$|['\"&;])", line.file.text.content[start:end]):
        yield Edit(line.file.path, start + found.end(), start + found.end(), FLAGS)


def _explain(uses: Sequence[Use]) -> Explanation:
    jobs = list(dict.fromkeys(use.job.name for use in uses))
    paths = {f"`{use.path.scalar}` ({use.path.file.path}, line {use.path.line})" for use in uses}
    lines = {f"{c.line.file.path}, line {c.line.line}" for use in uses for c in use.installs}
    return Explanation(
        title=f"Cache npm's downloads instead of node_modules in {', '.join(jobs[:3])}" + (" …" if jobs[3:] else ""),
        what=f"Caches `.npm/` in place of {' and '.join(sorted(paths))}, and adds `{FLAGS.strip()}` to `npm ci` "
        f"({'; '.join(sorted(lines))}).",
        why_here=f"{sentence(jobs)} unpack{'s' if len(jobs) == 1 else ''} a cached `node_modules/`, and `npm ci` then "
        "deletes it before it installs everything anew from the network; at the end the folder is packed and uploaded "
        "again. With npm's own cache, `npm ci` takes the packages from there.",
        could_go_wrong="The next run of these jobs finds no `.npm/` in the cache yet and is as slow as today. Every "
        "job that gets this cache runs `npm ci` itself, so none of them counts on the cached folder. Tools that look "
        "at every file of the checkout will see a `.npm/` folder.",
        how_to_revert="Revert this commit; the old cache is filled again by the next run.",
    )
