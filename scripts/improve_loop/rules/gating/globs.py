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
        if any(mark in clean for mark in "*?[") and _glob(clean, False).fullmatch(path):
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
    found = _glob(anywhere, True).fullmatch(lowered) or _glob(anywhere + "/**", True).fullmatch(lowered)
    return found is not None


@lru_cache(maxsize=512)
def _glob(pattern: str, _protecting: bool) -> re.Pattern[str]:
    """`**/` any folders, `**` anything, `*` and `?` within one name; runs of stars collapse, so it stays linear."""
    out = ""
    for part in re.findall(r"\*\*+/|\*\*+|\*|\?|\[[^]/]+\]|.", pattern, re.S):
        if part.startswith("**"):
            out += "(?:.*/)?" if part.endswith("/") else ".*"
        elif part == "*":
            out += "[^/]*"
        elif part == "?":
            out += "[^/]"
        elif part.startswith("[") and len(part) > 1:
            out += part.replace("[!", "[^").replace("\\", "\\\\")
        else:
            out += re.escape(part)
    return re.compile(out, re.S)
