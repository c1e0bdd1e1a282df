"""CI files as GitLab reads them: inputs filled in, `extends` and `!reference` resolved; no more than ours use."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.support.imports import ROOT

TEMPLATES = ROOT / "ci-templates"
SAMPLES = {"string": "text", "number": 3, "boolean": True, "array": ["one", "two"]}
KEYWORDS = {"stages", "variables", "default", "include", "workflow", "image", "services", "cache", "spec"}


class Loader(yaml.SafeLoader):
    """With `!reference`."""


class Reference(list[str]):
    """`!reference [job, key]`."""


def _reference(loader: yaml.SafeLoader, node: yaml.Node) -> Reference:
    assert isinstance(node, yaml.SequenceNode)
    return Reference(str(item) for item in loader.construct_sequence(node))


Loader.add_constructor("!reference", _reference)


def header(path: Path) -> dict[str, dict[str, Any]]:
    """The declared inputs of a file; {} where it has none."""
    documents = list(yaml.load_all(path.read_text(), Loader))
    found: dict[str, dict[str, Any]] = documents[0]["spec"]["inputs"] if len(documents) > 1 else {}
    return found


def defaults(path: Path) -> dict[str, Any]:
    return {name: declared.get("default") for name, declared in header(path).items()}


def filled(path: Path, given: Mapping[str, Any]) -> Any:
    """The second document with these inputs, parsed."""
    text = path.read_text().split("\n---\n", 1)[-1]
    values = {**defaults(path), **given}

    def value(match: re.Match[str]) -> str:
        return _text(values[match[1]])

    # A value that is the whole scalar keeps its type; inside a longer string it is text.
    text = re.sub(r"(?<=: )\$\[\[ inputs\.(\w+) \]\]$", lambda m: json.dumps(values[m[1]]), text, flags=re.M)
    return yaml.load(re.sub(r"\$\[\[ inputs\.(\w+) \]\]", value, text), Loader)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def jobs(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The visible jobs, whole."""
    visible = [name for name in config if name not in KEYWORDS and not name.startswith(".")]
    return {name: _referenced(config, _extended(config, name)) for name in visible}


def _extended(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    job = copy.deepcopy(config[name])
    parent = job.pop("extends", None)
    whole: dict[str, Any] = _merged(_extended(config, parent), job) if parent else job
    return whole


def _merged(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **{key: _merged(below.get(key), value) for key, value in above.items()}}
    return above


def _referenced(config: Mapping[str, Any], job: dict[str, Any]) -> dict[str, Any]:
    done = dict(job)
    for key, value in job.items():
        if isinstance(value, list):
            done[key] = [each for item in value for each in _expanded(config, item)]
    return done


def _expanded(config: Mapping[str, Any], item: Any) -> list[Any]:
    if not isinstance(item, Reference):
        return [item]
    name, key = item
    found: list[Any] = _extended(config, name)[key]
    return found
