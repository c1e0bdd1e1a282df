"""Assertions of before that now count only where a variable of the environment says so, on one line, in any language."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.lazy import lazy, worded

_ENVIRONMENT = worded(
    r"\bos\.environ\b|\b[gG]etenv\(|\bLookupEnv\(|\bprocess\.env\b|\benv::var(?:_os)?\(|\bSystem\.get(?:env|_env)\(|\bENV\[|\bEnvironment\.GetEnvironmentVariable\(|processInfo\.environment\b|\$\{?(?:CI|GITHUB_ACTIONS|GITLAB_CI)\b",
    *("environ", "getenv", "lookupenv", "process.env", "env::var", "system.get", "env[", "getenvironment", "$"),
)
_IF = lazy(r"\b(?:if|unless|elif|elsif)\b|\|\||&&|\?")
_CHECKS = lazy(r"(?i)assert|expect|should|require|==|!=|(?<![=!<>])=(?!=)|refute|verify")
SHORT = 8  # characters of a check that say too little to know it again


def asked_first(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Line and text of each condition on a check that stood there without it."""
    asking = [line for line in file.added if file.old is not None and _is_condition(line.text[:500])]
    before = [core for line in file.removed if (core := _core(line.text))] if asking else []
    lines = file.new_text.split("\n") if asking else []
    for line in asking:
        below = lines[line.number] if line.number < len(lines) else ""
        here, next_one = _squeezed(line.text), _core(below)
        if any((core in here and core != here) or core == next_one for core in before):
            yield line.number, line.text.strip()[:80]


def _is_condition(text: str) -> bool:
    return _ENVIRONMENT.search(text) is not None and _IF.search(text) is not None


def _core(text: str) -> str:
    """What a line checks, without `if` and braces; empty where it checks nothing."""
    core = _squeezed(re.sub(r"^\s*(?:if|unless)\b|[{:;\s]+$", "", text[:500]))
    return core if len(core) >= SHORT and _CHECKS.search(core) else ""


def _squeezed(text: str) -> str:
    return re.sub(r"[\s()]|^assert!?\b", "", text)
