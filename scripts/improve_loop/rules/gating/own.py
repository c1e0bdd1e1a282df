"""Patterns that a project adds to a family in its policy: literal text with `*`, so that looking stays linear."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from improve_loop.model.delta import TreeDelta
from improve_loop.model.finding import GateFinding
from improve_loop.model.lines import lowered
from improve_loop.rules.gating.globs import in_target
from improve_loop.rules.gating.policy import Policy
from improve_loop.rules.gating.rule import Rule


def own_rule(family: str) -> Rule:
    """The rule under which a family tells what the project's own patterns found."""
    return Rule(
        id=f"{family}/own",
        reason="the project's policy names this",
        advice=f"leave it out; the pattern stands under gates.{family}.patterns in the policy",
    )


def own_findings(family: str, delta: TreeDelta, policy: Policy) -> Iterator[GateFinding]:
    """Added lines that hold what a pattern of this family names."""
    chosen = policy.families.get(family)
    for pattern in chosen.patterns if chosen else ():
        parts = [lowered(part) for part in pattern.text.split("*") if part]
        for file in delta.files:
            if not file.is_binary and in_target(file.path, pattern.paths):
                for line in file.added:
                    if _holds(lowered(line.text), parts):
                        yield own_rule(family).at(file.path, line.number, detail=pattern.reason)


def _holds(text: str, parts: Sequence[str]) -> bool:
    """Whether the parts stand in this order: each at its first place after the one before, so nothing is tried twice."""
    place = 0
    for part in parts:
        place = text.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return True
