"""Tests switched off by other means than a skip: deleted, defined twice, left early, retried until they pass, unplugged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from improve_loop.model.delta import FileDelta, Line
from improve_loop.rules.gating.kinds import Kind, kind_of
from improve_loop.rules.gating.lazy import lazy, worded
from improve_loop.rules.gating.testing.places import is_collected

_DROPPED = lazy(
    r"^\s*(?:del\s+test_\w+|test_\w+\s*=\s*(?:None|lambda\b[^\n]*[^,\n])\s*$|(?:globals\(\)|locals\(\))\.pop\(['\"]test|def\s+load_tests\()"
)
_RETRIED = worded(
    r"\bjest\.retryTimes\(\s*[1-9]|\bthis\.retries\(\s*[1-9]|\b(?:it|test|describe)(?:\.\w+)*\([^\n]{0,200}\bretr(?:ies|y)\s*:\s*[1-9]|@pytest\.mark\.flaky|\bflaky\(|@(?:Retry\w*|RepeatedIfExceptions\w*|RetryingTest|Flaky\w*)\b|\[Retry\b|\breruns\s*=\s*[1-9]",
    *("retr", "flaky", "repeatedif", "reruns"),
)
_DEFINES = lazy(r"^(\s*)(?:async\s+)?(def|class)\s+(\w+)")
_UNPLUGGED = lazy(r"^\s+(?:global\s+)?(\w{3,})\s*=\s*(?:lambda\b|(?:mock\.)?(?:Magic)?Mock\()")
_IMPORTED = lazy(r"^\s*from\s+[\w.]+\s+import\s+([^\n#]+)", re.M)
_MOCKED = lazy(r"\b(?:jest|vi)\.mock\(\s*['\"](\.[^'\"]{1,200})['\"]\s*\)")
_MACHINE = r"(?:os\.environ|[gG]etenv|LookupEnv|process\.(?:env|platform)|sys\.(?:platform|version)|platform\.(?:system|machine)|env::var|System\.(?:getenv|getProperty)|ENV\[|runtime\.GO(?:OS|ARCH)|testing\.Short|cfg!\(|RUBY_PLATFORM|PHP_OS|Environment\.(?:GetEnv|OSVersion)|\$\{?(?:CI|GITHUB_ACTIONS|GITLAB_CI)\b|\b[iI]s_?CI\b)"
_RETURN = r"(?:return|next|exit)\b[^;{}\n]{0,40};?\s*\}?\s*"
_LEFT_ON = lazy(
    rf"^\s*(?:if\b.{{0,200}}{_MACHINE}.{{0,200}}[\s){{:]{_RETURN}|(?:return|next)\s+(?:if|unless)\s.{{0,100}}{_MACHINE}.{{0,100}})$"
)
_LEFT_IN_SHELL = lazy(
    rf"^\s*(?:\[|test\s).{{0,120}}{_MACHINE}.{{0,120}}&&\s*(?:exit(?:\s+0)?|return(?:\s+0)?)\s*;?\s*$"
)
_WRITES_EXPECTED = lazy(
    r"^\s*(?:cp|mv)\s+\S+\s+\S*(?:expected|golden|snapshots?|testdata)/\S+\s*$|\bWriteFile\([^\n]{0,200}(?:golden|testdata|expected|snapshot)"
)
_UPDATES = lazy(r"(?i)update|record|regenerate|overwrite|rewrite|bless")
_GIVES_UP = lazy(r"^\s*let\s[^\n]{1,200}\belse\s*\{\s*return\b")
_STUBBED = lazy(
    r"\bspyOn\(\s*(\w+),\s*['\"](\w+)['\"]\)\s*\.mock(?:Return|Resolved|Implementation)|\ballow\(\s*(\w+)\s*\)\.to\s+receive\(:(\w+)\)"
)
_MOCKS = lazy(r"=\s*(?:[\w.]{1,80}\.)?(?:mock|spy|mockk|createMock)\(\s*(\w+)")
_LEFT_BELOW = lazy(rf"^\s*(?:\}}\s*)?(?:el)?if\b.{{0,200}}{_MACHINE}.{{0,200}}(?:[:{{]|\bthen)\s*$")
_LEFT = lazy(rf"^\s*{_RETURN}$")
_MOCKED = lazy(r"\b(?:jest|vi)\.mock\(\s*['\"](\.[^'\"]{1,200})['\"]\s*[,)]")
_ENDS_THE_RUN = lazy(
    r"^\s*(?:defer\s+)?(?:os\.Exit\(0\)|(?:sys\.exit|os\._exit)\(0?\)|process\.exit\(0?\)|System\.exit\(0\)|std::process::exit\(0\)|exit!?\(0\))"
)
_NEVER_FAILS = lazy(
    r"^\s*macro_rules!\s*(?:debug_)?assert|^\s*(?:const|let|var)\s+(?:expect|assert|it|test|describe)\s*=\s*(?:\(|async\b|function\b|\w+\s*=>|new\s+Proxy)|^\s*function\s+(?:expect|assert)\s*\("
)
_EQUAL_TO_ALL = lazy(r"(?m)^\s*def\s+__eq__\([^)]*\)[^\n]{0,40}:\s*\n?\s*return\s+True\b")
_RETURNS = lazy(r"\s+return\s*;?\s*$")
_LEAVES_EARLY = lazy(r"^\s{5,}return\s*;?\s*$|^\s{3,}(?:if|unless)\b[^\n]{0,120}\breturn;?\s*\}?\s*$")
_TEST_HEAD = {
    "python": lazy(r"\s*(?:async\s+)?def\s+(test\w*)\("),
    "go": lazy(r"func\s+(Test\w+)\("),
    "js": lazy(r"\s*((?:it|test)\(\s*['\"`][^'\"`]{1,200})['\"`][^\n]*\{\s*$"),
}
_BLOCK = lazy(r"\s*(?:if|unless|elif|else|\}\s*else|with|try|for|while)\b")
_COROUTINE = lazy(r"(\s*)async\s+def\s+(test\w*)\(")
_YIELDS = lazy(r"^\s+yield\b")
_PATCHES = lazy(
    r"(?:\bsetattr|\bpatch(?:\.object)?)\(\s*(?:['\"](?P<module>[\w.]+)\.(?P<name>\w+)['\"]|(?P<owner>[\w.]+),\s*['\"](?P<attribute>\w+)['\"])"
)
_FROM = lazy(r"^\s*from\s+([\w.]+)\s+import\s+([^\n#(]+|\([^)]*\))", re.M)
_BUILD_TAGS = lazy(r"^//\s*\+build\s+(?P<old>.+)|^//go:build\s+(?P<new>.+)")
_PLATFORMS = frozenset(
    "aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris wasip1 windows unix cgo race"
    " msan asan 386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm gc gccgo".split()
)
_ELSEWHERE = lazy(
    r"_(?:aix|android|dragonfly|illumos|ios|js|netbsd|openbsd|plan9|solaris|wasip1|windows|wasm|mips\w*|s390x)_test\.go$"
)
_STRICT_ASSERT = r"['\"](?:node:)?assert/strict['\"]|\brequire\(['\"](?:node:)?assert['\"]\)\.strict\b"
_LEAVES = lazy(r"^\s{0,2}exit(?:\s+0)?\s*;?\s*$")


def switched_off(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Line and text of each, on added lines."""
    kind = kind_of(file.path, file.new_text.partition("\n")[0])
    yield from _as_a_whole(file, kind)
    spare = sum(bool(_RETRIED.search(line.text[:500])) for line in file.removed)
    imported = _imported(file.new_text) if kind == "python" else frozenset()
    twice = _defined_twice(file.new_text) - _defined_twice(file.old_text) if kind == "python" else frozenset()
    texts = file.new_text.split("\n")
    last = len(file.new_text.rstrip().split("\n"))
    for line in file.added:
        text = line.text[:500]
        unplugged = _UNPLUGGED.match(text) if imported else None
        defines = _DEFINES.match(text) if twice else None
        retried = file.old is not None and bool(_RETRIED.search(text))
        if retried and spare:
            spare, retried = spare - 1, False
        if (
            retried
            or (unplugged and unplugged[1] in imported)
            or (defines and defines[3] in twice)
            or _ENDS_THE_RUN.match(text)
            or _NEVER_FAILS.match(text)
            or (kind == "python" and _DROPPED.match(text))
            or (kind == "js" and _is_own(file, text))
            or (kind == "shell" and _LEAVES.match(text) and line.number < last - 2)
            or (file.old is not None and _was_on(file, kind, line, texts))
        ):
            yield line.number, text.strip()[:80]


