"""Token formats of providers, as data: what they start with, and what follows.

Sources: the providers' own documentation of their token formats. An example of each is made from the same row, so no
credential-shaped text stands here.
"""

from __future__ import annotations

import re

from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.secrets.rows_others import OTHERS
from improve_loop.rules.gating.secrets.rows_platforms import CLOUD, FORGES
from improve_loop.rules.gating.secrets.rows_services import MESSAGES, MODELS, MONEY, WATCHING

ALPHABETS = {
    "H": "0-9a-f",
    "X": "0-9A-Fa-f",
    "L": "0-9a-z",
    "U": "0-9A-Z",
    "A": "0-9A-Za-z",
    "W": "0-9A-Za-z_-",
    "B": "0-9A-Za-z+/",
    "D": "0-9",
    "V": "0-9A-Za-z_.-",
    "T": "2-7A-Z",
}
_PIECE = lazy(r"\{([A-Z])(\d+)(?:-(\d*))?\}")


class Token:
    """One format. `{A36}` stands for 36 of an alphabet, `{A20-40}` for a range, `{W20-}` for 20 or more."""

    def __init__(self, name: str, shape: str) -> None:
        self.name, self.shape = name, shape
        self._parts = _PIECE.split(shape)
        texts = self._parts[::4]
        self.literals = "".join(texts)  # all that stands in the format as it is
        self.literal = max(texts, key=len)  # the longest of it
        self.least = len(self.literals) + sum(map(int, self._parts[2::4]))  # characters of the shortest token

    @property
    def keyword(self) -> str:
        """The longest literal of the format, lower-case."""
        return self.literal.lower()

    @property
    def pattern(self) -> str:
        """The regular expression; bounded, and not inside a longer word."""
        parts = self._parts
        out = r"(?<![0-9A-Za-z])" if parts[0][:1].isalnum() else ""
        for at in range(0, len(parts), 4):
            out += re.escape(parts[at])
            if at + 3 < len(parts):
                out += f"[{ALPHABETS[parts[at + 1]]}]{_count(parts[at + 2], parts[at + 3])}"
        return out + r"(?![0-9A-Za-z])"


def _count(least: str, most: str | None) -> str:
    if most is None:
        return f"{{{least}}}"
    return f"{{{least},{most or 2000}}}"


def _rows(text: str) -> tuple[Token, ...]:
    lines = (line.split(None, 1) for line in text.strip().splitlines())
    return tuple(Token(name, shape.strip()) for name, shape in lines)


TOKENS = tuple(token for rows in (CLOUD, FORGES, MESSAGES, MONEY, MODELS, WATCHING, OTHERS) for token in _rows(rows))
