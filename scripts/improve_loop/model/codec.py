"""Frozen dataclasses to plain JSON values and back. The schema has judged a value before it gets here.

An artifact (a class with `kind`) says its kind first.
A field whose name is a Python keyword carries a trailing underscore (`class_` is `class` in JSON).
Tuples are JSON arrays, `None` is null, and a mapping keeps its keys.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar, cast

T = TypeVar("T")
Reader = Callable[[Any], Any]


def to_plain(value: Any) -> Any:
    """The JSON value of a dataclass, tuple, mapping or scalar."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = getattr(type(value), "kind", None)
        plain = {"kind": kind} if isinstance(kind, str) else {}
        for name, attribute, simple in _written(type(value)):
            field = getattr(value, attribute)
            plain[name] = field if simple else to_plain(field)
        return plain
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    return value


def from_plain(cls: type[T], plain: Mapping[str, Any]) -> T:
    """The dataclass of a JSON object that its schema has accepted; absent keys take the field's default."""
    return cls(
        **{
            attribute: read(plain[name]) if read else plain[name]
            for name, attribute, read in _fields(cast(Any, cls))
            if name in plain
        }
    )


@cache
def _names(cls: Any) -> tuple[tuple[str, str], ...]:
    return tuple((field.name.rstrip("_"), field.name) for field in dataclasses.fields(cls))


@cache
def _written(cls: Any) -> tuple[tuple[str, str, bool], ...]:
    """(name in JSON, attribute, whether the value goes in as it is) of each field."""
    hints = typing.get_type_hints(cls)
    return tuple((name, attribute, _is_simple(hints[attribute])) for name, attribute in _names(cls))


def _is_simple(hint: Any) -> bool:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return all(map(_is_simple, arguments))
    return origin is typing.Literal or hint in (str, int, float, bool, type(None))


@cache
def _fields(cls: Any) -> tuple[tuple[str, str, Reader | None], ...]:
    hints = typing.get_type_hints(cls)
    return tuple((name, attribute, _reader(hints[attribute])) for name, attribute in _names(cls))


def _reader(hint: Any) -> Reader | None:
    """How to read one value of this type; None where the JSON value already is it."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return lambda value: from_plain(hint, value)
    if origin is tuple:
        return _tuple_reader(_reader(arguments[0]))
    if origin in (typing.Union, types.UnionType):
        inner = next((read for read in map(_reader, arguments) if read), None)
        return inner and _optional_reader(inner)
    if origin in (dict, Mapping) or (isinstance(origin, type) and issubclass(origin, Mapping)):
        inner = _reader(arguments[1])
        return inner and _mapping_reader(inner)
    return None


def _tuple_reader(inner: Reader | None) -> Reader:
    return (lambda value: tuple(map(inner, value))) if inner else tuple


def _optional_reader(inner: Reader) -> Reader:
    return lambda value: None if value is None else inner(value)


def _mapping_reader(inner: Reader) -> Reader:
    return lambda value: {key: inner(item) for key, item in value.items()}
