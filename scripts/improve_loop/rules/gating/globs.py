"""Which paths a pattern of the configuration or of a candidate means."""

from __future__ import annotations

import re
from functools import lru_cache


def in_target(path: str, targets: tuple[str, ...], base_files: frozenset[str] | None = None) -> bool:
    """Whether a path is one of these targets: the same path, under that folder, or matched by that glob.

    A target that is a file of the base is never also a folder.
    """
    for target in targets:
        clean = target.removeprefix("./")
        if path == clean:
            return True
        folder = clean.rstrip("/") + "/"
        if len(folder) > 1 and path.startswith(folder) and folder[:-1] not in (base_files or ()):
            return True
        if any(mark in clean for mark in "*?[") and globbed(clean).fullmatch(path):
            return True
    return False


def first_match(path: str, patterns: tuple[str, ...]) -> str | None:
    """The first pattern that protects this path: case is ignored, a pattern without `/` matches at any depth."""
    for pattern in patterns:
        if protects(pattern, path):
            return pattern
    return None


def protects(pattern: str, path: str) -> bool:
    """Whether a protecting pattern covers this path: itself, all below it, or what its glob matches."""
    clean = pattern.removeprefix("./").removeprefix("/").rstrip("/").lower()
    if not clean:
        return False
    lowered = path.lower()
    if lowered == clean or lowered.startswith(clean + "/"):
        return True
    anywhere = clean if "/" in clean else f"**/{clean}"
    found = globbed(anywhere).fullmatch(lowered) or globbed(anywhere + "/**").fullmatch(lowered)
    return found is not None


_TOKEN = re.compile(r"(?P<folders>\*\*+/)|(?P<all>\*\*+)|(?P<some>\*)|(?P<one>\?)|(?P<set>\[[^]/]+\])|.", re.S)
_WILD = {"folders": "(?:.*?/)??", "all": ".*?", "some": "[^/]*?"}


@lru_cache(maxsize=512)
def globbed(pattern: str) -> re.Pattern[str]:
    """`**/` any folders, `**` anything (so does `a**/`), `*` and `?` within one name.

    What follows a wildcard is taken where it comes first and never looked for again (atomic groups): a later place could
    only match less of what follows. So time does not grow with a power of the number of stars. Only the last wildcard of
    each kind is free, since the end must fit it.
    """
    units: list[list[list[str]]] = [[["", ""]]]  # divided by `**`, then by `*`: a wildcard and the text behind it
    for token in _TOKEN.finditer(pattern):
        if token.lastgroup in ("folders", "all"):
            whole = token.start() == 0 or pattern[token.start() - 1] == "/"
            units.append([[_WILD["folders" if whole and token.lastgroup == "folders" else "all"], ""]])
        elif token.lastgroup == "some":
            units[-1].append([_WILD["some"], ""])
        else:
            units[-1][-1][1] += _one(token)
    last = units.pop()
    held = "".join(f"(?>{_joined(unit, held=len(unit))})" for unit in units)
    return re.compile(held + _joined(last, held=len(last) - 1), re.S)


def _joined(unit: list[list[str]], held: int) -> str:
    """The pattern of a unit: its first wildcard with what follows is free, and those from `held` on are."""
    parts = (wild + text if at in (0, held) else f"(?>{wild}{text})" for at, (wild, text) in enumerate(unit))
    return "".join(parts)


def _one(token: re.Match[str]) -> str:
    """What one character may be."""
    if token.lastgroup == "one":
        return "[^/]"
    return _of_set(token[0][1:-1]) if token.lastgroup == "set" else re.escape(token[0])


def _of_set(body: str) -> str:
    """A set as a pattern; a range from a later character to an earlier one holds nothing."""
    without = body[:1] in ("!", "^")
    ranges = re.findall(r"(.)-(.)|(.)", body[without:], re.S)
    held = "".join(
        f"{re.escape(first)}-{re.escape(last)}" if first else re.escape(one)
        for first, last, one in ranges
        if first <= last
    )
    if not held:
        return "[^/]" if without else "(?!)"
    return f"(?!/)[{'^' * without}{held}]"
