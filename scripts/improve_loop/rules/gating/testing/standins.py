"""What a test asserts of, replaced by something else: its members fixed, its object a mock, its command a function."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from improve_loop.model.delta import FileDelta, Line, TreeDelta
from improve_loop.rules.gating.kinds import kind_of
from improve_loop.rules.gating.lazy import lazy, worded
from improve_loop.rules.gating.testing.places import is_about_tests

_FIXED = worded(
    r"\bspyOn\(\s*(?P<o1>[\w.]+),\s*['\"](?P<n1>\w+)['\"](?:,\s*['\"][gs]et['\"])?\s*\)\s*\.mock(?:Return|Resolved|Rejected|Implementation)|\bsinon\.(?:stub|replace)\(\s*(?P<o2>[\w.]+),\s*['\"](?P<n2>\w+)['\"]|\.when\(\s*(?P<o3>\w+)\s*\)\.(?P<n3>\w+)\(|\b(?:setattr|patch\.object)\(\s*(?P<o4>[\w.]+),\s*['\"](?P<n4>\w+)['\"]|\bObject\.defineProperty\(\s*(?P<o7>[\w.]+),\s*['\"](?P<n7>\w+)['\"]|\ballow\(\s*(?P<o5>\w+)\s*\)\.to\s+receive\(:(?P<n5>\w+)|^\s*(?P<o6>[a-z]\w*)\.(?P<n6>\w+)\s*=\s*(?:jest\.fn|vi\.fn|sinon\.(?:fake|stub)|(?:mock\.)?(?:Magic)?Mock\(|\([^()]*\)\s*=>|lambda\b)",
    *(
        "spyon",
        "defineproperty",
        "sinon.",
        ".when(",
        "setattr(",
        "patch.object",
        "allow(",
        "=>",
        ".fn",
        "mock(",
        "lambda",
    ),
)
_CONST = lazy(r"\bstub_const\(\s*['\"]([A-Z]\w*(?:::[A-Z]\w*){0,5})['\"]")
_PATCHED = lazy(r"\b(?:setattr|patch)\(\s*['\"](?P<module>[\w.]+)\.(?P<name>\w+)['\"]")
_ASSERTS = lazy(r"\b(?:assert\w*|expect\w*|should\w*|EXPECT_\w+|REQUIRE|CHECK)\b")
_OF_CALLS = lazy(
    r"[cC]alled|received|\bverify\b|callCount|toHaveBeen|\.calls?\b|mock_calls|await_count|toHaveReturned|\.mock\."
)
_MADE = lazy(r"(?:^|[\s.>])(\$?\w+)\s*=\s*(?:await\s+)?(?:new\s+)?([A-Z]\w+)[(<]")
_MOCKED = lazy(
    r"(?:^|[\s.>])(\$?\w+)\s*=(?!=)[^\n]{0,80}?(?:\b(?:mock|Mock|MagicMock|mockk|spy|instance_double|double|createStub|createMock|createConfiguredMock|createPartialMock|create_autospec|For)\b|\b[fF]ake\w*)[^\n]{0,40}?[(<]"
)
_IMPORTED = lazy(r"(?m)^\s*from\s+([\w.]+)\s+import\s+([^\n#(]+|\([^)]*\))")
_STOOD = lazy(r"^(\w+)\s*=\s*(?:mock\.)?(?:Magic)?(?:Mock|AsyncMock)\(|^(\w+)\s*=\s*lambda\b")
_FUNCTION = lazy(r"\s*(?:function\s+)?([\w.-]+)\s*\(\)\s*\{?")
_OVERWRITTEN = lazy(r"\s*(?:status|output|lines)=")
_EXPECTED_IS = lazy(
    r"\s*(?:const\s+|let\s+|var\s+|auto\s+|final\s+)?[\w.\[\]]{0,40}?(?:[wW]ant|[eE]xpect)\w*\s*:?=\s*(?:got|actual|result|found|output|response)(?:\b|_|[A-Z.])[\w.()]{0,40}\s*;?\s*$"
    r"|\s*(?:const\s+|let\s+|var\s+)?(?:got|actual|result)\s*:?=\s*(?:\w+\.)?(?:want|expect)\w*\s*;?\s*$"
)
_ALL_PASS = lazy(
    r"[^\n]{0,300}\bcmp\.Comparer\([^\n]{0,120}\breturn true\b|\s*(?:async\s+)?(?:toBe|toEqual|toStrictEqual|toContain|toThrow|toMatch\w*)\s*(?::\s*(?:async\s*)?(?:\(|function\b)|\([^)]*\)\s*\{)|[^\n]{0,80}\bat_exit\b[^\n]{0,40}\bexit!?|[^\n]{0,200}\b(?:rep|report|result|outcome)\.(?:outcome|status)\s*=\s*[\"']passed[\"']|[^\n]{0,200}uncaught:exception[^\n]{0,80}(?:=>\s*false|return\s+false)|[^\n]{0,200}\bprocess\.on\(\s*['\"](?:unhandledRejection|uncaughtException)['\"][^\n]{0,40}(?:=>\s*\{\s*\}|noop)"
)
_PASSED = ("'passed'", '"passed"')  # what code that is no test could say to make one pass
_CLASS = lazy(r"\s*(?:(?:public|internal|open|final|sealed)\s+)*(abstract\s+)?(?:(?:public|open)\s+)*class\s+(\w+)")
_CONSTANT = lazy(r"lambda\b[^:\n]{0,80}:\s*(?:-?\d|[\"']|True\b|\[|\{|Decimal\()|return_value\s*=\s*(?!None\b)")
_CASE = lazy(
    r"\s*(?:(?:async\s+)?def\s+test\w*\b|(?:it|test|specify)[\w.]{0,20}[\s(]{1,3}[\"'`][^\n\"'`]{0,200}|func\s+Test\w+\b|(?:public\s+)?void\s+\w+\b)"
)  # the head of a test, to the end of its name
MAX_TEXT = 200_000
A_CASE = 80  # lines above one in which the head of its test is looked for


def stood_in(file: FileDelta, delta: TreeDelta) -> Iterator[tuple[int, str]]:
    """Line and text of each."""
    if not is_about_tests(file.path):
        if kind_of(file.path) == "python":
            for line in (file.added[index] for index in file.added_lines.holding(_PASSED)):
                if _ALL_PASS.match(line.text[:500]):
                    yield line.number, line.text.strip()[:80]
        return
    for line in file.added:
        text = line.text[:1_000]
        if (
            _ALL_PASS.match(text)
            or (file.old is not None and not _is_of_a_new_case(file, line) and _is_replaced(file, text))
            or (file.path.endswith("conftest.py") and _PATCHED.search(text) and _is_tested(delta, text))
        ):
            yield line.number, text.strip()[:80]
    yield from _objects(file)
    yield from _abstract(file)


def _is_of_a_new_case(file: FileDelta, line: Line) -> bool:
    """Whether a line stands within a test that was not there before, and so takes nothing from one that was."""
    lines = file.new_lines.texts
    depth = len(line.text) - len(line.text.lstrip())
    for above in reversed(lines[max(0, line.number - 1 - A_CASE) : line.number - 1]):
        indent = len(above) - len(above.lstrip())
        if above.strip() and indent < depth:
            depth = indent
            if head := _CASE.match(above[:300]):
                return head[0].strip() not in file.old_text
    return False


def _is_replaced(file: FileDelta, text: str) -> bool:
    """Whether a line fixes what an assertion of before, which still stands, looks at."""
    if _EXPECTED_IS.match(text):
        return True
    if file.path.endswith((".bats", ".sh")):
        return _is_shadowed(file, text)
    if const := _CONST.search(text):
        return re.search(rf"\bdescribe\s+(?:::)?{const[1]}\b", file.new_text) is not None
    if fixed := _fixed(text):
        given = f"{fixed[0]}.{fixed[1]} = "
        before = [gone.text[:1_000] for gone in file.removed]
        if any(_fixed(text) == fixed or (given in text and "ock" in text) for text in before):
            return False  # one stub in the place of another
        return _is_asserted(file, rf"\b{re.escape(fixed[0])}\.{fixed[1]}\b")
    if named := _PATCHED.search(text):
        own = re.sub(r"\.py$", "", file.path).replace("/", ".")
        imported = own.endswith(named["module"]) or named["module"].endswith(own)
        return imported and _is_asserted(file, rf"(?<![\w.]){named['name']}\(")
    if stood := _STOOD.match(text):
        name = stood[1] or stood[2]
        was = any(name in re.findall(r"\w+", names) for _, names in _IMPORTED.findall(file.old_text[:MAX_TEXT]))
        return was and _is_asserted(file, rf"(?<![\w.]){name}\(")
    return False


def _fixed(text: str) -> tuple[str, str] | None:
    """The owner and the member that a line fixes; None for none."""
    match = _FIXED.search(text)
    groups = match.groupdict() if match else {}
    return next(((groups[f"o{n}"], groups[f"n{n}"]) for n in range(1, 8) if groups.get(f"n{n}")), None)


def _is_asserted(file: FileDelta, named: str) -> bool:
    """Whether an assertion that stood before, and stands now, asks for this; not how often it was called."""
    now = {line.strip() for line in file.new_text[:MAX_TEXT].split("\n")}
    return any(
        _ASSERTS.search(line) and not _OF_CALLS.search(line) and re.search(named, line) and line.strip() in now
        for line in _all(file.old_text)
    )


def _all(text: str) -> Sequence[str]:
    return [line[:1_000] for line in text[:MAX_TEXT].split("\n")]


def _is_shadowed(file: FileDelta, text: str) -> bool:
    """Whether a function takes the name of the command that a test runs, or what it printed is set by hand."""
    if _OVERWRITTEN.match(text) and "run " in file.old_text:
        return not text.strip().startswith(("status=$", 'status="$', "output=$", 'output="$', "lines=("))
    match = _FUNCTION.match(text)
    return (
        match is not None
        and re.search(rf"(?m)^\s*run\s+(?:-\S+\s+)?{re.escape(match[1])}\b", file.old_text) is not None
    )


def _is_tested(delta: TreeDelta, text: str) -> bool:
    """Whether a patch for all tests gives a value of its own to what the tests of that module call."""
    match = _PATCHED.search(text)
    if match is None or not _CONSTANT.search(text):
        return False
    module = match["module"].rpartition(".")[2]
    own = [path for path in delta.result_paths if path.rpartition("/")[2] in (f"test_{module}.py", f"{module}_test.py")]
    texts = ((delta.read_result(path) or b"")[:MAX_TEXT].decode("utf-8", "replace") for path in own[:5])
    return any(
        imported == match["module"] and match["name"] in re.findall(r"\w+", names)
        for each in texts
        for imported, names in _IMPORTED.findall(each)
    )


def _objects(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Objects that a test made and asserted of, and that are mocks of their own class now."""
    made = {found[1]: found[2] for line in file.removed if (found := _MADE.search(line.text[:500]))}
    for line in file.added if made else ():
        match = _MOCKED.search(line.text[:500])
        kind = made.get(match[1]) if match else None
        mocked = match and kind and kind in line.text and not re.search(rf"=\s*(?:new\s+)?{kind}\(", line.text)
        if match and mocked and _is_asserted(file, rf"{re.escape(match[1])}\b"):
            yield line.number, line.text.strip()[:80]


def _abstract(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Classes of tests that became abstract, and that nothing in the file extends."""
    if kind_of(file.path) != "java":
        return
    before = {match[2] for line in file.removed if (match := _CLASS.match(line.text[:300])) and not match[1]}
    for line in file.added if before else ():
        match = _CLASS.match(line.text[:300])
        if (
            match
            and match[1]
            and match[2] in before
            and not re.search(rf"\b(?:extends\s+|:\s*){match[2]}\b", file.new_text)
        ):
            yield line.number, line.text.strip()[:80]
