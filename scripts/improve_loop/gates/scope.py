"""A change stays inside the paths that the human accepted."""

from __future__ import annotations

from collections.abc import Iterator

from improve_loop.model.delta import TreeDelta
from improve_loop.model.finding import GateFinding
from improve_loop.rules.gating.globs import in_target
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.rule import Edit, Rule

FAMILY = "scope"

OUTSIDE = Rule(
    id="scope/outside-target-paths",
    reason="the candidate that was accepted does not name this path",
    advice="leave this file as it is, or make it a candidate of its own",
    refuses=(
        Edit(after={"src/other.py": "x = 1\n"}, target_paths=("src/app.py",)),
        Edit(before={"a.py": "x = 1\n"}, after={"b.py": "x = 1\n"}, target_paths=("b.py",)),
        Edit(before={"b.py": "x\n"}, after={"b.py": "y\n"}, target_paths=("B.py",)),
    ),
    allows=(
        Edit(after={"src/app.py": "x = 1\n"}, target_paths=("src/app.py",)),
        Edit(after={"docs/a/b.md": "x\n"}, target_paths=("docs/",)),
        Edit(after={"src/x.py": "x = 1\n"}),
    ),
)
RULES = (OUTSIDE,)


def findings(delta: TreeDelta, scope: Scope | None, policy: Policy) -> Iterator[GateFinding]:
    """Every path of the change, old names too, that is no target path; nothing without a scope."""
    if scope is None:
        return
    base_files = frozenset(file.path for file in delta.files if file.old_mode and file.status != "renamed")
    for file in delta.files:
        for path in (file.path, file.old_path):
            if path is not None and not in_target(path, scope.target_paths, base_files):
                yield OUTSIDE.at(path)
