"""Where no candidate may go: zones of the configuration, and lines that people leave in memory files."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from improve_loop.model.candidate import Candidate
from improve_loop.model.config import Config, Exclusion
from improve_loop.rules.globs import path_matches, word_matches

_LINE = re.compile(r"improve-loop:\s*exclude\s+(?P<rest>.+?)\s*(?:-->)?\s*$")
_PAIR = re.compile(r"\b(path|domain|subject|source)=(\"[^\"]+\"|\S+)")


def of_config(config: Config, origin: str) -> tuple[Exclusion, ...]:
    """The configured zones, each knowing where it is written."""
    return tuple(
        dataclasses.replace(zone, origin=f"{origin}: exclude[{index}]") for index, zone in enumerate(config.exclude)
    )


def of_memory(text: str, path: str) -> Iterator[Exclusion]:
    """Zones in a memory file: lines like `improve-loop: exclude path=legacy/** because it is frozen`."""
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.search(line)
        if match:
            pairs = {key: value.strip('"') for key, value in _PAIR.findall(match["rest"])}
            reason = _PAIR.sub("", match["rest"]).strip().removeprefix("because").strip(" :,-")
            if pairs:
                yield Exclusion(reason=reason or "excluded without a reason", origin=f"{path}:{number}", **pairs)


def memory_problems(text: str, path: str) -> Iterator[str]:
    """Lines that mean to exclude and name no zone: they would silently exclude nothing."""
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.search(line)
        if match and not _PAIR.search(match["rest"]):
            yield f"{path}:{number}: `improve-loop: exclude` names no path=, domain=, subject= or source="


def excluded_by(candidate: Candidate, zones: tuple[Exclusion, ...]) -> Exclusion | None:
    """The first zone that the candidate enters, or None. One of its paths inside a zone is enough."""
    return next((zone for zone in zones if _enters(candidate, zone)), None)


def _enters(candidate: Candidate, zone: Exclusion) -> bool:
    words = ((zone.domain, candidate.domain), (zone.subject, candidate.subject), (zone.source, candidate.source))
    if not all(pattern is None or word_matches(word, pattern) for pattern, word in words):
        return False
    pattern = zone.path
    return pattern is None or any(path_matches(path, pattern) for path in candidate.target_paths)
