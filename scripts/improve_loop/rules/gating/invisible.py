"""Which characters of a line are invisible, which words deceive."""

from __future__ import annotations

import re
import unicodedata

from improve_loop.model.lines import Lines
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.names import mixes_alphabets, only_lookalikes

CONTROL = lazy("[\x00-\x08\x0b\x0e-\x1f\x7f\x80-\x9f]|\r(?=[^\n])")

UNDECODED = lazy("[\udc80-\udcff]")  # bytes that are no UTF-8
_CONTROL_BYTES = bytes(0 if (code < 32 or code == 127) and code not in b"\t\n\x0c\r" else 1 for code in range(256))

_SUSPECT = lazy(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\ue000-\uf8fe\U000f0000-\U000fffff\U00100000-\U0010ffff]"
)
_BLANK_IN_CODE = lazy("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_JOINING_SCRIPTS = lazy("[\u0590-\u08ff\u0900-\u0dff\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1800-\u18af\ufb50-\ufdff]")
_SOFT = "\u00ad"
_JOINERS = "\u200c\u200d"
_MARKS = "\u200e\u200f\u061c"


def has_controls(lines: Lines) -> bool:
    """Whether a line holds a control character: in ASCII, a byte goes when those are taken out."""
    if lines.whole.isascii() and "\r" not in lines.whole:
        return b"\0" in lines.ascii.translate(_CONTROL_BYTES)
    return bool(CONTROL.search(lines.whole))


def invisible_mark(line: str, *, first: bool, code: bool, prose: bool = True) -> str:
    """The first invisible character as `U+XXXX`; empty where each has its place (emoji, joining scripts, a BOM)."""
    for found in _SUSPECT.finditer(line):
        if not _has_its_place(line, found.start(), first=first, code=code, prose=prose):
            return f"U+{ord(found[0]):04X}"
    if code and (blank := _BLANK_IN_CODE.match(line.lstrip(" \t"))):
        return f"U+{ord(blank[0]):04X}"
    return ""


def _has_its_place(line: str, at: int, *, first: bool, code: bool, prose: bool) -> bool:
    mark, before, after = line[at], line[at - 1 : at], line[at + 1 : at + 2]
    if mark == "\ufeff":
        return first and at == 0
    if mark in "\ufe0e\ufe0f":
        return bool(before) and (_is_symbol(before) or before in "#*0123456789\u2139" or after == "\u20e3")
    if mark in _JOINERS and _JOINING_SCRIPTS.match(before):
        return bool(_JOINING_SCRIPTS.match(after)) or after in ("", " ")
    if mark == "\u200d":
        return (_is_symbol(before) or before == "\ufe0f") and _is_symbol(after)
    if mark in _MARKS:
        return not code and bool(_JOINING_SCRIPTS.search(line))
    if mark == _SOFT:
        return not code and prose and before.isalpha() and after.isalpha()
    if "\U000e0020" <= mark <= "\U000e007f":
        return _in_flag(line, at)
    if "\U000e0100" <= mark <= "\U000e01ef":
        return "\u3400" <= before <= "\u9fff" and not code
    return False


def _is_symbol(mark: str) -> bool:
    return bool(mark) and (unicodedata.category(mark) in ("So", "Sk", "Sm") or mark in "\u203c\u2049\u2139\u3030\u303d")


def _in_flag(line: str, at: int) -> bool:
    """Whether a tag character belongs to the flag of a region: at most six after a black flag."""
    flag = line.rfind("\U0001f3f4", max(0, at - 7), at)
    return flag >= 0 and all("\U000e0020" <= mark <= "\U000e007f" for mark in line[flag + 1 : at])


_WORD = lazy(r"[^\W_]+")
_URL = lazy(r"https?://([^\s/\"'<>?#`)\]]*)")
_MIXED = lazy(
    r"(?<![^\W_])(?:[A-Za-z]{2,40}[\u0430-\u044f]{1,3}|[\u0430-\u044f]{1,3}[A-Za-z]{2,40})[A-Za-z]{0,40}(?![^\W_])"
)
_ASSIGNED_LETTER = lazy(r"^\s*([\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455])\s*(?::\s*\w+\s*)?=(?!=)")
_CODE_WORD = lazy(
    r"\b(?:import|from|def|class|function|const|let|var|return|if)\s{1,5}(\w{1,80}+)|(?<!\w)(\w{1,80}+)\s{0,5}\("
)
_LITERALS = lazy(r"\"[^\"]*\"|'[^']*'|`[^`]*`|(?:#|//).*")
_WIDE = lazy("[\uff01-\uff5e]")
_PASSES_FOR = lazy("[\u01c3\u037e\u0589\u2024\u2044\u2215\u2236\ua789]")  # `!`, `;`, `:`, `.`, `/` to the eye
_OF_THE_EAST = lazy("[\u1100-\u11ff\u3001-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uff61-\uffdc]")
_SINGLE = lazy("[\u0131\u017f\u212a\u2160-\u217f\ufb00-\ufb06]")  # that pass for i, s, K, I and fi
_ASCII = lazy(r"[A-Za-z]")
_DRESSED = lazy("[\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff]")


def deceiving_word(line: str, *, code: bool) -> str:
    """A word that mixes look-alike letters with ASCII ones, or is dressed as ASCII; empty where there is none."""
    for host in _URL.findall(line):
        foreign = [mark for mark in host if mark.isalpha() and not mark.isascii()]
        if _PASSES_FOR.search(host):
            return str(host)
        if foreign and not _OF_THE_EAST.search(host) and (code or mixes_alphabets(host)):
            return str(host)
    for word in _WORD.findall(line):
        if not word.isascii() and (mixes_alphabets(word) or (code and _dressed(word, line))):
            return str(word)
    if code and (wide := _WIDE.search(_LITERALS.sub("", line))) and not _OF_THE_EAST.search(line):
        return str(wide[0])
    if code and (sign := _PASSES_FOR.search(_LITERALS.sub("", line))) and not _in_words(line, sign[0]):
        return str(sign[0])
    if code and (mixed := _MIXED.search(line)):
        return str(mixed[0])
    if code and (letter := _ASSIGNED_LETTER.match(line)):
        return str(letter[1])
    if code:
        for first, second in _CODE_WORD.findall(line):
            if only_lookalikes(first or second):
                return str(first or second)
    return ""


def _dressed(word: str, line: str) -> bool:
    if _SINGLE.search(word) and len(_ASCII.findall(word)) >= 2:
        name = rf"(?:^|[\s.,(])\w{{0,60}}{re.escape(word)}\w{{0,60}}\s?(?:=(?!=)|\()"  # no pattern that matches words
        return bool(re.search(name, _LITERALS.sub("", line)))
    if not _DRESSED.search(word):
        return False
    bare = line.replace(" ", "")
    named = len(_DRESSED.findall(word)) >= 3 and re.search(
        re.escape(word) + r"(?:=(?!=)|\.[a-z])", _LITERALS.sub("", bare)
    )
    mixed = len(_ASCII.findall(_DRESSED.sub("", word))) >= 4 and word in _LITERALS.sub("", line)
    return f"{word}(" in bare or bool(named) or mixed


def _in_words(line: str, sign: str) -> bool:
    """Whether a sign follows a letter of an alphabet that has it as its own."""
    at = line.find(sign)
    return at > 0 and "\u0370" <= line[at - 1] <= "\u058f"
