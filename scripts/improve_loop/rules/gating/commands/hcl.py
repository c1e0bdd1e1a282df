"""What the blocks around a line of Terraform say: traffic that leaves, a statement that denies, a route."""

from __future__ import annotations

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.lazy import lazy

REACH = 60  # lines looked at around a line

_EVERYWHERE = lazy(r"\"(?:0\.0\.0\.0/0|::/0)\"")
_ONE_BLOCK = lazy(r"(?i)(?:\b|_)cidr_(?:block|ipv[46])\s*=")
_LEAVES = lazy(
    r"(?i)\begress\b(?!\s*=\s*false)|\btype\s*=\s*\"egress\"|\b(?:rule_)?action\s*=\s*\"(?:deny|block)\"|direction\s*=\s*\"EGRESS\""
)
_ENTERS = lazy(r"(?i)\bingress|security_group|network_acl|firewall|\bsecurity_rule\b")
_STATEMENT = lazy(r"(?i)\b(?:Principal|AWS|identifiers|Action|actions)\b\"?\s*[=:]")
_DENIES = lazy(r"(?i)\beffect\"?\s*[=:]\s*\"Deny\"|\"?\bCondition\"?\s*[=:]\s*\{\s*(?:$|\S*[^}\s])|\bcondition\s*\{")


def is_meant(file: FileDelta, number: int) -> bool:
    """Whether a line that looks open to everyone is not: what goes out, what is denied or has a condition, a route."""
    lines = file.new_text.split("\n")
    text = lines[number - 1]
    around = _around(lines, number - 1)
    if _EVERYWHERE.search(text):
        if any(_LEAVES.search(line) for line in around):
            return True
        return bool(_ONE_BLOCK.search(text)) and not any(_ENTERS.search(line) for line in around)
    return bool(_STATEMENT.search(text)) and any(_DENIES.search(line) for line in _statement(lines, number - 1))


def _around(lines: list[str], at: int) -> list[str]:
    """The lines of the innermost block, and the headers of the blocks around it."""
    first, last = _block(lines, at)
    found, depth = lines[first : last + 1], 0
    for index in range(first - 1, max(-1, first - REACH), -1):
        depth += lines[index].count("{") - lines[index].count("}")
        if depth > 0:
            found.append(lines[index])
            depth = 0
    return found


def _statement(lines: list[str], at: int) -> list[str]:
    """The lines of the block around a line, or of the one around that where the line only names who."""
    first, last = _block(lines, at)
    outer, end = _block(lines, first - 1) if first > 0 and "rincipal" in lines[first] else (first, last)
    return lines[outer : end + 1]


def _block(lines: list[str], at: int) -> tuple[int, int]:
    """Where the innermost block around a line begins and ends."""
    depth, first = 0, at
    while first > 0 and depth <= 0 and at - first < REACH:
        first -= 1
        depth += lines[first].count("{") - lines[first].count("}")
    depth, last = 0, at
    while last + 1 < len(lines) and depth >= 0 and last - at < REACH:
        last += 1
        depth += lines[last].count("{") - lines[last].count("}")
    return first, last
