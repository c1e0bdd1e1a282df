"""Which of two versions is older, and whether a pin became looser."""

from __future__ import annotations

import re

from improve_loop.rules.gating.lazy import lazy

MAX_SPEC = 1_000  # characters; Python makes no number of more than 4,300 digits
_VERSION = lazy(
    r"\d+(?:\.\d+)*(?:[-.]?(?:a|b|rc|alpha|beta|dev|pre|preview|m|milestone|snapshot|cr|canary|next)[.-]?\d*)?", re.I
)
_PRE = lazy(r"(?:a|b|rc|alpha|beta|dev|pre|m|milestone|snapshot|cr|canary|next)", re.I)
_EXACT = lazy(r"(?:={1,3}|v)?\s?\d+(?:\.\d+)+(?:[-+.]?[\w.+-]*)?$")
_OPEN = lazy(
    r"^(?:\*|latest|x|>=?\s?[\w.]*|any|next|canary|main|master|LATEST|RELEASE|latest\.\w+|\+|\[.*,\)|)$|^dev-\w|\.\+$"
)
_ANYTHING = lazy(
    r"^(?:\*|latest|x|any|next|canary|main|master|LATEST|RELEASE|latest\.\w+|\+|dev-[\w-]+|)$|^>=?\s?0(?:\.0)*$"
)
_ELSEWHERE = lazy(
    r"^@|^(?:git|git\+\w+|https?|ssh|file|link|portal|github|gitlab|bitbucket|gist|path|url|registry|hosted)(?:[:=+]|\b//)|^[\w.-]+/[\w.-]+(?:#.*)?$|^npm:|\.(?:tgz|tar\.gz|zip|whl)(?:[#?]|$)"
)


_WITHIN = lazy(r"path\s?[=:]\s?(?!/|~|\.\.|[A-Za-z]:)(?:(?!\.\.)[\w./-])+$")


def is_older(before: str, after: str) -> bool:
    """Whether the first version in `after` is lower than the one in `before`; unknown is no."""
    bound = re.fullmatch(r"<=?\s?(\d[\w.]*)", after.strip())
    if bound and _EXACT.match(before.strip()):
        old, new = _parts(before), _parts(bound[1])
        return bool(old and new and new <= old)
    if "<" in before or "<" in after or "," in before + after or "|" in before + after:
        return False
    old, new = _parts(before), _parts(after)
    return bool(old and new and new < old)


def _parts(spec: str) -> tuple[tuple[int, ...], int] | None:
    match = _VERSION.search(spec[:MAX_SPEC])
    if not match:
        return None
    numbers = [int(part) for part in re.findall(r"\d+", re.split(r"[-.]?[a-zA-Z]", match[0])[0])][:6]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers), 0 if _PRE.search(match[0]) else 1


def is_looser(before: str, after: str) -> bool:
    """Whether an exact pin or bounded range became one that takes anything new."""
    if before.strip().startswith(">=") and not after.strip():
        return True
    if _EXACT.match(before.strip()) and not _EXACT.match(after.strip()):
        return bool(_OPEN.match(after.strip())) or after.strip().startswith((">", "*"))
    return not _OPEN.match(before.strip()) and bool(_OPEN.match(after.strip())) and not after.strip().startswith(">")


def is_anything(before: str, after: str) -> bool:
    """Whether what named a version now takes any at all."""
    named = re.match(r"[\s\"']*(?:={1,3}|v|\^|~[=>]?)?\s?\d", before)
    return named is not None and bool(_ANYTHING.match(after.strip()))


def is_elsewhere(spec: str) -> bool:
    """Whether a pin names a place of its own instead of a version of the index."""
    if _WITHIN.match(spec.strip()):
        return False
    return bool(_ELSEWHERE.search(spec.strip())) and not spec.strip().startswith(("workspace:", "catalog:"))
