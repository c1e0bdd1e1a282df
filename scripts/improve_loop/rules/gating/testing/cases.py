"""The test cases of one file, read by the shape of its lines: no interpreter of the language is needed."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from improve_loop.rules.gating.kinds import Kind, kind_of
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.testing.asserts import Assertion, assertions_of, is_skip, never_runs
from improve_loop.rules.gating.testing.blocks import without_block_comments
from improve_loop.rules.gating.testing.places import is_collected
from improve_loop.rules.gating.testing.rows import CLOSES, OPENS, annotations_start, rows_of
from improve_loop.rules.gating.testing.spock import rows_below, spelled_out

MAX_TEXT = 2_000_000  # characters of one file that are read

_BELOW_TEST = lazy(r"(?:^|/)tests?/(?:[^/]+/)+[^/]*\.[cm]?[jt]sx?$")
_DESCRIBES = lazy(r"(?m)^\s*(?:describe|context|suite|it|test)(?:\.\w+)?\(\s*['\"`]")
_START: dict[Kind, re.Pattern[str]] = {
    "python": lazy(r"^\s*(?:async\s+)?def\s+(test\w*)\s*\("),
    "js": lazy(r"^\s*(?:await\s+)?((?:it|test|specify|xit|xtest|xspecify|fit|ftest|Deno\.test|bench)(?:\.\w+)*)\s*(?:\([^()]*\)|`[^`]*`)?\s*\(\s*(?:(['\"`])(.{0,200}?)\2|(\w+))"),
    "go": lazy(r"^func\s+((?:Test|Example|Fuzz)(?![a-z])\w*)\s*\(|^\s*[PXF]?(?:It|Specify|Entry)\(\s*\"([^\"]*)\"|^\s*\w+\.Run\(\s*\"([^\"]*)\""),
    "rust": lazy(r"^\s*(?:pub(?:\([^)]*\))?\s+)?(?:async\s+)?fn\s+(\w+)\s*[(<]|^\s*\w*test\w*!\(\s*(\w+)\s*,"),
    "java": lazy(r"^\s*(?:test|testWidgets|blocTest|testGoldens)(?:<[^>\n]{0,80}>)?\(\s*(?P<dart>['\"])([^'\"\n]{1,200})(?P=dart)|^\s*def\s+\"([^\"\n]{1,200})\"\s*\(|^\s*(?:@[\w.]+(?:\([^()]*\))?\s+)*(?:(?:public|private|protected|internal|static|final|suspend|override|async|open|abstract)\s+)*(?:[\w<>\[\],.?]+\s+){0,3}(?:fun\s+|func\s+|def\s+)?(`[^`]+`|\w+)\s*\([^;]*$"),
    "ruby": lazy(r"^\s*((?:it|test|specify|scenario|example|xit|fit|xspecify|its|should)\b)\s*\(?\s*(['\"])(.{0,200}?)\2|^\s*(?:it|its\([^)]{0,80}\))\s*(\{.{1,200})|^\s*def\s+(test_\w+)"),
    "shell": lazy(r"^\s*(?:@test\s+(['\"])(.{0,200}?)\1|(?:function\s+)?(test\w*)\s*\(\s*\)|(?:test_expect_success|test_expect_failure|It|it_)\s+(['\"])(.{0,200}?)\4)"),
    "php": lazy(r"^\s*(?:(?:public|protected|final|static)\s+)*function\s+(test\w*)\s*\(|^\s*(it|test)\s*\(\s*(['\"])(.{0,200}?)\3"),
    "c": lazy(r"^\s*((?:TYPED_)?TEST(?:_F|_P|_CASE|_METHOD)?|SCENARIO|BOOST_AUTO_TEST_CASE|START_TEST|DOCTEST_TEST_CASE)\s*\(\s*([^)]{0,200})"),
}  # fmt: skip
_FUNCTION = lazy(r"^\s*(?:(?:public|protected|final|static)\s+)*function\s+(\w+)\s*\(")
_EACH_OPENS = lazy(r"\s*(?:it|test)(?:\.\w+)*\.each\(\s*(?:\[\s*)?$")
_EACH_CLOSES = lazy(r"\s*\]?\)\s*\(\s*(['\"`])(.{1,200}?)\1")
_ANY = lazy(
    r"^\s*(?:test|it|scenario|Scenario(?: Outline)?|feature|property)\s*[(:]?\s*(['\"]?)(.{1,200}?)\1\s*(?:do|,|\{|$)|^\s*(?:void|static void|fn|func|def|sub|function)\s+(test\w*)"
)
_MARKED = lazy(
    r"^\s*(?:@(?:\w+\.)*(?:Test|ParameterizedTest|RepeatedTest|TestFactory|Theory|Property|Scenario|TestTemplate)\b|\[(?:\w+\.)?(?:Fact|Theory|Test|TestMethod|TestCase|DataTestMethod)\b|#\[(?:\w+::)*(?:test|rstest|test_case|quickcheck|proptest|case|wasm_bindgen_test)\b|#\[Test\b|\*\s*@test\b)"
)
_DECORATOR = lazy(r"^\s*(?:@|#\[|\[\w)")
_KEYWORDS = frozenset(
    ("if", "for", "while", "switch", "catch", "return", "when", "try", "synchronized", "else", "using", "lock")
)
_ONLY_THERE = lazy(
    r"^\s*#\[cfg\((?:not\()?(?:target_(?:os|arch|family|env)|windows|unix|miri|debug_assertions)\b"
)  # of Rust: what runs on some machines
_DECLARES = lazy(r"\s*@\w[\w.]*(?:\([^()]*\))?\s+(?:[\w<>\[\],.?]+\s+){1,6}(?:`[^`]+`|\w+)\s*\(")
_TYPED = lazy(r"\s*(?:@[\w.]+(?:\([^()]*\))?\s+)*[\w<>\[\],.?]+\s+\S")  # a type, or what declares a function
_PRIVATE = lazy(r"\s*private\s")
_EXPECTS = lazy(r"[@#\[].*\b(?:Test|should_panic)\b.*\bexpected(?:Exceptions)?\s*=")
_ANY_ERROR = lazy(r"\bexpected(?:Exceptions)?\s*=\s*(?:Throwable|Exception|RuntimeException)\b|#\[should_panic\]")
_SPOCK = lazy(r"\s*(?:then|expect|where)\s*:\s*(?:[\"'][^\n]*)?$")
_TITLED = lazy(r"\s*(?:def\s+\"|(?:test|testWidgets|blocTest|testGoldens)(?:<[^>\n]{0,80}>)?\(\s*['\"])")
_FIXTURE = lazy(r"\s*@pytest\.fixture\b")
_LEFT = lazy(r"^\s*(?:return(?:\s+0|\s+nil)?|next)\s*;?\s*$")
_SWIFT_OR_OLD_JUNIT = lazy(r"^test[A-Z_]\w*$")
_CLASS_OF_TESTS = lazy(r"\s*class\s+(?:Test\w*|\w+\s*\([^)]*Test)")
_DEF = lazy(r"^\s*(?:async\s+)?def\s+\w+")
_COMMENT_LINE = lazy(r"^\s*(?:#(?!\[|expect\(|require\()|//|--|;|\*(?!\s*@test)|%(?![wi]\[)|<!--)")


class Case(NamedTuple):
    """One test case: its name, what it asserts, whether it is skipped, its lines without blanks."""

    name: str
    asserts: tuple[Assertion, ...]
    skipped: bool
    body: frozenset[str]
    words: frozenset[str]  # names that it mentions
    rows: int  # lines of a table of parameters


@lru_cache(maxsize=256)
def cases_of(path: str, text: str) -> tuple[Case, ...]:
    """The cases of a file; none for a file that no runner collects (a Rust file may hold its tests itself)."""
    kind = kind_of(path)
    if not text or not (is_collected(path) or _holds_tests(path, text, kind)):
        return ()
    lines = without_block_comments(text[:MAX_TEXT], kind).split("\n")
    dead = _never_run(lines)
    marked = kind == "java" and any(map(_MARKED.match, lines))
    starts = [
        (at, name) for at, line in enumerate(lines) if (name := _name(lines, at, line, kind, marked)) and at not in dead
    ]
    if kind == "python":
        starts = [
            (at, name)
            for at, name in starts
            if _class_is_collected(lines, at) and not (at and _FIXTURE.match(lines[at - 1]))
        ]
    return tuple(
        _case(lines, at, starts[n + 1][0] if n + 1 < len(starts) else len(lines), name, kind)
        for n, (at, name) in enumerate(starts)
    )


def _holds_tests(path: str, text: str, kind: Kind) -> bool:
    """Whether a file that no runner collects by its name has tests in it: of Rust, or in a folder below `test`."""
    if kind == "rust":
        return path.endswith(".rs") and "#[" in text and "test" in text
    return kind == "js" and bool(_BELOW_TEST.search(path)) and bool(_DESCRIBES.search(text))


_HELPER = lazy(
    r"^\s*(?:export\s+)?(?:async\s+)?(?:def|func|fun|fn|function|const|let)\s+(?:\([^)]*\)\s*)?([A-Za-z_]\w{3,})\s*(?:=\s*(?:async\s*)?\(|\()"
    r"|^\s*(?:(?:public|private|protected|internal|static|final|async|fun)\s+){1,4}[\w<>\[\],.?]{1,60}\s+([A-Za-z_]\w{3,})\s*\("
)


@lru_cache(maxsize=256)
def helpers_of(path: str, text: str) -> dict[str, int]:
    """Functions of a test file that are no cases, to how strongly they assert; none for those that assert nothing."""
    kind, lines = kind_of(path), text[:MAX_TEXT].split("\n")
    found: dict[str, int] = {}
    for at, line in enumerate(lines):
        match = _HELPER.match(line[:500])
        if match and not _name(lines, at, line, kind):
            helper = match[1] or match[2]
            case = _case(lines, at, len(lines), helper, kind)
            found[helper] = sum(item.strength for item in case.asserts)
    return {name: strength for name, strength in found.items() if strength}


def _name(lines: list[str], at: int, line: str, kind: Kind, marked: bool = False) -> str:
    """The name of the case that begins on a line; `marked`: this file marks its cases by annotations."""
    if kind == "js" and ".each" in line and _EACH_OPENS.match(line):
        return _name_below(lines, at)
    if kind == "php" and (match := _FUNCTION.match(line[:500])) and _is_marked(lines, at):
        return match[1]
    if len(line) > 2_000 or (match := (_START.get(kind) or _ANY).match(line)) is None:
        return ""
    name = next((group for group in reversed(match.groups()) if group and group not in "'\"`"), "")
    if kind == "java":
        if _TITLED.match(line):
            return name  # a feature of Spock, a test of Dart
        if name in _KEYWORDS or _PRIVATE.match(line) or not _TYPED.match(line):
            return ""
        return name if _is_marked(lines, at) or (not marked and _SWIFT_OR_OLD_JUNIT.match(name) and "(" in line) else ""
    if kind == "rust":
        return name if match[0].lstrip().endswith(",") or _is_marked(lines, at) else ""
    return name


def _name_below(lines: list[str], at: int) -> str:
    """The name of a test whose table of rows takes several lines, as it follows the table."""
    for line in lines[at + 1 : at + 400]:
        if match := _EACH_CLOSES.match(line[:500]):
            return match[2]
        if line.strip() and _indent(line) <= _indent(lines[at]):
            break
    return ""


def _never_run(lines: list[str]) -> frozenset[int]:
    """Lines inside `if False:` and the like."""
    dead: set[int] = set()
    for at, line in enumerate(lines):
        if at not in dead and len(line) < 200 and never_runs(line):
            below = at + 1
            while below < len(lines) and (not lines[below].strip() or _indent(lines[below]) > _indent(line)):
                dead.add(below)
                below += 1
    return frozenset(dead)


def _class_is_collected(lines: list[str], at: int) -> bool:
    """Whether pytest or unittest looks into the class that a method of Python stands in."""
    indent = _indent(lines[at])
    for above in range(at - 1, -1, -1) if indent else ():
        if not lines[above].strip() or _indent(lines[above]) >= indent:
            continue
        if _DEF.match(lines[above]):
            return False  # within another function
        if lines[above].lstrip().startswith("class "):
            return bool(_CLASS_OF_TESTS.match(lines[above])) and not _has_constructor(lines, above)
    return True


def _has_constructor(lines: list[str], at: int) -> bool:
    """Whether a class that is no unittest case has `__init__`, for which pytest leaves it out."""
    if "(" in lines[at]:
        return False
    for below in range(at + 1, len(lines)):
        if lines[below].strip() and _indent(lines[below]) <= _indent(lines[at]):
            return False
        if re.match(r"\s+def\s+__init__\(", lines[below]):
            return True
    return False


def _is_marked(lines: list[str], at: int) -> bool:
    """Whether an annotation above (or on) this line makes it a test."""
    if _MARKED.match(lines[at]):
        return True
    inside = text = False  # of an attribute of several lines, of a text of several in it
    for above in range(at - 1, max(-1, at - 60), -1):
        inside = (inside or lines[above].strip() in CLOSES) and not lines[above].lstrip().startswith(OPENS)
        if inside:
            continue
        if _MARKED.match(lines[above]):
            return not _DECLARES.match(lines[above])
        if lines[above].strip().startswith('"""'):
            text = not text
        elif text and lines[above].rstrip().endswith('"""'):
            text = False
            continue
        if text:
            continue
        if (
            lines[above].strip()
            and not _DECORATOR.match(lines[above])
            and not lines[above].strip().startswith(("//", "*", "/*", ")", '"', "{"))
        ):
            return False
    return False


