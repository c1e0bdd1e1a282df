"""Deterministic fixers: a module each, in a typed dict. A new one is a file, a line here, and a test."""

from improve_loop.model.plugs import Recipe
from improve_loop.recipes import cac05, pip04, sec04

_MODULES: tuple[Recipe, ...] = (pip04, sec04, cac05)

RECIPES: dict[str, Recipe] = {module.NAME: module for module in _MODULES}
