"""Rules that only report: a card and a way to look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from improve_loop.rules.ci.rule import Card, Settings, Sighting, at, sentence
from improve_loop.rules.ci.shell import LONGEST
from improve_loop.rules.pipeline import Pipeline, Value

Look = Callable[[Pipeline, Settings], Iterable[Sighting]]


class Reported:
    """A rule without a recipe."""

    def __init__(self, card: Card, look: Look) -> None:
        self.CARD = card
        self._look = look

    def find(self, pipeline: Pipeline, settings: Settings) -> list[Sighting]:
        """Each written place once."""
        return list({(seen.path, seen.offset, seen.message): seen for seen in self._look(pipeline, settings)}.values())


def see(value: Value, message: str, *jobs: str) -> Sighting:
    """A sighting at a value."""
    return Sighting(path=value.file.path, offset=at(value), message=message, jobs=jobs)


def see_lines(pipeline: Pipeline, judge: Callable[[str], str]) -> Iterator[Sighting]:
    """A sighting for each script line of which the judge says something, with all the jobs that run it."""
    found: dict[int, tuple[Value, str, list[str]]] = {}
    for job in pipeline.jobs.values():
        for line in job.lines():
            key = id(line.node)
            if key not in found:
                text = line.scalar
                found[key] = (line, judge(text) if len(text) <= LONGEST else "", [])
            if found[key][1]:
                found[key][2].append(job.name)
    for line, said, names in found.values():
        if said:
            yield see(line, f"{said} ({sentence(names)})", *dict.fromkeys(names))
