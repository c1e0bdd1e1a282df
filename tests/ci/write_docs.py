"""Writes `docs/rules/` from the rules: `python -m tests.ci.write_docs`."""

from __future__ import annotations

from pathlib import Path

from improve_loop.rules.ci import RULES
from improve_loop.rules.ci.page import index, page

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "rules"


def pages() -> dict[str, str]:
    """Every file of the folder, by name."""
    return {"README.md": index(), **{f"{name}.md": page(rule) for name, rule in RULES.items()}}


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.md"):
        old.unlink()
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
