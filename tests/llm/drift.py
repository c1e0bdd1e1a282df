"""Edits as models drift from them: real blocks of real files, changed in the ways that were seen."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from improve_loop.rules.applying import apply
from improve_loop.rules.edits import Block

ROOT = Path(__file__).resolve().parents[2]
KINDS = (".py", ".yml", ".yaml", ".md", ".tf", "Dockerfile", "Makefile", ".toml")
Lines = list[str]


@dataclass(frozen=True)
class Edit:
    """What was there, what shall be, and the text that must come out."""

    text: str
    search: Lines
    replacement: Lines
    wanted: str


@cache
def corpus() -> list[tuple[str, str]]:
    """(path, text) of the project's own files, made-up ones of the kinds it has few of included."""
    own: list[Path] = []
    for folder, names, files in os.walk(ROOT):
        names[:] = [name for name in names if not name.startswith(".")]  # a virtual environment is nobody's own
        own += [Path(folder, name) for name in files if name.endswith(KINDS) and not name.startswith(".")]
    texts = [(path, path.read_bytes().decode("utf-8", "replace")) for path in sorted(own) if path.is_file()]
    return [(str(path.relative_to(ROOT)), text) for path, text in texts]


@cache
def _lines(text: str) -> tuple[Lines, Lines]:
    """A text's lines, and the same without their blanks."""
    lines = text.split("\n")
    return lines, [line.strip() for line in lines]


def draw(dice: random.Random, text: str) -> Edit | None:
    """A block of 3 to 8 lines that is in the text once, with one line changed and one added."""
    lines, everywhere = _lines(text)
    size = dice.randint(3, 8)
    if len(lines) < size + 2:
        return None
    start = dice.randrange(len(lines) - size)
    search = lines[start : start + size]
    spots = [at for at, line in enumerate(search) if line.strip()]
    stripped = everywhere[start : start + size]
    first = stripped[0]
    times = sum(line == first and everywhere[at : at + size] == stripped for at, line in enumerate(everywhere))
    if not spots or times != 1 or any(line.startswith(("<<<<<<<", "=======", ">>>>>>>")) for line in search):
        return None
    spot = dice.choice(spots)
    indent = search[spot][: len(search[spot]) - len(search[spot].lstrip())]
    replacement = [*search[:spot], search[spot] + " # changed", f"{indent}added", *search[spot + 1 :]]
    wanted = "\n".join([*lines[:start], *replacement, *lines[start + size :]])
    return Edit(text, search, replacement, wanted)


def edits(count: int, seed: int, wants: Callable[[Edit], bool] = lambda edit: True) -> Iterator[Edit]:
    """So many edits of files drawn by lot."""
    dice = random.Random(seed)
    texts = [text for _, text in corpus()]
    while count:
        edit = draw(dice, dice.choice(texts))
        if edit is not None and wants(edit):
            count -= 1
            yield edit


def exact(lines: Lines) -> Lines:
    return lines


def trailing(lines: Lines) -> Lines:
    return [line + "  " if at % 2 else line + " " for at, line in enumerate(lines)]


def outdented(lines: Lines) -> Lines:
    filled = [line for line in lines if line.strip()]
    common = min(len(line) - len(line.lstrip()) for line in filled)
    return [line[common:] for line in lines]


def indented(lines: Lines) -> Lines:
    return [f"  {line}" if line.strip() else line for line in lines]


def mistyped(lines: Lines) -> Lines:
    at = max(range(len(lines)), key=lambda index: len(lines[index].strip()))
    middle = len(lines[at]) - len(lines[at].lstrip()) + len(lines[at].strip()) // 2
    return [*lines[:at], lines[at][:middle] + "Qx" + lines[at][middle + 1 :], *lines[at + 1 :]]


def omitted(lines: Lines) -> Lines:
    inner = [at for at, line in enumerate(lines) if line.strip() and 0 < at < len(lines) - 1]
    if not inner:
        return lines
    at = inner[len(inner) // 2]
    return [*lines[:at], *lines[at + 1 :]]


def outcome(edit: Edit, drift: Callable[[Lines], Lines], *, both: bool = True) -> str:
    """`right`, `wrong` (something else came out) or `rejected`."""
    search = drift(list(edit.search))
    replacement = drift(list(edit.replacement)) if both else list(edit.replacement)
    lines: Sequence[str] = [*search, "=======", *replacement]
    block = Block(number=1, path="f", kind="replace", lines=tuple(lines), dividers=(len(search),))
    done = apply(lambda path: edit.text, [block])
    if done.rejected:
        return "rejected"
    return "right" if done.texts.get("f", edit.text) == edit.wanted else "wrong"
