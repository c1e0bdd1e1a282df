"""Imports point down, and nobody holds both the pen and the keys (DESIGN section 4)."""

from __future__ import annotations

import pytest

from tests.support.imports import MODULES, imports, reach

LAYERS = {
    "errors": set(),
    "model": {"model"},
    "rules": {"errors", "model", "rules"},
    "edges": {"errors", "model", "rules", "edges"},
    "recipes": {"errors", "model", "rules", "recipes"},
    "gates": {"errors", "model", "rules", "gates"},
    "sources": {"errors", "model", "rules", "edges", "sources"},
    "making": {"errors", "model", "rules", "edges", "recipes", "making"},
    "phases": {"errors", "model", "rules", "edges", "recipes", "gates", "sources", "making", "phases"},
}
MODEL_DOOR = "improve_loop.edges.llm"
PEN = "improve_loop.edges.forge.gitlab_write"


def layer(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


@pytest.mark.parametrize("module", [name for name in MODULES if layer(name) in LAYERS])
def test_imports_point_down(module: str) -> None:
    above = {name for name in imports(module) if layer(name) and layer(name) not in LAYERS[layer(module)]}
    assert not above, f"{module} imports {sorted(above)}"


@pytest.mark.parametrize("module", [name for name in MODULES if layer(name) == "phases" and name.count(".") > 1])
def test_no_phase_holds_both_the_pen_and_the_keys(module: str) -> None:
    assert not {MODEL_DOOR, PEN} <= reach(module)


@pytest.mark.parametrize("module", [name for name in MODULES if layer(name) in ("gates", "rules", "recipes")])
def test_judges_reach_neither_model_nor_forge(module: str) -> None:
    assert not {MODEL_DOOR, PEN} & reach(module)


@pytest.mark.parametrize("module", [name for name in MODULES if not name.startswith(f"{MODEL_DOOR}_")])
def test_there_is_one_door_to_a_model(module: str) -> None:
    behind = {name for name in imports(module) if name.startswith(f"{MODEL_DOOR}_")}
    assert module == MODEL_DOOR or not behind, f"{module} goes around the door: {sorted(behind)}"


def test_every_layer_is_known() -> None:
    known = {*LAYERS, "cli", "", "__main__"}
    assert {layer(name) for name in MODULES} <= known
