"""Whether a quote is real: the cheapest filter against what a model made up."""

from __future__ import annotations

from collections.abc import Iterable

SHORTEST = 8  # characters; anything shorter is found by chance


def is_quote(quote: str, source: str) -> bool:
    """The quote stands in the source, blanks aside."""
    wanted = _squeezed(quote)
    return len(wanted) >= SHORTEST and wanted in _squeezed(source)


def quoted_line(quote: str, lines: Iterable[tuple[int, str]]) -> int | None:
    """The number of the first of these (number, text) lines that the quote names; None where it names none.

    A quote of a diff often carries its `+` or `-`, and may be part of a line; of several lines the first counts.
    """
    first = next((line for line in quote.splitlines() if line.strip()), "")
    wanted = _squeezed(first)
    bare = _squeezed(first.strip()[1:]) if first.strip()[:1] in "+-" else wanted
    for number, text in lines:
        squeezed = _squeezed(text)
        if squeezed and (
            squeezed in (wanted, bare) or any(len(q) >= SHORTEST and q in squeezed for q in (wanted, bare))
        ):
            return number
    return None


def _squeezed(text: str) -> str:
    return " ".join(text.split())
