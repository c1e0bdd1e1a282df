"""Deterministic fixers in a typed dict. A rule with `plans` is one by itself; others are a file, a line, a test."""

from improve_loop.model.plugs import Recipe
from improve_loop.recipes import custom
from improve_loop.recipes.of_rules import MENDERS

RECIPES: dict[str, Recipe] = {recipe.NAME: recipe for recipe in (*MENDERS, custom)}
