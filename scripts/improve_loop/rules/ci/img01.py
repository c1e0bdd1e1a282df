"""IMG01: an image by a tag that moves by intention."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from improve_loop.rules.ci.images import moving
from improve_loop.rules.ci.pin import pin_plans, sightings
from improve_loop.rules.ci.rule import Card, Plan, Settings, Sighting
from improve_loop.rules.pipeline import Pipeline

CARD = Card(
    id="IMG01",
    title="An image with a tag that moves",
    tier="A",
    why="`latest`, `stable` and the like name another image after every release, so a pipeline can break, or change "
    "what it builds, without a commit here.",
    docs="https://docs.gitlab.com/ci/docker/using_docker_images/",
    fix="Writes, for `latest`, the version tag that has the same digest today, as the registry says (or the digest, "
    "with `pin: digest`). Needs `resolve_images: true`; without an answer it is only reported, as unresolved. Other "
    "tags, such as `edge` or `nightly`, are meant to move and are only reported.",
    risk="low",
    risk_text="From now on somebody has to raise the version; Renovate does.",
    value="medium",
    hours=0.1,
)
WHAT = "moves with every release"


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Each written place."""
    return sightings([place for place in moving(pipeline) if place.image.tag], pipeline, settings, WHAT)


def plans(pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
    """What the registry gave."""
    yield from pin_plans(moving(pipeline), seen, settings, WHAT)
