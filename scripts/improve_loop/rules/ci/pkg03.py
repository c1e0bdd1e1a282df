"""PKG03: `npm install` in a pipeline although there is a lock file that `npm ci` would hold it to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.npmlock import lock_version, out_of_step
from improve_loop.rules.ci.rule import Card, Plan, Settings, Sighting, at, sentence
from improve_loop.rules.ci.shell import Command, commands
from improve_loop.rules.pipeline import Job, Pipeline, Value
from improve_loop.rules.splice import Edit

CARD = Card(
    id="PKG03",
    title="`npm install` where `npm ci` is meant",
    tier="B",
    why="`npm install` may resolve other versions than the lock file names and rewrite it on the runner; `npm ci` "
    "installs exactly what is locked, fails when the lock file is out of step, and is faster.",
    docs="https://docs.npmjs.com/cli/commands/npm-ci",
    fix="Writes `npm ci` for `npm install` without package names, where package.json and the lock file agree.",
    risk="low",
    risk_text="From now on a change of package.json without its lock file turns the pipeline red, which is the point.",
    value="medium",
    hours=0.1,
)
INSTALL = re.compile(r"npm (?:install|i)(?P<flags>(?: +-{1,2}[\w:=./-]+)*) *(?:[#>].*)?$")
WRITTEN = re.compile(r"\bnpm (?:install|i)\b(?=(?: +-{1,2}[\w:=./-]+)*[ \t]*(?:$|[;&|)#\"'\n>\]},]))", re.MULTILINE)
FLAGS = re.compile(
    r"--(?:no-audit|no-fund|no-progress|no-optional|quiet|silent|verbose|ignore-scripts|legacy-peer-deps|prefer-offline"
    r"|unsafe-perm|progress=false|audit=false|fund=false|loglevel=\w+|cache=[\w./-]+|include=dev)|-[qsd]"
)
CHANGES = re.compile(
    r"git (?:commit|push|add)|npm (?:update|version|audit fix|shrinkwrap|dedupe|link)|npx npm-check|\bncu\b"
)
NAMED = {"argon": 4, "boron": 6, "carbon": 8, "dubnium": 10, "erbium": 12, "fermium": 14}
EARLY_10 = re.compile(r"node:10\.[012](?:\D|$)")  # npm 5.6, which does not know `ci`
NODE = re.compile(r"(?:.*/)?node:?(?:(?P<major>\d+)(?:[.-].*)?|[a-z][\w.-]*)?")
TOO_OLD = "which npm the image has is not known, or it is too old for `npm ci` with this lock file"
FIRST_WITH_CI, FIRST_WITH_NPM_7 = 10, 15


@dataclass(frozen=True, kw_only=True)
class Use:
    """One `npm install` of a job, by the script line that holds it."""

    job: Job
    line: Value
    why_not: str


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Each written line with an `npm install` that names no package, where its folder has a lock file."""
    uses = list(_uses(pipeline))
    found: dict[tuple[str, int], Sighting] = {}
    for use in uses:
        together = [other for other in uses if other.line.node is use.line.node]
        where = (use.line.file.path, at(use.line))
        jobs = tuple(dict.fromkeys(other.job.name for other in together))
        reason = next((other.why_not for other in together if other.why_not), "")
        message = f"`npm install` in {sentence(jobs)} does not hold to the lock file"
        found.setdefault(where, Sighting(path=where[0], offset=where[1], message=message, jobs=jobs, unfixable=reason))
    return list(found.values())


