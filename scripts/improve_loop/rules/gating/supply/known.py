"""Lines that say nothing new of what builds or installs: a newer toolchain, part of what a hook ran before."""

from __future__ import annotations

from collections.abc import Sequence

from improve_loop.model.delta import FileDelta, Line
from improve_loop.rules.gating.lazy import lazy

_TOOLCHAIN = lazy(r"(?:channel\s*=\s*\")?(nightly-)?(\d{4}-\d\d-\d\d|\d+\.\d+(?:\.\d+)?)\"?$")
_SCRIPT = lazy(r"\s*\"(\w+)\"\s*:\s*\"([^\"\\|;`$<>\n]{1,400})\",?\s*$")


def is_newer_toolchain(file: FileDelta) -> bool:
    """Whether a project only moves on to a later toolchain of Rust of the same kind."""
    if file.status != "modified" or "rust-toolchain" not in file.path:
        return False
    old, new = (_toolchains(lines) for lines in (file.removed, file.added))
    return len(old) == len(new) == 1 and old[0][0] == new[0][0] and old[0][1] < new[0][1]


def _toolchains(lines: Sequence[Line]) -> list[tuple[str, tuple[int, ...]]]:
    """The kind and number of each line; none where one says anything else."""
    found = [_TOOLCHAIN.match(line.text.strip()[:200]) for line in lines if line.text.strip()]
    named = [(match[1] or "", tuple(map(int, match[2].replace("-", ".").split(".")))) for match in found if match]
    return named if len(named) == len(found) else []


def runs_less(file: FileDelta, text: str) -> bool:
    """Whether a script of a package runs a part of what it ran before, in the same order, and nothing else."""
    new = _SCRIPT.match(text)
    was = [match for line in file.removed if (match := _SCRIPT.match(line.text[:500]))] if new else []
    return new is not None and any(old[1] == new[1] and _is_part(_steps(new[2]), _steps(old[2])) for old in was)


def _steps(command: str) -> list[str]:
    return [" ".join(step.split()) for step in command.split("&&")]


def _is_part(some: Sequence[str], every: Sequence[str]) -> bool:
    left = iter(every)
    return all(step in left for step in some)
