"""A little Markdown, read into blocks: paragraphs, lists, code; spans of code, strong text, documentation links.

Explanations may come from a model. Links to anywhere else, images, HTML, mentions and headings in them stay the
characters they are, so each writer (`markdown`, `html`) can only write what is listed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from improve_loop.rules.render.text import clip, visible

LIMIT = 20_000
_ITEM = re.compile(r"\s{0,3}(?:[-*+]|\d{1,3}[.)])\s+(\S.*)")
_HEADING = re.compile(r"#{1,6}\s+(\S.*)")
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_LINK = re.compile(r"\[([^\]\[`*\n]{1,120})\]\((https://docs\.gitlab\.com/[A-Za-z0-9/_.#-]*)\)")  # one fixed host
_DELIMITER = re.compile(r"(`+|\*\*)")


@dataclass(frozen=True)
class Span:
    """A piece of a line."""

    text: str
    style: Literal["text", "code", "strong", "link"] = "text"
    url: str = ""  # of a link


Spans = tuple[Span, ...]


@dataclass(frozen=True)
class Paragraph:
    """Text that flows."""

    spans: Spans


@dataclass(frozen=True)
class Bullets:
    """A list; numbered ones become bullets too."""

    items: tuple[Spans, ...]


@dataclass(frozen=True)
class Code:
    """Lines as they are."""

    lines: tuple[str, ...]


Block = Paragraph | Bullets | Code


def blocks(text: str) -> tuple[Block, ...]:
    """The text as blocks, hidden characters named, cut at LIMIT characters."""
    return tuple(_blocks(visible(clip(text, LIMIT)).split("\n")))


def spans(text: str) -> Spans:
    """One flowing text as spans. A delimiter without its partner is text."""
    pieces = _DELIMITER.split(" ".join(text.split()))
    last = {piece: index for index, piece in enumerate(pieces) if index % 2}
    found: list[Span] = []
    index = 0
    while index < len(pieces):
        piece = pieces[index]
        if index % 2 and last[piece] > index:
            end = next(place for place in range(index + 2, len(pieces), 2) if pieces[place] == piece)
            inner = "".join(pieces[index + 1 : end])
            found.append(Span(inner.strip() or inner, "strong" if piece == "**" else "code"))
            index = end
        elif piece:
            found += _with_links(piece)
        index += 1
    return tuple(span for span in found if span.text)


def _with_links(text: str) -> list[Span]:
    plain, *rest = _LINK.split(text)
    found = [Span(plain)]
    for label, url, after in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        found += [Span(label, "link", url), Span(after)]
    return found


def lines(text: str) -> list[str]:
    """The text without its marks, for where Markdown does not reach: a line a paragraph, item or line of code."""
    found: list[str] = []
    for block in blocks(text):
        if isinstance(block, Code):
            found += [f"    {line}" for line in block.lines]
        elif isinstance(block, Bullets):
            found += [f"- {_unmarked(item)}" for item in block.items]
        else:
            found.append(_unmarked(block.spans))
    return found


def _unmarked(found: Spans) -> str:
    return "".join(span.text for span in found)


def _blocks(rows: list[str]) -> Iterator[Block]:
    flowing: list[str] = []
    items: list[str] = []
    number = 0
    while number <= len(rows):
        line = rows[number] if number < len(rows) else ""
        fence = _FENCE.match(line)
        item = _ITEM.match(line)
        ends = number == len(rows) or not line.strip() or fence or (item and flowing)
        if ends:
            if flowing:
                yield Paragraph(spans(" ".join(flowing)))
            if items and not item:
                yield Bullets(tuple(map(spans, items)))
                items = []
            flowing = []
        if fence:
            end = _end_of_code(rows, number + 1, fence[1])
            yield Code(tuple(rows[number + 1 : end]))
            number = end
        elif item:
            items.append(item[1])
        elif line.strip() and items:
            items[-1] += f" {line.strip()}"
        elif line.strip():
            heading = _HEADING.match(line)
            flowing.append(f"**{heading[1]}**" if heading else line.strip())
        number += 1


def _end_of_code(rows: list[str], start: int, fence: str) -> int:
    return next((place for place in range(start, len(rows)) if rows[place].strip() == fence), len(rows))