def _as_a_whole(file: FileDelta, kind: Kind) -> Iterator[tuple[int, str]]:
    """What a file says of all its tests."""
    if kind == "go" and _ELSEWHERE.search(file.path) and file.old_path and not _ELSEWHERE.search(file.old_path):
        yield 1, "only runs on another system"
    if _EQUAL_TO_ALL.search(file.new_text) and not _EQUAL_TO_ALL.search(file.old_text):
        yield _line_of(file, "__eq__"), "equal to everything"
    was, now = (re.search(_STRICT_ASSERT, text) for text in (file.old_text, file.new_text))
    if was and not now and "assert" in file.new_text:
        yield 1, "assertions are no longer strict"


def _was_on(file: FileDelta, kind: Kind, line: Line, texts: list[str]) -> bool:
    """Whether a line takes away from tests that stood there before."""
    text = line.text[:500]
    return bool(
        (is_collected(file.path) and _is_left_there(texts, line.number, text))
        or (kind == "go" and _is_tagged(file, text))
        or (kind == "python" and _is_stood_in(file, text))
        or (kind in ("python", "js", "go") and _is_left(file, line.number, text, kind))
        or (kind == "python" and _is_unawaited(file, line.number, text))
        or _is_faked(file, text, texts, line.number)
    )


def _is_left_there(texts: list[str], number: int, text: str) -> bool:
    """Whether a line leaves a test on some machines only: what it asserts below is not judged there."""
    if _LEFT_ON.match(text) or _LEFT_IN_SHELL.match(text):
        return True
    return bool(_LEFT.match(text)) and number > 1 and bool(_LEFT_BELOW.match(texts[number - 2][:500]))


