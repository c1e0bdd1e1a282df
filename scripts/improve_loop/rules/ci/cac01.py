"""CAC01: packages installed from the network in every run although a lock file says which."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.bases import hoisted
from improve_loop.rules.ci.cac05 import PACKS, keeps_everything
from improve_loop.rules.ci.insert import add_pair
from improve_loop.rules.ci.rule import Card, Plan, Settings, Sighting, at, count, sentence
from improve_loop.rules.ci.shell import Command, commands
from improve_loop.rules.nodes.compose import pairs
from improve_loop.rules.pipeline import Job, Pipeline, Value, place
from improve_loop.rules.splice import CannotSplice, Edit

CARD = Card(
    id="CAC01",
    title="Packages installed without a cache",
    tier="B",
    why="The same packages come over the network in every run. A cache keyed by the lock file keeps them near.",
    docs="https://docs.gitlab.com/ci/caching/examples/",
    fix="Adds a `cache` with `key:files` and, where the tool needs it, the variable or flag that moves its downloads "
    "into the project: npm, pip, Composer.",
    risk="low",
    risk_text="Without a shared cache behind the runner the job gains nothing and packs a folder for nothing.",
    value="medium",
    hours=0.3,
)


@dataclass(frozen=True, kw_only=True)
class Tool:
    """How a package manager is called, told by which lock file, and what of it is cached."""

    name: str
    call: re.Pattern[str]
    lock: str
    paths: tuple[str, ...]
    variable: tuple[str, str] | None = None
    flag: str = ""


TOOLS = (
    Tool(
        name="npm",
        call=re.compile(r"npm (?:ci|clean-install)(?P<flags>(?: +--?[\w=-]+)*)$"),
        lock="package-lock.json",
        paths=(".npm/",),
        flag=" --cache .npm --prefer-offline",
    ),
    Tool(
        name="pip",
        call=re.compile(
            r"(?:python3? -m )?pip3? install (?:(?:-U|--upgrade|-q|--quiet|--user) )*-r ?requirements\.txt$"
        ),
        lock="requirements.txt",
        paths=(".cache/pip/",),
        variable=("PIP_CACHE_DIR", '"$CI_PROJECT_DIR/.cache/pip"'),
    ),
    Tool(
        name="Composer",
        call=re.compile(r"composer install(?: +--?[\w=-]+)*$"),
        lock="composer.lock",
        paths=(".composer-cache/",),
        variable=("COMPOSER_CACHE_DIR", '"$CI_PROJECT_DIR/.composer-cache"'),
    ),
)
HEADER = ("variables", "services", "image", "stage", "type", "extends", "tags")
MAX_PLACES = 2  # three equal blocks in one file are uglier than what they save


@dataclass(frozen=True, kw_only=True)
class Use:
    """A job that installs without a cache."""

    job: Job
    tool: Tool
    command: Command
    why_not: str


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Each job without any cache that installs with one tool whose lock file is in the repository."""
    uses = list(_uses(pipeline))
    return [
        Sighting(
            path=use.job.path,
            offset=at(use.job.own),
            message=f"`{use.job.name}` installs with {use.tool.name} and has no cache",
            jobs=(use.job.name,),
            unfixable=use.why_not,
        )
        for use in uses
    ]


