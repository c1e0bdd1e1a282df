"""Commands whose words stand on several lines: folded scalars, lists filled by and by, functions that hand them on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from improve_loop.rules.gating.commands.normal import MAX_COMMAND, MAX_JOINED
from improve_loop.rules.gating.lazy import lazy

_FOLDS = lazy(r"(?:^\s*-|:)\s+>[-+]?\s*$")
_BEGUN = lazy(r"\s*(?:const\s+|let\s+|var\s+)?(\w+)(?::[^=\n]{1,40})?\s*=\s*\[([^\]\n]{1,300})\]\s*;?\s*$")
_GROWN = lazy(r"\s*(\w+)\s*(?:\.(?:append|extend|push|concat)\(|\+=\s*\[|<<)\s*([^\n]{1,300})$")
_WORD = lazy(r"[\"']([^\"'\n]{1,200})[\"']")
_FUNCTION = lazy(
    r"(?m)^\s*(?:function\s+)?([A-Za-z_]\w*)\s*(?:\(\s*\))?\s*\{\s*((?:sudo\s+)?(?:rm|find|shred)\s[^\n}]{0,200}\$[@*1][^\n}]{0,80}?);?\s*\}"
)
_ARGUMENT = lazy(r"\"?\$(?:[@*1]|\{[@*1]\})\"?")


def folded(texts: Sequence[str], wanted: Callable[[int], bool]) -> Iterator[tuple[int, str]]:
    """Folded scalars (`>`): several lines that are one command."""
    for at, text in enumerate(texts):
        if ">" not in text or not _FOLDS.search(text[:200]):
            continue
        depth, end = len(text) - len(text.lstrip(" ")), at + 1
        while (
            end < len(texts)
            and end - at < MAX_JOINED
            and (not texts[end].strip() or len(texts[end]) - len(texts[end].lstrip(" ")) > depth)
        ):
            end += 1
        number = next((index for index in range(at, end) if wanted(index)), None)
        if number is not None:
            yield number + 1, " ".join(line.strip() for line in texts[at + 1 : end])[:MAX_COMMAND]


def collected(texts: Sequence[str], wanted: Callable[[int], bool]) -> Iterator[tuple[int, str]]:
    """Lists of words that a program fills by and by: `c = ["rm"]`, `c.append("-rf")`."""
    words: dict[str, list[str]] = {}
    for at, text in enumerate(texts):
        if '"' not in text and "'" not in text:
            continue
        begun = _BEGUN.match(text[:500])
        grown = _GROWN.match(text[:500])
        if begun:
            words[begun[1]] = _WORD.findall(begun[2])
        elif grown and grown[1] in words:
            words[grown[1]] += _WORD.findall(grown[2])
            if wanted(at):
                yield at + 1, " ".join(words[grown[1]])


def by_function(texts: Sequence[str], wanted: Callable[[int], bool]) -> Iterator[tuple[int, str]]:
    """Calls of functions that hand their arguments to a delete, as what they run."""
    if not any("rm" in text and "$" in text for text in texts):
        return
    bodies = {match[1]: match[2] for match in _FUNCTION.finditer("\n".join(texts)[:200_000])}
    for at, text in enumerate(texts if bodies else ()):
        words = text.split(maxsplit=1)
        if len(words) == 2 and words[0].lstrip("@-") in bodies and wanted(at) and not words[1].startswith("()"):
            yield at + 1, _ARGUMENT.sub(lambda _, given=words[1]: given, bodies[words[0].lstrip("@-")])
