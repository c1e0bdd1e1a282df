"""Checks that a pipeline now only runs for changes of some files: of none that is code, or of no test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

from improve_loop.rules.gating.ci.weakness import Weakness, flat, listed
from improve_loop.rules.gating.globs import in_target
from improve_loop.rules.gating.kinds import CODE, kind_of
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.testing.places import is_collected

Job = Mapping[str, Any]

_TESTS = lazy(
    r"\b(?:pytest|tox|nox|jest|vitest|mocha|rspec|phpunit|(?:go|cargo|dotnet|mix|npm|yarn|pnpm|make|gradlew?|mvnw?)\s+(?:run\s+)?(?:test|check|verify))\b"
)
_OF_WORDS = lazy(
    r"(?i)(?:\./)?(?:docs?|documentation|none|never|nothing|no-?such\S*|nonexist\S*|examples?)(?:/.*)?$|.*\.(?:md|rst|txt|adoc)$|(?:\*\*/)?(?:README|CHANGELOG|LICENSE|NOTICE|AUTHORS)\S*$|.*\.(?:gitkeep|never|none)$"
)
_ABOUT_WORDS = lazy(r"(?i)doc|spell|markdown|\bmd\b|vale|sphinx|link|prose|readme|changelog")


def touched(before: Mapping[str, Job], after: Mapping[str, Job], paths: Set[str]) -> Iterator[Weakness]:
    """Jobs of tests that ran for every change and now run for those of `changes:` only, where these leave code out."""
    for name, job in after.items():
        was = before.get(name)
        patterns = _changes(job)
        script = "\n".join(listed(job.get("script")))
        if was is None or not patterns or _changes(was) == patterns or _ABOUT_WORDS.search(f"{name}\n{script}"):
            continue
        if all(_OF_WORDS.match(pattern) for pattern in patterns):
            yield Weakness("rules-weakened", "changes", f"{name} runs only when words change: {patterns[0]}"[:120])
        elif not _changes(was) and _TESTS.search(script) and not any("$" in pattern for pattern in patterns):
            tests = [path for path in paths if is_collected(path) and kind_of(path) in CODE]
            if tests and not any(in_target(path, tuple(patterns)) for path in tests):
                yield Weakness("rules-weakened", "changes", f"{name} no longer runs when a test changes")


def _changes(job: Job) -> list[str]:
    """The patterns of which one must be changed for a job to run; none where a rule asks for no change."""
    rules = [rule for rule in flat(job.get("rules")) if isinstance(rule, dict) and rule.get("when") != "never"]
    if not rules or any("changes" not in rule for rule in rules):
        return []
    each = [rule["changes"] for rule in rules]
    return [path for item in each for path in listed(item.get("paths") if isinstance(item, dict) else item)]
