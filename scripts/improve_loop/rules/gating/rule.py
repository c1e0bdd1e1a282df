"""One gate rule as data. Its examples are its tests (`tests/gates/test_rules.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from improve_loop.model.finding import GateFinding

MAX_PATH = 200  # characters of a path in a finding


class Edit(NamedTuple):
    """An example: files before and after, path to text; the scope it is judged in, where that matters."""

    before: Mapping[str, str] = {}
    after: Mapping[str, str] = {}
    modes: Mapping[str, str] = {}  # after; REGULAR where not named
    target_paths: tuple[str, ...] = ()  # empty: no scope
    class_: str | None = None


Example = str | Edit  # a string is one line added to the rule's `example_path`


class Rule(NamedTuple):
    """What is looked for, why it is refused, and what to do instead.

    `pattern` is a regular expression in which no repeat can backtrack over another; `keywords` are lower-case
    literals of which one must stand in the text before the pattern is compiled or run. Both are empty for a rule
    that code decides.
    """

    id: str  # "family/name"
    reason: str
    advice: str
    pattern: str = ""
    keywords: tuple[str, ...] = ()
    refuses: tuple[Example, ...] = ()
    allows: tuple[Example, ...] = ()
    example_path: str = "src/app.py"

    @property
    def family(self) -> str:
        """The family that the rule belongs to."""
        return self.id.partition("/")[0]

    def at(self, path: str, line: int | None = None, detail: str = "") -> GateFinding:
        """The finding of this rule at one place; `detail` names what was seen. A credential in either is masked."""
        from improve_loop.rules.gating.secrets.quoted import quotable  # which needs rules of its own

        detail = detail if self.family == "secrets" else quotable(detail)  # that family masks what it finds
        return GateFinding(
            rule=self.id,
            family=self.family,
            path=printable(quotable(path)),
            line=line,
            reason=f"{self.reason}: {printable(detail)}" if detail else self.reason,
            advice=self.advice,
        )


def printable(text: str) -> str:
    """Text that is safe to show: control, invisible and undecodable characters escaped, length bounded."""
    shown = "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in text[: MAX_PATH + 1])
    return shown if len(text) <= MAX_PATH else shown[:MAX_PATH] + "…"
