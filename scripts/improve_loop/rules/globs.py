"""Path patterns as people write them: `*` within a folder, `**` across folders, a trailing `/` for all below."""

from __future__ import annotations

import re
from functools import cache


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    body = pattern.removeprefix("./").removeprefix("/")
    if body.endswith("/"):
        body += "**"
    if "/" not in body.rstrip("/"):
        body = f"**/{body}"  # a bare name matches in every folder, as in .gitignore
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", body)
    wild = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(wild.get(part, re.escape(part)) for part in parts) + r"(?:/.*)?\Z", re.DOTALL)


def path_matches(path: str, pattern: str) -> bool:
    """Whether a repository path is the pattern's, or lies below a folder that is."""
    return _compiled(pattern).match(path) is not None


@cache
def _word(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*|\?)", pattern)
    return re.compile("".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in parts) + r"\Z", re.DOTALL)


def word_matches(word: str, pattern: str) -> bool:
    """Whether a name (domain, subject, source) is the pattern's; `*` stands for anything."""
    return _word(pattern).match(word) is not None