def _case(lines: list[str], at: int, following: int, name: str, kind: Kind) -> Case:
    first = at
    above = at
    while above > 0 and (_DECORATOR.match(lines[above - 1]) or _COMMENT_LINE.match(lines[above - 1])):
        above -= 1
        first = above if _DECORATOR.match(lines[above]) else first
    first = annotations_start(lines, first) if kind == "java" else _table_start(lines, first, kind)
    indent = _indent(lines[at])
    last = at + 1
    while last < len(lines) and (
        not lines[last].strip() or _indent(lines[last]) > indent or _closes(lines[last], indent)
    ):
        last += 1
    last = max(at + 1, min(last, following if kind not in ("go", "js") else len(lines)))
    body = [line for line in lines[at + 1 : last] if line.strip() and not _COMMENT_LINE.match(line)]
    head, spock = lines[first : at + 1], kind == "java" and any(map(_SPOCK.match, body))
    return Case(
        name=name,
        asserts=tuple(_wanted(line) for line in head if _EXPECTS.search(line[:500]))
        + assertions_of([lines[at], *(spelled_out(body) if spock else body)], kind, _indent(lines[at])),
        skipped=any(is_skip(line, kind) for line in (*head, *body))
        or any(map(_ONLY_THERE.match, head))
        or _left_at_once(body),
        body=frozenset(squeezed(line) for line in body),
        words=frozenset(re.findall(r"[A-Za-z_]\w{2,}", "\n".join((name, *(_DEF.sub("", line) for line in body))))),
        rows=rows_below(body) if spock else rows_of(lines[first:at], lines[at], body, kind, lines),
    )


