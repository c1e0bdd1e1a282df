"""ART01: artifacts without a date on which they may go."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.insert import add_pair
from improve_loop.rules.ci.rule import Card, Plan, Settings, Sighting, at, sentence
from improve_loop.rules.pipeline import Job, Pipeline, Value, place
from improve_loop.rules.splice import CannotSplice

CARD = Card(
    id="ART01",
    title="Artifacts without `expire_in`",
    tier="B",
    why="Without `expire_in` the instance's default holds (30 days, or for ever where an administrator says so), and "
    "storage fills with files that nobody fetches.",
    docs="https://docs.gitlab.com/ci/yaml/#artifactsexpire_in",
    fix="Adds `expire_in: 1 week` (or `artifacts_expire_in` of the configuration). Only where the configuration asks "
    "for it (`rules_on: [ART01]`).",
    risk="medium",
    risk_text="After a week the files are gone, which no revert brings back. Those of the latest pipeline stay.",
    value="low",
    hours=0.1,
    reversibility="hard",
    on=False,
)
RESULT = re.compile(
    r"release|\.(?:jar|apk|aab|ipa|exe|msi|dmg|deb|rpm|pdf|whl|zip|tgz|tar|img|iso|bin|hex|click|snap)\b|outputs?/|report"
    r"|result|bench",
    re.IGNORECASE,
)
KEEPS = re.compile(r"releas|publish|packag|jar|deploy|deliver|dist|pages|installer|tag|nightly|prod", re.IGNORECASE)


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Each written `artifacts` with paths and without a date."""
    return [
        Sighting(
            path=artifacts.file.path,
            offset=at(artifacts),
            message=f"artifacts of {sentence(jobs)} have no `expire_in`",
            jobs=tuple(jobs),
            unfixable=_why_not(pipeline, jobs, artifacts),
        )
        for artifacts, jobs in _all(pipeline)
    ]


def plans(pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
    """Every place."""
    wanted = {(sighting.path, sighting.offset) for sighting in seen}
    age = str(settings.options.get("artifacts_expire_in", "1 week"))
    if not re.fullmatch(r"\d+ (?:hour|day|week|month|year)s?", age):
        return
    found = [(artifacts, jobs) for artifacts, jobs in _all(pipeline) if (artifacts.file.path, at(artifacts)) in wanted]
    try:
        edits = tuple(add_pair(artifacts, [f"expire_in: {age}"], after=("paths",)) for artifacts, _ in found)
    except CannotSplice:
        return
    yield Plan(
        edits=edits,
        document_may_differ=lambda _file, path: path[-1] == "expire_in",
        job_may_differ=lambda _job, path: path == ("artifacts", "expire_in"),
        explanation=_explain([(artifacts, jobs) for artifacts, jobs in found], age),
    )


def _all(pipeline: Pipeline) -> list[tuple[Value, list[str]]]:
    found: dict[int, tuple[Value, list[str]]] = {}
    for job in pipeline.jobs.values():
        artifacts = job.get("artifacts")
        if artifacts is not None and "paths" in artifacts.entries and "expire_in" not in artifacts.entries:
            found.setdefault(id(artifacts.node), (artifacts, []))[1].append(job.name)
    return list(found.values())


def _why_not(pipeline: Pipeline, names: Sequence[str], artifacts: Value) -> str:
    if "name" in artifacts.entries or "$" in str(artifacts.plain["paths"]):
        return "they have a name or a path of their own making, so somebody may look for them"
    for job in (pipeline.jobs[name] for name in names):
        if (
            "environment" in job.keywords
            or KEEPS.search(f"{job.name} {job.stage}")
            or "release" in job.keywords
            or "pages" in job.keywords
        ):
            return f"`{job.name}` looks like one whose files somebody keeps"
        if RESULT.search(str(artifacts.plain["paths"])):
            return f"the files of `{job.name}` look like a result that somebody downloads"
        if not _is_used_later(pipeline, job):
            return f"nothing runs after `{job.name}`: its files are its result"
        if _is_for_tags(job):
            return f"`{job.name}` runs for tags, whose files somebody keeps"
    if not place.is_block(artifacts.node):
        return "the artifacts are written in braces"
    return ""


def _is_used_later(pipeline: Pipeline, job: Job) -> bool:
    order = {stage: index for index, stage in enumerate(pipeline.stages)}
    mine = order.get(job.stage, 0)
    return any(order.get(other.stage, 0) > mine for other in pipeline.jobs.values())


def _is_for_tags(job: Job) -> bool:
    return "tag" in f"{job.plain('only')} {job.plain('rules')}".lower()


def _explain(found: Sequence[tuple[Value, list[str]]], age: str) -> Explanation:
    names = [name for _, jobs in found for name in jobs]
    places = [f"{artifacts.file.path}, line {artifacts.line}" for artifacts, _ in found]
    return Explanation(
        title=f"Let artifacts expire after {age}",
        what=f"Adds `expire_in: {age}` to the artifacts of {sentence(names)} ({'; '.join(places[:10])}).",
        why_here="These jobs hand files to later jobs or show them for a while; none of them looks like a release. "
        "Without a date they stay as long as the instance says.",
        could_go_wrong=f"Files of old pipelines are deleted {age} after they were made, and no revert brings them "
        "back. Those of the latest successful pipeline of each branch stay. If somebody downloads them later "
        "than that, say no to this one.",
        how_to_revert="Revert this commit before the first files expire; what has expired is gone.",
    )
