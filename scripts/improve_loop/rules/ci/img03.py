"""IMG03: a version tag without the digest that it stands for today."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from improve_loop.rules.ci.images import tagged
from improve_loop.rules.ci.pin import UNRESOLVED, pin_plans
from improve_loop.rules.ci.rule import Card, Plan, Settings, Sighting, at, sentence
from improve_loop.rules.pipeline import Pipeline

CARD = Card(
    id="IMG03",
    title="An image tag without a digest",
    tier="B",
    why="Any tag can be moved by whoever owns the image; only the digest names one image for good.",
    docs="https://docs.gitlab.com/ci/docker/using_docker_images/",
    fix="Adds `@sha256:…` to the tag, as the registry says it is today. Only where the configuration asks for it "
    "(`rules_on: [IMG03]` and `resolve_images: true`); let Renovate raise both.",
    risk="low",
    risk_text="Without a bot that keeps the digests fresh, fixes of the same tag no longer arrive.",
    value="low",
    hours=0.2,
    on=False,
)
WHAT = "has a tag that its owner can move"


def find(pipeline: Pipeline, settings: Settings) -> list[Sighting]:
    """Each written place."""
    return [
        Sighting(
            path=place.value.file.path,
            offset=at(place.value),
            message=f"`{place.image.written}` has no digest ({sentence(place.jobs)})",
            jobs=place.jobs,
            unfixable="" if settings.resolved.get(place.image.written) else UNRESOLVED,
        )
        for place in tagged(pipeline)
    ]


def plans(pipeline: Pipeline, seen: Sequence[Sighting], settings: Settings) -> Iterator[Plan]:
    """What the registry gave."""
    yield from pin_plans(tagged(pipeline), seen, settings, WHAT)
