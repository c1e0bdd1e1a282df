"""The catalogue of CI rules, in a typed dict. A new rule is a module (or an entry of a family), a line here, a test."""

from improve_loop.rules.ci import (
    art01,
    cac01,
    cac02,
    cac05,
    doc02,
    img01,
    img02,
    img03,
    img04,
    img06,
    more_files,
    more_images,
    more_jobs,
    more_security,
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

_WITH_RECIPE: tuple[Rule, ...] = (
    pip04,
    img01,
    img02,
    img03,
    img04,
    pip01,
    pip07,
    pip08,
    pip09,
    sec04,
    cac05,
    cac01,
    cac02,
    pkg03,
    doc02,
    run01,
    ret01,
    art01,
)
_REPORTED: tuple[Rule, ...] = (
    img06.RULE,
    *more_images.RULES,
    *more_files.RULES,
    *more_jobs.RULES,
    *more_security.RULES,
)

RULES: dict[str, Rule] = {rule.CARD.id: rule for rule in (*_WITH_RECIPE, *_REPORTED)}
