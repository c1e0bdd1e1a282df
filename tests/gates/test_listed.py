"""Manifests in YAML that hold what their format does not want: refused or passed, never a crash."""

from __future__ import annotations

import pytest

from improve_loop.gates import judge
from improve_loop.rules.gating.policy import Policy
from improve_loop.rules.gating.scratch import scratch_delta

ODD = {
    "Chart.yaml": (
        "dependencies:\n  - version: 1\n",
        "dependencies: 5\n",
        "- a\n",
        "dependencies:\n  - name: {a: b}\n",
    ),
    "environment.yml": (
        "channels: 5\n",
        "channels: {a: b}\n",
        "channels: [[a]]\n",
        "dependencies:\n  - {pip: 5}\n",
        "[" * 3000,
    ),
    "pubspec.yaml": ("dependencies: 5\n", "dependencies:\n  a: [1]\n", "a: *b\n", "? [a]\n: b\n"),
}


@pytest.mark.parametrize(("path", "text"), [(path, text) for path, texts in ODD.items() for text in texts])
def test_an_odd_manifest_is_judged(path: str, text: str) -> None:
    for before in ({path: b"name: x\n"}, {}):
        found = judge(scratch_delta(before, {path: text.encode()}), None, Policy())
        assert {each.path for each in found} <= {path}


def test_a_chart_whose_dependencies_have_no_name_cannot_be_read() -> None:
    delta = scratch_delta({"Chart.yaml": b"name: x\n"}, {"Chart.yaml": b"dependencies:\n  - version: 1\n"})
    assert [found.rule for found in judge(delta, None, Policy())] == ["supply/unreadable"]


def test_channels_that_are_no_list_are_one_from_elsewhere() -> None:
    delta = scratch_delta({"environment.yml": b"name: x\n"}, {"environment.yml": b"channels: evil\n"})
    assert "supply/source" in {found.rule for found in judge(delta, None, Policy())}
