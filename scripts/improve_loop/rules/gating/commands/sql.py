"""Statements of an SQL file that lose data, on added lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.lazy import lazy

MAX_TEXT = 2_000_000

_COMMENT = lazy(r"--[^\n]*|/\*.*?\*/", re.S)
_STATEMENT = lazy(r"[^;]++;?")
_JOINED = lazy(r"'\s{0,20}\|\|\s{0,20}'")
_RUNS = lazy(
    r"(?is)\bexecute(?:\s+immediate)?\s*\(?\s*(?:format\s*\(\s*)?[en]?'\s*(?:drop\s+(?:database|schema|table|owned|user|role)\b|truncate\b|delete\s+from\s+[\w.\"%]+\s*')|\bbegin\s+(?:delete\s+from\s+[\w.\"]+\s*;|truncate\s|drop\s+(?:table|schema|database)\s)|\bas\s*\(\s*delete\s+from\s+[\w.\"]+\s*(?:returning\b|\))|\brun_query\(\s*['\"]\s*(?:drop|truncate)\s|\bcopy\s[^;]{1,200}\b(?:from|to)\s+program\s|\bxp_cmdshell\s*'"
)
_BODY = lazy(r"(?is)^\s*do\s+(?:language\s+\w+\s+)?\$\w*\$\s*(?:declare\b.*?)?begin\s+")
_LOSES = lazy(
    r"(?is)^\s*(?:drop\s+(?:database|schema|tablespace|keyspace|user|role|owned)\b|drop\s+table\s+(?:if\s+exists\s+)?(?P<table>[\w.\"`\[\]]+)|truncate\b|delete\s+from\s+[\w.\"`\[\]]+\s*(?:;|$|where\s+(?:1\s*=\s*1|true)\b)"
    r"|update\s+[\w.\"`\[\]]+\s+set\s+(?!.*\bwhere\b)|update\s.*\bwhere\s+(?:1\s*=\s*1|true)\b|alter\s+table\s+\S+\s+drop\s+(?:column\s+)?(?!constraint|index|foreign|default|primary|key|check)\w|grant\s+all\b(?!\s+(?:privileges\s+)?on\s+[\"`]?\w+[\"`]?\.\*\s+to\s+(?!public\b))|grant\s+.*\bto\s+public\b|alter\s+(?:user|role)\s+\S+\s+.*superuser|alter\s+.*disable\s+row\s+level|disable\s+trigger\s+all)"
)


def statements(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Line and first words of each statement that loses data or gives all rights; not a table made anew beside it."""
    text = _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), file.new_text[:MAX_TEXT])
    added = {line.number for line in file.added}
    removed = {re.sub(r"\s+", " ", line.text.strip()) for line in file.removed}
    for match in _STATEMENT.finditer(text):
        said = _BODY.sub("", _JOINED.sub("", match[0]))
        loses = _LOSES.match(said) or _RUNS.search(said)
        if not loses:
            continue
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        first = text.count("\n", 0, start) + 1
        last = first + match[0].strip().count("\n")
        if not added.intersection(range(first, last + 1)) or re.sub(r"\s+", " ", match[0].strip()) in removed:
            continue
        if loses.groupdict().get("table") and _made_here(text, loses["table"]):
            continue
        yield first, " ".join(match[0].split())[:60]


def _made_here(text: str, table: str) -> bool:
    """Whether the same file creates the table that it drops (a fixture, or the way back of a migration)."""
    name = re.escape(table.strip('"`[]'))
    return bool(
        re.search(rf"(?i)\bcreate\s+(?:temp(?:orary)?\s+)?table\s+(?:if\s+not\s+exists\s+)?[\"`\[]?{name}\b", text)
    )
