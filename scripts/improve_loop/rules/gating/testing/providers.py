"""Tables of parameters that a function of the test file hands to its cases: TestNG, JUnit and PHPUnit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.model.delta import FileDelta
from improve_loop.model.lines import holds_one
from improve_loop.rules.gating.kinds import kind_of
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.testing.rows import items

_NAMED = lazy(r"(?:DataProvider|MethodSource)\(\s*['\"](\w+)['\"]|@dataProvider\s+(\w+)|dataProvider\s*=\s*\"(\w+)\"")
_NAMING = ("DataProvider", "dataProvider", "MethodSource")
_TABLE = lazy(
    r"(?:\b(?:return|yield)\s+|=\s*|\]\s*)(?:new\s+\w+(?:\[\])*\s*|(?:\w+\.)?(?:of|asList|listOf)\s*)?(?=[\[({])"
)
MAX_TABLE = 20_000  # characters of a function that are read


def shortened(file: FileDelta) -> Iterator[str]:
    """The names of those that hand out fewer rows than before."""
    if file.status == "deleted" or file.old is None or kind_of(file.path) not in ("java", "php"):
        return
    before, after = _rows(file.old_text), _rows(file.new_text)
    yield from (name for name, rows in before.items() if after.get(name, rows) < rows)


def _rows(text: str) -> dict[str, int]:
    named = _NAMED.findall(text) if holds_one(text, _NAMING) else ()
    names = {next(filter(None, found)) for found in named}
    found: dict[str, int] = {}
    for name in names:
        head = re.search(rf"\b{name}\s*\([^)\n]{{0,200}}\)", text[_defined(text, name) :])
        if head is None:
            continue
        body = text[_defined(text, name) + head.end() :][:MAX_TABLE]
        table = _TABLE.search(body[: body.find("\n    }") + 1 or None])
        if table:
            found[name] = items(body[table.end() :])
    return found


def _defined(text: str, name: str) -> int:
    """Where a function of this name is declared."""
    match = re.search(rf"(?m)^[ \t]*(?:[\w<>\[\],.?]+[ \t]+){{1,6}}{name}[ \t]*\(", text)
    return match.start() if match else len(text)
