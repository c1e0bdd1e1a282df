"""Deterministic fixers: a module each, in a typed dict. A new one is a file, a line here, and a test."""

from improve_loop.model.plugs import Recipe
from improve_loop.recipes import (
    art01,
    cac01,
    cac02,
    cac05,
    custom,
    doc02,
    img01,
    img02,
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

_MODULES: tuple[Recipe, ...] = (
    pip04,
    img01,
    img02,
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
    custom,
)

RECIPES: dict[str, Recipe] = {module.NAME: module for module in _MODULES}
