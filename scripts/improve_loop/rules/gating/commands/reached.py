"""Commands that a change makes dangerous without touching them: a folder entered above, a variable given another value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from improve_loop.model.delta import FileDelta
from improve_loop.model.lines import Lines, holds_one
from improve_loop.rules.gating.commands.targets import is_dangerous
from improve_loop.rules.gating.lazy import lazy

NEAR = 12  # lines after a folder was entered

_ENTERS = lazy(
    r"\s*(?:-\s+)?(?:cd|pushd)\s+(?:--\s+)?(?P<folder>[^\s;&|]{1,200})\s*(?:>\s?\S+\s*)?(?:(?:&&|;|\|\|)\s*(?:true|:|\\)?\s*)?$"
)
_LEAVES = lazy(r"\s*(?:-\s+)?(?:cd|pushd|popd)\b|\s*[})]|\s{0,8}[\w.-]+\s*(?:\(\)\s*\{|:\s*$)")
_DELETES = ("rm ", "find ", "shred ", "unlink ")
_SAID = lazy(r"\s*(?:-\s+)?")
_TWO = lazy(
    r"\brm\s+(?:-\S+\s+){1,4}[\"']?\$\{?(?P<first>[A-Za-z_]\w{0,60})\}?/\$\{?(?P<second>[A-Za-z_]\w{0,60})\}?/?\*?[\"']?(?=\s|;|&|\||$)"
)
_STOPS = lazy(r"(?m)^\s*(?:-\s+)?set\s+(?:-\w*u\w*|-\w+\s+-\w*u\w*|-o\s+nounset)\b|^#!\S*\s?\S*sh\s+-\w*u")
_SCRATCH = lazy(r"(?i)te?mp|build|cache|dist|out|work|target|stag|artifact|CI_|GITHUB_|RUNNER_|CMAKE|prefix|DESTDIR")
_KNOWN = r"\b{name}\s?(?::?=|\+=|:\s)|\b(?:for|local|read|declare|readonly|select)\b[^\n;]{{0,80}}\b{name}\b|\$\{{{name}:[?=-]|-[nzd]\s+\"?\$\{{?{name}\b"
_MAY = lazy(r"[=:] ?[\"']?(?:/|~|\.{1,2}[\s/\"']|\$\{?HOME|\*)")
_GIVEN = lazy(
    r"\s*(?:-\s+)?(?:export\s+|readonly\s+|local\s+|ENV\s+|ARG\s+|set\s+)?[\"']?(?P<name>[A-Za-z_]\w{0,60})[\"']?\s?(?:[?:]{0,2}=|:)\s?[\"']?(?P<value>(?:/|~|\.|\$\{?HOME|\*)[^\s\"';&|#,]{0,200})[\"']?\s*(?:[;#,].*)?$"
)


def entered(lines: Lines, wanted: Callable[[int], bool]) -> Iterator[tuple[int, str]]:
    """Deletes of names in a folder of the system that a line above entered, with that folder: `cd / && rm -rf etc`."""
    for at in lines.holding(("cd ", "pushd ")):
        match = _ENTERS.match(lines.texts[at][:400])
        if match is None or match["folder"].strip("\"'")[:1] not in ("/", "~", "$"):
            continue
        for below in range(at + 1, min(at + 1 + NEAR, len(lines.texts))):
            text = lines.texts[below][:2_000]
            if _LEAVES.match(text):
                break
            if holds_one(text, _DELETES) and (wanted(below) or wanted(at)):
                yield (below if wanted(below) else at) + 1, f"cd {match['folder']} && {_SAID.sub('', text, count=1)}"


def two_unset(lines: Lines, wanted: Callable[[int], bool]) -> Iterator[tuple[int, str]]:
    """Deletes of `$A/$B`, as `/$B`, where nothing in the file sets or tests `A`, nor stops at what is not set."""
    for at in lines.holding(("rm ",)):
        match = _TWO.search(lines.texts[at][:2_000]) if wanted(at) else None
        if match is None or _SCRATCH.search(match["first"] + match["second"]) or _STOPS.search(lines.whole):
            continue
        if not any(re.search(_KNOWN.format(name=match[each]), lines.whole) for each in ("first", "second")):
            yield at + 1, f"rm -rf /${match['second']}"


def used_again(file: FileDelta) -> frozenset[int]:
    """The lines that use a variable which an added line gives a dangerous value."""
    lines = file.added_lines
    given = (_GIVEN.match(lines.texts[at][:400]) for at in lines.indexes(m.start() for m in _MAY.finditer(lines.whole)))
    names = sorted({match["name"] for match in given if match and is_dangerous(match["value"])})
    words = [word for name in names[:20] for word in _spellings(name)]
    return frozenset(file.new_lines.holding(words))


def _spellings(name: str) -> Sequence[str]:
    return (f"${name}", f"${{{name}", f"$({name})", f"{{{{.{name}}}}}", f"{{{{ .{name} }}}}", f"{{{{{name}}}}}")
