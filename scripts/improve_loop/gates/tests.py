"""Tests are not deleted, emptied or weakened to make a change pass."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.model.delta import TreeDelta
from improve_loop.model.make import GateFinding
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.rule import Edit, Rule

FAMILY = "tests"

DELETED = Rule(
    id="tests/deleted",
    reason="a test file is deleted, emptied or renamed to what no test runner collects",
    advice="keep the test; if it is wrong, mend it",
    refuses=(
        Edit(before={"tests/test_a.py": "def test_a():\n    assert f() == 1\n"}),
        Edit(before={"src/a.spec.ts": "it('adds', () => { expect(f()).toBe(1) })\n"}),
    ),
    allows=(
        Edit(
            before={"tests/test_a.py": "def test_a():\n    assert f() == 1\n"},
            after={"tests/unit/test_a.py": "def test_a():\n    assert f() == 1\n"},
        ),
    ),
)
RULES = (DELETED,)

_TEST_PATH = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__|testing)/|(?:^|/)test_[^/]*$|[._-](?:test|spec)s?\.[a-z]+$|_test\.[a-z]+$"
)


def findings(delta: TreeDelta, scope: Scope | None, policy: Policy) -> Iterator[GateFinding]:
    """Test files that are gone."""
    for file in delta.files:
        if file.status == "deleted" and _TEST_PATH.search(file.path):
            yield DELETED.at(file.path)
