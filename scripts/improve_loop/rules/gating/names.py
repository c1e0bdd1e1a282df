"""Names of files that deceive a reader or mean another file on another system."""

from __future__ import annotations

import re
import unicodedata

from improve_loop.rules.gating.lazy import lazy

MAX_NAME = 255  # bytes of one name; the limit of common file systems
MAX_PATH = 1024  # bytes of a whole path

_RESERVED = lazy(r"(?:con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])(?:\..*)?$", re.I)
_BLANK_BEFORE = lazy(r"\s\.[A-Za-z0-9]{1,8}$")
_WINDOWS = lazy(r'[<>:"|?*\\`;]|\$\(')
_GIT_ALIAS = lazy(r"(?:\.?git~\d+|gi[0-9a-f]{4}~\d|git(?:mod|att|ign)~\d|\.git(?:[ .]*|[ .]*:.*))$", re.I)
_GIT_FILES = lazy(r"\.git(?:modules|attributes|ignore)[ .:~]", re.I)
_IGNORED_BY_HFS = lazy("[\u200c-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_LATIN_LIKE = frozenset(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u04cf\u051b\u051d\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405\u050c\u051a\u051c\u043e\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03bd\u03b9\u03b1\u03c1\u03c5\u03ba"
)


def name_problem(path: str) -> str:
    """Why this path is refused; empty where it is plain."""
    if len(path.encode("utf-8", "surrogateescape")) > MAX_PATH:
        return "too long"
    for name in path.split("/"):
        if problem := _problem(name):
            return problem
    return ""


def _problem(name: str) -> str:
    if name in ("", ".", ".."):
        return "empty or relative"
    visible = _IGNORED_BY_HFS.sub("", unicodedata.normalize("NFKC", name)) if not name.isascii() else name
    if _GIT_ALIAS.match(visible):
        return "another spelling of .git"
    if _GIT_FILES.match(visible) or (visible != name and visible.lower().startswith(".git")):
        return "another spelling of a file that git reads"
    if not name.isprintable():
        return "control, invisible or undecodable characters"
    if (
        _WINDOWS.search(name)
        or _RESERVED.match(name)
        or name.endswith((" ", "."))
        or _BLANK_BEFORE.search(name)
        or name.startswith((" ", "-", "~"))
    ):
        return "means something else to a shell or another system"
    if len(name.encode("utf-8", "surrogateescape")) > MAX_NAME:
        return "too long"
    return "" if name.isascii() else _lookalike(name)


def _lookalike(name: str) -> str:
    if unicodedata.normalize("NFC", name) != name:
        return "not in composed form (NFC)"
    if unicodedata.normalize("NFKC", name) != name:
        return "letters that only look like plain ones"
    parts = re.split(r"[\W_]+", name)
    deceives = any(mixes_alphabets(part) or only_lookalikes(part) or part in _LATIN_LIKE for part in parts if part)
    return "letters of two alphabets that look alike" if deceives else ""


def mixes_alphabets(word: str) -> bool:
    """Whether a word has ASCII letters beside letters of another alphabet that look the same."""
    return any(mark in _LATIN_LIKE for mark in word) and any(mark.isascii() and mark.isalpha() for mark in word)


def only_lookalikes(word: str) -> bool:
    """Whether every letter of a word is of another alphabet and looks like a Latin one."""
    letters = [mark for mark in word if mark.isalpha()]
    return len(letters) > 1 and all(mark in _LATIN_LIKE for mark in letters)
