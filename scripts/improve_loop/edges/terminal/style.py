"""Colours by tone, and text from outside as rich shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.table import Table
from rich.text import Text

from improve_loop.rules.render import prose
from improve_loop.rules.render.text import one_line
from improve_loop.rules.render.words import Tone, Word

TONES: Mapping[Tone, str] = {
    "good": "green",
    "bad": "bold red",
    "warn": "yellow",
    "wait": "blue",
    "idle": "dim",
}
NARROW = 72  # columns below which tables become lists


def state(word: Word) -> Text:
    """A state as sign and word, coloured by its tone."""
    return Text(f"{word.glyph} {word.text}", style=TONES[word.tone])


def rich_line(text: str, limit: int = 1000, style: str = "") -> Text:
    """One line of text from outside; code in it stands out, nothing in it is obeyed."""
    line = Text(style=style)
    for span in prose.spans(one_line(text, limit)):
        line.append(span.text, style="bold" if span.style == "strong" else "cyan" if span.style == "code" else "")
    return line


def explained(text: str) -> Text:
    """An explanation, a line a paragraph, item or line of code."""
    return Text("\n".join(prose.lines(text)))


def hanging(rows: Iterable[tuple[Text, Text]]) -> Table:
    """Short leads with their texts beside them; a text that folds stays beside its lead."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True, justify="right")
    grid.add_column(overflow="fold")
    for lead, body in rows:
        grid.add_row(lead, body)
    return grid
