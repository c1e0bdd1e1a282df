"""Edits as a model writes them: SEARCH/REPLACE blocks and whole files, as text. Parsing only; `applying` applies them.

    path/of/file.py
    <<<<<<< SEARCH
    lines as they are
    =======
    lines as they shall be
    >>>>>>> REPLACE

A marker may be longer than seven characters; then its divider is as long, so that a file may hold `=======` itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

_OPEN = re.compile(r"^\s{0,3}(<{7,12}) ?(SEARCH|WHOLE)\b[ :]*(.*)$")
_CLOSE = re.compile(r"^\s{0,3}>{7,12}(?: ?(?:REPLACE|END|WHOLE|SEARCH)\b.*)?$")
_FENCE = re.compile(r"^\s*(```+|~~~+)")
_NOCHANGE = re.compile(r"^\W*NO ?CHANGE\W*:\s*(.+)$", re.IGNORECASE | re.MULTILINE)
_GAP = re.compile(r"^\W*BLOCKING-GAP\[\s*kind\s*=\s*([\w./ -]{1,60})\]\W*:?\s*(.*)$", re.MULTILINE)
_SPILL = re.compile(r"^\W*SPILL\[\s*([^\]\n]{1,300})\]\W*:?\s*(.*)$", re.MULTILINE)
_DECORATION = re.compile(r"^(?:[#>*\-\s]+|(?:file|path|filename)\s*:\s*)+", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Block:
    """One edit. `lines` of a replacement hold both sides; `dividers` are the lines that may stand between them."""

    number: int  # 1 for the first of the reply
    path: str
    kind: Literal["replace", "whole"]
    lines: tuple[str, ...]
    dividers: tuple[int, ...] = ()

    @property
    def splits(self) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Every way to read it as (search, replacement)."""
        for at in self.dividers:
            yield self.lines[:at], self.lines[at + 1 :]


@dataclass(frozen=True, kw_only=True)
class Named:
    """A missing capability (`kind`) or work outside the allowed paths (`path`), with what the model says of it."""

    name: str
    text: str


@dataclass(frozen=True, kw_only=True)
class EditReply:
    """A reply as edits. `broken` says what could not be read as one."""

    blocks: tuple[Block, ...] = ()
    nothing_because: str | None = None
    gaps: tuple[Named, ...] = ()
    spill: tuple[Named, ...] = ()
    broken: tuple[str, ...] = ()


def parse(reply: str) -> EditReply:
    """The edits in a reply, everything around them left out."""
    lines = reply.replace("\r\n", "\n").split("\n")
    blocks: list[Block] = []
    broken: list[str] = []
    outside: list[str] = []
    position = 0
    while position < len(lines):
        opened = _OPEN.match(lines[position])
        if not opened:
            outside.append(lines[position])
            position += 1
            continue
        end = _end(lines, position + 1)
        path = opened.group(3).strip(" `\"'") or _path(outside) or (blocks[-1].path if blocks else "")
        block = None if end is None else _block(len(blocks) + 1, path, opened, lines[position + 1 : end])
        if isinstance(block, Block):
            blocks.append(block)
        else:
            broken.append(f"the block at line {position + 1} of the reply has no end" if end is None else block or "")
        outside = []
        position = position + 1 if end is None else end + 1
    return _with_remarks(EditReply(blocks=tuple(blocks), broken=tuple(broken)), _outside_blocks(reply))


def _with_remarks(edits: EditReply, plain: str) -> EditReply:
    """What stands beside the blocks; a reply with blocks has changed something, whatever it says."""
    nothing = _NOCHANGE.search(plain)
    return replace(
        edits,
        nothing_because=nothing.group(1).strip() if nothing and not edits.blocks else None,
        gaps=tuple(Named(name=m.group(1).strip(), text=m.group(2).strip()) for m in _GAP.finditer(plain)),
        spill=tuple(Named(name=m.group(1).strip(" `"), text=m.group(2).strip()) for m in _SPILL.finditer(plain)),
    )


def _outside_blocks(reply: str) -> str:
    kept, inside = [], False
    for line in reply.split("\n"):
        if _OPEN.match(line):
            inside = True
        if not inside:
            kept.append(line)
        if _CLOSE.match(line):
            inside = False
    return "\n".join(kept)


def _end(lines: Sequence[str], start: int) -> int | None:
    """The closing marker; None where another block opens first, or the reply ends."""
    for position in range(start, len(lines)):
        if _CLOSE.match(lines[position]):
            return position
        if _OPEN.match(lines[position]):
            return None
    return None


def _path(outside: Sequence[str]) -> str:
    """The path on the last line before a block that says anything, without decoration."""
    for line in reversed(outside):
        text = line.strip()
        if text and not _FENCE.match(text):
            bare = _DECORATION.sub("", text).strip("*`\"' :").removeprefix("./")
            return bare if bare and len(bare) < 300 and " " not in bare else ""
    return ""


def _block(number: int, path: str, opened: re.Match[str], body: Sequence[str]) -> Block | str:
    """The block, or what is wrong with it."""
    if not path:
        return f"block {number} does not say which file it is for"
    if opened.group(2) == "WHOLE":
        return Block(number=number, path=path, kind="whole", lines=tuple(_unfenced(path, body)))
    divider = "=" * len(opened.group(1))
    dividers = tuple(at for at, line in enumerate(body) if line.rstrip() == divider)
    if not dividers:
        return f"block {number} ({path}) has no line {divider} between what is there and what shall be"
    return Block(number=number, path=path, kind="replace", lines=tuple(body), dividers=dividers)


def _unfenced(path: str, body: Sequence[str]) -> Sequence[str]:
    """A whole file without the code fence that some models put around it."""
    kept = list(body)
    while kept and not kept[-1].strip():
        kept.pop()
    if len(kept) < 2 or not _FENCE.match(kept[0]) or kept[-1].strip() not in ("```", "~~~"):
        return body
    markdown = path.endswith((".md", ".markdown"))
    return body if markdown and kept[0].strip() not in ("```md", "```markdown") else kept[1:-1]
