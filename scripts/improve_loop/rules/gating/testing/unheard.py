"""Failures of checks in scripts that nobody hears: behind a pipe, in the background, under a condition, an exit of zero."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from improve_loop.model.delta import FileDelta, Line
from improve_loop.rules.gating.kinds import Kind
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.testing.checks import RUNNING, checks_before, checks_in
from improve_loop.rules.gating.testing.places import is_about_tests

_PIPED = lazy(r"(?<!\|)\|\s*(?:tee|cat|sed|tail|head)\b[^|]{0,80}$")
_INVERTED = lazy(r"\s*(?:-\s+)?[\"']?!\s+\S")
_SHELL_OF_ITS_OWN = lazy(r"\b(?:ba|da|k|z)?sh\s+-[a-z]*c\s+[\"'](?![^\n]{0,80}pipefail)")
_BEHIND = lazy(r"[^&>]&\s*$")
_ASKED = lazy(r"\s*(?:if|until|while)\s[^\n]{1,300};\s*(?:then|do)\s*$")
_FAILS = lazy(r"\b(?:exit|return)\s+(?:[1-9]|\"?\$)|\bfalse\b|\bfail\b|\bdie\b")
_SAYS_SO = lazy(r"\b(?:exit|return)\s+(?:[1-9]|\"?\$)|\bfalse\b")
_NOT_ZERO = lazy(r"\b(?:exit|return)\s+[1-9]\d*\b")
_FOR_CHECKS = lazy(r"(?:test|check|lint|cov|verify|ci)\w*(?:\.\w+)?$")
ALIKE = 0.6  # how alike a line is to the one that it stands for


def unheard(file: FileDelta, kind: Kind) -> Iterator[tuple[int, str]]:
    """Line and text of each, where the script ran the check before and heard it."""
    if file.old is None:
        return
    ran = set(checks_before(file))
    lines = file.new_text.split("\n") if ran else []
    for index in RUNNING.lines(file.added_lines) if ran else ():
        line, text = file.added[index], file.added[index].text[:1_000]
        if ran & set(checks_in(text)) and (
            (_PIPED.search(text) and (_hides(file, kind) or _SHELL_OF_ITS_OWN.search(text)))
            or _INVERTED.match(text)
            or (_BEHIND.search(text) and not re.search(r"\bwait\b", file.new_text))
            or (_ASKED.match(text) and not _is_answered(lines, line))
        ):
            yield line.number, text.strip()[:80]
    if kind == "ci" and "gitlab-ci" in file.path:
        yield from _after(file)
    if kind == "shell" and (gone := next((line for line in file.removed if "pipefail" in line.text), None)):
        piped = next((text for text in file.new_text.split("\n") if checks_in(text) and _PIPED.search(text)), "")
        if piped and "pipefail" not in file.new_text:
            yield max(1, min(gone.number, file.new_text.count("\n"))), f"pipefail is taken out: {piped.strip()}"[:80]
    if kind == "shell" and (is_about_tests(file.path) or _FOR_CHECKS.search(file.path)):
        yield from _zeroed(file)


def _after(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Checks of a job of GitLab that now stand in its `after_script`, whose failure it does not hear."""
    before, after = (Counter(_checks_after(text)) for text in (file.old_text, file.new_text))
    here, there = (
        Counter(name for line in text.split("\n") for name in checks_in(line))
        for text in (file.old_text, file.new_text)
    )
    for name in sorted(after - before):
        if here[name] and there[name] - after[name] < here[name] - before[name]:
            yield 1, f"{name} only runs in after_script"


def _checks_after(text: str) -> Iterator[str]:
    """The checks below each `after_script` of a pipeline."""
    inside, depth = False, 0
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip())
        if re.match(r"\s*after_script\s*:", line):
            inside, depth = True, indent
        elif inside and line.strip() and indent <= depth and not line.lstrip().startswith("-"):
            inside = False
        if inside:
            yield from checks_in(line)


def _hides(file: FileDelta, kind: Kind) -> bool:
    """Whether the exit of what stands before a pipe is lost: GitLab and `shell: bash` of GitHub keep it."""
    if kind == "ci" and ("github/workflows" not in file.path or "shell: bash" in file.new_text):
        return False
    return "pipefail" not in file.new_text


def _is_answered(lines: list[str], line: Line) -> bool:
    """Whether the block below a condition, or its other branch, fails."""
    indent = len(line.text) - len(line.text.lstrip())
    for below in lines[line.number : line.number + 40]:
        if below.strip() in ("fi", "done") and len(below) - len(below.lstrip()) <= indent:
            return False
        if _FAILS.search(below):
            return True
    return False


def _zeroed(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Lines that made a script of checks fail, and that stand there without that now."""
    if len(_NOT_ZERO.findall(file.new_text)) >= len(_NOT_ZERO.findall(file.old_text)):
        return
    from difflib import SequenceMatcher  # few changes take such a line out

    for old in file.removed:
        if not _NOT_ZERO.search(old.text[:500]):
            continue
        for new in file.added:
            alike = SequenceMatcher(None, old.text[:300], new.text[:300]).ratio()
            if alike >= ALIKE and not _SAYS_SO.search(new.text[:500]):
                yield new.number, f"{_NOT_ZERO.findall(old.text)[0]} is gone: {new.text.strip()}"[:80]
                return
