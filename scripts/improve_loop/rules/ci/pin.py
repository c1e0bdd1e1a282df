"""IMG01 and IMG02: images that are another thing tomorrow. What they are today comes from a registry, by the source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from improve_loop.model.find import Explanation
from improve_loop.rules.ci.images import Place, names, places
from improve_loop.rules.ci.insert import replace_in_scalar
from improve_loop.rules.ci.rule import Path, Plan, Settings, Sighting, at, sentence
from improve_loop.rules.pipeline import Pipeline
from improve_loop.rules.splice import CannotSplice

FIXED = ("", "latest")  # others, `nightly` or `stable`, are wanted as they are
NAMED_SO = re.compile(r"latest|newest|nightly|stable|edge|canary|rolling|bleeding|beta|current", re.IGNORECASE)
SAID_SO = re.compile(r"#.*\b(?:latest|newest|always|up[- ]to[- ]date|on purpose|intention)", re.IGNORECASE)
ROLLING = re.compile(
    r"(?:^|/)(?:archlinux|arch|tumbleweed|gentoo|stage3|void|rawhide|kali[\w-]*|nixos)(?:/|-|$)|tumbleweed|^base/devel$"
)
OWN = re.compile(r"registry\.(?!k8s\.io$)")
DAEMON = re.compile(r"(?:^|/)docker(?::(?:latest|stable|dind|stable-dind))?$")
UNRESOLVED = "unresolved: no registry was asked, or it knows no version tag for what this is today"


def sightings(found: Sequence[Place], pipeline: Pipeline, settings: Settings, what: str) -> list[Sighting]:
    """Each written place; one whose reference no registry has resolved is only reported."""
    every = places(pipeline)
    return [
        Sighting(
            path=place.value.file.path,
            offset=at(place.value),
            message=f"`{place.image.written}` {what} ({sentence(place.jobs)})",
            jobs=place.jobs,
            unfixable=_why_not(place, every, pipeline)
            or ("" if settings.resolved.get(place.image.written) else UNRESOLVED),
        )
        for place in found
    ]


def _why_not(place: Place, every: Sequence[Place], pipeline: Pipeline) -> str:
    """Why somebody may want exactly this image, moving as it is."""
    image = place.image
    named = next((name for name in place.jobs if NAMED_SO.search(name)), "")
    if image.tag not in FIXED or named:
        return f"`{named or image.tag}` is meant to be what is newest"
    if any(other.image.name == image.name and re.match(r"v?\d", other.image.tag) for other in every):
        return f"other versions of `{image.base}` are used beside it, so this one is meant to be the newest"
    if ROLLING.search(image.name):
        return f"`{image.base}` is a rolling distribution: its packages move, and the image with them"
    if OWN.match(image.host):
        return f"`{image.host}` holds images of projects, whose owners move them: pin it where it is built"
    text = place.value.file.text
    if any(SAID_SO.search(text.line_text(line)) for line in (place.value.line, place.value.line - 1)):
        return "a comment says that it is meant to move"
    if "docker" in image.name and _moving_daemon(pipeline, place.jobs):
        return "its service `docker:dind` moves too: pin client and daemon together, to one version"
    return ""


def _moving_daemon(pipeline: Pipeline, jobs: Sequence[str]) -> bool:
    """Whether one of these jobs talks to a Docker daemon of no fixed version."""
    services = (job.get("services") for name in jobs if (job := pipeline.jobs.get(name)) is not None)
    return any(DAEMON.search(name.scalar) for value in services if value is not None for name in names(value))


def pin_plans(every: Sequence[Place], seen: Sequence[Sighting], settings: Settings, what: str) -> Iterator[Plan]:
    """The reference that the registry gave, in the place of the one that can move."""
    wanted = {(sighting.path, sighting.offset) for sighting in seen}
    found = [place for place in every if (place.value.file.path, at(place.value)) in wanted]
    try:
        edits = tuple(
            replace_in_scalar(place.value, place.image.written, settings.resolved[place.image.written])
            for place in found
        )
    except CannotSplice:
        return
    yield Plan(
        edits=edits,
        document_may_differ=lambda _file, path: bool({"image", "services"} & {*map(str, path)}),
        job_may_differ=lambda _job, path: _is_image(path),
        explanation=_explain(found, settings, what),
    )


def _is_image(path: Path) -> bool:
    return path[0] in ("image", "services") and (path[-1] in ("image", "name") or isinstance(path[-1], int))


def _explain(found: Sequence[Place], settings: Settings, what: str) -> Explanation:
    pairs = {place.image.written: settings.resolved[place.image.written] for place in found}
    lines = [f"{place.value.file.path}, line {place.value.line}" for place in found]
    changes = ", ".join(f"`{old}` to `{new}`" for old, new in pairs.items())
    jobs = list(dict.fromkeys(name for place in found for name in place.jobs))
    to = "one image" if all("@" in new for new in pairs.values()) else "a version"
    return Explanation(
        title=f"Pin {', '.join(dict.fromkeys(place.image.base for place in found))} to {to}",
        what=f"Changes {changes} ({'; '.join(lines[:12])}).",
        why_here=f"{sentence(jobs)} {'runs' if len(jobs) == 1 else 'run'} on an image that {what}: a release by "
        "somebody else changes this pipeline, also for old commits. The new reference is what the registry gave for "
        "the old one when this was made: the digests are equal, so today nothing changes.",
        could_go_wrong="Updates no longer arrive by themselves: Renovate or a person has to raise the version from now "
        "on, security fixes too.",
        how_to_revert="Revert this commit.",
    )
