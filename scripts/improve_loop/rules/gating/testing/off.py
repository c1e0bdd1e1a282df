"""Tests switched off by other means than a skip: deleted, defined twice, left early, retried until they pass, unplugged."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.kinds import kind_of
from improve_loop.rules.gating.lazy import lazy

_DROPPED = lazy(
    r"^\s*(?:del\s+test_\w+|test_\w+\s*=\s*(?:None|lambda)\b|(?:globals\(\)|locals\(\))\.pop\(['\"]test|def\s+load_tests\()"
)
_RETRIED = lazy(
    r"\bjest\.retryTimes\(\s*[1-9]|\bthis\.retries\(\s*[1-9]|\bretr(?:ies|y)\s*:\s*[1-9]|@pytest\.mark\.flaky|\bflaky\(|@(?:Retry\w*|RepeatedIfExceptions\w*|RetryingTest|Flaky\w*)\b|\[Retry\b|\breruns\s*=\s*[1-9]"
)
_DEFINES = lazy(r"^(\s*)(?:async\s+)?(def|class)\s+(\w+)")
_UNPLUGGED = lazy(r"^\s+(?:global\s+)?(\w{3,})\s*=\s*(?:lambda\b|(?:mock\.)?(?:Magic)?Mock\()")
_IMPORTED = lazy(r"^\s*from\s+[\w.]+\s+import\s+([^\n#]+)", re.M)
_MOCKED = lazy(r"\b(?:jest|vi)\.mock\(\s*['\"](\.[^'\"]{1,200})['\"]\s*\)")
_MACHINE = r"(?:os\.environ|getenv|process\.(?:env|platform)|sys\.(?:platform|version)|platform\.(?:system|machine)|env::var|System\.(?:getenv|getProperty)|ENV\[|runtime\.GO(?:OS|ARCH)|testing\.Short|cfg!\(|RUBY_PLATFORM|PHP_OS|Environment\.(?:GetEnv|OSVersion)|\$\{?(?:CI|GITHUB_ACTIONS|GITLAB_CI)\b|\b[iI]s_?CI\b)"
_RETURN = r"(?:return|next|exit)\b[^;{}\n]{0,40};?\s*\}?\s*"
_LEFT_ON = lazy(
    rf"^\s*(?:if\b.{{0,200}}{_MACHINE}.{{0,200}}[\s){{:]{_RETURN}|(?:return|next)\s+(?:if|unless)\s.{{0,100}}{_MACHINE}.{{0,100}})$"
)
_LEFT_BELOW = lazy(rf"^\s*(?:\}}\s*)?(?:el)?if\b.{{0,200}}{_MACHINE}.{{0,200}}(?:[:{{]|\bthen)\s*$")
_LEFT = lazy(rf"^\s*{_RETURN}$")
_LEAVES = lazy(r"^\s{0,2}exit(?:\s+0)?\s*;?\s*$")


def switched_off(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Line and text of each, on added lines."""
    kind = kind_of(file.path, file.new_text.partition("\n")[0])
    spare = sum(bool(_RETRIED.search(line.text[:500])) for line in file.removed)
    imported = _imported(file.new_text) if kind == "python" else frozenset()
    twice = _defined_twice(file.new_text) - _defined_twice(file.old_text) if kind == "python" else frozenset()
    texts = file.new_text.split("\n")
    last = len(file.new_text.rstrip().split("\n"))
    for line in file.added:
        text = line.text[:500]
        unplugged = _UNPLUGGED.match(text) if imported else None
        defines = _DEFINES.match(text) if twice else None
        retried = bool(_RETRIED.search(text)) and file.old is not None
        if retried and spare:
            spare, retried = spare - 1, False
        if (
            retried
            or (kind == "python" and _DROPPED.match(text))
            or (unplugged and unplugged[1] in imported)
            or (defines and defines[3] in twice)
            or (kind == "js" and _is_own(file, text))
            or (file.old is not None and _is_left(texts, line.number, text))
            or (kind == "shell" and _LEAVES.match(text) and line.number < last - 2)
        ):
            yield line.number, text.strip()[:80]


def _is_left(texts: list[str], number: int, text: str) -> bool:
    """Whether a line leaves a test on some machines only: what it asserts below is not judged there."""
    if _LEFT_ON.match(text):
        return True
    return bool(_LEFT.match(text)) and number > 1 and bool(_LEFT_BELOW.match(texts[number - 2][:500]))


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
        if match[2] == "class" and not match[1]:
            owner = match[3]
        key = (owner if match[1] else "", len(match[1]), match[3])
        if key in seen and match[3].startswith("test"):
            twice.add(match[3])
        seen.add(key)
    return frozenset(twice)
