"""Files that can be read and hold what nobody expects: a value of any kind at every place of an example."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from improve_loop.gates import GATES
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.scratch import scratch_delta

ODD: tuple[Any, ...] = (None, True, 0, "", "1" * 4_500, [], ["x", None, {"a": []}], [["x"]], {}, {"name": None})
JOB = {
    "stage": "test",
    "image": {"name": "python:3.12"},
    "services": [{"name": "docker:dind"}, "redis:7"],
    "before_script": ["set -e"],
    "script": ["pytest", ["ruff check"]],
    "rules": [{"if": "$A == 'b'", "when": "manual", "changes": ["src/**"], "allow_failure": False}, {"when": "never"}],
    "artifacts": {"paths": ["out/"], "reports": {"junit": "r.xml"}, "public": False},
    "cache": [{"paths": [".cache/"], "key": {"files": ["a.lock"]}}],
    "environment": {"name": "production"},
    "variables": {"A": {"value": "b"}, "SAST_DISABLED": "false"},
    "tags": ["docker"],
    "needs": [{"job": "build"}],
    "only": ["main"],
    "coverage": "/a/",
    "extends": [".x"],
    "trigger": {"include": [{"local": "b.yml"}]},
    "id_tokens": {"T": {"aud": "x"}},
}
PIPELINE = {
    "stages": ["build", "test"],
    "include": [{"project": "a/b", "file": ["c.yml"], "ref": "v1.0.0"}, "d.yml"],
    "workflow": {"rules": [{"if": "$CI_COMMIT_BRANCH", "when": "always"}]},
    "default": {"image": "python:3.12", "before_script": ["true"]},
    "variables": {"A": "b"},
    ".x": {"script": "x"},
    "build": {"script": "make"},
    "deploy": JOB,
}
WORKFLOW = {
    "on": {
        "push": {"branches": ["main"], "paths-ignore": ["docs/**"]},
        "pull_request": {"types": ["opened", "synchronize"]},
    },
    "permissions": {"contents": "read"},
    "env": {"A": "b"},
    "concurrency": {"group": "a"},
    "jobs": {
        "test": {
            "runs-on": ["ubuntu-24.04"],
            "needs": ["lint"],
            "if": "always()",
            "environment": {"name": "x"},
            "permissions": {"id-token": "write"},
            "steps": [{"uses": "actions/checkout@v4", "with": {"ref": "x"}}, {"run": "pytest", "if": "true"}],
        },
        "lint": {"uses": "./.github/workflows/b.yml"},
    },
}
PACKAGE = {
    "dependencies": {"left": "^1.2.3"},
    "devDependencies": {"jest": "29.0.0"},
    "scripts": {"test": "jest"},
    "overrides": {"a": {"b": "1"}},
}
LOCK = {
    "lockfileVersion": 3,
    "packages": {
        "": {"dependencies": {"left": "^1.2.3"}},
        "node_modules/left": {
            "version": "1.2.3",
            "resolved": "https://registry.npmjs.org/left/-/left-1.2.3.tgz",
            "integrity": "sha512-a",
            "dependencies": {"right": "1"},
        },
    },
    "dependencies": {"left": {"version": "1.2.3"}},
}
COMPOSER = {
    "require": {"a/b": "^3.5"},
    "packages": [{"name": "a/b", "version": "3.5.1", "dist": {"url": "https://api.github.com/a"}}],
    "default": {"a": {"version": "==1.0"}},
}
PYPROJECT = {
    "project": {"dependencies": ["flask==3.0"], "optional-dependencies": {"a": ["b>=1"]}},
    "dependency-groups": {"dev": ["pytest"]},
    "build-system": {"requires": ["hatchling"]},
    "tool": {
        "poetry": {"dependencies": {"a": {"version": "1.0"}}, "group": {"dev": {"dependencies": {"c": "2.0"}}}},
        "coverage": {"report": {"fail_under": 90}},
    },
}
CARGO = {
    "dependencies": {"serde": {"version": "1.0", "package": "x", "git": "https://x.test/a"}, "rand": "0.8"},
    "target": {"a": {"dependencies": {"b": "1"}}},
    "workspace": {"dependencies": {"c": "1"}},
    "package": [{"name": "a", "version": "1.0.0"}],
}
CONDA = {"channels": ["conda-forge"], "dependencies": ["numpy=1.2", {"pip": ["flask==3.0"]}]}
PUB = {"dependencies": {"http": "^1.0", "a": {"git": {"url": "https://x.test/a"}}}, "dev_dependencies": {"b": "1"}}
CHART = {"name": "a", "dependencies": [{"name": "redis", "version": "1.0", "repository": "https://x.test"}]}


def as_toml(value: Any) -> str:
    """A value as TOML writes it within a line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {as_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    return json.dumps("" if value is None else value)


def toml(tree: Any) -> str:
    return "".join(f"{json.dumps(key)} = {as_toml(value)}\n" for key, value in dict(tree or {}).items())


def with_yaml(tree: Any) -> str:
    return str(yaml.dump(tree, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False))


EXAMPLES: dict[str, tuple[Any, Callable[[Any], str]]] = {
    ".gitlab-ci.yml": (PIPELINE, with_yaml),
    ".github/workflows/a.yml": (WORKFLOW, with_yaml),
    "package.json": (PACKAGE, json.dumps),
    "package-lock.json": (LOCK, json.dumps),
    "composer.lock": (COMPOSER, json.dumps),
    "composer.json": (COMPOSER, json.dumps),
    "Pipfile.lock": (COMPOSER, json.dumps),
    "pyproject.toml": (PYPROJECT, toml),
    "Cargo.toml": (CARGO, toml),
    "environment.yml": (CONDA, with_yaml),
    "pubspec.yaml": (PUB, with_yaml),
    "Chart.yaml": (CHART, with_yaml),
}


def altered(tree: Any) -> Iterator[Any]:
    """The tree with an odd value in place of one of its parts, and without it, for each part."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            rest = {name: each for name, each in tree.items() if name != key}
            yield from (rest, rest | {"": value})
            yield from ({**tree, key: other} for other in (*ODD, *altered(value)))
    elif isinstance(tree, list):
        for at, value in enumerate(tree):
            yield tree[:at] + tree[at + 1 :]
            yield from ([*tree[:at], other, *tree[at + 1 :]] for other in (*ODD, *altered(value)))


@pytest.mark.parametrize("path", EXAMPLES)
def test_a_value_of_any_kind_at_any_place_is_judged(path: str) -> None:
    tree, write = EXAMPLES[path]
    example = write(tree).encode()
    scopes = (None, Scope(target_paths=(path,), class_="ci"))
    for number, other in enumerate(altered(tree)):
        odd = write(other).encode()
        for before, after in ((example, odd), (odd, example)):
            delta = scratch_delta({path: before}, {path: after})
            for family in ("ci", "supply"):
                told = GATES[family].findings(delta, scopes[number % 2], Policy())
                assert all(found.family == family and found.reason for found in told)
