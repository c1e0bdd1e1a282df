"""Lines of a `.gitignore` that name a file of the tree: what a list leaves out is not seen when it changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from improve_loop.model.delta import Line
from improve_loop.rules.gating.globs import globbed


def ignored(lines: Iterable[Line], folder: str, paths: Iterable[str]) -> tuple[int, str] | None:
    """The first line that ignores one of these paths, and which; `folder` is where the list stands, with its `/`.

    Most lines are one name, so the names of the tree are gathered once and looked up, or gone through for a glob.
    """
    names: dict[str, str] = {}
    places: dict[str, str] = {}
    for path in sorted(path for path in paths if path.startswith(folder)):
        parts = path[len(folder) :].split("/")
        for at, name in enumerate(parts, 1):
            names.setdefault(name, path)
            places.setdefault("/".join(parts[:at]), path)
    for line in lines:
        pattern = line.text.strip()
        if not pattern or pattern.startswith(("#", "!")) or pattern.endswith((".env", ".log")):
            continue
        hit = _first(pattern.strip("/"), places if "/" in pattern.rstrip("/") else names)
        if hit:
            return line.number, hit
    return None


def _first(pattern: str, known: Mapping[str, str]) -> str | None:
    if not any(mark in pattern for mark in "*?["):
        return known.get(pattern)
    fits = globbed(pattern).fullmatch
    return next((path for name, path in known.items() if fits(name)), None)
