"""Credentials cut into pieces that each have a name, and put together by their names further on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from improve_loop.model.lines import Lines
from improve_loop.rules.gating.lazy import lazy

MAX_USES = 60  # lines of one file that put something together
MAX_NAMES = 400  # of one file
INLINE = 12  # lines above a use in which a literal of an object may hold the pieces

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
_NAME = r"[$@]?[A-Za-z_]\w{0,40}(?:\.\w{1,40}){0,2}(?:\[[\"']?\w{1,40}[\"']?\])?"
_TERM = rf"(?:{_NAME}|\"[^\"\n]{{1,200}}\"|'[^'\n]{{1,200}}')"
_CHAIN = lazy(
    rf"(?:[=(:,]|\breturn)\s?(?P<chain>{_TERM}(?:\s?\+\+?\s?{_TERM}|\s(?:\.\.?|&|~|<>)\s{_TERM}){{1,7}})\s?[;)\]}},]{{0,3}}\s*$"
)
_EACH = lazy(rf"{_TERM}")
_REFERENCE = r"(?:\$\{\w{1,40}\}|\$\(\w{1,40}\)|\{\{\s?\w{1,40}\s?\}\}|\{\w{1,40}\}|\$[A-Za-z_]\w{0,40})"
_FILLED = lazy(
    rf"(?:{_REFERENCE}){{2,8}}|{_REFERENCE}[A-Za-z0-9+/=_.-]{{6,200}}|(?<![A-Za-z0-9+/=_.-])[A-Za-z0-9+/=_.-]{{6,200}}{_REFERENCE}"
)
_ONE = lazy(r"\$\{(\w{1,40})\}|\$\((\w{1,40})\)|\{\{\s?(\w{1,40})\s?\}\}|\{(\w{1,40})\}|\$([A-Za-z_]\w{0,40})")
_HOLDS = lazy(
    r"\s*(?:-\s|\w{1,20}\s){0,3}[$@]?(?:\w{1,40}\.){0,2}(?P<name>[A-Za-z_]\w{0,40})(?:\s?:\s?\w{1,20})?\s?(?::=|\?=|=|:)\s?"
    r"(?:[rbu]?\"(?P<double>[^\"\n]{2,300})\"|[rbu]?'(?P<single>[^'\n]{2,300})'|`(?P<back>[^`\n]{2,300})`|(?P<bare>[A-Za-z0-9+/=_.~-]{2,300}))\s?[;,]?\s*$"
)
_ENTRY = lazy(r"[\"']?(?P<name>[A-Za-z_]\w{0,40})[\"']?\s?(?::|=>|=)\s?[\"'](?P<text>[^\"'\n]{2,300})[\"']")
_RUN = lazy(r"[A-Za-z0-9+/=_.~-]{20,400}")


def put_together(lines: Lines, using: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Index of each line that puts names together, with what that makes. `using`: the lines that hold some of `WORDS`."""
    names: dict[str, str] | None = None
    uses = 0
    for index in using:
        text = lines.texts[index][:600]
        chain, filled = _CHAIN.search(text), _FILLED.search(text)
        if (not chain and not filled) or uses > MAX_USES:
            continue
        uses += 1
        names = _held(lines.texts) if names is None else names
        known = {**names, **_inline(lines.texts[max(0, index - INLINE) : index])} if "[" in text else names
        for made in (_added(chain["chain"], known) if chain else "", _filled(text, known) if filled else ""):
            if made and any(map(_is_long, _RUN.findall(made))):
                yield index, made


def _is_long(run: str) -> bool:
    return any(map(str.isdigit, run))


def _held(texts: Sequence[str]) -> dict[str, str]:
    """Names and the literals that their lines give them."""
    found: dict[str, str] = {}
    for text in texts:
        if len(text) < 400 and len(found) < MAX_NAMES and (match := _HOLDS.match(text)):
            found[match["name"]] = match["double"] or match["single"] or match["back"] or match["bare"]
    return found


def _inline(texts: Sequence[str]) -> dict[str, str]:
    """Keys and the literals they lead to, of objects on one line."""
    return {match["name"]: match["text"] for text in texts for match in _ENTRY.finditer(text[:600])}


def _added(chain: str, names: dict[str, str]) -> str:
    """The text of an addition, where every name in it is known."""
    parts = [_of_term(term, names) for term in _EACH.findall(chain)]
    return "".join(part for part in parts if part) if all(parts) else ""


def _of_term(term: str, names: dict[str, str]) -> str:
    if term[0] in "\"'":
        return term[1:-1]
    last = re.split(r"[.\[]", term)[-1].strip("\"'$@]")
    return names.get(last, "")


def _filled(text: str, names: dict[str, str]) -> str:
    """A line with the names in it, as templates and shells write them, replaced by what they hold."""

    def held(match: re.Match[str]) -> str:
        return names.get(next(filter(None, match.groups())), match[0])

    made = _ONE.sub(held, text)
    return made if made != text else ""
