"""What takes more than a line to see in code: checks that say yes to everybody, and programs that run what they fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.model.delta import FileDelta
from improve_loop.model.lines import holds_one
from improve_loop.rules.gating.keywords import Keywords
from improve_loop.rules.gating.lazy import lazy

BODY = 5  # lines after the head of a method in which its body stands

_CHECKS = lazy(
    r"\bverify\s?\([^)\n]{0,120}SSLSession|\bisTrusted\s?\([^)\n]{0,120}X509|\bcheckServerTrusted\s?\([^)\n]{0,160}X509"
)
_CHECKING = Keywords([("sslsession", "x509")], "added")
_YES = lazy(r"^\s*(?:\{\s*)?return\s+true\s*;?\s*\}?\s*$")
_EMPTY = lazy(r"^\s*\}")
_SKIPPED = lazy(r"^\s*(?://.*|\*.*|/\*.*|\{|throws\s[\w, ]+\{?|return\s*;?)?\s*$")
_RUNS = lazy(
    r"(?<![\w.])(?:exec|eval|Function|instance_eval|class_eval)\s?\(\s?(?:compile\(\s?)?(?:await\s+)?(?P<name>[A-Za-z_]\w*)\b"
)
_RUNNING = Keywords([("exec", "eval", "function(", "function (", "function\t(")], "added")
_FETCHES = r"\b{name}\b\s?=(?!=)[^\n]{{0,120}}(?:requests\.(?:get|post)\(|urlopen\(|httpx\.get\(|Net::HTTP\.get|URI\.open\(|axios\.get\(|\bfetch\(|http\.get\()"
_FETCHING = (
    "requests.get(", "requests.post(", "urlopen(", "httpx.get(", "Net::HTTP.get", "URI.open(", "axios.get(", "fetch(", "http.get("
)  # fmt: skip


def trusts_everybody(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Added checks of certificates or host names of which the body says yes, or nothing."""
    held = _CHECKING.lines(file.added_lines)
    lines = file.new_text.split("\n") if held else []
    for line in (file.added[index] for index in held):
        head = _CHECKS.search(line.text)
        if head and _says_yes(line.text[head.end() :], lines[line.number : line.number + BODY]):
            yield line.number, head[0].strip()[:60]


def _says_yes(rest: str, following: list[str]) -> bool:
    """Whether the body of a check, from behind its arguments, is empty or `return true`."""
    body = rest.partition("{")[2] if "{" in rest else ""
    if body.strip():
        return bool(_EMPTY.match(body) or _YES.match(body.rstrip("}) ;\t") + ";"))
    told = next((text for text in following if not _SKIPPED.match(text)), "")
    return bool(_YES.match(told) or _EMPTY.match(told))


def runs_fetched(file: FileDelta) -> Iterator[tuple[int, str]]:
    """Added calls that run a variable which holds what was fetched."""
    held = _RUNNING.lines(file.added_lines)
    fetches = bool(held) and holds_one(file.new_text, _FETCHING)
    for line in (file.added[index] for index in held):
        match = _RUNS.search(line.text) if fetches else None
        if match and re.search(_FETCHES.format(name=re.escape(match["name"])), file.new_text[:200_000]):
            yield line.number, f"{match[0]} runs what was fetched"
