"""Images that manifests run: the same one from another place than before, an older one, or whatever is newest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from improve_loop.model.delta import FileDelta, Line
from improve_loop.model.lines import Lines, holds_one
from improve_loop.rules.gating.ci.lines import repository_of
from improve_loop.rules.gating.kinds import kind_of
from improve_loop.rules.gating.lazy import Worded, lazy, worded
from improve_loop.rules.gating.supply.versions import is_older

_IMAGE = worded(
    r"\s*(?:-\s+)?[\"']?(?:image|repository|newName)[\"']?\s*:\s*[\"']?([a-z0-9][\w./-]*(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?)[\"']?\s*(?:#.*)?$",
    *("image", "repository", "newname"),
)
_FROM = worded(
    r"(?i)\s*FROM\s+(?:--platform=\S+\s+)?([a-z0-9][\w./-]*(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?)(?:\s|$)", "from"
)
_TAG = worded(r"\s*(?:-\s+)?[\"']?(?:tag|newTag)[\"']?\s*:\s*[\"']?([\w.-]*)[\"']?\s*(?:#.*)?$", "tag")
_NUMBERS = lazy(r"v?\d+(?:\.\d+)*")
_PICTURE = lazy(r".*\.(?:png|jpe?g|gif|svg|webp|ico|avif)$")
_NEW_NAME = worded(r"\s*(?:-\s+)?newName\s*:\s*[\"']?(\S+?)[\"']?\s*$", "newname")
_FLOATS = frozenset(("latest", "main", "master", "edge", "nightly", ""))


def image_findings(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """Rule, line and image, for each image line that replaces another."""
    kind = kind_of(file.path)
    if kind not in ("yaml", "docker", "ci") or file.old is None:
        return
    was, now = _named(_FROM if kind == "docker" else _IMAGE, file)
    images = {repository_of(image): image for image, _ in reversed(was)}  # the first of each
    places = {_last(repository): repository for repository in images}
    for image, number in now if kind == "yaml" else ():
        repository = repository_of(image)
        same = places.get(_last(repository), "")
        if not same or repository in images or repository in file.old_text:
            continue
        if "/" in repository and _place(same) != _place(repository):
            yield "source", number, f"{repository} instead of {same}"
    for image, number in now:
        before = images.get(repository_of(image), "")
        if before and _is_older(_tag(before), _tag(image)):
            yield "downgrade", number, f"{before} → {image}"
        elif kind == "yaml" and before and ":" in before and "@" not in image and _tag(image) in _FLOATS:
            yield from [("anything", number, f"{before} → {image}")] if _tag(before) not in _FLOATS else ()
    if kind == "yaml":
        yield from _tags(file)


def _tags(file: FileDelta) -> Iterator[tuple[str, int, str]]:
    """Tags that stand on a line of their own, and names that an image gets in place of its own."""
    was, now = _named(_TAG, file)
    for (before, _), (after, number) in zip(was, now, strict=False):
        if len(was) == len(now) == 1 and before not in _FLOATS and after in _FLOATS:
            yield "anything", number, f"{before} → {after or 'nothing'}"
        elif len(was) == len(now) == 1 and _is_older(before, after):
            yield "downgrade", number, f"{before} → {after}"
    was, now = _named(_NEW_NAME, file)
    for name, number in now if not was else ():
        if name not in file.old_text:
            yield "source", number, name


Named = list[tuple[str, int]]  # a name, and the number of its line


def _named(pattern: Worded, file: FileDelta) -> tuple[Named, Named]:
    """What removed and added lines name."""
    return _of(pattern, file.removed, file.removed_lines), _of(pattern, file.added, file.added_lines)


def _of(pattern: Worded, lines: Sequence[Line], texts: Lines) -> Named:
    if not holds_one(texts.lowered, pattern.words):
        return []
    found = [(match[1], line.number) for line in lines if (match := pattern.match(line.text[:500]))]
    return [(image, number) for image, number in found if not _PICTURE.match(image)]


def _is_older(before: str, after: str) -> bool:
    """Whether the numbers at the head of a tag went back; what follows them is a variant."""
    old, new = _NUMBERS.match(before), _NUMBERS.match(after)
    if old is None or new is None:
        return False
    first, second = old[0].split("."), new[0].split(".")
    told = min(len(first), len(second))  # `10` is what `10.6` is one of
    return is_older(".".join(first[:told]), ".".join(second[:told]))


def _place(repository: str) -> str:
    """Where an image comes from, under the one name that all spellings of it have."""
    for spelling in ("index.docker.io/", "docker.io/", "library/"):
        repository = repository.removeprefix(spelling)
    return repository.replace("k8s.gcr.io/", "registry.k8s.io/")


def _last(repository: str) -> str:
    return repository.rpartition("/")[2]


def _tag(image: str) -> str:
    name = image.partition("@")[0]
    _, colon, tail = name.rpartition(":")
    return tail if colon and "/" not in tail else ""
