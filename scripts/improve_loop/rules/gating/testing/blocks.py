"""What of a file is no code: block comments, and strings of several lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from improve_loop.rules.gating.kinds import Kind
from improve_loop.rules.gating.lazy import lazy

_TRIPLE = lazy(r"\"\"\"|'''|#|\"(?:[^\"\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\n]|\\\\.)*'")


def without_block_comments(text: str, kind: Kind) -> str:
    """The text with the lines of block comments and stand-alone strings emptied; line numbers stay."""
    if kind == "python":
        return _without_strings(text)
    if kind == "ruby":
        return _blanked(text, re.compile(r"^=begin\b"), "=end")
    if kind == "shell":
        return _blanked(text, re.compile(r"^:\s*<<\s*['\"]?(\w+)"), None)
    return _blanked(text, re.compile(r"^\s*/\*"), "*/")


def openers(lines: Sequence[str]) -> list[str]:
    """For each line the nearest one above it that ends in an opening brace; empty where there is none."""
    above, found = "", []
    for line in lines:
        found.append(above)
        above = line if line.rstrip().endswith("{") else above
    return found


def _blanked(text: str, opens: re.Pattern[str], end: str | None) -> str:
    out: list[str] = []
    until = ""
    for line in text.split("\n"):
        if until:
            out.append("")
            if until in line:
                until = ""
            continue
        match = opens.match(line)
        stop = (end or match[1]) if match else ""
        if match and stop not in line[match.end() :]:
            until = stop
            out.append("")
        else:
            out.append(line)
    return "\n".join(out)


def _without_strings(text: str) -> str:
    """Python text with what stands inside strings of several lines emptied; a line that opens one keeps its code."""
    out: list[str] = []
    until = ""
    for line in text.split("\n"):
        begins = until
        rest = line
        if until:
            end = line.find(until)
            if end < 0:
                out.append("")
                continue
            rest, until = line[end + 3 :], ""
        until = _left_open(rest)
        alone = bool(until) and rest.strip().lstrip("rbuRBU").startswith(until)
        out.append("" if begins or alone else line)
    return "\n".join(out)


def _left_open(text: str) -> str:
    """The quotes of the string that a line opens and does not close; empty where there is none."""
    at = 0
    while match := _TRIPLE.search(text, at):
        if match[0] == "#":
            return ""
        if len(match[0]) == 3 and match[0] in ('"""', "'''"):
            end = text.find(match[0], match.end())
            if end < 0:
                return match[0]
            at = end + 3
        else:
            at = match.end()
    return ""
