"""IMG02: an image without any tag, which means `latest`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from improve_loop.rules.ci.images import moving
from improve_loop.rules.ci.pin import pin_plans, sightings
from improve_loop.rules.ci.rule import Card, Plan, Settings, Sighting
from improve_loop.rules.pipeline import Pipeline

CARD = Card(
    id="IMG02",
    title="An image without a tag",
    tier="A",
    why="An image without a tag is `latest`: another image after every release, so a pipeline can break without a "
    "commit here.",
    docs="https://docs.gitlab.com/ci/docker/using_docker_images/",
    fix="Writes the version tag that has the same digest today, as the registry says (or the digest, with `pin: "
    "digest`). Needs `resolve_images: true`; without an answer it is only reported, as unresolved.",
    risk="low",
    risk_text="From now on somebody has to raise the version; Renovate does.",
    value="medium",
    hours=0.1,
)
WHAT = "has no tag and so is `latest`"


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Each written place."""
    return sightings([place for place in moving(pipeline) if not place.image.tag], pipeline, settings, WHAT)


def plans(pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
    """What the registry gave."""
    yield from pin_plans(moving(pipeline), seen, settings, WHAT)
