"""CAC02: installed packages cached under a key that knows nothing of the lock file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.insert import add_pair
from improve_loop.rules.ci.rule import Card, Plan, Settings, Sighting, sentence
from improve_loop.rules.pipeline import Job, Pipeline, Value, place
from improve_loop.rules.splice import CannotSplice, Edit

CARD = Card(
    id="CAC02",
    title="Cache key without the lock file",
    tier="A",
    why="A cache of installed packages under one key for ever (or one for each branch) keeps packages that the lock "
    "file dropped, and starts empty on every new branch. With `key:files` it changes exactly when the lock file does.",
    docs="https://docs.gitlab.com/ci/yaml/#cachekeyfiles",
    fix="Sets `key:files` to the lock file that belongs to the cached folder.",
    risk="low",
    risk_text="The first run after the change, and after each change of the lock file, starts with a cold cache.",
    value="medium",
    hours=0.1,
)
FOLDERS = {
    "node_modules": ("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "npm-shrinkwrap.json"),
    "vendor/ruby": ("Gemfile.lock",),
    "vendor/bundle": ("Gemfile.lock",),
    "vendor": ("composer.lock", "Gemfile.lock"),
    ".venv": ("poetry.lock", "Pipfile.lock", "uv.lock"),
    "venv": ("poetry.lock", "Pipfile.lock", "uv.lock"),
}
OTHER_TOOLS = {  # lock file -> an installation that does not follow it
    "package-lock.json": re.compile(r"\b(?:yarn|pnpm)(?: install| i)?(?:\s*$| -)", re.MULTILINE),
    "yarn.lock": re.compile(r"\b(?:npm (?:i|install)|pnpm (?:i|install))\b(?![^\n]* (?:-g|--global)\b)"),
    "pnpm-lock.yaml": re.compile(
        r"\bnpm (?:i|install)\b(?![^\n]* (?:-g|--global)\b)|\byarn(?: install)?\s*$", re.MULTILINE
    ),
}
PER_BRANCH = re.compile(r"\$\{?CI_(?:COMMIT|BUILD)_REF(?:_SLUG|_NAME)?\}?")
CONSTANT = re.compile(r"[\w./ -]+")


@dataclass(frozen=True, kw_only=True)
class Use:
    """One cache of one job."""

    job: Job
    cache: Value
    key: str  # as written; empty where there is none
    lock: str  # empty where no single lock file belongs to it
    why_not: str


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Each written cache of installed packages whose key is missing, fixed, or the branch."""
    uses = list(_uses(pipeline))
    found: dict[tuple[str, int], Sighting] = {}
    for use in uses:
        if not use.lock or not _is_plain_key(use.key):
            continue
        where = (use.cache.file.path, use.cache.node.start_mark.index)
        jobs = [other.job.name for other in uses if other.cache.node is use.cache.node]
        key = f"the key `{use.key}`" if use.key else "no key"
        message = f"packages of `{use.lock}` are cached with {key} in {sentence(jobs)}"
        reason = _why_not(uses, use)
        found.setdefault(
            where, Sighting(path=where[0], offset=where[1], message=message, jobs=tuple(jobs), unfixable=reason)
        )
    return list(found.values())


