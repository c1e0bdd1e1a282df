"""Paths that no change may touch, and paths whose change needs a safety story."""

from __future__ import annotations

from collections.abc import Iterator

from improve_loop.model.delta import TreeDelta
from improve_loop.model.finding import GateFinding
from improve_loop.rules.gating.globs import first_match
from improve_loop.rules.gating.policy import ALWAYS_PROTECTED, Policy, Scope
from improve_loop.rules.gating.rule import Edit, Rule

FAMILY = "protected"

LOOP = Rule(
    id="protected/loop",
    reason="the loop's own configuration, templates and state are changed by people only",
    advice="propose the change to a person; no candidate may carry it",
    refuses=(
        Edit(after={".improve-loop.yml": "auto: true\n"}),
        Edit(after={".Improve-Loop.YML": "auto: true\n"}, target_paths=(".Improve-Loop.YML",)),
        Edit(before={"ci-templates/improve-loop.yml": "a: 1\n"}),
    ),
    allows=(Edit(after={"docs/improve-loop.md": "How we use it.\n"}),),
)
PATH = Rule(
    id="protected/path",
    reason="the configuration protects this path",
    advice="leave it as it is; a person changes what protected_paths names",
)
DO_NOT_TOUCH = Rule(
    id="protected/do-not-touch",
    reason="the configuration says not to touch this path",
    advice="leave it as it is",
)
BLAST_RADIUS = Rule(
    id="protected/blast-radius",
    reason="a change here reaches far, and the candidate tells no safety story",
    advice="give the candidate a safety_story: what could break, how it shows, how it is undone",
)
RULES = (LOOP, PATH, DO_NOT_TOUCH, BLAST_RADIUS)


def findings(delta: TreeDelta, scope: Scope | None, policy: Policy) -> Iterator[GateFinding]:
    """Every path, old names too, that policy keeps from being changed."""
    told = bool(scope and scope.safety_story and scope.safety_story.strip())
    loops = tuple(ALWAYS_PROTECTED)
    theirs = tuple(pattern for pattern in policy.protected_paths if pattern not in loops)
    for file in delta.files:
        for path in filter(None, (file.path, file.old_path)):
            if pattern := first_match(path, loops):
                yield LOOP.at(path, detail=pattern)
            if pattern := first_match(path, theirs):
                yield PATH.at(path, detail=pattern)
            if pattern := first_match(path, policy.do_not_touch):
                yield DO_NOT_TOUCH.at(path, detail=pattern)
            if not told and (pattern := first_match(path, policy.blast_radius)):
                yield BLAST_RADIUS.at(path, detail=pattern)
