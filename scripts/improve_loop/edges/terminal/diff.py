"""A patch on a terminal, in colours. Long lines fold and nothing is left out silently: a person decides by it."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from improve_loop.edges.terminal.style import hanging
from improve_loop.rules.render import diff
from improve_loop.rules.render.text import one_line, visible

SIGNS = {
    "added": ("+", "green"),
    "removed": ("-", "red"),
    "same": (" ", ""),
    "hunk": (" ", "cyan"),
    "note": (" ", "dim"),
}


def show_diff(patch: str, console: Console, limit: int | None = 400) -> None:
    """The files of a patch, at most `limit` lines (None: all); says how many are not shown."""
    files = diff.files(patch)
    if not files:
        console.print(Text("no change to show", style="dim"))
    numbered = console.width >= 80
    shown = diff.shortened(files, limit) if limit is not None else files
    for file, whole in zip(shown, files, strict=True):
        head = Text(one_line(file.path, 500), style="bold")
        console.print(head.append(f"  +{whole.added} -{whole.removed}", style="dim"), overflow="fold")
        console.print(hanging((_gutter(line, numbered), _text(line)) for line in file.lines))
        if file.hidden:
            console.print(Text(f"… {file.hidden:,} more lines", style="yellow"))


def _gutter(line: diff.Line, numbered: bool) -> Text:
    """Line numbers and sign; beside it a line that folds cannot look like another line."""
    sign, style = SIGNS[line.mark]
    numbers = f"{line.old or '':>5} {line.new or '':>5} " if numbered else ""
    return Text(numbers, style="dim").append(sign, style=f"not dim {style}")


def _text(line: diff.Line) -> Text:
    _, style = SIGNS[line.mark]
    start, end = line.changed or (0, 0)
    text = Text(visible(line.text[:start]), style=style)
    text.append(visible(line.text[start:end]), style="bold reverse")
    return text.append(visible(line.text[end:]))
