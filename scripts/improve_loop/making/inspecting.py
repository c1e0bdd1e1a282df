"""What can be said of changed files without running anything: they still parse, and the change is small."""

from __future__ import annotations

import ast
import json
import tomllib
import warnings
from collections.abc import Callable, Mapping

from improve_loop.making.diffs import Read, size, unified
from improve_loop.making.limits import Limits
from improve_loop.rules.nodes.compose import compose
from improve_loop.rules.nodes.text import Text, Unreadable

Inspect = Callable[[Mapping[str, bytes | None]], tuple[str, ...]]
"""Further judges of the whole change (the gates): what is wrong, each in a line."""


def not_valid(read: Read, files: Mapping[str, bytes | None]) -> tuple[str, ...]:
    """Files that do not parse and did before. One that never did is nobody's doing here."""
    found = []
    for path, after in sorted(files.items()):
        before = read(path)
        wrong = problem(path, after)
        if wrong and (before is None or not problem(path, before)):
            found.append(f"{path} does not parse any more: {wrong}")
    return tuple(found)


def problem(path: str, content: bytes | None) -> str | None:
    """Why a file is not what its name says; None where it is, or where nobody here can tell."""
    parse = next((parser for ends, parser in _PARSERS if path.endswith(ends)), None)
    if content is None or parse is None:
        return None
    try:
        parse(content.decode("utf-8"))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return " ".join(str(error).split())[:300]
    return None


def too_large(read: Read, files: Mapping[str, bytes | None], limits: Limits) -> str | None:
    """Why a change is too much for one reviewer's minute."""
    found = size(unified(read, files))
    if found.files > limits.files:
        return f"it changes {found.files} files, at most {limits.files} are allowed"
    if found.lines > limits.lines:
        return f"it changes {found.lines} lines, at most {limits.lines} are allowed"
    return None


def _python(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ast.parse(text)


def _yaml(text: str) -> None:
    try:
        compose(Text("", text))
    except Unreadable as error:
        raise ValueError(f"line {error.line} {error.message}") from None


_PARSERS: tuple[tuple[tuple[str, ...], Callable[[str], object]], ...] = (
    ((".py", ".pyi"), _python),
    ((".yml", ".yaml"), _yaml),
    ((".json",), json.loads),
    ((".toml",), tomllib.loads),
)
