"""What a pipeline does less or more than before, and the parts of its tree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

INHERITED = (
    "image",
    "services",
    "cache",
    "before_script",
    "after_script",
)  # of a pipeline's top level, as GitLab reads it


class Weakness(NamedTuple):
    """A rule of the family `ci`, a word to find its line by, and what was seen."""

    rule: str
    find: str
    says: str


def part(tree: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A mapping within a mapping; empty where it is none."""
    value = tree.get(key)
    return value if isinstance(value, dict) else {}


def defaults(tree: Mapping[str, Any]) -> Mapping[str, Any]:
    """What jobs inherit: `default`, and the older keywords beside it that mean the same."""
    return {**{key: tree[key] for key in INHERITED if key in tree}, **part(tree, "default")}


def flat(value: object) -> list[object]:
    """The items of a list with its lists taken apart; none for nothing."""
    if isinstance(value, list):
        return [item for part in value for item in flat(part)]
    return [] if value is None else [value]


def listed(value: object) -> list[str]:
    """The same as text."""
    return [str(item) for item in flat(value)]


def name_of(environment: object) -> str:
    """The environment that a job names, by itself or in a mapping; empty for none."""
    name = environment.get("name", "") if isinstance(environment, dict) else environment
    return "" if name is None else str(name)


def ends_a_review(environment: object) -> bool:
    """Whether a job only stops an environment of a branch."""
    stops = isinstance(environment, dict) and environment.get("action") == "stop"
    return stops and bool(re.search(r"(?i)review|CI_COMMIT_REF|CI_MERGE_REQUEST", name_of(environment)))
