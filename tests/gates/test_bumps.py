"""What bots that bump dependencies write every day passes for a candidate; its twins that choose something do not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from improve_loop.gates import judge
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.scratch import scratch_delta

GO = "module a\n\nrequire a.test/b v1.{}.0\n"
NEEDED = "require c.test/d v0.3.0 // indirect\n"
COMPILED = "black==24.{}\n    # via -r dev.in\nflask==3.0\n    # via -r dev.in\n"
TOKENS = "pytokens==0.1\n    # via\n    #   {}\n"
BUN = '{{\n  "packages": {{\n    "left": ["left@4.{0}.0", "", {{}}, "sha512-{1}=="],\n    "other/left": ["left@3.0.0", "", {{}}, "sha512-Qq7=="],\n  }}\n}}\n'
NPM = '{{\n  "packages": {{\n    "node_modules/left": {{\n      "version": "1.{}.0",\n      "resolved": "https://registry.npmjs.org/left/-/left-1.{}.0.tgz",\n      "funding": [\n        {{\n          "url": "https://{}"\n        }}\n      ]\n    }}\n  }}\n}}\n'
UV = '[[package]]\nname = "mail"\nversion = "{}"\nsource = {{ registry = "https://pypi.org/simple" }}\n{}sdist = {{ hash = "sha256:{}" }}\n'
NEEDS = 'dependencies = [\n    { name = "dkimpy" },\n]\n'
DKIM = '\n[[package]]\nname = "dkimpy"\nversion = "1.1.8"\nsource = { registry = "https://pypi.org/simple" }\n'


def refused(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    old, new = ({path: text.encode() for path, text in files.items()} for files in (before, after))
    scope = Scope(target_paths=tuple({*before, *after}), class_="dependency")
    return [item.rule for item in judge(scratch_delta(old, new), scope, Policy()) if item.severity == "refuse"]


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("go.mod", GO.format(0), GO.format(1) + NEEDED),
        ("requirements/dev.txt", COMPILED.format(1), COMPILED.format(2) + TOKENS.format("black")),
        ("bun.lock", BUN.format(0, "Aa1"), BUN.format(1, "Bb2")),
        ("package-lock.json", NPM.format(0, 0, "left.test"), NPM.format(1, 1, "www.left.test")),
        ("uv.lock", UV.format("0.6", "", "aa"), UV.format("1.1", NEEDS, "bb") + DKIM),
    ],
)
def test_a_bump_brings_along_what_the_package_needs(path: str, before: str, after: str) -> None:
    assert refused({path: before}, {path: after}) == []


@pytest.mark.parametrize(
    ("path", "before", "after", "rule"),
    [
        ("go.mod", GO.format(0), GO.format(0) + NEEDED, "supply/dependency-added"),
        ("go.mod", GO.format(0), GO.format(1) + NEEDED.replace(" // indirect", ""), "supply/dependency-added"),
        (
            "requirements/dev.txt",
            COMPILED.format(1),
            COMPILED.format(2) + TOKENS.format("flask"),
            "supply/dependency-added",
        ),
        (
            "requirements/dev.txt",
            COMPILED.format(1),
            COMPILED.format(2) + TOKENS.format("-r dev.in"),
            "supply/dependency-added",
        ),
        ("requirements/dev.txt", COMPILED.format(1), COMPILED.format(2) + "pytokens==0.1\n", "supply/dependency-added"),
        ("bun.lock", BUN.format(0, "Aa1"), BUN.format(0, "Bb2"), "supply/lock-mismatch"),
        ("uv.lock", UV.format("0.6", "", "aa"), UV.format("1.1", "", "bb") + DKIM, "supply/lock-mismatch"),
        (
            "package-lock.json",
            NPM.format(0, 0, "left.test"),
            NPM.format(1, 1, "left.test").replace("registry.npmjs.org", "left.test:8443"),
            "supply/source",
        ),
    ],
)
def test_what_no_bump_brings_is_refused(path: str, before: str, after: str, rule: str) -> None:
    assert rule in refused({path: before}, {path: after})


def test_code_that_changes_with_a_bump_may_use_what_came_along() -> None:
    before, after = {"go.mod": GO.format(0)}, {"go.mod": GO.format(1) + NEEDED}
    assert refused({**before, "a.go": "package a\n"}, {**after, "a.go": "package a\n\nvar b = 1\n"})


def test_a_look_alike_does_not_come_along() -> None:
    added = TOKENS.format("black").replace("pytokens", "reqeusts")
    assert refused(
        {"requirements/dev.txt": COMPILED.format(1)}, {"requirements/dev.txt": COMPILED.format(2) + added}
    ) == ["supply/name"]