def plans(pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
    """Every cache that was seen."""
    wanted = {(sighting.path, sighting.offset) for sighting in seen}
    uses = [use for use in _uses(pipeline) if (use.cache.file.path, use.cache.node.start_mark.index) in wanted]
    try:
        edits = tuple(_edit(use) for use in uses)
    except CannotSplice:
        return
    yield Plan(
        edits=edits,
        document_may_differ=lambda _file, path: path[-1] == "key" or path[-2:-1] == ("key",),
        job_may_differ=lambda _job, path: path[0] == "cache" and "key" in path,
        explanation=_explain(uses),
    )


def _uses(pipeline: Pipeline) -> Iterator[Use]:
    paths = frozenset(pipeline.tree.paths())
    for job in pipeline.jobs.values():
        cache = job.get("cache")
        for one in () if cache is None else cache.items if cache.is_list else (cache,):
            if one.is_map and "paths" in one.entries:
                key = one.entries.get("key")
                written = "" if key is None else key.scalar if key.is_scalar else "(a mapping)"
                lock = _lock(one, paths)
                yield Use(job=job, cache=one, key=written, lock=lock, why_not=_trouble(job, one, key, lock))


def _lock(cache: Value, paths: frozenset[str]) -> str:
    """The one lock file of everything that is cached; empty where there is none or more than one."""
    locks = {_lock_of(path.scalar, paths) for path in cache.entries["paths"].items}
    return locks.pop() if len(locks) == 1 else ""


def _lock_of(path: str, paths: frozenset[str]) -> str:
    clean = re.sub(r"(?:/\*\*?)?/?$", "", path.removeprefix("./"))
    for folder, names in FOLDERS.items():
        if clean == folder or clean.endswith("/" + folder):
            base = clean[: -len(folder)]
            here = [base + name for name in names if base + name in paths]
            return here[0] if len(here) == 1 else ""
    return ""


def _is_plain_key(key: str) -> bool:
    return not key or PER_BRANCH.fullmatch(key) is not None or CONSTANT.fullmatch(key) is not None


def _trouble(job: Job, cache: Value, key: Value | None, lock: str) -> str:
    other = OTHER_TOOLS.get(lock.rpartition("/")[2])
    if other is not None and other.search(job.script()):
        return f"`{job.name}` installs with a tool that does not follow {lock}"
    if "untracked" in cache.entries:
        return "the cache also takes untracked files"
    if "prefix" in cache.entries or (key is not None and not key.is_scalar):
        return "the key is made of parts"
    if re.search(r"\bnpm (?:ci|clean-install)\b", job.script()) and "node_modules" in str(cache.entries["paths"].plain):
        return "`npm ci` deletes the cached folder (CAC05)"
    if re.search(r"git (?:commit|push)|(?:npm|yarn) (?:update|upgrade|add)|composer (?:update|require)", job.script()):
        return f"`{job.name}` changes the lock file itself"
    return ""


def _why_not(uses: Sequence[Use], use: Use) -> str:
    """Caches that share a key today may count on each other, so they change together or not at all."""
    together = [other for other in uses if other.key == use.key]
    for other in together:
        if other.why_not:
            return other.why_not
        if not other.lock:
            return f"`{other.job.name}` shares the key and caches something else under it"
    return ""


def _edit(use: Use) -> Edit:
    key = use.cache.entries.get("key")
    if key is None:
        return add_pair(use.cache, ["key:", "  files:", f"    - {use.lock}"])
    if key.key is None or not place.is_block(use.cache.node) or place.is_alias(key.key.end_mark.index, key.node):
        raise CannotSplice("the cache is not written as a block")
    text = key.file.text
    step = " " * key.file.step
    pad = text.newline + " " * text.column(key.key.start_mark.index) + step
    colon = text.content.index(":", key.key.end_mark.index) + 1
    end = place.end(text, key.key.end_mark.index, key.node)
    return Edit(text.path, colon, end, f"{pad}files:{pad}{step}- {use.lock}")


def _explain(uses: Sequence[Use]) -> Explanation:
    locks = sorted({use.lock for use in uses})
    jobs = list(dict.fromkeys(use.job.name for use in uses))
    places = sorted({f"{use.cache.file.path}, line {use.cache.line}" for use in uses})
    old = sorted({f"`{use.key}`" if use.key else "no key at all" for use in uses})
    per_branch = any(PER_BRANCH.fullmatch(use.key) for use in uses if use.key)
    return Explanation(
        title=f"Key the package cache by {', '.join(locks)}",
        what=f"Sets `cache:key:files` to {sentence(locks)} ({'; '.join(places)}) in place of {' and '.join(old)}.",
        why_here=f"{sentence(jobs)} {'uses' if len(jobs) == 1 else 'use'} a cache of installed packages. "
        + (
            "Its key is the branch, so every new branch installs everything from the network once, although the "
            "packages are the same."
            if per_branch
            else "Its key never changes, so packages of all branches and of all times pile up in one folder."
        )
        + " With the lock file as key, branches with equal dependencies share a cache and a change of the lock file "
        "starts a fresh one.",
        could_go_wrong="The first run after this change is as slow as a run without a cache, and so is the first run "
        "after each change of the lock file.",
        how_to_revert="Revert this commit; the old cache is used again as long as the runner still has it.",
    )
