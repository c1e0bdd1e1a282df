"""How many rows of parameters a test runs with, whatever way a formatter breaks them over lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from improve_loop.rules.gating.kinds import Kind
from improve_loop.rules.gating.lazy import lazy

MAX_TEXT = 20_000  # characters of one table that are counted

CLOSES = (")]", "})", ")")  # the last line of an attribute or annotation of several
OPENS = ("#[", "@", "[")  # its first

_SOURCE = lazy(r"@(?:ValueSource|CsvSource|EnumSource)\([^{]{0,80}\{")
_SLICED = lazy(r"\s*\[\s*(?P<start>\d{0,9}):(?P<to>\d{0,9})\s*\]")
_CONSTANT = lazy(r"([A-Za-z_]\w*)\s*(?:[,)]|$)")
MAX_ROWS = 2_000  # lines of a table that stands by itself
_TEXT_BLOCK = lazy(r"textBlock\s*=\s*\"\"\"([^\"]*)\"\"\"")
_PARAMETRIZE = lazy(r"\bparametrize\(")
_EACH = lazy(r"\.each\(")
_ONE_ROW = lazy(r"\s*(?:\[(?:InlineData|TestCase|DataRow|MemberData)\b|#\[(?:case|test_case)\b)")
_LOOP = lazy(r"(?m)^\s*for\s[^\n]{1,120}\sin\s&?(?:vec!)?\[")
_ENTRY = lazy(r"\s*(?:(?:\"[^\"]{0,200}\"|`[^`]{0,200}`)\s*:\s*)?\{(?:.*\},?)?\s*$")


def rows_of(above: Sequence[str], head: str, body: Sequence[str], kind: Kind, whole: Sequence[str]) -> int:
    """Rows of a table above a test, of `each` in its head, or (Go) of a table within."""
    if kind == "python":
        text = "\n".join(above)[:MAX_TEXT]
        tables = [_given(_second(text[match.end() :]), whole) for match in _PARAMETRIZE.finditer(text)]
        examples = sum(line.lstrip().startswith("@example(") for line in above)  # of Hypothesis
        return sum(min(items(table), _cut(table)) for table in tables) + examples
    if kind == "js":
        text = "\n".join((head, *body))[:MAX_TEXT] if ".each" in head else ""
        each = _EACH.search(text)
        return items(text[each.end() :].strip()) if each else 0
    if kind == "java" and any("Source(" in line for line in above):
        text = "\n".join(above)[:MAX_TEXT]
        block = _TEXT_BLOCK.search(text)
        rows = sum(bool(line.strip()) for line in block[1].split("\n")) if block else 0
        return rows + sum(items("(" + text[match.end() :]) for match in _SOURCE.finditer(text))
    rows = sum(bool(_ONE_ROW.match(line)) for line in above)
    if kind == "rust":
        text = "\n".join(body)[:MAX_TEXT]
        rows += sum(items(text[match.end() - 1 :]) for match in _LOOP.finditer(text))
    return rows + (sum(bool(_ENTRY.match(line)) for line in body) if kind == "go" else 0)


def annotations_start(lines: Sequence[str], first: int) -> int:
    """Where the annotations above a line begin, those of several lines and comments among them included."""
    at = first
    while at > 0:
        text = lines[at - 1].strip()
        if text in CLOSES:
            opens = (above for above in range(at - 2, max(-1, at - 60), -1) if lines[above].lstrip().startswith(OPENS))
            at = first = next(opens, at)
            if lines[at].strip() in CLOSES:
                break
        elif text.startswith('"""'):
            at = next((above for above in range(at - 2, max(-1, at - 60), -1) if '"""' in lines[above]), 0)
        elif text.startswith(OPENS):
            at = first = at - 1
        elif text.startswith("//"):
            at -= 1
        else:
            break
    return first


def _given(text: str, whole: Sequence[str]) -> str:
    """The table itself, where a decorator names one that the file sets."""
    name = _CONSTANT.match(text)
    if name is None:
        return text
    begins = re.compile(rf"{name[1]}\s*(?::[^=]{{0,80}})?=\s*(?=[\[(])")
    at = next((at for at, line in enumerate(whole) if line.startswith(name[1]) and begins.match(line)), None)
    return "" if at is None else begins.sub("", "\n".join(whole[at : at + MAX_ROWS]), count=1)[:MAX_TEXT]


def _second(text: str) -> str:
    """What follows the first comma outside of brackets: the second argument of a call."""
    return next((text[at + 1 :].strip() for at in _commas(text, 0)), "")


def items(text: str) -> int:
    """Items of the list, tuple or array that a text begins with; 0 where it begins with something else."""
    if text[:1] not in ("[", "(", "{"):
        return 0
    commas = list(_commas(text, 1))
    end = _end(text)
    last = text[commas[-1] + 1 : end] if commas else text[1:end]
    return len(commas) + bool(last.strip())


def _cut(text: str) -> int:
    """How many rows a slice behind a table leaves at most."""
    match = _SLICED.match(text, _end(text) + 1)
    if match is None:
        return MAX_TEXT
    return int(match["to"] or 0) if match["to"] or not match["start"] else max(0, items(text) - int(match["start"]))


def _commas(text: str, wanted: int) -> Iterator[int]:
    """Where commas stand at this depth of brackets, up to where the text leaves it; strings are stepped over."""
    depth, quote, at = 0, "", 0
    while at < len(text):
        mark = text[at]
        if quote:
            at += mark == "\\"
            quote = "" if mark == quote else quote
        elif mark in "\"'`":
            quote = mark
        elif mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth -= 1
            if depth < wanted:
                return
        elif mark == "," and depth == wanted:
            yield at
        at += 1


def _end(text: str) -> int:
    """Where the first bracket of a text is closed again."""
    depth, quote, at = 0, "", 0
    while at < len(text):
        mark = text[at]
        if quote:
            at += mark == "\\"
            quote = "" if mark == quote else quote
        elif mark in "\"'`":
            quote = mark
        else:
            depth += (mark in "([{") - (mark in ")]}")
            if depth == 0:
                return at
        at += 1
    return len(text)
