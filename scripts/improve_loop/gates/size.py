"""A change that nobody can review is refused: too many lines or files."""

from __future__ import annotations

from collections.abc import Iterator

from improve_loop.model.delta import TreeDelta
from improve_loop.model.finding import GateFinding
from improve_loop.rules.gating.kinds import kind_of
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.rule import Edit, Rule

FAMILY = "size"

LOCK_LINES_COUNT_FOR = 20  # a lock file is read by its summary: twenty of its lines count as one

LINES = Rule(
    id="size/lines",
    reason="the change has more lines than limits.patch_lines",
    advice="make it smaller, or split it into candidates",
    refuses=(Edit(after={"a.py": "x = 1\n" * 401}), Edit(before={"a.py": "x = 1\n" * 401}, after={"a.py": ""})),
    allows=(
        Edit(after={"a.py": "x = 1\n" * 400}),
        Edit(before={"a.py": "x = 1\n" * 900}, after={"b/a.py": "x = 1\n" * 900}),
    ),
)
FILES = Rule(
    id="size/files",
    reason="the change touches more files than limits.patch_files",
    advice="make it smaller, or split it into candidates",
    refuses=(Edit(after={f"f{number}.py": "x = 1\n" for number in range(21)}),),
    allows=(Edit(after={f"f{number}.py": "x = 1\n" for number in range(20)}),),
)
RULES = (LINES, FILES)


def findings(delta: TreeDelta, scope: Scope | None, policy: Policy) -> Iterator[GateFinding]:
    """At most one finding a limit."""
    weighed = 0.0
    for file in delta.files:
        count = len(file.added) + len(file.removed)
        weighed += count / LOCK_LINES_COUNT_FOR if kind_of(file.path) == "lock" else count
    if weighed > policy.patch_lines:
        yield LINES.at("(patch)", detail=f"{weighed:.0f} of at most {policy.patch_lines}")
    if len(delta.files) > policy.patch_files:
        yield FILES.at("(patch)", detail=f"{len(delta.files)} of at most {policy.patch_files}")
