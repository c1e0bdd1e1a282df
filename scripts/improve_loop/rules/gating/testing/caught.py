"""Errors caught and dropped, so that a failure passes."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.keywords import Keywords
from improve_loop.rules.gating.kinds import CODE, kind_of
from improve_loop.rules.gating.lazy import lazy, worded
from improve_loop.rules.gating.testing.places import is_about_tests
from improve_loop.rules.gating.testing.settings import squeeze

_FAILS = lazy(
    r"\b(?:Assert\.|self\.|this\.)?fail\w*\(|throw new (?:Assertion|\w*Fail)|\bt\.(?:Fatal|Error)\w*\(|raise AssertionError"
)
_BARE_EXCEPT = lazy(r"\s*(?:except\s*:|rescue\b)")
_ASSERTS = lazy(
    r"\b(?:assert|expect|should|require|verify|fail|check)\w*\s*[!(. ]|\bt\.(?:Error|Fatal)|raises|toThrow", re.I
)
_CATCHES = ("except", "catch", "rescue", "suppress", "recover(")
_BARE = worded(
    r"^\s*except\s*(?:\(?\s*(?:Base)?Exception\s*\)?(?:\s+as\s+\w+)?|\(?\s*AssertionError[^:]{0,60})?\s*:|contextlib\.suppress\(\s*(?:Base)?Exception|suppress\(\s*(?:AssertionError|(?:Base)?Exception)|catch\s*(?:\(\s*(?:\w+(?:\s*:\s*\w+)?|\\?(?:Throwable|Exception|Error|AssertionError)(?:\s+\$?\w+)?|\.\.\.)?\s*\))?\s*\{\s*(?:/[/*][^}]{0,60})?\}?\s*$|^\s*rescue\b(?:\s*=>\s*\w+|\s+(?:Exception|StandardError|Minitest::Assertion|RSpec::Expectations::\w+)[^\n]{0,20})?\s*$|\.catch\(\s*(?:\(?\w*\)?\s*=>\s*(?:\{\s*\}|null|undefined|0|true)|noop|_\s*=>)|\brescue\s+(?:nil|false|true)\s*$|recover\(\)|catch_unwind",
    *_CATCHES,
)
_CATCHING = Keywords([_CATCHES], "added")
_PASSES = lazy(
    r"^\s*(?:pass|\.\.\.|continue|return(?:\s+(?:None|True|true|null|nil))?;?|\}|end|nil|true|//.*|#.*|print\(.*|console\.\w+\(.*|System\.(?:out|err)\.print\w*\(.*|\w+\.printStackTrace\(\);?|Console\.(?:Error\.)?Write\w*\(.*|error_log\(.*|_\w*\s*->\s*(?::ok|nil|true)|logg?(?:er|ing)?\.\w+\(.*)\s*$"
)


def caught(file: FileDelta, known: Container[str]) -> Iterator[tuple[int, str]]:
    """Errors caught and dropped in tests; a bare `except: pass` in any code."""
    if kind_of(file.path) not in CODE:
        return
    about_tests = is_about_tests(file.path)
    near = (file.added[index] for index in _CATCHING.lines(file.added_lines))
    bare = [line for line in near if _BARE.search(line.text[:500])]
    lines = file.new_text.split("\n") if bare else []
    spare: int | None = None
    for line in bare:
        below = lines[line.number] if line.number < len(lines) else ""
        if not _drops(line.text, below) or not (about_tests or re.match(r"\s*except\s*:", line.text)):
            continue
        if _is_expected(lines[max(0, line.number - 9) : line.number - 1]) or squeeze(line.text) in known:
            continue
        if about_tests and not _BARE_EXCEPT.match(line.text) and not _covers_a_check(file, lines, line.number):
            continue
        if spare is None:
            spare = sum(bool(_BARE.search(line.text[:500])) for line in file.removed)
        if spare:
            spare -= 1
        else:
            yield line.number, line.text.strip()[:80]


def _is_expected(above: Sequence[str]) -> bool:
    """Whether the block that is caught fails where nothing is thrown: the error is what the test wants."""
    for text in reversed(above):
        if re.match(r"\s*(?:func|def|function|fn)\b", text) or text.startswith("}"):
            return False  # another function
        if _FAILS.search(text):
            return True
        if re.match(r"\s*try\b", text):
            return False
    return False


def _covers_a_check(file: FileDelta, lines: Sequence[str], number: int) -> bool:
    """Whether what is caught and dropped may come from an assertion, or from code that the test had before."""
    before = {squeeze(text) for text in file.old_text.split("\n")}
    indent = len(lines[number - 1]) - len(lines[number - 1].lstrip())
    tried = [lines[number - 1]]
    for above in range(number - 2, max(-1, number - 40), -1):
        depth = len(lines[above]) - len(lines[above].lstrip())
        if lines[above].strip() and depth <= indent:
            break
        tried.append(lines[above])
    return any(_ASSERTS.search(text) or (len(squeeze(text)) > 6 and squeeze(text) in before) for text in tried[1:]) or (
        len(tried) == 1 or _ASSERTS.search(tried[0]) is not None
    )


def _drops(text: str, below: str) -> bool:
    return bool(_PASSES.match(below)) or bool(
        re.search(
            r"suppress\(|\brescue\s+\w+\s*$|\{\s*(?:_\s*=\s*)?recover\(\)\s*;?\s*\}\s*\(\)|\{\s*\}\s*$|\.catch\(|(?:pass|\.\.\.)\s*$",
            text,
        )
    )
