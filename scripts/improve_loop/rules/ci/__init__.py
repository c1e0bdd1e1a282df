"""The catalogue of CI rules: a module each, in a typed dict. A new rule is a file, a line here, and a test."""

from improve_loop.rules.ci import cac05, pip04, sec04
from improve_loop.rules.ci.rule import Rule

_MODULES: tuple[Rule, ...] = (pip04, sec04, cac05)

RULES: dict[str, Rule] = {module.CARD.id: module for module in _MODULES}
