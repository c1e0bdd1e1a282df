"""The JSON schemas that this copy carries, bundled for use: jsonschema judges what is small and explains every
refusal; fastjsonschema, compiled, judges what is large."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

COMPILED_FROM_BYTES = 300_000
PACKAGE = Path(__file__).resolve().parents[1]


@cache
def folder() -> Path:
    """`schemas/` of the installed package, or of the checkout."""
    carried = PACKAGE / "schemas"
    return carried if carried.is_dir() else PACKAGE.parents[1] / "schemas"


@cache
def schema(name: str) -> dict[str, Any]:
    """The schema `name`, with what it shares with others moved into its own `$defs`."""
    own = _load(name)
    if name == "config":
        return own
    config = _load("config")
    shared = {**_load("common")["$defs"], **config.pop("$defs"), "config": config}
    whole: dict[str, Any] = _localised({**own, "$defs": _reached(own, shared)})
    return whole


def _load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder() / f"{name}.schema.json").read_text(encoding="utf-8"))
    return loaded


def _reached(value: Any, shared: dict[str, Any]) -> dict[str, Any]:
    """The shared definitions that `value` leads to; a validator is compiled for these only."""
    reached: dict[str, Any] = {}
    todo = [value]
    while todo:
        for name in _names(todo.pop()):
            if name not in reached:
                reached[name] = shared[name]
                todo.append(shared[name])
    return reached


def _names(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {_target(value["$ref"])} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(_names, value.values()))
    return set().union(*map(_names, value)) if isinstance(value, list) else set()


def _target(reference: str) -> str:
    return "config" if reference.startswith("config.schema.json") else reference.rpartition("/")[2]


def _localised(value: Any) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            return {"$ref": f"#/$defs/{_target(value['$ref'])}"}
        return {key: _localised(item) for key, item in value.items()}
    return [_localised(item) for item in value] if isinstance(value, list) else value


@cache
def _validator(name: str) -> Callable[[Any], Any]:
    import fastjsonschema

    # Defaults are the dataclasses' business: a validator must not write into what it judges.
    compiled: Callable[[Any], Any] = fastjsonschema.compile(schema(name), use_default=False)
    return compiled


def problem(name: str, value: Any, size_bytes: int = 0) -> str | None:
    """The first thing wrong with `value`, as `$.path: what`; None when the schema accepts it.

    `size_bytes`: of the text it came from. A compiled validator is 40 times as fast and takes as long to make as
    reading a few hundred kilobytes with the other, so only a large value is worth one.
    """
    if size_bytes < COMPILED_FROM_BYTES:
        return None if _explainer(name).is_valid(value) else next(iter(problems(name, value)))
    import fastjsonschema

    try:
        _validator(name)(value)
    except fastjsonschema.JsonSchemaValueException as error:
        found = next(iter(problems(name, value)), None)
        return found or f"$: {error.message}"
    return None


def problems(name: str, value: Any) -> tuple[str, ...]:
    """Everything wrong with `value`, the most telling first, as `$.path: what`."""
    from jsonschema.exceptions import relevance

    errors = sorted(_explainer(name).iter_errors(value), key=relevance, reverse=True)
    return tuple(f"{error.json_path}: {_short(error.message)}" for error in errors)


@cache
def _explainer(name: str) -> Any:
    from jsonschema import Draft7Validator
    from jsonschema.validators import extend

    strict: Any = extend(Draft7Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
    return strict(schema(name))


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[Any]:
    """In a schema `$` is the end of the text; in Python it is also the place before a last newline."""
    from jsonschema.exceptions import ValidationError

    ends = pattern.endswith("$") and not pattern.endswith("\\$")
    if isinstance(value, str) and not re.search(pattern[:-1] + r"\Z" if ends else pattern, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _short(message: str, limit: int = 300) -> str:
    return message if len(message) <= limit else f"{message[: limit // 2]} … {message[-limit // 2 :]}"
