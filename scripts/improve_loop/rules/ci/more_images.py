"""Reported about images: IMG05 not allowed, DOC01 and DOC03 builds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.rules.ci.images import places
from improve_loop.rules.ci.reported import Reported, see
from improve_loop.rules.ci.rule import Card, Settings, Sighting
from improve_loop.rules.ci.shell import LONGEST
from improve_loop.rules.pipeline import Pipeline

IMAGES = "https://docs.gitlab.com/ci/docker/using_docker_images/"
BUILD = re.compile(r"\bdocker (?:buildx |image )?build\b(?! *(?:-h|--help))")
LAYERS = re.compile(r"--cache-from|--cache-to|BUILDKIT_INLINE_CACHE|docker buildx bake")


def _not_allowed(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    allowed = [str(host) for host in settings.options.get("allowed_registries", ())]
    for place in places(pipeline) if allowed else ():
        if place.image.host not in allowed:
            yield see(place.value, f"`{place.image.written}` comes from {place.image.host}", *place.jobs)


def _no_layers(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    for job in pipeline.jobs.values():
        script = job.script()
        if "docker" not in script or LAYERS.search(script) or "docker pull" in script:
            continue
        for line in job.lines():
            if len(line.scalar) <= LONGEST and BUILD.search(line.scalar):
                yield see(line, f"`{job.name}` builds an image without a layer cache", job.name)


def _kaniko(pipeline: Pipeline, settings: Settings) -> Iterator[Sighting]:
    for place in places(pipeline):
        if "kaniko" in place.image.name:
            yield see(place.value, f"`{place.image.written}`: kaniko is archived upstream", *place.jobs)


RULES = (
    Reported(
        Card(
            id="IMG05",
            title="An image from a registry that is not on the list",
            tier="C",
            why="The configuration lists the registries that this team trusts (`allowed_registries`).",
            docs=IMAGES,
            fix="Mirror the image, or add the registry to the list.",
            risk="medium",
            risk_text="",
            value="medium",
            hours=1.0,
        ),
        _not_allowed,
    ),
    Reported(
        Card(
            id="DOC01",
            title="Docker builds without a layer cache",
            tier="B",
            why="On a fresh daemon every layer is built anew in every pipeline.",
            docs="https://docs.gitlab.com/ci/docker/docker_layer_caching/",
            fix="Build with `--cache-from` an image that was pushed before, or with buildx and a registry cache.",
            risk="medium",
            risk_text="Takes space in the registry.",
            value="medium",
            hours=1.0,
        ),
        _no_layers,
    ),
    Reported(
        Card(
            id="DOC03",
            title="Builds with kaniko",
            tier="C",
            why="kaniko's repository is archived; no security fixes are to be expected.",
            docs="https://docs.gitlab.com/ci/docker/using_kaniko/",
            fix="Move to BuildKit or Buildah.",
            risk="medium",
            risk_text="",
            value="medium",
            hours=4.0,
        ),
        _kaniko,
    ),
)
