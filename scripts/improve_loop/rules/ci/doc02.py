"""DOC02: a pinned Docker client that talks to whatever `docker:dind` is today."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.insert import raw
from improve_loop.rules.ci.rule import Card, Path, Plan, Settings, Sighting, at, sentence
from improve_loop.rules.pipeline import Job, Pipeline, Value
from improve_loop.rules.splice import Edit

CARD = Card(
    id="DOC02",
    title="`docker:dind` moves while the client is pinned",
    tier="B",
    why="The service `docker:dind` follows every major release of Docker, and such releases have broken pipelines "
    "(TLS in 19.03, the old client protocol in 29). GitLab's documentation pins both to one version.",
    docs="https://docs.gitlab.com/ci/docker/using_docker_build/#use-docker-in-docker",
    fix="Gives the service the version of the job's own `docker` image.",
    risk="low",
    risk_text="The daemon goes back to the version of the client, which may be years old.",
    value="medium",
    hours=0.1,
)
CLIENT = re.compile(r"(?:docker\.io/(?:library/)?)?docker:(\d+(?:\.\d+){0,2})(?:-git|-cli|-alpine[\d.]+|-dind)?$")
MOVING = re.compile(r"((?:docker\.io/(?:library/)?)?docker):(?:dind|stable-dind|latest)$")
OLDEST = (20, 10)  # the first daemon that runs on hosts with cgroup v2


@dataclass(frozen=True, kw_only=True)
class Use:
    """A moving service of a job and the version of the job's client."""

    job: Job
    service: Value  # the scalar with the image name
    version: str  # empty where the client is not pinned
    why_not: str


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Each written moving service of a job with a pinned client; of all jobs that get it."""
    uses = list(_uses(pipeline))
    found: dict[tuple[str, int], Sighting] = {}
    for use in uses:
        together = [other for other in uses if other.service.node is use.service.node]
        versions = {other.version for other in together}
        if versions == {""}:
            continue
        reason = next((other.why_not for other in together if other.why_not), "")
        if len(versions) > 1:
            reason = "jobs with other clients get the same service"
        jobs = tuple(other.job.name for other in together)
        pinned = max(versions)
        message = f"`{use.service.scalar}` beside the client `docker:{pinned}` in {sentence(jobs)}"
        where = (use.service.file.path, at(use.service))
        found.setdefault(where, Sighting(path=where[0], offset=where[1], message=message, jobs=jobs, unfixable=reason))
    return list(found.values())


def plans(pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
    """Every service that was seen."""
    wanted = {(sighting.path, sighting.offset) for sighting in seen}
    uses = [use for use in _uses(pipeline) if (use.service.file.path, at(use.service)) in wanted]
    yield Plan(
        edits=tuple(_edit(use) for use in uses),
        document_may_differ=lambda _file, path: "services" in path or str(path[0]).startswith("."),
        job_may_differ=lambda _job, path: path[0] == "services" and _is_name(path),
        explanation=_explain(uses),
    )


def _is_name(path: Path) -> bool:
    return len(path) == 2 or path[-1] == "name"


def _uses(pipeline: Pipeline) -> Iterator[Use]:
    for job in pipeline.jobs.values():
        services, image = job.get("services"), job.get("image")
        name = image.entries.get("name") if image is not None and image.is_map else image
        client = CLIENT.fullmatch(name.scalar) if name is not None else None
        for item in services.items if services is not None else ():
            service = item.entries.get("name") if item.is_map else item
            if service is not None and service.is_scalar and MOVING.fullmatch(service.scalar):
                version = client[1] if client else ""
                yield Use(job=job, service=service, version=version, why_not=_why_not(job, version))


def _why_not(job: Job, version: str) -> str:
    """An old daemon does not start on a host of today (cgroup v2), where the moving one does."""
    number = tuple(int(part) for part in version.split(".")) if version else OLDEST
    if number < OLDEST and number[:1] != OLDEST[:1]:
        return (
            f"the daemon of docker {version} does not start on hosts with cgroup v2; raise the client of `{job.name}`"
        )
    return ""


def _edit(use: Use) -> Edit:
    start = use.service.node.start_mark.index
    written = raw(use.service)
    new = re.sub(r"docker:(?:dind|stable-dind|latest)", f"docker:{use.version}-dind", written)
    return Edit(use.service.file.path, start, start + len(written), new)


def _explain(uses: Sequence[Use]) -> Explanation:
    versions = sorted({use.version for use in uses})
    places = sorted({f"{use.service.file.path}, line {use.service.line}" for use in uses})
    olds = sorted({use.service.scalar for use in uses})
    jobs = list(dict.fromkeys(use.job.name for use in uses))
    return Explanation(
        title=f"Pin docker:dind to the client's version {', '.join(versions)}",
        what=f"Changes the service {sentence(olds)} to {sentence([f'docker:{v}-dind' for v in versions])} "
        f"({'; '.join(places)}).",
        why_here=f"{sentence(jobs)} run{'s' if len(jobs) == 1 else ''} the client `docker:{versions[-1]}`, while the "
        "daemon beside it is whatever Docker released last. A new major release of the daemon may refuse that client, "
        "on a day when nobody changed anything here.",
        could_go_wrong=f"The daemon goes back to {', '.join(versions)}. Builds that count on something newer in the "
        "daemon (BuildKit defaults, a newer storage driver) would show it in the first pipeline.",
        how_to_revert="Revert this commit.",
    )
