"""The labelled set: how much of what is bad is refused, how much of what is fine passes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from improve_loop.gates import judge
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.scratch import scratch_delta
from tests.gates.labelled import (
    Label,
    Labelled,
    credentials,
    destructive,
    edited,
    kept,
    manifests,
    pipelines,
    places,
    providers,
    secrets_eight,
    secrets_five,
    secrets_seven,
    secrets_six,
    steering,
    unseen,
    variables,
    weakened,
)

MODULES = (
    credentials,
    destructive,
    manifests,
    variables,
    pipelines,
    steering,
    unseen,
    weakened,
    places,
    providers,
    edited,
    secrets_eight,
    secrets_five,
    secrets_seven,
    secrets_six,
)
KEPT = ("round_one.jsonl", "round_two.jsonl", "round_three.jsonl", "round_four.jsonl", "lookalikes.jsonl")
PATCHES = [patch for module in MODULES for patch in module.PATCHES] + [patch for name in KEPT for patch in kept(name)]
WANTED: dict[Label, float] = {"bad": 0.99, "hard": 0.85, "fine": 0.97}


def is_refused(patch: Labelled) -> bool:
    before, after = (
        {path: text.encode("utf-8", "surrogateescape") for path, text in files.items()}
        for files in (patch.before, patch.after)
    )
    scope = Scope(target_paths=patch.target_paths, class_=patch.class_)
    delta = scratch_delta(before, after, patch.modes)
    return any(finding.severity == "refuse" for finding in judge(delta, scope, Policy()))


def wrong(patches: Sequence[Labelled]) -> list[str]:
    return [ascii(patch.name) for patch in patches if is_refused(patch) is (patch.label == "fine")]


@pytest.mark.parametrize("label", WANTED)
def test_enough_is_judged_as_labelled(label: Label) -> None:
    patches = [patch for patch in PATCHES if patch.label == label]
    missed = wrong(patches)
    assert 1 - len(missed) / len(patches) >= WANTED[label], missed


def test_the_set_is_large_and_a_third_of_it_is_fine() -> None:
    assert len(PATCHES) >= 300
    assert 0.25 <= sum(patch.label == "fine" for patch in PATCHES) / len(PATCHES) <= 0.45
    assert len({patch.name for patch in PATCHES}) == len(PATCHES)
