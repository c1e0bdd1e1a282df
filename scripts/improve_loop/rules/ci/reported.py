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


def see_lines(pipeline: Pipeline, word: str, judge: Callable[[str], str]) -> Iterator[Sighting]:
    """A sighting for each script line that holds the word and of which the judge says something, with all its jobs."""
    for line, text, names in _lines(pipeline):
        said = judge(text) if word in text else ""
        if said:
            yield see(line, f"{said} ({sentence(names)})", *dict.fromkeys(names))


def _lines(pipeline: Pipeline) -> list[tuple[Value, str, list[str]]]:
    """Every written script line once, its text, and the jobs that run it; what is too long to judge is left out."""
    if "lines" not in pipeline.known:
        found: dict[int, tuple[Value, str, list[str]]] = {}
        for job in pipeline.jobs.values():
            for line in job.lines():
                found.setdefault(id(line.node), (line, line.scalar, []))[2].append(job.name)
        pipeline.known["lines"] = [entry for entry in found.values() if len(entry[1]) <= LONGEST]
    known: list[tuple[Value, str, list[str]]] = pipeline.known["lines"]
    return known
