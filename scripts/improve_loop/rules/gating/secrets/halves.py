"""Credentials cut in two variables: the prefix of a provider alone in one, the rest in another nearby."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from improve_loop.model.lines import Lines, lowered
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.secrets.tokens import TOKENS

NEAR = 12  # lines around a prefix in which the rest is looked for
MAX_PREFIXES = 50  # of one file
_INSIDE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/_.$-")  # marks of a word

_WORD = lazy(r"(?<![A-Za-z0-9+/_.$-])[A-Za-z0-9+/_.$-]{3,300}(?![A-Za-z0-9+/_.$-])")
_REST = lazy(r"[=:(,\s][\"'`]?(?P<rest>[A-Za-z0-9+/=_.-]{10,300})[\"'`]?[\s;,)\]}]{0,6}$")


_HEADS = (token.shape.partition("{")[0] for token in TOKENS)
_PREFIXES = frozenset(head for head in _HEADS if len(head) >= 4 or (head[-1:] in ("_", "-") and len(head) == 3))
KEYWORDS = tuple(sorted({head.lower() for head in _PREFIXES}))  # one stands in every line that holds a prefix alone


def _stands_alone(word: str, text: str) -> bool:
    """Whether a word stands somewhere by itself, as `_WORD` has them."""
    low = lowered(text)
    at = low.find(word)
    while at >= 0:
        end = at + len(word)
        if not (text[at - 1 : at] in _INSIDE or text[end : end + 1] in _INSIDE):
            return True
        at = low.find(word, end)
    return False


def halves(lines: Lines, holding: Iterable[tuple[int, Sequence[str]]]) -> Iterator[tuple[int, str]]:
    """Index of each line that holds a prefix alone, with what it makes together with a literal nearby.

    `holding`: the lines that hold some of `KEYWORDS`, and which, sorted.
    """
    told, texts = 0, lines.texts
    for index, keywords in holding:
        if not any(_stands_alone(keyword, texts[index][:2_000]) for keyword in keywords):
            continue
        words = _WORD.findall(texts[index][:2_000])[:200]
        at = next((at for at, word in enumerate(words) if word in _PREFIXES), None)
        if at is None:
            continue
        told += 1
        if told > MAX_PREFIXES:
            return
        yield from ((index, f"{words[at]}{word}") for word in words[at + 1 : at + 5] if len(word) >= 10)
        for number in range(max(0, index - NEAR), min(len(texts), index + NEAR + 1)):
            rest = _REST.search(texts[number][-340:]) if number != index else None
            if rest:
                yield index, f"{words[at]}{rest['rest']}"
