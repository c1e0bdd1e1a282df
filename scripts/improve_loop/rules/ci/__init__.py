"""The catalogue of CI rules: a module each, in a typed dict. A new rule is a file, a line here, and a test."""

from improve_loop.rules.ci import (
    art01,
    cac02,
    cac05,
    doc02,
    pip01,
    pip04,
    pip07,
    pip08,
    pip09,
    pkg03,
    ret01,
    run01,
    sec04,
)
from improve_loop.rules.ci.rule import Rule

_MODULES: tuple[Rule, ...] = (pip04, pip01, pip07, pip08, pip09, sec04, cac05, cac02, pkg03, doc02, run01, ret01, art01)

RULES: dict[str, Rule] = {module.CARD.id: module for module in _MODULES}
