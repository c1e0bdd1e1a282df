"""Image references: what they name, and every place of a pipeline where one is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from improve_loop.rules.pipeline import Pipeline, Value

HUB = "docker.io"
MOVING = frozenset({"latest", "dev", "main", "master", "edge", "nightly", "stable"})
VERSION = re.compile(r"v?\d+(?:[.-].*)?$")  # 20, 3.12-slim, v1.2; no hash, no date and no word
REFERENCE = re.compile(
    r"(?:(?P<host>(?:[\w-]+(?:\.[\w-]+)+(?::\d+)?|[\w-]+:\d+|localhost))/)?"
    r"(?P<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


@dataclass(frozen=True, kw_only=True)
class Image:
    """A reference taken apart. `name` is as the registry knows it (`library/node`), `written` as the file has it."""

    written: str
    host: str
    name: str
    tag: str
    digest: str

    @property
    def base(self) -> str:
        """The written reference without tag and digest."""
        without = self.written.partition("@")[0]
        return without.removesuffix(f":{self.tag}") if self.tag else without


def parse(written: str) -> Image | None:
    """The image that a scalar names; None where it holds variables or is no reference."""
    found = REFERENCE.fullmatch(written.strip())
    if found is None:
        return None
    host, name = found["host"] or HUB, found["name"]
    if host in ("docker.io", "index.docker.io", "registry-1.docker.io"):
        host, name = HUB, name if "/" in name else f"library/{name}"
    return Image(written=written.strip(), host=host, name=name, tag=found["tag"] or "", digest=found["digest"] or "")


@dataclass(frozen=True, kw_only=True)
class Place:
    """An image as it is written once, and the jobs that run with it."""

    value: Value
    image: Image
    jobs: tuple[str, ...]
    is_service: bool


def places(pipeline: Pipeline) -> list[Place]:
    """Every literal image of a job that can run, services too; each written place once."""
    if "images" not in pipeline.known:
        pipeline.known["images"] = _places(pipeline)
    known: list[Place] = pipeline.known["images"]
    return known


def _places(pipeline: Pipeline) -> list[Place]:
    found: dict[tuple[str, int], tuple[Value, Image, bool, list[str]]] = {}
    for job in pipeline.jobs.values():
        for keyword in ("image", "services"):
            value = job.get(keyword)
            for name in names(value) if value is not None else ():
                image = parse(name.scalar) if name.scalar == name.node.value else None
                if image is not None:
                    where = (name.file.path, name.node.start_mark.index)
                    entry = found.setdefault(where, (name, image, keyword == "services", []))
                    entry[3].append(job.name)
    return [
        Place(value=value, image=image, jobs=tuple(jobs), is_service=is_service)
        for value, image, is_service, jobs in found.values()
    ]


def names(value: Value) -> Iterator[Value]:
    """The scalars that name the image of `image`, or those of `services`."""
    for item in value.items if value.is_list else (value,):
        name = item.entries.get("name") if item.is_map else item
        if name is not None and name.is_scalar and not name.is_null:
            yield name


def moving(pipeline: Pipeline) -> list[Place]:
    """The images without a digest whose tag moves by intention, or that have none."""
    named = [place for place in places(pipeline) if not place.image.digest and place.image.name != "library/scratch"]
    return [place for place in named if not place.image.tag or place.image.tag in MOVING]


def tagged(pipeline: Pipeline) -> list[Place]:
    """The images with a version as their tag (no commit, no word) and without a digest."""
    return [place for place in places(pipeline) if VERSION.match(place.image.tag) and not place.image.digest]


def is_of(image: Image, repository: str) -> bool:
    """Whether the repository's own people seem to make the image: `acme/ci` in `acme/shop`, or `x/shop` there."""
    owner, _, project = re.sub(r"[._-]", "", repository.lower()).rpartition("/")
    parts = [re.sub(r"[._-]", "", part) for part in image.name.split("/")]
    return len(parts) > 1 and parts[0] != "library" and (project == parts[-1] or owner.rpartition("/")[2] in parts[:-1])
