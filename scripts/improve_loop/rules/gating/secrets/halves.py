"""Credentials cut in two variables: the prefix of a provider alone in one, the rest in another nearby."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from improve_loop.rules.gating.keywords import Keywords, leads_of
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.secrets.tokens import TOKENS

NEAR = 12  # lines around a prefix in which the rest is looked for
MAX_PREFIXES = 50  # of one file

_ALONE = lazy(r"[=:(,\s][\"'`]?(?P<prefix>[A-Za-z0-9$_.-]{3,24})[\"'`]?[\s;,)\]}]{0,6}$")
_REST = lazy(r"[=:(,\s][\"'`]?(?P<rest>[A-Za-z0-9+/=_.-]{10,300})[\"'`]?[\s;,)\]}]{0,6}$")


@cache
def _prefixes() -> frozenset[str]:
    """What a format starts with, where that alone says whose it is."""
    heads = (token.shape.partition("{")[0] for token in TOKENS)
    return frozenset(head for head in heads if len(head) >= 4 or (head[-1:] in ("_", "-") and len(head) == 3))


@cache
def _filter() -> Keywords:
    return Keywords(leads_of((head.lower(),) for head in sorted(_prefixes())))


def halves(texts: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Index of each line that holds a prefix alone, with what it makes together with a literal nearby."""
    told = 0
    for index in sorted(_filter().lines(texts)):
        line = texts[index]
        alone = _ALONE.search(line[-60:])
        if alone is None or alone["prefix"] not in _prefixes():
            continue
        told += 1
        if told > MAX_PREFIXES:
            return
        for near in texts[max(0, index - NEAR) : index + NEAR + 1]:
            rest = _REST.search(near[-340:]) if near is not line else None
            if rest:
                yield index, f"{alone['prefix']}{rest['rest']}"
