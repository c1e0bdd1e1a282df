"""The pages in docs/rules are what the rules say, and every rule says enough."""

from __future__ import annotations

import pytest

from improve_loop.rules.ci import RULES
from improve_loop.rules.ci.by_hand import WHY
from improve_loop.rules.ci.page import has_recipe
from tests.ci.write_docs import FOLDER, pages


def test_the_pages_are_in_step_with_the_rules() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    assert written == pages(), "run `PYTHONPATH=scripts:. .venv/bin/python -m tests.ci.write_docs`"


@pytest.mark.parametrize("name", RULES)
def test_every_card_says_why_and_where_that_is_documented(name: str) -> None:
    card = RULES[name].CARD
    assert card.docs.startswith("https://")
    assert len(card.why) > 30
    assert card.fix
    assert card.risk_text or card.tier == "C"


def test_every_rule_that_a_recipe_could_mend_says_why_none_does() -> None:
    assert {*WHY} == {name for name, rule in RULES.items() if rule.CARD.tier == "B" and not has_recipe(rule)}
