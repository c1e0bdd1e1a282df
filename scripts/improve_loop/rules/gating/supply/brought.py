"""Packages that come along with another one's new version, as the tool says that wrote the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from improve_loop.model.delta import FileDelta, TreeDelta
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.supply.manifests import Specs, normal

_INDIRECT = lazy(r"^\s*(?:require\s+)?(\S+)\s+v\S+\s+// indirect$", re.M)
_COMPILED = lazy(r"^([A-Za-z][\w.-]{0,80})==[^\n]{1,200}\n((?:[ \t]+#[^\n]{0,200}\n){1,40})", re.M)
_VIA = lazy(r"#\s+(?:via\s+)?([A-Za-z][\w.-]{0,80})\s*$", re.M)


def brought_along(file: FileDelta, before: Specs, after: Specs, delta: TreeDelta) -> Set[str]:
    """Names that nobody chose: modules of a `go.mod` that only others need, what a bumped package newly requires."""
    bumped = {name for name, spec in before.items() if after.get(name, spec) != spec}
    if not bumped:
        return frozenset()
    if file.path.endswith("go.mod"):
        used = any(each.path.endswith(".go") for each in delta.files)  # code that changes with it may use it
        return frozenset(() if used else _INDIRECT.findall(file.new_text))
    return frozenset(name for name, parents in _compiled(file.new_text) if parents <= bumped)


def _compiled(text: str) -> Iterator[tuple[str, Set[str]]]:
    """Each requirement of a file that pip-compile or uv wrote which only other packages ask for, and these."""
    for name, block in _COMPILED.findall(text):
        parents = {normal(parent) for parent in _VIA.findall(block)} - {"via"}
        if parents and "-r " not in block and "(" not in block:
            yield normal(name), parents
