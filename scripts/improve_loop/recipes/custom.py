"""Recipe CUSTOM: the replacements of the team's own rules; the rule itself travels in the parameters."""

from __future__ import annotations

from improve_loop.model.candidate import Candidate
from improve_loop.model.plugs import GaveUp, RecipeResult, Tree
from improve_loop.rules.ci import custom
from improve_loop.rules.ci.propose import apply_rule

NAME = custom.RECIPE


def apply(tree: Tree, candidate: Candidate) -> RecipeResult:
    """The files anew, or why not."""
    params = candidate.recipe.params.get("custom") if candidate.recipe is not None else None
    if not isinstance(params, dict):
        return GaveUp(reason="the candidate does not carry the rule that it is about")
    return apply_rule(custom.from_params(params), tree, candidate)
