"""Bring top-level blocks of a file together under one new or existing top-level key, lines moved whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from improve_loop.rules.ci.blocks import Block, block_of
from improve_loop.rules.pipeline import File, Value, place
from improve_loop.rules.splice import CannotSplice, Edit, is_blank, is_comment, shift


@dataclass(frozen=True)
class Lines:
    """The lines of a file, to cut and paste."""

    file: File

    def start(self, line: int) -> int:
        """The offset where a 1-based line begins; of the line behind the last one, the end of the file."""
        starts = self.file.text.starts
        return starts[line - 1] if line <= len(starts) else len(self.file.text.content)

    def text(self, first: int, last: int) -> list[str]:
        """Lines with the file's line ends, the last one too."""
        newline = self.file.text.newline
        return [self.file.text.line_text(line) + newline for line in range(first, last + 1)]

    @property
    def count(self) -> int:
        """How many lines there are; an empty one behind the last line end is none."""
        starts = self.file.text.starts
        return len(starts) - (1 if starts[-1] == len(self.file.text.content) else 0)


def gather_new(file: File, key: str, values: Sequence[Value], home: int) -> list[Edit]:
    """Blocks under a new `key:` that stands where block number `home` (in file order) is now."""
    lines, columns = Lines(file), file.step
    blocks = sorted((block_of(value) for value in values), key=lambda block: block.first)
    low, high = _run(file, blocks, home)
    newline = file.text.newline
    before = [_shifted(lines, block, columns) for block in blocks[:low]]
    after = [_shifted(lines, block, columns) for block in blocks[high + 1 :]]
    kept = [shift(line, columns) for line in lines.text(blocks[low].first, blocks[high].last)]
    whole = _joined([*before, kept, *after], newline)
    first, last = blocks[low].first, blocks[high].last
    edits = [_edit(lines, first, last, [key + ":" + newline, *whole])]
    return edits + _cuts(lines, [*blocks[:low], *blocks[high + 1 :]])


def gather_into(file: File, home: Value, values: Sequence[Value]) -> list[Edit]:
    """Blocks at the end of an existing top-level mapping of the same file."""
    lines = Lines(file)
    if home.key is None or not place.is_block(home.node) or place.is_alias(home.key.end_mark.index, home.node):
        raise CannotSplice(f"`{home.key.value if home.key else ''}` is not written as a block of its own")
    columns = file.text.column(home.node.value[0][0].start_mark.index)
    blocks = sorted((block_of(value) for value in values), key=lambda block: block.first)
    last = block_of(home).last
    newline = file.text.newline
    old = lines.text(last, last)
    whole = _joined([old, *(_shifted(lines, block, columns) for block in blocks)], newline)
    return [_edit(lines, last, last, whole), *_cuts(lines, blocks)]


def _run(file: File, blocks: Sequence[Block], home: int) -> tuple[int, int]:
    """The neighbours of the home block with nothing but blank lines and comments between: they stay in place."""
    low = high = home
    while low > 0 and _nothing_between(file, blocks[low - 1], blocks[low]):
        low -= 1
    while high + 1 < len(blocks) and _nothing_between(file, blocks[high], blocks[high + 1]):
        high += 1
    return low, high


def _nothing_between(file: File, above: Block, below: Block) -> bool:
    between = range(above.last + 1, below.first)
    return all(is_blank(file.text, line) or is_comment(file.text, line) for line in between)


def _shifted(lines: Lines, block: Block, columns: int) -> list[str]:
    return [shift(line, columns) for line in lines.text(block.first, block.last)]


def _joined(groups: Sequence[list[str]], newline: str) -> list[str]:
    """Groups of lines with a blank line around each that is longer than one line."""
    whole: list[str] = []
    for index, group in enumerate(groups):
        if index and (len(group) > 1 or len(groups[index - 1]) > 1):
            whole.append(newline)
        whole += group
    return whole


def _edit(lines: Lines, first: int, last: int, new: Sequence[str]) -> Edit:
    start, end = lines.start(first), lines.start(last + 1)
    text = "".join(new)
    if not lines.file.text.content[start:end].endswith("\n"):  # the file's last line, without a line end
        text = text.removesuffix(lines.file.text.newline)
    return Edit(lines.file.path, start, end, text)


def _cuts(lines: Lines, blocks: Sequence[Block]) -> list[Edit]:
    """The blocks taken out; those that touch each other as one, so that the blank lines around them come out right."""
    spans: list[tuple[int, int]] = []
    for block in blocks:
        if spans and spans[-1][1] + 1 == block.first:
            spans[-1] = (spans[-1][0], block.last)
        else:
            spans.append((block.first, block.last))
    return [_cut(lines, first, last) for first, last in spans]


def _cut(lines: Lines, first: int, last: int) -> Edit:
    """Lines and the blank lines that set them off on one side."""
    text = lines.file.text
    if last < lines.count and (first == 1 or is_blank(text, first - 1)):
        while last < lines.count and is_blank(text, last + 1):
            last += 1
    if last == lines.count:
        while first > 1 and is_blank(text, first - 1):
            first -= 1
    start, end = lines.start(first), lines.start(last + 1)
    if not text.content[start:end].endswith("\n") and start:  # the file's last line has no line end, and keeps none
        start = len(text.content[:start].rstrip("\r\n"))
    return Edit(lines.file.path, start, end, "")