def _wanted(line: str) -> Assertion:
    """An error that an annotation wants; any at all says little."""
    return Assertion(squeezed(line), 1 if _ANY_ERROR.search(line[:500]) else 2, line)


def _left_at_once(body: list[str]) -> bool:
    """Whether the first statement of a case leaves it, and more follows."""
    first = next((at for at, line in enumerate(body) if line.strip() != "{"), len(body))
    return len(body) - first > 2 and bool(_LEFT.match(body[first]))


def _table_start(lines: list[str], first: int, kind: Kind) -> int:
    """For Python: where the decorators begin that stand above `first`, their parameter tables included."""
    ends = first
    while kind == "python" and ends > 0 and (not lines[ends - 1].strip() or lines[ends - 1].lstrip()[:1] == "#"):
        ends -= 1
    if kind != "python" or ends == 0 or lines[ends - 1].strip() not in (")", "])", "],)", "]"):
        return first
    for above in range(ends - 1, max(-1, first - 400), -1):
        if lines[above].lstrip().startswith("@"):
            return above
        if re.match(r"\s*(?:def|class|async)\b", lines[above]):
            break
    return first


def _closes(line: str, indent: int) -> bool:
    return _indent(line) == indent and line.strip()[:1] in ")}]{" and line.strip() != ""


def _indent(line: str) -> int:
    return len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())


def squeezed(line: str) -> str:
    """A line without white space, quotes' kind and trailing commas, so that reformatting keeps it the same."""
    return "".join(line.split()).replace("'", '"').rstrip(",;")
