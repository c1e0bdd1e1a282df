"""How GitLab joins configuration: hashes merge deeply and the later one wins, lists and scalars are replaced."""

from __future__ import annotations

from collections.abc import Mapping

from improve_loop.rules.pipeline.value import Value

MAX_EXTENDS = 11  # GitLab's own limit of levels
MAX_REFERENCES = 10


def deep_merge(base: Mapping[str, Value], over: Mapping[str, Value]) -> dict[str, Value]:
    """The entries of `base` with those of `over` laid over them."""
    merged = dict(base)
    for name, value in over.items():
        below = merged.get(name)
        if below is not None and below.is_map and value.is_map and below.entries and below is not value:
            merged[name] = Value.merged(value, deep_merge(below.entries, value.entries))
        else:
            merged[name] = value
    return merged


class Broken(Exception):
    """An `extends` or `!reference` that GitLab would refuse."""


def names_of(value: Value | None) -> tuple[str, ...]:
    """The scalars of a keyword that takes one name or a list of them."""
    if value is None or value.is_null:
        return ()
    return tuple(item.scalar for item in (value.items if value.is_list else (value,)) if item.is_scalar)


class Expander:
    """Resolves `extends` and `!reference` over the merged top level. Bases that are not here are remembered."""

    def __init__(self, top: Mapping[str, Value], has_references: bool = True) -> None:
        self.top = top
        self.has_references = has_references
        self._extended: dict[str, Mapping[str, Value]] = {}
        self.absent: dict[str, set[str]] = {}  # job -> the bases it extends that no file here has

    def extended(self, name: str, above: tuple[str, ...] = ()) -> Mapping[str, Value]:
        """The entries of a job after `extends`."""
        if name in above or len(above) > MAX_EXTENDS:
            raise Broken(
                f"extends itself by way of {' -> '.join([*above, name])}" if name in above else "extends too deep"
            )
        if name not in self._extended:
            self._extended[name] = self._extend(name, above)
        return self._extended[name]

    def _extend(self, name: str, above: tuple[str, ...]) -> Mapping[str, Value]:
        own = self.top[name]
        merged: Mapping[str, Value] = {}
        for base in names_of(own.entries.get("extends")):
            if base in self.top:
                merged = deep_merge(merged, self.extended(base, (*above, name)))
                self.absent.setdefault(name, set()).update(self.absent.get(base, ()))
            else:
                self.absent.setdefault(name, set()).add(base)
        return deep_merge(merged, own.entries) if merged else own.entries

    def resolved(self, value: Value, depth: int = 0) -> Value:
        """The value with every `!reference` in it replaced; one that leads elsewhere stays as it is."""
        if not self.has_references:
            return value
        if value.is_reference:
            target = self._target(value)
            if target is None or depth >= MAX_REFERENCES:
                return value
            return self.resolved(target, depth + 1)
        if not any(part.is_reference for part in value.walk()):
            return value
        if value.is_map:
            return Value.merged(value, {name: self.resolved(part, depth) for name, part in value.entries.items()})
        return Value.listed(value, tuple(self.resolved(part, depth) for part in value.items))

    def _target(self, reference: Value) -> Value | None:
        path = [part.scalar for part in reference.items]
        if not path or path[0] not in self.top:
            return None
        try:
            entries = self.extended(path[0])
        except Broken:
            return None
        found: Value | None = (
            Value.merged(self.top[path[0]], entries) if self.top[path[0]].is_map else self.top[path[0]]
        )
        for name in path[1:]:
            found = found.entries.get(name) if found is not None else None
        return found
