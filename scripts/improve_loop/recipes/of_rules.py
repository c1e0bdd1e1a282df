"""The recipes of the CI rules: each rule that plans edits is one, under its id; edits and checks live with the rule."""

from __future__ import annotations

from dataclasses import dataclass

from improve_loop.model.candidate import Candidate
from improve_loop.model.plugs import Recipe, RecipeResult, Tree
from improve_loop.rules.ci import RULES
from improve_loop.rules.ci.propose import apply_rule
from improve_loop.rules.ci.rule import Rule


@dataclass(frozen=True)
class OfRule:
    """The rule as a recipe."""

    rule: Rule

    @property
    def NAME(self) -> str:
        """The id of the rule."""
        return self.rule.CARD.id

    def apply(self, tree: Tree, candidate: Candidate) -> RecipeResult:
        """The files anew, or why not."""
        return apply_rule(self.rule, tree, candidate)


MENDERS: tuple[Recipe, ...] = tuple(OfRule(rule) for rule in RULES.values() if hasattr(rule, "plans"))
