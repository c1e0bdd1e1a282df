"""Credentials cut into pieces that each have a name, and put together by their names nearby."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set

from improve_loop.model.lines import Lines
from improve_loop.rules.gating.lazy import lazy

MAX_USES = 60  # lines of one file that put something together
ABOVE, BELOW = 25, 6  # lines around a use in which the pieces are looked for

WORDS = (
    *(
        "}${",
        "}{",
        ")$(",
        "}}{{",
        "`${",
        '="$',
        "=$",
        '="${',
        ": $",
        ': "$',
        '"${',
        " + ",
        " ++ ",
        " . $",
        " .. ",
        " & ",
        " ~ ",
        " <> ",
    ),
)  # one stands in every line that puts names together
_NAME = r"[$@]?[A-Za-z_]\w{0,40}+(?:\.\w{1,40}+){0,2}+(?:\[[\"']?\w{1,40}+[\"']?\])?+"
_TERM = rf"(?>{_NAME}|\"[^\"\n]{{1,200}}\"|'[^'\n]{{1,200}}')"
_CHAIN = lazy(
    rf"(?:[=(:]|\breturn)\s?(?P<chain>{_TERM}(?:\s?\+\+?\s?{_TERM}|\s(?:\.\.?|&|~|<>)\s{_TERM}){{1,7}}+)\s?[;)\]}},]{{0,3}}\s*$"
)
_EACH = lazy(rf"{_TERM}")
_REFERENCE = r"(?:\$\{\w{1,40}\}|\$\(\w{1,40}\)|\{\{\s?\w{1,40}\s?\}\}|\{\w{1,40}\}|\$[A-Za-z_]\w{0,40})"
_FILLED = lazy(rf"(?<=[A-Za-z0-9+_-]{{6}}){_REFERENCE}|{_REFERENCE}(?:{_REFERENCE}|(?<=[}})])[A-Za-z0-9+_-]{{6}})")
_ONE = lazy(r"\$\{(\w{1,40})\}|\$\((\w{1,40})\)|\{\{\s?(\w{1,40})\s?\}\}|\{(\w{1,40})\}|\$([A-Za-z_]\w{0,40})")
_HOLDS = lazy(
    r"\s*(?:-\s|\w{1,20}\s){0,3}[$@]?(?:\w{1,40}\.){0,2}(?P<name>[A-Za-z_]\w{0,40})(?:\s?:\s?\w{1,20})?\s?(?::=|\?=|=|:)\s?"
    r"(?:[rbu]?\"(?P<double>[^\"\n]{1,300})\"|[rbu]?'(?P<single>[^'\n]{1,300})'|`(?P<back>[^`\n]{1,300})`|(?P<bare>[A-Za-z0-9+/=_.~-]{2,300}))\s?[;,]?\s*$"
)
_ENTRY = lazy(r"[\"']?\b(?P<name>[A-Za-z_]\w{0,40})[\"']?\s?(?::|=>|=)\s?[\"'](?P<text>[^\"'\n]{1,300})[\"']")
_RUN = lazy(r"[A-Za-z0-9+/=_.~-]{20,400}")


def put_together(lines: Lines, using: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Index of each line that puts names together, with what that makes. `using`: the lines that hold some of `WORDS`."""
    uses = 0
    for index in using:
        text = lines.texts[index][:600]
        chain, filled = _CHAIN.search(text), ("$" in text or "{" in text) and _FILLED.search(text)
        if (chain or filled) and uses < MAX_USES:
            uses += 1
            terms = _EACH.findall(chain["chain"]) if chain else []
            wanted = {*map(_last, terms), *(name for found in _ONE.findall(text) for name in found)} - {""}
            near = [*lines.texts[max(0, index - ABOVE) : index], *lines.texts[index + 1 : index + BELOW]]
            known = _held(near, wanted) if (any if filled else all)(_is_given("\n".join(near), wanted)) else {}
            made = (_added(terms, known), _filled(text, known)) if known else ()
            yield from ((index, each) for each in made if any(map(_is_token, _RUN.findall(each))))


def _is_given(text: str, names: Iterable[str]) -> Iterator[bool]:
    """Of each name whether it may be given a literal there: a quick look that spares most lines the slower one."""
    return (any(f"{name}{mark}" in text for mark in ("=", " =", ":", " :", '"', "'", "?=")) for name in names)


def _is_token(run: str) -> bool:
    return any(map(str.isdigit, run))


def _last(term: str) -> str:
    """The last name of a term, `b` of `a.b` and of `a['b']`; nothing of a literal."""
    return "" if term[0] in "\"'" else re.split(r"[.\[]", term)[-1].strip("\"'$@]")


def _held(texts: Sequence[str], wanted: Set[str]) -> dict[str, str]:
    """The names that are wanted, and the literals that lines give them."""
    found: dict[str, str] = {}
    for text in texts:
        if any(name in text for name in wanted) and len(text) < 600:
            if match := _HOLDS.match(text):
                found[match["name"]] = match["double"] or match["single"] or match["back"] or match["bare"]
            elif "{" in text:
                found.update((entry["name"], entry["text"]) for entry in _ENTRY.finditer(text))
    return {name: text for name, text in found.items() if name in wanted}


def _added(terms: Sequence[str], names: dict[str, str]) -> str:
    """The text of an addition, where every name in it is known."""
    parts = [names.get(name, "") if (name := _last(term)) else term[1:-1] for term in terms]
    return "".join(parts) if all(parts) else ""


def _filled(text: str, names: dict[str, str]) -> str:
    """A line with the names in it, as templates and shells write them, replaced by what they hold."""

    def held(match: re.Match[str]) -> str:
        return names.get(next(filter(None, match.groups())), match[0])

    made = _ONE.sub(held, text)
    return made if made != text else ""
