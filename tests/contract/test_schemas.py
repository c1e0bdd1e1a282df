"""Schema and dataclass are both written by hand; this holds them together, and each to its example."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from improve_loop.edges import artifacts, schemas, statefile
from improve_loop.model.artifacts import ARTIFACTS
from improve_loop.model.codec import from_plain, to_plain
from improve_loop.model.config import Config
from improve_loop.model.state import State

EXAMPLES = schemas.folder() / "examples"
RUN_ID = "20261120-0300-9f3c2ab"
SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean"}

Plain = dict[str, Any]


def example(kind: str) -> Plain:
    loaded: Plain = json.loads((EXAMPLES / f"{kind}.json").read_text(encoding="utf-8"))
    return loaded


def yaml_example(name: str) -> Plain:
    loaded: Plain = yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))
    return loaded


def fields(cls: Any) -> dict[str, dataclasses.Field[Any]]:
    return {field.name.rstrip("_"): field for field in dataclasses.fields(cls)}


def has_no_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


class Parity:
    """Walks a type and its schema side by side and collects where they differ."""

    def __init__(self, name: str) -> None:
        self.whole = schemas.schema(name)
        self.differences: list[str] = []

    def expect(self, where: str, what: str, of_class: object, of_schema: object) -> None:
        if of_class != of_schema:
            self.differences.append(f"{where}: {what}: dataclass {of_class}, schema {of_schema}")

    def resolved(self, node: Plain) -> Plain:
        while "$ref" in node:
            node = self.whole["$defs"][node["$ref"].rpartition("/")[2]]
        return node

    def compare(self, where: str, hint: Any, node: Plain) -> None:
        node = self.resolved(node)
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin in (typing.Union, types.UnionType):
            self.optional(where, [part for part in arguments if part is not types.NoneType], node)
        elif origin is typing.Literal:
            self.expect(where, "values", sorted(arguments), sorted(node.get("enum", [])))
        elif dataclasses.is_dataclass(hint):
            self.dataclass(where, hint, node)
        elif origin is tuple:
            self.expect(where, "type", "array", node.get("type"))
            self.compare(f"{where}[]", arguments[0], node["items"])
        elif origin is Mapping:
            self.mapping(where, arguments[1], node)
        elif "const" not in node:
            self.expect(where, "type", SCALARS[hint], node.get("type"))

    def optional(self, where: str, parts: list[Any], node: Plain) -> None:
        assert len(parts) == 1, f"{where}: a union of more than one type and None"
        if "anyOf" in node:
            self.expect(where, "may be null", True, {"type": "null"} in node["anyOf"])
            self.compare(where, parts[0], next(one for one in node["anyOf"] if one != {"type": "null"}))
        elif "enum" in node:
            self.expect(where, "may be null", True, None in node["enum"])
            self.compare(where, parts[0], {"enum": [value for value in node["enum"] if value is not None]})
        else:
            self.expect(where, "may be null", True, isinstance(node.get("type"), list) and "null" in node["type"])
            kept = [one for one in node["type"] if one != "null"] if isinstance(node.get("type"), list) else []
            self.compare(where, parts[0], {**node, "type": kept[0] if kept else node.get("type")})

    def mapping(self, where: str, values: Any, node: Plain) -> None:
        self.expect(where, "type", "object", node.get("type"))
        if values is not Any:
            self.compare(f"{where}.*", values, node["additionalProperties"])

    def dataclass(self, where: str, cls: Any, node: Plain) -> None:
        hints = typing.get_type_hints(cls)
        kind = {"kind"} if cls in ARTIFACTS.values() else set()
        self.expect(where, "fields", sorted({*fields(cls), *kind}), sorted(node["properties"]))
        self.expect(where, "other keys", False, node.get("additionalProperties"))
        self.expect(where, "required", sorted(self.required(cls) | kind), sorted(node.get("required", [])))
        for name, field in fields(cls).items():
            if name in node["properties"]:
                self.compare(f"{where}.{name}", hints[field.name], node["properties"][name])

    def required(self, cls: Any) -> set[str]:
        """Machines write every field; people write a configuration, and may leave out what has a default."""
        if cls is State:
            return {"version"}
        if cls.__module__ == Config.__module__:
            return {name for name, field in fields(cls).items() if has_no_default(field)}
        return set(fields(cls))


def differences(name: str, cls: Any) -> list[str]:
    parity = Parity(name)
    parity.compare("$", cls, parity.whole)
    return parity.differences


@pytest.mark.parametrize(("name", "cls"), [*ARTIFACTS.items(), ("state", State), ("config", Config)])
def test_dataclass_and_schema_say_the_same(name: str, cls: Any) -> None:
    assert differences(name, cls) == []


def test_the_comparison_sees_each_kind_of_difference() -> None:
    @dataclasses.dataclass(frozen=True)
    class Other:
        version: str  # the state has 1
        runs: tuple[str, ...]  # the state has objects
        updated_at: str  # the state may have null

    found = "\n".join(differences("state", Other))
    assert "fields" in found
    assert "required" in found
    assert "$.runs[]: type" in found
    assert "$.updated_at: type" in found


def test_every_kind_names_its_own_schema() -> None:
    for kind, cls in ARTIFACTS.items():
        assert schemas.schema(kind)["properties"]["kind"] == {"const": kind}
        assert schemas.schema(kind)["properties"]["version"] == {"const": 1}
        assert cls.kind == kind


def test_every_artifact_has_an_example_and_nothing_else_has() -> None:
    names = {path.name for path in EXAMPLES.iterdir()}
    assert names == {f"{kind}.json" for kind in ARTIFACTS} | {"state.yaml", "config.yml"}


@pytest.mark.parametrize("kind", ARTIFACTS)
def test_an_example_is_accepted_loads_and_dumps_to_the_same_bytes(kind: str) -> None:
    content = (EXAMPLES / f"{kind}.json").read_bytes()
    plain = json.loads(content)
    assert schemas.problems(kind, plain) == ()
    assert schemas.problem(kind, plain) is None
    assert artifacts.dumps(from_plain(ARTIFACTS[kind], plain)) == content


def test_the_state_example_is_accepted_loads_and_dumps_to_the_same_bytes() -> None:
    path = EXAMPLES / "state.yaml"
    text = path.read_text(encoding="utf-8")
    assert schemas.problems("state", yaml.safe_load(text)) == ()
    assert statefile.dump(statefile.load(text, str(path))) == text


def test_the_configuration_example_is_accepted_and_loads_with_every_value_kept() -> None:
    plain = yaml_example("config.yml")
    assert schemas.problems("config", plain) == ()
    assert contains(to_plain(from_plain(Config, plain)), plain)


def test_the_configuration_example_shows_every_setting_and_helps_the_editor() -> None:
    first, *_ = (EXAMPLES / "config.yml").read_text(encoding="utf-8").splitlines()
    assert first.startswith("# yaml-language-server: $schema=")
    assert set(yaml_example("config.yml")) == set(schemas.schema("config")["properties"])


def test_the_state_example_shows_every_memory() -> None:
    assert set(yaml_example("state.yaml")) == set(schemas.schema("state")["properties"])


@pytest.mark.parametrize("kind", ARTIFACTS)
def test_an_unknown_key_is_refused_at_every_depth(kind: str) -> None:
    plain = example(kind)
    for place in objects(plain):
        place["surprise"] = 1
        assert "surprise" in (schemas.problem(kind, plain) or "accepted"), place
        del place["surprise"]


@pytest.mark.parametrize("kind", ARTIFACTS)
def test_each_missing_field_is_named(kind: str) -> None:
    plain = example(kind)
    for name in list(plain):
        without = {key: value for key, value in plain.items() if key != name}
        assert name in (schemas.problem(kind, without) or "accepted")


def test_the_examples_tell_one_run() -> None:
    assert {example(kind)["run_id"] for kind in ARTIFACTS} == {RUN_ID}
    shortlist, approval, report = example("shortlist"), example("approval"), example("report")
    listed = {ranked["candidate"]["id"] for ranked in shortlist["shortlisted"]}
    assert set(approval["accepted"]) | set(approval["later"]) == listed
    assert {one["candidate"] for one in report["answers"]} == listed
    assert {one["candidate"] for one in report["merge_requests"]} == set(approval["accepted"])
    assert [one["reason"] for one in report["dropped"]] == [one["reason"] for one in shortlist["dropped"]]
    assert yaml_example("state.yaml")["runs"][-1]["run_id"] == RUN_ID


def test_the_examples_name_each_other_by_their_bytes() -> None:
    shortlist = artifacts.sha256((EXAMPLES / "shortlist.json").read_bytes())
    assert example("proposal")["shortlist_sha256"] == example("approval")["shortlist_sha256"] == shortlist
    patch = example("report")["merge_requests"][0]["patch"].encode()
    assert {example(kind)["patch_sha256"] for kind in ("change", "check", "verdict")} == {artifacts.sha256(patch)}


def contains(whole: Any, part: Any) -> bool:
    """Whether every key and item of `part` is in `whole`, which may hold more keys."""
    if isinstance(part, dict):
        return all(key in whole and contains(whole[key], value) for key, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(contains, whole, part))
    return bool(whole == part)


def objects(value: Any) -> Iterator[Plain]:
    """The objects inside an artifact whose keys the loop chooses (settings and recipe parameters are free)."""
    if isinstance(value, dict):
        yield value
        for key, item in value.items():
            if key not in {"config", "params"}:
                yield from objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from objects(item)
