"""Credentials cut in two variables: the prefix of a provider alone in one, the rest in another nearby."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from improve_loop.model.lines import Lines
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.secrets.tokens import TOKENS

NEAR = 12  # lines around a prefix in which the rest is looked for
MAX_PREFIXES = 50  # of one file
MAX_BEGUN = 40  # characters of a literal that a token begins with
MAX_RESTS = 30  # literals nearby that are tried as its rest

_WORD = lazy(r"(?<![A-Za-z0-9+/_.$-])[A-Za-z0-9+/_.$-]{3,300}(?![A-Za-z0-9+/_.$-])")
_WORDED = lazy(r"[A-Z]?[a-z]+\d*$|[A-Z]+\d*$|(?:[A-Z]?[a-z]{2,}){2,}\d*$")
_REST = lazy(r"[=:(,\s][\"'`]?(?P<rest>[A-Za-z0-9+/=_.-]{10,300})[\"'`]?[\s;,)\]}]{0,6}$")


_HEADS = (token.shape.partition("{")[0] for token in TOKENS)
_PREFIXES = frozenset(head for head in _HEADS if len(head) >= 4 or (head[-1:] in ("_", "-") and len(head) == 3))
_LONG_PREFIXES = tuple(sorted((head for head in _PREFIXES if len(head) >= 4), key=len, reverse=True))
KEYWORDS = tuple(sorted({head.lower() for head in _PREFIXES}))  # one stands in every line that holds a prefix alone


def halves(lines: Lines, holding: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Index of each line that holds a prefix alone, with what it makes together with a literal nearby.

    `holding`: the lines that hold one of `KEYWORDS`, sorted.
    """
    told, texts = 0, lines.texts
    for index in holding:
        words = _WORD.findall(texts[index][:2_000])[:200]
        at = next((at for at, word in enumerate(words) if word in _PREFIXES), None)
        if at is None:
            yield from ((index, tried) for tried in _begun(texts, index, words))
            continue
        told += 1
        if told > MAX_PREFIXES:
            return
        yield from ((index, f"{words[at]}{word}") for word in words[at + 1 : at + 5] if len(word) >= 10)
        for number in range(max(0, index - NEAR), min(len(texts), index + NEAR + 1)):
            rest = _REST.search(texts[number][-340:]) if number != index else None
            if rest:
                yield index, f"{words[at]}{rest['rest']}"


def _begun(texts: Sequence[str], index: int, words: Sequence[str]) -> Iterator[str]:
    """A literal that begins as a token of a provider and is too short for one, with each jumbled literal nearby."""
    begun = next((word for word in words if len(word) <= MAX_BEGUN and _is_begun(word)), None)
    if begun is None:
        return
    near = range(max(0, index - NEAR), min(len(texts), index + NEAR + 1))
    rest = [word for at in near for word in _WORD.findall(texts[at][:500]) if word != begun and _is_jumble(word)]
    yield from (f"{begun}{word}" for word in rest[:MAX_RESTS])


def _is_begun(word: str) -> bool:
    head = next((head for head in _LONG_PREFIXES if word.startswith(head)), "")
    tail = word[len(head) :]
    return bool(head) and len(tail) >= 2 and tail.isalnum() and any(mark.isdigit() or mark.isupper() for mark in tail)


def _is_jumble(word: str) -> bool:
    """Whether small letters, capitals and digits are mixed, at least two kinds of them, the digits not at the end only."""
    kinds = sum(any(map(kind, word)) for kind in (str.islower, str.isupper, str.isdigit))
    return len(word) >= 6 and word.isalnum() and kinds >= 2 and not _WORDED.match(word)