def _is_faked(file: FileDelta, text: str, texts: Sequence[str], number: int) -> bool:
    """Whether a test now writes what it expects, gives up without a word, or fixes what it asserts of its subject."""
    if _WRITES_EXPECTED.search(text):
        return not any(_UPDATES.search(above) for above in texts[max(0, number - 4) : number])
    if _GIVES_UP.match(text):
        tested = is_collected(file.path) or (
            "#[cfg(test)]" in file.new_text and any("#[cfg(test)]" in above for above in texts[:number])
        )
        return tested and any(".unwrap()" in line.text or ".expect(" in line.text for line in file.removed)
    if match := _STUBBED.search(text):
        what, name = (match[1], match[2]) if match[1] else (match[3], match[4])
        return (
            re.search(
                rf"\b(?:expect|assert\w*)\(?\s*{what}\.{name}\b(?!\s*\)\s*\.(?:not\.)?(?:toHaveBeen|toBeCalled|to\.have\.been))",
                file.new_text,
            )
            is not None
        )
    match = _MOCKS.search(text)
    own = re.sub(r"(?:Tests?|TestCase|Spec)$", "", file.path.rpartition("/")[2].partition(".")[0])
    return match is not None and match[1] == own and f"new {own}(" in "".join(line.text for line in file.removed)


def _line_of(file: FileDelta, text: str) -> int:
    return file.new_text[: file.new_text.find(text)].count("\n") + 1


