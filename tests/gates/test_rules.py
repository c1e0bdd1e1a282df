"""Every rule's own examples, and canaries."""

from __future__ import annotations

import pytest

from improve_loop.gates import GATES, judge, rules
from improve_loop.gates.canaries import canaries_that_passed, planted
from improve_loop.model.delta import TreeDelta
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.rule import Edit, Example, Rule
from improve_loop.rules.gating.scratch import scratch_delta

REFUSES = [(rule, example) for rule in rules().values() for example in rule.refuses]
ALLOWS = [(rule, example) for rule in rules().values() for example in rule.allows]


def delta(rule: Rule, example: Example) -> TreeDelta:
    if isinstance(example, str):
        example = Edit(after={rule.example_path: f"{example}\n"})
    before = {path: text.encode("utf-8", "surrogateescape") for path, text in example.before.items()}
    after = {path: text.encode("utf-8", "surrogateescape") for path, text in example.after.items()}
    return scratch_delta(before, after, example.modes)


def found(rule: Rule, example: Example) -> set[str]:
    edit = example if isinstance(example, Edit) else Edit()
    scope = Scope(target_paths=edit.target_paths, class_=edit.class_) if edit.target_paths else None
    return {item.rule for item in judge(delta(rule, example), scope, Policy()) if item.severity == "refuse"}


@pytest.mark.parametrize(("rule", "example"), REFUSES, ids=lambda value: getattr(value, "id", None))
def test_a_rule_refuses_its_examples(rule: Rule, example: Example) -> None:
    assert rule.id in found(rule, example)


@pytest.mark.parametrize(("rule", "example"), ALLOWS, ids=lambda value: getattr(value, "id", None))
def test_a_rule_allows_its_look_alikes(rule: Rule, example: Example) -> None:
    assert rule.id not in found(rule, example)


def test_every_canary_is_caught() -> None:
    assert canaries_that_passed() == ()


def test_every_family_has_a_canary() -> None:
    assert {canary.family for canary in planted()} == set(GATES)


def test_every_rule_belongs_to_its_family() -> None:
    for family, gate in GATES.items():
        assert {rule.family for rule in gate.RULES} == {family}
