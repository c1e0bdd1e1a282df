"""Commands whose words stand on several lines: folded scalars, lists filled by and by, functions that hand them on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from improve_loop.model.lines import Lines
from improve_loop.rules.gating.commands.normal import MAX_COMMAND, MAX_JOINED
from improve_loop.rules.gating.commands.spelled import unfolded
from improve_loop.rules.gating.lazy import lazy

NEAR = 12  # lines after a list in which it is handed to a call

_FOLDS = lazy(r"(?:^\s*-|:)\s+>[-+]?\s*$")
_BEGUN = lazy(r"\s*(?:const\s+|let\s+|var\s+)?(\w+)(?::[^=\n]{1,40})?\s*=\s*\[([^\]\n]{1,300})\]\s*;?\s*$")
_GROWN = lazy(r"\s*(\w+)\s*(?:\.(?:append|extend|push|concat)\(|\+=\s*\[|<<)\s*([^\n]{1,300})$")
_WORD = lazy(r"[\"']([^\"'\n]{1,200})[\"']")
_FUNCTION = lazy(
    r"(?m)^\s*(?:function\s+)?([A-Za-z_]\w*)\s*(?:\(\s*\))?\s*\{\s*((?:sudo\s+|command\s+|builtin\s+|exec\s+|\\){0,2}(?:rm|find|shred)\s[^\n}]{0,200}\$[@*1][^\n}]{0,80}?);?\s*\}"
)
_BODY = lazy(r"\{\s*(?:sudo\s+|command\s+|builtin\s+|exec\s+|\\){0,2}(?:rm|find|shred)\s")
_ALIAS = lazy(r"\s*(?:-\s+)?alias\s+([\w.-]{1,40})=([\"'])([^\n]{1,200}?)\2\s*$")
_NAME = lazy(r"\s*-\s+[\"']?name[\"']?\s*:\s*[\"']?([A-Z_][A-Z0-9_]{2,60})[\"']?\s*$")
_VALUE = lazy(r"\s*[\"']?value[\"']?\s*:\s*[\"']?([^\s\"'][^\"'\n]{0,200}?)[\"']?\s*$")
_CALLS = r"\b(?:run|call|check_call|check_output|Popen|system|exec\w*|spawn\w*)\s?\(\s?[*.\[]{{0,4}}{name}\b"
_CELL = lazy(r"\"\s?!([^\"\\\n]{3,300})")
_ROW = lazy(
    r"\s*-\s+\[\s*((?:[\"'][^\"'\n]{0,300}[\"']|[\w./-]+)(?:\s*,\s*(?:[\"'][^\"'\n]{0,300}[\"']|[^\s,\[\]\"']+)){1,20})\s*,?\s*\]\s*$"
)
_ARGUMENT = lazy(r"\"?\$(?:[@*1]|\{[@*1]\})\"?")


def folded(lines: Lines, wanted: Callable[[int], bool]) -> Iterator[tuple[int, str]]:
    """Folded scalars (`>`): several lines that are one command."""
    texts = lines.texts
    for at in lines.holding((">",)):
        text = texts[at]
        if not _FOLDS.search(text[:200]):
            continue
        depth, end = len(text) - len(text.lstrip(" ")), at + 1
        while (
            end < len(texts)
            and end - at < MAX_JOINED
            and (not texts[end].strip() or len(texts[end]) - len(texts[end].lstrip(" ")) > depth)
        ):
            end += 1
        number = next((index for index in range(at, end) if wanted(index)), None)
        if number is not None:
            yield number + 1, " ".join(line.strip() for line in texts[at + 1 : end])[:MAX_COMMAND]


def collected(texts: Sequence[str], wanted: Callable[[int], bool]) -> Iterator[tuple[int, str]]:
    """Lists of words that a program fills by and by: `c = ["rm"]`, `c.append("-rf")`."""
    words: dict[str, list[str]] = {}
    for at, text in enumerate(texts):
        if '"' not in text and "'" not in text:
            continue
        begun = _BEGUN.match(text[:500])
        grown = _GROWN.match(text[:500])
        if begun:
            words[begun[1]] = _WORD.findall(unfolded(begun[2]))
            if wanted(at) and re.search(_CALLS.format(name=re.escape(begun[1])), "\n".join(texts[at : at + NEAR])):
                yield at + 1, " ".join(words[begun[1]])
        elif grown and grown[1] in words:
            words[grown[1]] += _WORD.findall(grown[2])
            if wanted(at):
                yield at + 1, " ".join(words[grown[1]])


def in_rows(lines: Lines, wanted: Callable[[int], bool]) -> Iterator[tuple[int, str]]:
    """Commands that are items of a list and lists themselves: `- [wipefs, --all, /dev/sda]`."""
    for at in lines.holding(("- [",)):
        if wanted(at) and (match := _ROW.match(lines.texts[at][:1_000])):
            yield at + 1, re.sub(r"[\"']?\s*,\s*[\"']?", " ", match[1]).strip("\"' ")


def in_cells(lines: Lines, wanted: Callable[[int], bool]) -> Iterator[tuple[int, str]]:
    """Commands of a notebook's cells: `"!rm -rf x"`."""
    for at in lines.holding(('"!', '" !')):
        if wanted(at):
            yield from ((at + 1, match) for match in _CELL.findall(lines.texts[at][:4_000]))


def paired(lines: Lines, wanted: Callable[[int], bool]) -> Iterator[tuple[int, str]]:
    """Variables of a container as settings of a shell: `- name: A`, `value: b` is `A=b`."""
    texts = lines.texts
    for at in (below - 1 for below in lines.holding(("value",)) if below):
        if not (wanted(at) or wanted(at + 1)):
            continue
        name, value = _NAME.match(texts[at][:200]), _VALUE.match(texts[at + 1][:400])
        if name and value:
            yield (at if wanted(at) else at + 1) + 1, f"{name[1]}={value[1]}"


def _by_alias(lines: Lines, wanted: Callable[[int], bool]) -> Iterator[tuple[int, str]]:
    """Commands that begin with another name of a command, under its own."""
    told = (_ALIAS.match(lines.texts[at][:400]) for at in lines.holding(("alias",)))
    known = {match[1]: match[3] for match in told if match}
    for at, text in enumerate(lines.texts if known else ()):
        words = text.split(maxsplit=1)
        if len(words) == 2 and words[0] in known and wanted(at):
            yield at + 1, f"{known[words[0]]} {words[1]}"


def by_function(lines: Lines, wanted: Callable[[int], bool]) -> Iterator[tuple[int, str]]:
    """Calls of functions that hand their arguments to a delete, as what they run."""
    yield from _by_alias(lines, wanted)
    if not (_BODY.search(lines.whole) and any("$" in lines.texts[at] for at in lines.holding(("rm",)))):
        return
    bodies = {match[1]: match[2] for match in _FUNCTION.finditer(lines.whole[:200_000])}
    for at, text in enumerate(lines.texts if bodies else ()):
        words = text.split(maxsplit=1)
        if len(words) == 2 and words[0].lstrip("@-") in bodies and wanted(at) and not words[1].startswith("()"):
            yield at + 1, _ARGUMENT.sub(lambda _, given=words[1]: given, bodies[words[0].lstrip("@-")])
