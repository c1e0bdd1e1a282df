"""Rows and rounds of a test that are passed over: a `continue` before what is asserted, a list cut, an error only looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from improve_loop.model.delta import FileDelta, TreeDelta
from improve_loop.rules.gating.kinds import kind_of
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.testing.cases import squeezed
from improve_loop.rules.gating.testing.places import is_about_tests

_PASSES = lazy(
    r"\s*(?:if\b[^\n]{0,200}[):{]\s*)?(?:continue|next|break)\b(?:\s*(?:if|unless)\b[^\n]{0,200})?\s*;?\s*\}?\s*$"
)
_CHECKS = lazy(
    r"\b(?:assert\w*|expect\w*|should\w*|verify|require|EXPECT_\w+|REQUIRE\w*|CHECK\w*)\b|\bt\.(?:Error|Fatal|Run)"
)
_CUT = lazy(
    r"(?<=[\])}])\s*\.(?:slice|filter|take|drop|first|head|limit|skip|splice|reject)\b(?:\([^()\n]{0,80}(?:\([^()\n]{0,80}\)[^()\n]{0,80}){0,3}\)|\{[^{}\n]{0,80}\})"
)
_WANTED = lazy(
    r"\.rejects\b|toThrow|\b[rR]aises|Throws\b|assert_raise|raise_error|assertThrows|expectException|shouldThrow|assertFailsWith|rejects\("
)
_CATCHES = lazy(
    r"\s*(?:\}\s*)?(?:catch\b|except\b|rescue\b)|\s*(?!return\b|await\b)[^\n]{0,200}\.catch\(\s*(?:async\s*)?(?:\(?\w*\)?\s*=>|function\b)|\s*\(\s*(?:e|err|error|reason)\s*\)\s*=>"
)
_FAILS = lazy(
    r"\bfail\w*\(|expect\.(?:assertions|hasAssertions)\(|raise\s+AssertionError|throw\s+new|flunk|t\.plan\(|\bpytest\.fail|Assert\.Fail|\belse\b|unreachable|toHaveBeenCalled|\bassert\s+False"
)
_STARTS = lazy(r"\bshunit2\b|\bRUN_ALL_TESTS\(\)|\bdone_testing\b")
_LEAVES = lazy(r"\s*(?:return|break|continue)\b")
_FINALLY = lazy(r"\bfinally\s*[:{]\s*$|^\s*ensure\s*$")
_MARK = lazy(r"\s*@pytest\.mark\.(?:asyncio|anyio|trio|tornado|gen_test)\b")
_MARKED = lazy(r"pytestmark\s*=[^\n]{0,200}\b(?:asyncio|anyio|trio)\b|IsolatedAsyncioTestCase")
_COROUTINE = lazy(r"\s*async\s+def\s+test\w*\(")
_AUTOMATIC = lazy(
    r"asyncio_mode\s*=\s*[\"']?auto|anyio_mode\s*=\s*[\"']?auto|trio_mode\s*=\s*[\"']?true|asyncio-mode=auto"
)
_BEGINS = lazy(r"\s*#\[(?:cfg\(test\)|[\w:]*test\b)|\s*(?:async\s+)?def\s+test|\s*(?:describe|it|test)\(|\s*@Test\b")
_DOCTEST = lazy(r"\s*>>>\s")
_SKIPPED = lazy(r"\s*>>>[^\n]{0,300}#\s*doctest:[^\n]{0,80}\+SKIP")
_INLINE = lazy(r"(?<=InlineSnapshot\()\s*(?:`[^`\n]*`|\"[^\"\n]*\"|'[^'\n]*')")
_CONFIGURATIONS = ("pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini", "conftest.py", "tests/conftest.py")
NEAR = 14  # lines below a `continue` that are looked at


def passed_over(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Line and text of each, in files that were there before."""
    if file.old is None:
        return
    yield from _unstarted(file)
    yield from _left_at_last(file)
    yield from _continued(file)
    yield from _cut(file)
    yield from _only_looked_at(file)


def _unstarted(file: FileDelta) -> Iterator[tuple[int, str]]:
    """What makes a file of tests run by itself, where it is gone."""
    for line in file.removed:
        if (match := _STARTS.search(line.text[:300])) and match[0] not in file.new_text and file.new_text.strip():
            yield 1, f"{line.text.strip()} is taken out"[:80]


def _left_at_last(file: FileDelta) -> Iterator[tuple[int, str]]:
    """A `return` in a `finally`, which drops whatever error was on its way."""
    lines = file.new_text.split("\n")
    for line in file.added:
        above = lines[line.number - 2] if line.number > 1 else ""
        if _LEAVES.match(line.text[:200]) and _FINALLY.search(above[-40:]):
            yield line.number, f"{above.strip()[-30:]} {line.text.strip()}"[:80]


def _continued(file: FileDelta) -> Iterator[tuple[int, str]]:
    lines = file.new_text.split("\n")
    spare = sum(_PASSES.match(line.text[:500]) is not None for line in file.removed)
    first = 0 if is_about_tests(file.path) else _first_case(lines)
    for line in file.added:
        if not _PASSES.match(line.text[:500]) or line.number <= first:
            continue
        if spare:
            spare -= 1
        elif _asserts_below(file, lines, line.number):
            yield line.number, line.text.strip()[:80]


