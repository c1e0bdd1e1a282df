"""GitLab's own JSON schema of the CI file, as a comparison: an edit may bring no new violation.

Real, working files violate the schema (it is stricter than GitLab), so it never judges a file alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parents[2]
PLACES = (PACKAGE / "schemas", PACKAGE.parents[1] / "schemas")  # a wheel, a checkout


def violations(entries: Mapping[str, Any]) -> dict[tuple[str, str], list[str]]:
    """What the schema says against these top-level entries, by the violated rule and not by path or value.

    So a violation that moves along with its value is the same one.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for error in _validator().iter_errors(_jsonable(dict(entries))):
        rule = (str(error.validator), json.dumps(error.schema, sort_keys=True))
        found.setdefault(rule, []).append(f"{error.json_path}: {error.message[:200]}")
    return found


def new_violations(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What the schema says of the new document and did not say of the old one; only changed entries are judged."""
    changed = {name for name in {*old, *new} if name not in old or name not in new or old[name] != new[name]}
    before = violations({name: old[name] for name in changed if name in old})
    after = violations({name: new[name] for name in changed if name in new})
    return [said[-1] for rule, said in after.items() if len(said) > len(before.get(rule, ()))]


@cache
def _validator() -> Any:
    import jsonschema  # here, because no other command should pay for the import

    path = next(place / "gitlab-ci" / "ci.json" for place in PLACES if (place / "gitlab-ci" / "ci.json").is_file())
    return jsonschema.Draft7Validator(json.loads(path.read_text(encoding="utf-8")))


def _jsonable(value: Any) -> Any:
    """Plain values as JSON has them: keys are strings, a reference is a list, odd numbers are their text."""
    if isinstance(value, Mapping):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [str(item) for item in value[1:]]
    return [_jsonable(item) for item in value] if isinstance(value, list) else value
