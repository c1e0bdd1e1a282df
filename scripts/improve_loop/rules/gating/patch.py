"""What can be said of patch bytes before git applies them: headers that lie about the file they change."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.model.finding import GateFinding
from improve_loop.rules.gating.rule import Rule

UNAPPLIABLE = Rule(
    id="kinds/unappliable",
    reason="git cannot apply this patch to the base, so what it would change is not known",
    advice="make it again with `git diff` against exactly this base",
)
DISAGREE = Rule(
    id="kinds/header-disagrees",
    reason="the patch's headers name different files",
    advice="make it again with `git diff`; a patch names one file in all its headers",
)
ABSOLUTE = Rule(
    id="kinds/absolute-path",
    reason="the patch names an absolute path or leaves the tree",
    advice="name paths from the root of the repository",
)
RULES = (UNAPPLIABLE, DISAGREE, ABSOLUTE)

_SECTION = re.compile(
    rb"^diff --git ([^\n]+)\n"
    rb"((?:(?:old mode|new mode|deleted file mode|new file mode|copy from|copy to|rename from|rename to"
    rb"|similarity index|dissimilarity index|index) [^\n]*\n)*)"
    rb"(?:--- ([^\n]*)\n\+\+\+ ([^\n]*)\n)?",
    re.M,
)
_MOVED = re.compile(rb"^(?:copy|rename) from ([^\n]*)\n(?:copy|rename) to ([^\n]*)\n", re.M)
_PAIR = re.compile(rb"^--- ([^\n]*)\n\+\+\+ ([^\n]*)\n@@ ", re.M)
_NULL = b"/dev/null"
_EPOCH = re.compile(rb"\t.*$", re.S)


def header_findings(patch: bytes) -> tuple[GateFinding, ...]:
    """Sections whose header lines name different files, and names that are absolute or hold `..`."""
    found: list[GateFinding] = []
    for line, old, new in _sections(patch):
        names = [name for name in (old, new) if name != _NULL]
        if any(_escapes(name) for name in names):
            found.append(ABSOLUTE.at(_shown(names[-1])))
        if line is not None and not _agree(line, old, new):
            found.append(DISAGREE.at(_shown(new if new != _NULL else old)))
        if line is None and len(names) == 2 and not _same_tail(old, new):
            found.append(DISAGREE.at(_shown(new)))
    found += [DISAGREE.at(_shown(b"b/" + new)) for line, old, new in _moves(patch) if not _is_of(line, old, new)]
    return tuple(found)


def _moves(patch: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Per section that renames or copies: what `diff --git` names, from where, to where."""
    for match in _lines_that(_SECTION, b"diff --git ", patch):
        if moved := _MOVED.search(match[2]):
            yield match[1].rstrip(b"\r"), moved[1].rstrip(b"\r"), moved[2].rstrip(b"\r")


def _is_of(line: bytes, old: bytes, new: bytes) -> bool:
    """Whether a `diff --git` line names these two, each below a prefix or not, quoted or not."""
    names, first, last = (b"/" + text.replace(b'"', b"") for text in (line, old, new))
    return first + b" " in names and names.replace(b" ", b"/").endswith(last.replace(b" ", b"/"))


def _sections(patch: bytes) -> list[tuple[bytes | None, bytes, bytes]]:
    """Per section: what `diff --git` names (None without it), the old and the new name."""
    sections: list[tuple[bytes | None, bytes, bytes]] = []
    spans: set[int] = set()
    for match in _lines_that(_SECTION, b"diff --git ", patch):
        if match[3] is not None:
            spans.add(match.start(3))
            sections.append((match[1].rstrip(b"\r"), _name(match[3]), _name(match[4])))
    plain = (match for match in _lines_that(_PAIR, b"--- ", patch) if match.start(1) not in spans)
    sections += [(None, _name(match[1]), _name(match[2])) for match in plain]
    return sections


def _lines_that(pattern: re.Pattern[bytes], begin: bytes, patch: bytes) -> Iterator[re.Match[bytes]]:
    """Every match of a pattern whose lines begin like this: only they are tried, which most lines of a patch are not."""
    at = patch.find(begin)
    while at >= 0:
        if match := pattern.match(patch, at):
            yield match
        at = patch.find(begin, at + 1)


def _name(raw: bytes) -> bytes:
    return _EPOCH.sub(b"", raw).rstrip(b"\r")


def _agree(line: bytes, old: bytes, new: bytes) -> bool:
    if old != _NULL and new != _NULL:
        return line == old + b" " + new
    name = new if old == _NULL else old
    before, after = line.removesuffix(b" " + name), line.removeprefix(name + b" ")
    other = before if old == _NULL else after
    return other != line and _tail(other) == _tail(name)


def _same_tail(old: bytes, new: bytes) -> bool:
    """Whether two names of a plain diff may be one file: the same below their first folder, or `x.orig` and `x`."""
    return _tail(old) == _tail(new) or _tail(old) == _tail(new) + b".orig"


def _tail(name: bytes) -> bytes:
    return name.strip(b'"').partition(b"/")[2] or name


def _escapes(name: bytes) -> bool:
    clean = name.strip(b'"')
    return clean.startswith((b"/", b"\\")) or b".." in clean.replace(b"\\", b"/").split(b"/") or clean[1:3] == b":\\"


def _shown(name: bytes) -> str:
    return _tail(name).decode("utf-8", "surrogateescape")
