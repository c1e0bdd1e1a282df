"""Which lines may hide something: a look for each disguise at all lines at once, so that few are unwrapped one by one."""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Iterator, Mapping, Set

from improve_loop.model.lines import Lines
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.runs import runs, table
from improve_loop.rules.gating.secrets import decode

WINDOW = 4_000  # characters of a line that are unwrapped together
WORDS = (
    (
        "join",
        "concat",
        "implode",
        "format",
        "paste",
        "strcat",
        "reduce",
        "sum(",
        "%s%s",
        'append("',
        "append('",
        "plus(",
    ),
    (
        "%w[",
        "%w(",
        "%w{",
        "replace('",
        'replace("',
        "replaceall(",
        "replace(/",
        "gsub",
        "tr -d",
        ".delete('",
        '.delete("',
        "b64",
        "base64",
        "atob(",
        "decode64",
    ),
    ("rev", "[::-1]"),
    ("rot13", "rot-13", "rot_13", "a-za-z", "n-za-m"),
    ("chr(", "char(", "charcode(", "rune("),
    ("0x", "(byte)", "u8,"),
    ("85decode", "inflate", "swapcase"),
    tuple(f"{quote}[{first}" for quote in "\"'" for first in ("-", ":", *"0123456789"))
    + tuple(f"{quote}.{call}(" for quote in "\"'" for call in ("slice", "substring", "substr")),
    ("+= '", '+= "', "+='", '+="', ".= '", '.= "', "<< '", '<< "', 'append("', "append('", "writestring(", "push_str("),
)  # lower-case; of each disguise that has words: one stands in every line that wears it

_DIGITS = "0123456789"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_BASE64 = table(_DIGITS + _LETTERS + _LETTERS.upper() + "+/-_")
_BASE32 = table(_LETTERS.upper() + "234567")
_HEX = table(_DIGITS + "abcdefABCDEF" + " :")
_STANDARD = bytes.maketrans(b"-_", b"+/")
_ESCAPE = lazy(r"\\[xuU0-3]")
_PERCENT = lazy(r"%[0-9a-fA-F]{2}")
_JOINT = lazy(r"[\"'`][^\S\n]{0,40}(?:\+\+?|\.\.?|&|~|<>|\|\||\\)?[^\S\n]{0,40}[rbuf]?[\"'`]")
_QUOTES = bytes.maketrans(b"'`", b'""')
_PLAIN_JOINT = re.compile(rb"\"(?:[^\S\n]{0,40}(?:\+\+?|\.\.?|&|~|<>|\|\||\\)?[^\S\n]{0,40}[rbuf]?\")")
_PLAIN_SINGLES = re.compile(rb"\"(?:[^\n]\",[^\S\n]?\"){7}")
_INSERTED = lazy(r"\{[^\S\n]?[\"'][^\"'{}\n]{1,60}[\"'][^\S\n]?\}")
_SINGLES = lazy(r"(?:['\"][^\n]['\"],[^\S\n]?){8}")
_CODES = lazy(r",(?:[^\S\n]{0,2}(?:0x[0-9a-fA-F]{2}|\d{2,3})[^\S\n]{0,2},){10}")


def may_hide(lines: Lines, marks: Mapping[int, Set[int]], ours: frozenset[int]) -> list[int]:
    """Indexes of the lines worth unwrapping, sorted. `marks`: per line, what its keywords lead to; `WORDS` to `ours`."""
    worded = {index for index, targets in marks.items() if not ours.isdisjoint(targets)}
    long = {index for index, text in enumerate(lines.texts) if len(text) > WINDOW} if lines.longest > WINDOW else set()
    shaped = {index for places in _places(lines) for index in lines.indexes(places)}
    return sorted(index for index in worded | long | shaped if decode.may_hide(lines.texts[index]))


def _places(lines: Lines) -> Iterator[Iterator[int]]:
    """Where disguises without words may be: escapes, split literals, codes, and what decodes to text."""
    text = lines.whole
    if lines.is_plain:  # the same expressions for one kind of quote, which are found faster
        quoted = lines.ascii.translate(_QUOTES)
        yield (match.start() for match in _PLAIN_JOINT.finditer(quoted) if not _is_of_docstring(quoted, match.start()))
        yield (match.start() for match in _PLAIN_SINGLES.finditer(quoted))
    else:
        yield (match.start() for match in _JOINT.finditer(text))
        yield (match.start() for match in _SINGLES.finditer(text))
    for pattern in (_PERCENT, _ESCAPE, _CODES, _INSERTED):
        yield (match.start() for match in pattern.finditer(text))
    yield (match.start() for match in re.finditer("&#", text))
    yield (start for start, end in runs(lines.ascii, _BASE64, 20) if _decodes(lines.ascii[start:end]))
    yield (start for start, _ in runs(lines.ascii, _BASE32, 32))
    yield (start for start, _ in runs(lines.ascii.replace(b"  ", b"\n\n"), _HEX, 32))


def _is_of_docstring(quoted: bytes, at: int) -> bool:
    """Whether two quotes are of three that begin or end a line, as a text about code does: they put nothing together."""
    if quoted[at : at + 3] != b'"""':
        return False
    return quoted[at + 3 : at + 4] in (b"\n", b"") or not quoted[quoted.rfind(b"\n", 0, at) + 1 : at].strip()


def _decodes(run: bytes) -> bool:
    """Whether a run of base64 is ASCII, which is rare for what is none, or begins as what zlib and gzip pack."""
    plain = run[:8_000].translate(_STANDARD)
    if plain[:2] in (b"eJ", b"eN", b"eA", b"H4"):
        return len(plain) % 4 != 1
    return len(plain) % 4 != 1 and a2b_base64(plain + b"=" * (-len(plain) % 4)).isascii()
