"""Regular expressions that are compiled when first needed: most changes need few of several hundred."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

from improve_loop.model.lines import holds_one, lowered

_METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split", "pattern", "flags")


class _Lazy:
    """Stands in for a compiled pattern; after its first use its methods are those of the compiled one."""

    def __init__(self, source: str, flags: int) -> None:
        self._source, self._flags = source, flags

    def __getattr__(self, name: str) -> Any:
        if name not in _METHODS:
            raise AttributeError(name)
        compiled = re.compile(self._source, self._flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


class Worded:
    """A pattern that is only tried on texts with one of its words; `tests/gates/test_words.py` proves it needs one."""

    def __init__(self, source: str, flags: int, words: Sequence[str]) -> None:
        self.words, self.source, self.flags = words, source, flags
        self._lazy: Any = _Lazy(source, flags)
        WORDED.append(self)

    def search(self, text: str) -> re.Match[str] | None:
        """As `re.Pattern.search`."""
        return self._lazy.search(text) if holds_one(lowered(text), self.words) else None

    def match(self, text: str) -> re.Match[str] | None:
        """As `re.Pattern.match`."""
        return self._lazy.match(text) if holds_one(lowered(text), self.words) else None


WORDED: list[Worded] = []


def lazy(source: str, flags: int = 0) -> re.Pattern[str]:
    """What `re.compile` gives, compiled at its first use."""
    return cast("re.Pattern[str]", _Lazy(source, flags))


def worded(source: str, *words: str, flags: int = 0) -> Worded:
    """The same for a pattern whose every match holds one of these words, which are in lower case."""
    return Worded(source, flags, words)
