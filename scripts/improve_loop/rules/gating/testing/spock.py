"""Blocks of Spock: below `then:` and `expect:` each line is a condition, below `where:` each line is a row."""

from __future__ import annotations

import re
from collections.abc import Sequence

from improve_loop.rules.gating.lazy import lazy

_LABEL = lazy(r"\s*(then|expect|where|when|given|setup|cleanup|and|filter)\s*:\s*(?:[\"'][^\"'\n]*[\"'])?\s*$")
_PLAIN = lazy(
    r"\s*(?:def\s|[A-Z]\w*\s+\w+\s*=(?!=)|\w+\s*=(?!=)|\}|\{|(?:assert|expect|with|verifyAll|interaction|if|for)\b|\d+\s*\*)"
)


def spelled_out(body: Sequence[str]) -> list[str]:
    """The lines of a case with conditions as assertions; the same where it has no blocks."""
    label, found = "", []
    for line in body:
        if match := _LABEL.match(line[:300]):
            label = label if match[1] == "and" else match[1]
            found.append(line)
        elif label in ("then", "expect") and line.strip() and not _PLAIN.match(line[:300]):
            found.append(re.sub(r"^(\s*)", r"\1assert ", line, count=1))
        else:
            found.append(line)
    return found


def rows_below(body: Sequence[str]) -> int:
    """Rows of the table below `where:`, its head not counted."""
    label, rows = "", 0
    for line in body:
        if match := _LABEL.match(line[:300]):
            label = label if match[1] == "and" else match[1]
        elif label == "where":
            rows += "|" in line
    return max(0, rows - 1)
