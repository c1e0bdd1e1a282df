"""Credentials put together over several lines: literals added to one name, character codes one under another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from improve_loop.model.lines import Lines
from improve_loop.rules.gating.lazy import lazy

MAX_LINES = 60  # of one credential
MAX_GATHERED = 50  # of one file

_ADDS = lazy(
    r"^\s*[$@]?(?P<name>[\w.]{1,60})\s?(?:\+=|\.=|<<|\.(?:append|concat|push|write|push_str|WriteString|Append)\()"
    r"\s?[rb]?[\"'`](?P<text>[^\"'`\n]{1,200})[\"'`]\s?\)?\s?;?\s*$"
)
_STARTS = lazy(
    r"^\s*(?:\w{1,20}\s)*[$@]?(?P<name>[\w.]{1,60})\s?:?=\s?[rb]?[\"'`](?P<text>[^\"'`\n]{1,200})[\"'`]\s?;?\s*$"
)
_CODE_LINES = lazy(r",\n[^\S\n]{0,40}(?=(?:\(byte\)\s?)?(?:0x[0-9a-fA-F]{2}|\d{2,3})(?:u8)?[,\n])")
_CODES = lazy(r"0x[0-9a-fA-F]{2}|\b\d{2,3}(?=\b|u8)")
_CODE = r"(?:\(byte\)\s?)?(?:0x[0-9a-fA-F]{2}|\d{2,3})(?:u8)?"
_ONLY_CODES = lazy(rf"^[\s\[({{]*+{_CODE}(?:[\s,]++{_CODE}){{0,39}}[\s,]*+[\])}};\s]*+$")


def gathered(lines: Lines, marks: Mapping[int, Set[int]], ours: frozenset[int]) -> Iterator[tuple[int, str]]:
    """Index of the first line of each, with the text that it makes. `marks`: what each line's words lead to; some are `ours`."""
    worded = (index for index, targets in sorted(marks.items()) if not ours.isdisjoint(targets))
    found = (*_added(lines, worded), *_codes(lines))
    yield from found[:MAX_GATHERED]


def _added(lines: Lines, worded: Iterator[int]) -> Iterator[tuple[int, str]]:
    first, last, name, parts = 0, -9, "", [""]
    for index in worded:
        match = _ADDS.match(lines.texts[index][:400])
        if not match:
            continue
        if match["name"] == name and index - last <= 2 and len(parts) < MAX_LINES:
            parts.append(match["text"])
        else:
            if len(parts) > 1:
                yield first, "".join(parts)
            first, name, parts = index, match["name"], [*_started(lines, index, match["name"]), match["text"]]
        last = index
    if len(parts) > 1:
        yield first, "".join(parts)


def _started(lines: Lines, index: int, name: str) -> list[str]:
    """The literal that a name is given just above."""
    start = _STARTS.match(lines.texts[index - 1][:400]) if index else None
    return [start["text"]] if start and start["name"] == name else []


def _codes(lines: Lines) -> Iterator[tuple[int, str]]:
    """Characters whose codes stand in adjacent lines that hold nothing else."""
    done = -1
    for place in (match.start() for match in _CODE_LINES.finditer(lines.whole)):
        first = lines.index(place)
        if first <= done or not _ONLY_CODES.match(lines.texts[first][:400]):
            continue
        done = first
        while (
            done + 1 < len(lines.texts) and done - first < MAX_LINES and _ONLY_CODES.match(lines.texts[done + 1][:400])
        ):
            done += 1
        codes = [code for at in range(first, done + 1) for code in _CODES.findall(lines.texts[at][:400])]
        if len(codes) >= 12:
            yield first, "".join(chr(min(int(code, 0 if code.startswith("0x") else 10), 255)) for code in codes)
