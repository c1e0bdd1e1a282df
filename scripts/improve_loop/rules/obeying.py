"""Whether a value surely obeys a JSON schema: soon loaded, and "no" wherever it is not sure.

jsonschema explains what is wrong; loading it takes longer than a whole small command, and what obeys needs no words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Schema = Mapping[str, Any]


def obeys(value: Any, schema: Schema | bool, root: Schema) -> bool:
    """Whether jsonschema would accept this value too. A keyword that is not known here is a no."""
    if isinstance(schema, bool):
        return schema
    return all(
        keyword in _SILENT or (keyword in _JUDGES and _JUDGES[keyword](value, said, schema, root))
        for keyword, said in schema.items()
    )


def _is(value: Any, kind: object) -> bool:
    return type(value) in _TYPES.get(str(kind), ())


def _type(value: Any, said: Any, schema: Schema, root: Schema) -> bool:
    return any(_is(value, kind) for kind in (said if isinstance(said, list) else [said]))


def _enum(value: Any, said: Any, schema: Schema, root: Schema) -> bool:
    plain = not isinstance(value, list | dict)  # in which True could be 1
    return plain and any(type(each) is type(value) and each == value for each in said)


def _reference(value: Any, said: Any, schema: Schema, root: Schema) -> bool:
    name = said.removeprefix("#/$defs/")
    return name in root.get("$defs", {}) and obeys(value, root["$defs"][name], root)


def _any_of(value: Any, said: Any, schema: Schema, root: Schema) -> bool:
    return any(obeys(value, each, root) for each in said)


def _items(value: Any, said: Any, schema: Schema, root: Schema) -> bool:
    return not isinstance(value, list) or (
        not isinstance(said, list) and all(obeys(item, said, root) for item in value)
    )


def _properties(value: Any, said: Any, schema: Schema, root: Schema) -> bool:
    return not isinstance(value, dict) or all(obeys(value[name], said[name], root) for name in said if name in value)


def _others(value: Any, said: Any, schema: Schema, root: Schema) -> bool:
    known = schema.get("properties", {})
    return not isinstance(value, dict) or all(obeys(value[name], said, root) for name in value if name not in known)


def _names(value: Any, said: Any, schema: Schema, root: Schema) -> bool:
    return not isinstance(value, dict) or all(obeys(name, said, root) for name in value)


def _required(value: Any, said: Any, schema: Schema, root: Schema) -> bool:
    return not isinstance(value, dict) or all(name in value for name in said)


def _of(kind: str, holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any, Schema, Schema], bool]:
    """A keyword that says something of values of one type alone."""
    return lambda value, said, schema, root: not _is(value, kind) or holds(value, said)


_SILENT = frozenset(("$schema", "$defs", "title", "description", "default"))
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_JUDGES: Mapping[str, Callable[[Any, Any, Schema, Schema], bool]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda value, said, schema, root: _enum(value, [said], schema, root),
    "$ref": _reference,
    "anyOf": _any_of,
    "items": _items,
    "properties": _properties,
    "additionalProperties": _others,
    "propertyNames": _names,
    "required": _required,
    "minimum": _of("number", lambda value, least: value >= least),
    "exclusiveMinimum": _of("number", lambda value, below: value > below),
    "maximum": _of("number", lambda value, most: value <= most),
    "minLength": _of("string", lambda value, least: len(value) >= least),
    "maxLength": _of("string", lambda value, most: len(value) <= most),
    "minItems": _of("array", lambda value, least: len(value) >= least),
    "pattern": _of("string", lambda value, pattern: re.search(pattern, value) is not None),
}
