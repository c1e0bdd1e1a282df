"""Recipe IMG01: mends what the rule finds; the edits and their checks live with the rule."""

from __future__ import annotations

from improve_loop.model.candidate import Candidate
from improve_loop.model.plugs import RecipeResult, Tree
from improve_loop.rules.ci import img01
from improve_loop.rules.ci.propose import apply_rule

NAME = img01.CARD.id


def apply(tree: Tree, candidate: Candidate) -> RecipeResult:
    """The files anew, or why not."""
    return apply_rule(img01, tree, candidate)
