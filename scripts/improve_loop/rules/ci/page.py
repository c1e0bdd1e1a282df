"""The page of a rule in `docs/rules/`, made from its card alone, so that it cannot go stale."""

from __future__ import annotations

from improve_loop.rules.ci import RULES
from improve_loop.rules.ci.by_hand import WHY
from improve_loop.rules.ci.measured import READINGS
from improve_loop.rules.ci.rule import Card, Rule
from improve_loop.rules.ci.settings import OPTIONS

TIERS = {
    "A": "A: mended by a recipe; the outcome of a green pipeline stays the same",
    "B": "B: mended by a recipe where the stated check can be made from the repository, else reported",
    "C": "C: reported only",
}
BY_HAND = "B: reported; a model may be asked to mend it where one is configured"


def has_recipe(rule: Rule) -> bool:
    """Whether the loop can mend what the rule sees without a model."""
    return hasattr(rule, "plans")


def page(rule: Rule) -> str:
    """Markdown: what, why, what the fix changes, risk, how to switch it off, what was measured."""
    card = rule.CARD
    tier = TIERS[card.tier] if has_recipe(rule) or card.tier != "B" else BY_HAND
    return "\n\n".join(part for part in (_head(card, tier), _body(card), _off(card), _measured(card)) if part) + "\n"


def index() -> str:
    """The catalogue as a table."""
    rows = [
        f"| [{card.id}]({card.id}.md) | {card.title} | {card.tier} | {'yes' if has_recipe(rule) else 'no'} "
        f"| {'' if card.on else 'off unless asked for'} |"
        for rule, card in ((rule, rule.CARD) for rule in sorted(RULES.values(), key=lambda rule: rule.CARD.id))
    ]
    lines = [
        "# The CI rules",
        "",
        "Made from the rules themselves (`improve-loop explain RULE` prints the same). Tier A is mended without a "
        "model, B needs the stated check, C is only reported.",
        "",
        "| rule | sees | tier | recipe | |",
        "|---|---|---|---|---|",
        *rows,
        "",
        "## Options",
        "",
        "Under `domains: {ci: {options: …}}` in `.improve-loop.yml`. `runner_map` (job name pattern to runner tag, "
        "RUN01) and `custom_rules` (your own replacements) are keys of their own there.",
        "",
        "| option | |",
        "|---|---|",
        *(f"| `{name}` | {text} |" for name, text in OPTIONS.items()),
        "",
        "## How the recipes were read",
        "",
        "For each recipe, findings drawn at random with a fixed seed were read as the maintainer would: merge "
        "unchanged, or not and why. Pages with a recipe say the figures; the files are those of the benchmark "
        "(`make bench`) and whole public repositories.",
        "",
        "Of `custom_rules`, 29 replacements of five plausible rules (three images, a template, a keyword) were read: "
        "26 would be merged unchanged. Two renamed a keyword beside its successor, which is now left alone; one moved "
        "a job named `py36_tests` off Python 3.6, as its rule said.",
    ]
    return "\n".join(lines) + "\n"


def _head(card: Card, tier: str) -> str:
    return f"# {card.id}: {card.title}\n\n**Tier** {tier}. **Risk** {card.risk}. **Value** {card.value}."


def _body(card: Card) -> str:
    parts = [
        f"## Why\n\n{card.why} See [the documentation]({card.docs}).",
        f"## What changes\n\n{card.fix}",
        f"## Why no recipe makes it\n\n{WHY[card.id]}" if card.id in WHY else "",
        f"## Risk\n\n{card.risk_text}" if card.risk_text else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _off(card: Card) -> str:
    on = f"\n\nThis rule is off. Switch it on with `rules_on: [{card.id}]` in the same place." if not card.on else ""
    return (
        f"## Switch it off\n\nFor one place, on its line or right above it (or above the job):\n\n```yaml\n"
        f"# improve-loop: ignore {card.id} reason\n```\n\nFor the repository, in `.improve-loop.yml`:\n\n```yaml\n"
        f"domains:\n  ci:\n    options:\n      rules_off: [{card.id}]\n```{on}"
    )


def _measured(card: Card) -> str:
    reading = READINGS.get(card.id)
    if reading is None:
        return ""
    doubts = f" {reading.doubts}" if reading.doubts else ""
    return (
        f"## Measured\n\n{reading.merged} of {reading.read} merge requests would be merged unchanged, read one by one "
        f"as the maintainer would ({reading.where}).{doubts}"
    )