def plans(pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
    """The block in each job, or in the hidden job that only such jobs are made from."""
    names = {name for sighting in seen for name in sighting.jobs}
    uses = {use.job.name: use for use in _uses(pipeline) if use.job.name in names}
    try:
        edits = tuple(edit for tool in TOOLS for edit in _edits(pipeline, tool, uses))
    except CannotSplice:
        return
    yield Plan(
        edits=edits,
        document_may_differ=lambda _file, path: bool(
            {"cache", "variables", "script", "before_script"} & {*map(str, path)}
        ),
        job_may_differ=lambda job, path: (job in names or job.startswith(".")) and _may_differ(path),
        explanation=_explain(list(uses.values())),
    )


def _may_differ(path: tuple[object, ...]) -> bool:
    names = [tool.variable[0] for tool in TOOLS if tool.variable]
    return path[0] in ("cache", "script", "before_script") or (path[0] == "variables" and path[-1] in names)


def _uses(pipeline: Pipeline) -> Iterator[Use]:
    files = frozenset(pipeline.tree.paths())
    tools = [tool for tool in TOOLS if tool.lock in files]
    for job in pipeline.jobs.values() if tools else ():
        if job.get("cache") is not None or "cache" in job.keywords:
            continue
        found = [(tool, command) for command in commands(job) for tool in tools if tool.call.match(command.text)]
        if len(found) == 1:
            tool, command = found[0]
            yield Use(job=job, tool=tool, command=command, why_not=_why_not(pipeline, job, command))


def _why_not(pipeline: Pipeline, job: Job, command: Command) -> str:
    text = job.script()
    if command.folder != ".":
        return "it does not run in the project's root"
    if not job.is_known or pipeline.elsewhere:
        return "a file from elsewhere may set a cache"
    shared = [(name, value.plain) for name, value in pipeline.variables.items()]
    if re.search(r"cache|COMPOSER_HOME", f"{text} {job.plain('variables')} {shared}", re.I):
        return f"`{job.name}` already does something about a cache"
    packs = PACKS.search(text)
    if packs or keeps_everything(job) or re.search(r"packag|dist|bundle|image|docker|snap", job.name, re.I):
        return f"`{job.name}` may take the whole folder along (`{packs[0] if packs else job.name}`)"
    if job.plain("when") == "manual" or re.search(r"deploy|release|publish", f"{job.name} {job.stage}", re.I):
        return f"`{job.name}` does not run often"
    if job.get("image") is None:
        return f"`{job.name}` names no image: on a runner without containers the tool's own cache stays anyway"
    return ""


def _edits(pipeline: Pipeline, tool: Tool, uses: dict[str, Use]) -> Iterator[Edit]:
    mine = {name for name, use in uses.items() if use.tool is tool}
    places = hoisted(pipeline, mine) if mine else {}
    if len(places) > MAX_PLACES:
        raise CannotSplice("too many places")
    if len(places) > 1 and mine == {*pipeline.jobs}:
        raise CannotSplice("every job would get the same block; it belongs under `default`")
    for name, jobs in places.items():
        own = pipeline.all_jobs[name].own
        if tool.variable is not None and name not in jobs:
            _nobody_overrides(pipeline, name, jobs)
        lines = [
            "cache:",
            "  key:",
            "    files:",
            f"      - {tool.lock}",
            "  paths:",
            *(f"    - {p}" for p in tool.paths),
        ]
        if tool.variable is not None:
            yield from _variable(own, lines, tool.variable)
        yield add_pair(own, lines, after=_header(own))
    for use in (uses[name] for name in mine) if tool.flag else ():
        yield from _flags(use, tool)


def _variable(own: Value, lines: list[str], variable: tuple[str, str]) -> Iterator[Edit]:
    """The variable joins those that the job has, behind the last, or goes above the cache."""
    has = next((value for key, value in pairs(own.node) if key.value == "variables"), None)
    if has is None:
        lines[:0] = ["variables:", f"  {variable[0]}: {variable[1]}"]
        return
    if not isinstance(has, yaml.MappingNode) or place.is_alias(_key_end(own), has):
        raise CannotSplice("the variables of the job are written elsewhere")
    names = [key.value for key, _ in pairs(has)]
    yield add_pair(own.entries["variables"], [f"{variable[0]}: {variable[1]}"], after=names[-1:])


def _nobody_overrides(pipeline: Pipeline, base: str, jobs: set[str]) -> None:
    """Variables of its own, below a `<<`, would take the shared ones away from a job."""
    shared = pipeline.all_jobs[base].keywords.get("variables")
    for job in jobs:
        has = pipeline.all_jobs[job].keywords.get("variables")
        if has is not None and (shared is None or has.node is not shared.node):
            raise CannotSplice(f"`{job}` has variables of its own in place of shared ones")


def _header(own: Value) -> list[str]:
    """The keys that say what the job is and stand above its script, the lowest first."""
    names = [key.value for key, _ in pairs(own.node)]
    script = min((names.index(name) for name in ("before_script", "script") if name in names), default=len(names))
    return [name for name in reversed(names[:script]) if name in HEADER]


def _key_end(own: Value) -> int:
    key = own.entries["variables"].key
    return key.end_mark.index if key is not None else 0


def _flags(use: Use, tool: Tool) -> Iterator[Edit]:
    line = use.command.line
    start, end = line.node.start_mark.index, line.node.end_mark.index
    found = list(re.finditer(r"\bnpm (?:ci|clean-install)\b", line.file.text.content[start:end]))
    if len(found) != 1:
        raise CannotSplice("the install command stands more than once in its line")
    yield Edit(line.file.path, start + found[0].end(), start + found[0].end(), tool.flag)


def _explain(uses: Sequence[Use]) -> Explanation:
    jobs = [use.job.name for use in uses]
    tools = list(dict.fromkeys(use.tool.name for use in uses))
    locks = list(dict.fromkeys(use.tool.lock for use in uses))
    paths = [path for use in uses for path in use.tool.paths]
    return Explanation(
        title=f"Cache {' and '.join(tools)} downloads in {', '.join(jobs[:3])}" + (" …" if jobs[3:] else ""),
        what=f"Adds a cache of {sentence(paths)}, keyed by {sentence(locks)}, to {count(len(jobs), 'job')}: "
        f"{sentence(jobs)}.",
        why_here=f"{sentence(jobs)} fetch{'es' if len(jobs) == 1 else ''} every package over the network in every run, "
        f"though {sentence(locks)} changes seldom. Only downloads are cached, never an installed environment, so a "
        "stale cache cannot change what is installed.",
        could_go_wrong="The gain needs runners that keep a cache (a shared one, or always the same machine). Without, "
        "the job packs and unpacks the folder for nothing: compare two runs.",
        how_to_revert="Revert this commit.",
    )
