"""`.improve-loop.yml`: from text to `Config`, or everything that is wrong with it, each with line and key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Any, ClassVar

import yaml

from improve_loop.errors import ConfigError
from improve_loop.model.codec import from_plain
from improve_loop.model.config import Config
from improve_loop.rules.gating.policy import FAMILIES, may_never_be_lowered
from improve_loop.rules.nodes.compose import compose
from improve_loop.rules.nodes.text import Text, Unreadable
from improve_loop.rules.obeying import obeys

NAME = ".improve-loop.yml"
MAX_CHARS = 1_000_000
MAX_NODES = 20_000  # aliases count each time they are used, so a few lines cannot grow without end
Path = tuple[str | int, ...]


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Plain values, in which a day is the text that was written: no key wants a date of Python's."""

    yaml_implicit_resolvers: ClassVar = {
        first: [each for each in kinds if each[0] != "tag:yaml.org,2002:timestamp"]
        for first, kinds in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong: where (1-based line), which key, and what was expected."""

    line: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.line}: {self.key}: {self.message}" if self.key else f"{self.line}: {self.message}"


def parse(text: str, origin: str, schema: Mapping[str, Any]) -> Config:
    """The configuration in `text`. Raises ConfigError naming every problem at once."""
    lines: dict[Path, int] = {}
    found: list[Problem] = []
    plain = _plain(text, lines, found)
    if not found and not obeys(plain, schema, schema):
        found = sorted(set(_schema_problems(plain, lines, schema)))
    found = found or sorted(_impossible(plain, lines)) or sorted(_endless(plain, (), lines))
    if found:
        raise ConfigError("\n".join(f"{origin}:{problem}" for problem in found))
    return from_plain(Config, plain)


def _plain(text: str, lines: dict[Path, int], found: list[Problem]) -> dict[str, Any]:
    """The document as plain values, with the line of each key and item."""
    if len(text) > MAX_CHARS:
        found.append(Problem(1, "", f"larger than {MAX_CHARS} characters; is this the right file?"))
        return {}
    try:
        compose(Text(NAME, text), MAX_NODES)  # which bounds it, as what follows does not
        node = yaml.compose(text, Loader=Loader)
        values = yaml.load(text, Loader=Loader)
    except Unreadable as error:
        found.append(Problem(error.line, "", error.message.replace("is not", "not", 1)))
        return {}
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        found.append(Problem(mark.line + 1 if mark else 1, "", f"not valid YAML: {what}"))
        return {}
    if node is None or values is None:
        return {}
    if not isinstance(values, dict):
        found.append(Problem(1, "", f"expected keys and values, got {_kind(values)}"))
        return {}
    _walk(node, (), lines, found)
    return values


def _walk(node: yaml.Node, path: Path, lines: dict[Path, int], found: list[Problem]) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if len(path) > 20 or len(lines) > MAX_NODES:
        found.append(Problem(node.start_mark.line + 1, _dotted(path[:1]), "nested too deeply or too large"))
    elif found and found[-1].message.startswith("nested too"):
        return
    elif isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                found.append(
                    Problem(line, _dotted((*path, key.value)), f"given twice, first on line {seen[key.value]}")
                )
            seen[key.value] = line
            lines[(*path, key.value)] = line
            _walk(value, (*path, key.value), lines, found)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*path, index), lines, found)


def _schema_problems(plain: Any, lines: Mapping[Path, int], schema: Mapping[str, Any]) -> Iterator[Problem]:
    from jsonschema import Draft7Validator

    for error in Draft7Validator(schema).iter_errors(plain):
        path = tuple(error.absolute_path)
        for key, message in _explained(error):
            where = (*path, key) if key else path
            yield Problem(_line(where, lines), _dotted(where), message)


def _explained(error: Any) -> Iterator[tuple[str, str]]:
    """(the key inside the place, or "", what was expected) for one schema error."""
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    match error.validator:
        case "additionalProperties":
            for key in error.instance:
                if key not in known:
                    yield str(key), f"unknown key; {nearest(str(key), known)}"
        case "enum":
            yield "", f"{error.instance!r}: {nearest(str(error.instance), _allowed(error))}"
        case "type":
            wanted = error.validator_value
            names = wanted if isinstance(wanted, list) else [wanted]
            yield "", f"expected {' or '.join(_NAMES[name] for name in names)}, got {_kind(error.instance)}"
        case "required":
            missing = [key for key in error.validator_value if key not in error.instance]
            yield "", f"needs {' and '.join(missing)}"
        case "anyOf":
            yield "", "needs at least one of path, domain, subject, source"
        case _:
            yield "", error.message


def _allowed(error: Any) -> list[Any]:
    schema = error.schema
    values = schema.get("enum") if isinstance(schema, dict) else None
    return [value for value in values or error.validator_value if value is not None]


def nearest(given: str, known: Iterable[Any]) -> str:
    """What was probably meant, or everything that there is."""
    import difflib  # only to word this message

    names = sorted(map(str, known))
    near = difflib.get_close_matches(given, names, n=1, cutoff=0.6)
    if near or not names:
        return f"did you mean {near[0]}?" if near else "there is nothing to set here"
    return f"expected one of {', '.join(names)}"


_NAMES = {
    "object": "keys and values",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "keys and values"
    return "a list" if isinstance(value, list) else repr(value)


def _dotted(path: Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _line(path: Path, lines: Mapping[Path, int]) -> int:
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _endless(value: Any, path: Path, lines: Mapping[Path, int]) -> Iterator[Problem]:
    """`.nan` and `.inf` pass every minimum and maximum of a schema, and no limit holds against them."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _endless(item, (*path, key), lines)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _endless(item, (*path, index), lines)
    elif isinstance(value, float) and not isfinite(value):
        yield Problem(_line(path, lines), _dotted(path), f"expected a number, got {value}")


def _lowering(gates: Mapping[str, Any], lines: Mapping[Path, int]) -> Iterator[Problem]:
    """Gate families that there are not, and leave for what nobody can lower."""
    for family, said in gates.items():
        path: Path = ("gates", family)
        if family not in FAMILIES:
            yield Problem(_line(path, lines), _dotted(path), f"unknown family; {nearest(family, FAMILIES)}")
        elif (said or {}).get("policy") == "warn" and may_never_be_lowered(f"{family}/"):
            path = (*path, "policy")
            yield Problem(_line(path, lines), _dotted(path), f"{family} can never be lowered; remove it")
        for index, override in enumerate((said or {}).get("overrides") or ()):
            path = ("gates", family, "overrides", index, "rule")
            rule = override["rule"]
            if rule.partition("/")[0] != family:
                yield Problem(_line(path, lines), _dotted(path), f"{rule} is no rule of {family}")
            elif may_never_be_lowered(rule):
                yield Problem(_line(path, lines), _dotted(path), f"{rule} can never be lowered; remove the override")


def _allowing(gates: Mapping[str, Any], lines: Mapping[Path, int]) -> Iterator[Problem]:
    """Entries of the allow-list for credentials that would count for nothing."""
    said = ((gates.get("secrets") or {}).get("options") or {}).get("allow") or []
    for index, entry in enumerate(said if isinstance(said, list) else [said]):
        path: Path = ("gates", "secrets", "options", "allow", index)
        if not isinstance(entry, dict) or not entry.get("reason") or not _is_day(entry.get("expires")):
            needs = "needs a fingerprint, a reason and, as expires, a day (YYYY-MM-DD)"
            yield Problem(_line(path, lines), _dotted(path), needs)


def _is_day(value: Any) -> bool:
    try:
        return bool(date.fromisoformat(str(value)))
    except ValueError:
        return False


def _impossible(plain: Mapping[str, Any], lines: Mapping[Path, int]) -> Iterator[Problem]:
    """Values that are each right and together make no sense."""
    limits = plain.get("limits") or {}
    whole, each = limits.get("usd"), limits.get("usd_per_candidate")
    if whole is not None and each is not None and each > whole:
        path: Path = ("limits", "usd_per_candidate")
        yield Problem(_line(path, lines), _dotted(path), f"{each} is more than the whole run may cost (usd: {whole})")
    day = limits.get("usd_per_day")
    if whole is not None and day is not None and whole > day:
        path = ("limits", "usd")
        yield Problem(_line(path, lines), _dotted(path), f"{whole} is more than a day may cost (usd_per_day: {day})")
    yield from _lowering(plain.get("gates") or {}, lines)
    yield from _allowing(plain.get("gates") or {}, lines)
    names: dict[str, int] = {}
    for index, check in enumerate(plain.get("checks") or ()):
        path = ("checks", index, "name")
        if check["name"] in names:
            yield Problem(_line(path, lines), _dotted(path), f"{check['name']!r} is also the name of another check")
        names[check["name"]] = index
