"""Credentials cut in two variables: the prefix of a provider alone in one, the rest in another nearby."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from improve_loop.model.lines import Lines, lowered
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.secrets.tokens import TOKENS

NEAR = 12  # lines around a prefix in which the rest is looked for
MAX_PREFIXES = 50  # of one file
_INSIDE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/_.$-")  # marks of a word
MAX_BEGUN = 40  # characters of a literal that a token begins with
MAX_RESTS = 30  # literals nearby that are tried as its rest

_WORD = lazy(r"(?<![A-Za-z0-9+/_.$-])[A-Za-z0-9+/_.$-]{3,300}(?![A-Za-z0-9+/_.$-])")
_WORDED = lazy(r"[A-Z]?[a-z]+\d{0,2}$|[A-Z]+\d{0,2}$|[A-Z]?[a-z]{2,}+(?:[A-Z][a-z]{2,}+)+\d{0,2}$")
_REST = lazy(r"[=:(,\s][\"'`]?(?P<rest>[A-Za-z0-9+/=_.-]{10,300})[\"'`]?[\s;,)\]}]{0,6}$")


_WHOLE = lazy(r"0x4A{6}[\w-]{14,16}")  # of Turnstile: the key of a site, which stands in its pages
_HEADS = (token.shape.partition("{")[0] for token in TOKENS)
_SHORT = ("SG.",)  # of three marks, and still nothing else begins so
_PREFIXES = frozenset(
    head for head in _HEADS if len(head) >= 4 or head in _SHORT or (head[-1:] in ("_", "-") and len(head) == 3)
)
_LONG = frozenset(head for head in _PREFIXES if len(head) >= 4 or head in _SHORT)
_STARTS = frozenset(head[:3] for head in _LONG)
_LENGTHS = sorted(set(map(len, _LONG)), reverse=True)
KEYWORDS = tuple(sorted({head.lower() for head in _PREFIXES}))  # one stands in every line that holds a prefix alone


def _begins(word: str, text: str) -> bool:
    """Whether a word, as `_WORD` has them, begins like this somewhere."""
    low = lowered(text)
    at = low.find(word)
    while at >= 0:
        if text[at - 1 : at] not in _INSIDE:
            return True
        at = low.find(word, at + 1)
    return False


def halves(lines: Lines, holding: Iterable[tuple[int, Sequence[str]]]) -> Iterator[tuple[int, str]]:
    """Index of each line that holds a prefix alone, with what it makes together with a literal nearby.

    `holding`: the lines that hold some of `KEYWORDS`, and which, sorted.
    """
    told, texts = 0, lines.texts
    for index, keywords in holding:
        if not any(_begins(keyword, texts[index][:2_000]) for keyword in keywords):
            continue
        words = _WORD.findall(texts[index][:2_000])[:200]
        at = next((at for at, word in enumerate(words) if word in _PREFIXES), None)
        if at is None:
            yield from ((index, tried) for tried in _begun(texts, index, words))
            continue
        told += 1
        if told > MAX_PREFIXES:
            return
        yield from (
            (index, f"{words[at]}{word}") for word in words[at + 1 : at + 5] if len(word) >= 10 and not _is_name(word)
        )
        yield from ((index, f"{words[at]}{word}") for word in _jumbles(texts, index))
        for number in range(max(0, index - NEAR), min(len(texts), index + NEAR + 1)):
            rest = _REST.search(texts[number][-340:]) if number != index else None
            if rest and not _is_name(rest["rest"]):
                yield index, f"{words[at]}{rest['rest']}"


def _begun(texts: Sequence[str], index: int, words: Sequence[str]) -> Iterator[str]:
    """A literal that begins as a token of a provider and is too short for one, with each jumbled literal nearby."""
    begun = next((word for word in words if len(word) <= MAX_BEGUN and _is_begun(word)), None)
    if begun is None:
        return
    yield from (f"{begun}{word}" for word in _jumbles(texts, index) if word != begun)
    at = words.index(begun)
    yield from (begun + "".join(words[at + 1 : end]) for end in range(at + 3, min(len(words), at + 8) + 1))


def _jumbles(texts: Sequence[str], index: int) -> list[str]:
    """Words near a line that may be the rest of a token."""
    near = range(max(0, index - NEAR), min(len(texts), index + NEAR + 1))
    return [word for at in near for word in _WORD.findall(texts[at][:500]) if _is_jumble(word)][:MAX_RESTS]


def _is_begun(word: str) -> bool:
    if word[:3] not in _STARTS or _WHOLE.fullmatch(word):
        return False
    head = next((word[:length] for length in _LENGTHS if word[:length] in _LONG), word)
    tail = word[len(head) :]
    enough = len(tail) >= (1 if len(head) > 6 else 2)
    return enough and _plain(tail).isalnum() and any(mark.isdigit() or mark.isupper() for mark in tail)


def _is_jumble(word: str) -> bool:
    """Whether small letters, capitals and digits are mixed, at least two kinds of them, the digits not at the end only."""
    kinds = sum(any(map(kind, word)) for kind in (str.islower, str.isupper, str.isdigit))
    return len(word) >= 6 and _plain(word).isalnum() and kinds >= 2 and not _is_name(word)


def _is_name(word: str) -> bool:
    """Whether a word is made of plain words, as the name of a variable is."""
    return all(_WORDED.match(part) for part in re.split("[-_.]", word) if part)


def _plain(word: str) -> str:
    """A word without the marks that tokens are divided by."""
    return word.replace("-", "").replace("_", "").replace(".", "")
