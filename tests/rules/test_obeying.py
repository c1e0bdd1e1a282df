"""What is said to obey a schema without asking jsonschema, jsonschema accepts too."""

from __future__ import annotations

import copy
import subprocess
import sys
from functools import cache
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from improve_loop.edges.schemas import folder, schema
from improve_loop.rules.obeying import obeys

CONFIG = schema("config")
EXAMPLE = yaml.safe_load((folder() / "examples" / "config.yml").read_text())
JUNK = st.one_of(
    st.sampled_from(
        [None, True, False, 0, 1, -1, 0.0, 1.0, float("nan"), float("inf"), "", "a", "refuse", "x" * 5_000]
    ),
    st.sampled_from([{}, [], [1], ["a"], {"a": 1}, {1: "a"}, {"path": "a"}, {"policy": "warn"}, 10**12]),
)


@cache
def accepts() -> Any:
    return Draft7Validator(CONFIG).is_valid


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a value with each key in it."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [*((value, key) for key in keys), *(place for key in keys for place in places(value[key]))]


def test_the_whole_example_obeys() -> None:
    assert obeys(EXAMPLE, CONFIG, CONFIG)
    assert obeys({}, CONFIG, CONFIG)


@given(st.data())
def test_what_obeys_is_accepted(data: st.DataObject) -> None:
    value = copy.deepcopy(EXAMPLE)
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(places(value)))
        if data.draw(st.booleans()):
            holder[key] = data.draw(JUNK)
        elif isinstance(holder, dict):
            holder[data.draw(st.sampled_from(["a", "", "path", "usd", 1]))] = data.draw(JUNK)
    assert not obeys(value, CONFIG, CONFIG) or accepts()(value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1, {"enum": [True]}),
        (1, {"const": True}),
        ([1], {"enum": [[True]]}),
        (True, {"type": "integer"}),
        ("a", {"type": "string", "format": "uri"}),
        ("a", {"$ref": "common.schema.json#/$defs/a"}),
        ([1], {"items": [{"type": "string"}]}),
        ({"a": 1}, {"patternProperties": {"a": {"type": "string"}}}),
        ({"a": 1}, {"additionalProperties": False}),
        ({"ab": 1}, {"propertyNames": {"maxLength": 1}}),
        ({}, {"required": ["a"]}),
        (0, {"exclusiveMinimum": 0}),
        (float("nan"), {"maximum": 1}),
        ("ab", {"pattern": "^a$"}),
        ([], {"minItems": 1}),
        ("", False),
    ],
)
def test_what_does_not_obey_or_is_not_understood_is_a_no(value: Any, said: Any) -> None:
    assert not obeys(value, said, {})


def test_a_right_configuration_is_read_without_jsonschema() -> None:
    code = (
        "import sys; from improve_loop.edges.configuration import from_bytes\n"
        "from_bytes(b'limits: {patch_lines: 9}', 'c.yml'); print('jsonschema' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder().parent / "scripts"
    )
    assert done.stdout == "False\n"
