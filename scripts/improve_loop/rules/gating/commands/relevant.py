"""Which lines could hold a dangerous command at all: a look at the whole text, so that few are made plain one by one.

What `normal.plain` may bring to light is let through: a line with variables, back-ticks, escapes or braces, one that
decodes, and words with quotes or backslashes inside.
"""

from __future__ import annotations

from collections.abc import Set

from improve_loop.model.lines import Lines, lowered
from improve_loop.rules.gating.commands.table import ROWS
from improve_loop.rules.gating.keywords import Keywords
from improve_loop.rules.gating.lazy import lazy

ENDS = ("\\", "|", "&&", "||", " `", "^")  # what a line ends with that goes on in the next
LONG = 8_000  # characters; of longer lines only the first part is read, so how they end is not known here

_PROGRAMS = ("python", "node", "ruby", "perl", "php", "deno", "bun", "<<")
_DECODES = ("base64", "b64", "atob", "-enc", "decode64", "decodestring", "xxd", "hex", "rev", "[::-1]")
_DELETES = ("rm", "unlink", "shred", "find", "del", "rd ", "rsync", "remove-item", "erase", "ri ")
_RUNS, _MAY_DELETE = 0, 1
_DELETE = lazy(
    r"rm\s|unlink\s|shred\s|find\s|rsync|xargs|parallel|while|\b(?:remove-item|rd|rmdir|del|erase|ri)\b[^;&|]{0,300}?(?:-r|/s)"
)
# What begins with one of a few characters is found fastest by an expression that begins with the set of them.
_SPECIAL = lazy(r"[$`\\{](?:(?<=[$`])|(?<=\\)[x0-7]|(?<=\{)[\w./*~-]+,)")
_OPEN_END = lazy(r"[\\|`^&](?:(?<=[\\|^])|(?<=[^\S\n]`)|(?<=&&))[^\S\n]*\n")


_RUN = {word for row in ROWS for word in row.keywords}.union(_PROGRAMS, _DECODES)
_WORDS = Keywords([sorted(_RUN), _DELETES], "bare")


def is_relevant(text: str) -> bool:
    """Whether an expression of the table, or the look for deletes, could find something in one command."""
    return bool(_SPECIAL.search(text)) or _could(_WORDS.targets(bare := _bare(lowered(text))), bare)


def relevant_lines(lines: Lines) -> set[int]:
    """The lines in which something could be found."""
    special = set(lines.indexes(match.start() for match in _SPECIAL.finditer(lines.whole)))
    bare = Lines(_bare(lines.lowered).split("\n"))
    found = _WORDS.lines(bare)
    return special | {index for index, targets in found.items() if _could(targets, bare.texts[index])}


def open_ended(lines: Lines) -> set[int]:
    """The lines that may go on in the next one."""
    ends = lines.indexes(match.end() - 1 for match in _OPEN_END.finditer(lines.whole))
    if lines.longest < LONG:
        return set(ends)
    return {*ends, *(index for index, text in enumerate(lines.texts) if len(text) >= LONG)}


def _bare(text: str) -> str:
    """Text without quotes and backslashes: what they divide, a shell reads as one word."""
    return text.replace('"', "").replace("'", "").replace("\\", "")


def _could(targets: Set[int], text: str) -> bool:
    return _RUNS in targets or (_MAY_DELETE in targets and bool(_DELETE.search(text)))
