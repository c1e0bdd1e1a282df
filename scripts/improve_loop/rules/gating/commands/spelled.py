"""What code spells out another way: literals divided by `+`, escaped characters, names that hold one literal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from improve_loop.model.lines import holds_one
from improve_loop.rules.gating.keywords import Spelled
from improve_loop.rules.gating.lazy import lazy

MAX_LINE = 2_000  # characters of a line that are looked at

DIVIDED = Spelled(('" + "', "' + '", '"+"', "'+'", "\\u00", "\\x"))
"""What a line holds that `unfolded` reads otherwise."""

_DIVIDED = lazy(r"\"\s{0,4}\+\s{0,4}\"|'\s{0,4}\+\s{0,4}'")
_ESCAPED = lazy(r"\\u00([2-7][0-9a-fA-F])|\\x([2-7][0-9a-fA-F])")
_ENVIRONMENT = lazy(
    r"\$?#?\{(?:process\.env\.(\w+)|(?:os\.environ|ENV)(?:\.get)?[\[(][\"'](\w+)[\"'][\])]|(?:os\.)?getenv\([\"'](\w+)[\"']\))\}"
    r"|\bprocess\.env\.(\w+)|\b(?:os\.environ(?:\.get)?|ENV|os\.(?:Getenv|getenv)|System\.getenv|getenv|process\.env)[\[(]\s?[\"'](\w+)[\"']\s?[\])]"
)
_HOME = lazy(
    r"\$?#?\{(?:Dir\.home|Path\.home\(\)|os\.homedir\(\)|homedir\(\))\}|\b(?:Dir\.home\b|Path\.home\(\)|os\.homedir\(\)|homedir\(\))"
)
_ROOT = lazy(r"\{os\.(?:path\.)?sep\}")
_NAMED = lazy(
    r"^\s*(?:(?:const|let|var|final|static|private|my|String|string|auto)\s+){0,3}\$?([A-Za-z_]\w*)(?:\s?:\s?[\w\[\]<>]{1,40})?\s?:?=\s?[rbfu]?([\"'`])((?:(?!\2)[^\n]){1,300})\2\s*(?:\.format\([^\n]*\)|%[^\n]*)?\s*;?\s*$"
)
_LIST = lazy(
    r"^\s*(?:(?:const|let|var|final|static|private|my)\s+){0,3}[$@]?([A-Za-z_]\w*)(?:\s?:\s?[\w\[\]<>]{1,40})?\s?:?=\s?(?:\[\]string|List\.of|Arrays\.asList|new String\[\])?\s?[\[({]((?:\s?[\"'][^\"'\n]{0,80}[\"']\s?,?){1,20})[\])}]\s*;?\s*$"
)
_WORD = lazy(r"[\"']([^\"'\n]{0,80})[\"']")
_DEFAULT = lazy(r"[(,]\s?([A-Za-z_]\w*)(?:\s?:\s?\w{1,20})?\s?=\s?[\"']([/~][^\"'\n]{0,80})[\"'](?=\s?[,)])")
_DEFINES = ("def ", "function", "=>", "fun ")
_ARGUMENT = lazy(r"(?<=[(\[,\s*.])\$?([A-Za-z_]\w*)(?=\s*(?:\.{3})?\s*[,)\]])")
_FILLED = lazy(r"[$#]?\{([A-Za-z_]\w*)\}")


def unfolded(text: str) -> str:
    """A line with divided literals in one, and with its escaped letters as such."""
    whole = _DIVIDED.sub("", text[:MAX_LINE]) if "+" in text else text[:MAX_LINE]
    return _ESCAPED.sub(lambda match: chr(int(match[1] or match[2], 16)), whole) if "\\" in whole else whole


def with_variables(call: str) -> str:
    """A call in which what is read from the environment is a variable of the shell: `process.env.HOME` is `$HOME`."""
    known = _ENVIRONMENT.sub(lambda match: f'"${next(filter(None, match.groups()), "")}"', call)
    known = _ROOT.sub("/", known)
    return _HOME.sub('"$HOME"', known) if "ome" in known else known


def literals(texts: Sequence[str]) -> dict[str, str]:
    """Names that a program gives one literal; those that it gives several are left out."""
    known: dict[str, str] = {}
    unclear: set[str] = set()
    for text in texts:
        if "=" not in text or len(text) > MAX_LINE or not holds_one(whole := unfolded(text), "\"'`"):
            continue
        for name, value in _given(whole):
            if known.setdefault(name, value) != value:
                unclear.add(name)
    return {name: value for name, value in known.items() if name not in unclear}


def with_literals(call: str, known: Mapping[str, str]) -> str:
    """A call with the literals that its arguments, or what it fills in, are names of."""
    if known and "{" in call:
        call = _FILLED.sub(lambda match: known.get(match[1], match[0]), call)
    return _ARGUMENT.sub(lambda match: f'"{known[match[1]]}"' if match[1] in known else match[0], call)


def _given(text: str) -> Iterator[tuple[str, str]]:
    """Names that a line gives a literal, the words of a list of literals, or a literal unless a caller gives another."""
    if match := _NAMED.match(text):
        yield match[1], match[3]
    elif text.rstrip(" ;")[-1:] in ("]", "}", ")") and (listed := _LIST.match(text)):
        yield listed[1], " ".join(_WORD.findall(listed[2]))
    elif holds_one(text, _DEFINES):
        yield from _DEFAULT.findall(text)