def _first_case(lines: Sequence[str]) -> int:
    """The line at which the tests of a file of code begin; past its end where none is seen."""
    return next((at for at, line in enumerate(lines, start=1) if _BEGINS.match(line[:200])), len(lines))


def _asserts_below(file: FileDelta, lines: Sequence[str], number: int) -> bool:
    """Whether the same loop asserts below a line what it asserted before."""
    loop = _loop_indent(lines, number - 1)
    for below in lines[number : number + NEAR]:
        if below.strip() and _indent(below) <= loop:
            return False
        if _CHECKS.search(below[:1_000]) and below.strip() in file.old_text:
            return True
    return False


def _loop_indent(lines: Sequence[str], at: int) -> int:
    """How deep the loop around a line begins."""
    indent = _indent(lines[at])
    for above in range(at - 1, max(-1, at - 12), -1):
        line = lines[above]
        if line.strip() and _indent(line) < indent:
            indent = _indent(line)
            if not re.match(r"\s*(?:\}\s*)?(?:if|unless|else|elif|elsif)\b", line):
                return indent
    return indent


def _cut(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Lists of rows of which only a part is taken now."""
    before = {squeezed(line.text) for line in file.removed}
    for line in file.added if before else ():
        whole = _CUT.sub("", line.text[:2_000])
        if whole != line.text[:2_000] and squeezed(whole) in before:
            yield line.number, line.text.strip()[-80:]


def _only_looked_at(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Errors that a test wanted, and that it only looks at now where there is one."""
    wanted = sum(_WANTED.search(line.text[:1_000]) is not None for line in file.removed)
    wanted -= sum(_WANTED.search(line.text[:1_000]) is not None for line in file.added)
    if wanted <= 0 or any(_FAILS.search(line.text[:1_000]) for line in file.added):
        return
    lines = file.new_text.split("\n")
    for line in file.added:
        if _CATCHES.match(line.text[:300]):
            inside = [text for text in lines[line.number : line.number + 6] if _indent(text) > _indent(line.text)]
            inside.append(line.text.partition("=>")[2])
            if any(_CHECKS.search(text[:1_000]) for text in inside):
                yield line.number, f"an error that need not come: {line.text.strip()}"[:80]


def unmarked(file: FileDelta, delta: TreeDelta) -> Iterator[tuple[int, str]]:
    """Coroutines of pytest whose mark is gone, where no setting makes up for it."""
    if kind_of(file.path) != "python" or file.old is None or file.new is None:
        return
    gone = [line for line in file.removed if _MARK.match(line.text[:200])]
    come = sum(_MARK.match(line.text[:200]) is not None for line in file.added)
    if len(gone) <= come or _MARKED.search(file.new_text):
        return
    lines = file.new_text.split("\n")
    bare = [
        at
        for at, text in enumerate(lines)
        if _COROUTINE.match(text[:300]) and not any("pytest.mark" in above for above in lines[max(0, at - 4) : at])
    ]
    if bare and not _is_automatic(delta):
        yield bare[0] + 1, "a coroutine that nothing marks"


def _is_automatic(delta: TreeDelta) -> bool:
    texts = ((delta.read_result(path) or b"").decode("utf-8", "replace") for path in _CONFIGURATIONS)
    return any(_AUTOMATIC.search(text) for text in texts)


def untold(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Examples in docstrings that are taken out, with nothing else, or that doctest passes over."""
    if kind_of(file.path) != "python" or file.old is None or file.new is None:
        return
    if ">>>" not in file.old_text and ">>>" not in file.new_text:
        return
    before, after = ([line for line in side if ">>>" in line.text] for side in (file.removed, file.added))
    skipped = sum(_SKIPPED.match(line.text[:500]) is not None for line in before)
    passed = [line for line in after if _SKIPPED.match(line.text[:500])]
    yield from ((line.number, line.text.strip()[:80]) for line in passed[skipped:])
    gone = any(_DOCTEST.match(line.text[:500]) for line in before)
    if gone and not any(line.text.strip() for line in file.added) and _is_only_examples(file):
        yield 1, "an example of a docstring is taken out"


def _is_only_examples(file: FileDelta) -> bool:
    """Whether every removed line is an example or what it prints."""
    inside = False
    for line in file.removed:
        inside = inside or bool(_DOCTEST.match(line.text[:500]))
        if line.text.strip() and (not inside or re.match(r"\s*(?:def|class|import|from|return|\"\"\")", line.text)):
            return False
    return True


def inline_rewritten(file: FileDelta) -> Iterator[int]:
    """Lines of snapshots within a test of which only what is expected is another now."""
    if "InlineSnapshot(" not in file.old_text:
        return
    before = {text for line in file.removed if (text := _emptied(line.text)) != line.text[:2_000]}
    for line in file.added if before else ():
        text = _emptied(line.text)
        if text != line.text[:2_000] and text in before:
            yield line.number


def _emptied(text: str) -> str:
    return _INLINE.sub("``", text[:2_000])


def _indent(line: str) -> int:
    return len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