def plans(pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
    """Every line that was seen."""
    wanted = {(sighting.path, sighting.offset) for sighting in seen}
    uses = [use for use in _uses(pipeline) if (use.line.file.path, at(use.line)) in wanted]
    yield Plan(
        edits=tuple(edit for use in uses for edit in _edits(use.line)),
        document_may_differ=lambda _file, path: (
            bool({"script", "before_script"} & {*map(str, path)}) or str(path[0]).startswith(".")
        ),
        job_may_differ=lambda _job, path: path[0] in ("script", "before_script"),
        explanation=_explain(uses),
    )


def _uses(pipeline: Pipeline) -> Iterator[Use]:
    locks = {path for path in pipeline.tree.paths() if path.rpartition("/")[2] == "package-lock.json"}
    elsewhere = {job.script() for job in pipeline.jobs.values() if locks and not _npm_can(job, 1)}
    for job in pipeline.jobs.values() if locks else ():
        for command in commands(job):
            if INSTALL.fullmatch(command.text) and (command.folder is None or _lock(command) in locks):
                yield Use(job=job, line=command.line, why_not=_why_not(pipeline, job, command, elsewhere))


def _lock(command: Command) -> str:
    return "package-lock.json" if command.folder == "." else f"{command.folder}/package-lock.json"


def _why_not(pipeline: Pipeline, job: Job, command: Command, elsewhere: Set[str]) -> str:
    """`elsewhere`: the scripts of jobs whose npm may not know `ci`."""
    flags = INSTALL.fullmatch(command.text)
    if command.folder is None:
        return "the folder in which it runs is not known"
    if flags is None or not all(FLAGS.fullmatch(flag) for flag in flags["flags"].split()):
        return f"`{command.text}` has flags that `npm ci` may not take"
    if re.search(r"\bpackage(?:-lock)?\.json", job.script()):
        return f"`{job.name}` does something with package.json or the lock file itself"
    if re.search(r"npm (?:ci|clean-install)\b", command.line.scalar):
        return "the same line already tries `npm ci`"
    if CHANGES.search(job.script()) or re.search(r"\b(?:yarn|pnpm)\b", job.script()):
        return f"`{job.name}` changes packages or the lock file by other means"
    if "node_modules" in str(job.plain("cache")):
        return f"`{job.name}` caches node_modules, which `npm ci` would delete"
    if not _npm_can(job, lock_version(pipeline.tree, command.folder)):
        return TOO_OLD
    if job.script() in elsewhere:
        return "another job runs the same script with another npm, which may not know `npm ci`"
    if len(WRITTEN.findall(command.line.scalar)) != 1:
        return "the line holds more than one `npm install`"
    return out_of_step(pipeline.tree, command.folder)


def _npm_can(job: Job, lock: int) -> bool:
    """Whether the image is a Node.js image with an npm that knows `ci` and this version of the lock file."""
    image = job.get("image")
    name = image.entries.get("name") if image is not None and image.is_map else image
    found = NODE.fullmatch(name.scalar) if name is not None else None
    oldest = FIRST_WITH_NPM_7 if lock >= 3 else FIRST_WITH_CI
    if name is None or found is None:
        return False
    named = next((major for word, major in NAMED.items() if word in name.scalar), oldest)
    return int(found["major"] or named) >= oldest and not EARLY_10.search(name.scalar)


def _edits(line: Value) -> Iterator[Edit]:
    start, end = line.node.start_mark.index, line.node.end_mark.index
    for found in WRITTEN.finditer(line.file.text.content[start:end]):
        yield Edit(line.file.path, start + found.start(), start + found.end(), "npm ci")


def _explain(uses: Sequence[Use]) -> Explanation:
    places = list(dict.fromkeys(f"{use.line.file.path}, line {use.line.line}" for use in uses))
    jobs = list(dict.fromkeys(use.job.name for use in uses))
    return Explanation(
        title=f"Install with npm ci in {', '.join(jobs[:3])}" + (" …" if jobs[3:] else ""),
        what=f"Writes `npm ci` for `npm install` ({'; '.join(places)}).",
        why_here=f"{sentence(jobs)} install{'s' if len(jobs) == 1 else ''} with `npm install`, which may take newer "
        "versions than package-lock.json names and change that file on the runner, unseen. `npm ci` installs what is "
        "locked, byte for byte, and starts from an empty node_modules.",
        could_go_wrong="package.json and package-lock.json were compared and agree today. Whoever changes only one of "
        "them from now on gets a red pipeline with a clear message.",
        how_to_revert="Revert this commit.",
    )