def _is_tagged(file: FileDelta, text: str) -> bool:
    """Whether a Go file is now built with a tag of its own only."""
    match = _BUILD_TAGS.match(text)
    wanted = re.findall(r"!?[\w.]+", match["old"] or match["new"]) if match else []
    own = [tag for tag in wanted if not tag.startswith("!") and tag not in _PLATFORMS and not re.match(r"go1\.", tag)]
    return bool(own) and not any(_BUILD_TAGS.match(line.text) for line in file.removed)


def _is_stood_in(file: FileDelta, text: str) -> bool:
    """Whether what the test imports to test it is replaced by something else."""
    match = _PATCHES.search(text)
    if match is None:
        return False
    module, name = match["module"] or match["owner"], match["name"] or match["attribute"]
    for imported in _FROM.finditer(file.new_text[:200_000]):
        if imported[1] == module and name in re.findall(r"\w+", imported[2]):
            return True
    return False


def _is_left(file: FileDelta, number: int, text: str, kind: str) -> bool:
    """Whether a test of before now ends early under some condition, or became a generator that no runner enters."""
    yields = kind == "python" and bool(_YIELDS.match(text))
    dead = bool(_RETURNS.match(text)) and _goes_on(file.new_lines.texts, number)
    if not (yields or dead or (kind != "go" and _LEAVES_EARLY.match(text))):
        return False
    match = _TEST_HEAD[kind].match(_owner(file.new_lines.texts, number - 1))
    return bool(match) and match is not None and match[1] in file.old_text


def _goes_on(lines: Sequence[str], number: int) -> bool:
    """Whether what follows a line stands at the same depth."""
    following = next((line for line in lines[number : number + 5] if line.strip()), "")
    return _indent(following) == _indent(lines[number - 1]) and not following.lstrip().startswith(("}", ")"))


def _owner(lines: Sequence[str], at: int) -> str:
    """The line that opens the function around a line."""
    indent = _indent(lines[at])
    for above in range(at - 1, max(-1, at - 80), -1):
        line = lines[above]
        if line.strip() and _indent(line) < indent:
            indent = _indent(line)
            if not _BLOCK.match(line):
                return line
    return ""


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_unawaited(file: FileDelta, number: int, text: str) -> bool:
    """Whether a test became a coroutine that awaits nothing: without a plugin nobody runs it."""
    match = _COROUTINE.match(text)
    if match is None or f"async def {match[2]}(" in file.old_text or f"def {match[2]}(" not in file.old_text:
        return False
    lines = file.new_text.split("\n")
    around = _DEFINES.match(_owner(lines, number - 1))
    if around and around[2] == "def":
        return False  # a function of a test, which no runner looks for
    body = []
    for line in lines[number:]:
        if line.strip() and _indent(line) <= len(match[1]):
            break
        body.append(line)
    return not any(re.search(r"\bawait\b|\basync\s", line) for line in body)


def _is_own(file: FileDelta, text: str) -> bool:
    """Whether a line mocks the very module that the test is named after."""
    match = _MOCKED.search(text)
    own = file.path.rpartition("/")[2].partition(".")[0]
    return (
        bool(match)
        and match is not None
        and match[1].rpartition("/")[2].partition(".")[0] == own
        and file.old is not None
    )


def _imported(text: str) -> frozenset[str]:
    return frozenset(name for names in _IMPORTED.findall(text[:200_000]) for name in re.findall(r"\w+", names))


def _defined_twice(text: str) -> frozenset[str]:
    """Tests whose name stands twice in the same class or module, so only the last one runs."""
    seen: set[tuple[str, int, str]] = set()
    twice: set[str] = set()
    owner = ""
    for line in text.split("\n"):
        match = _DEFINES.match(line[:300])
        if match is None:
            continue
        if not match[1]:
            owner = match[3]
        key = (owner if match[1] else "", len(match[1]), match[3])
        if key in seen and match[3].startswith("test"):
            twice.add(match[3])
        seen.add(key)
    return frozenset(twice)
