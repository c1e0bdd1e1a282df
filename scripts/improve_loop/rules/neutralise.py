"""Text from a model or a stranger, made harmless before it goes where GitLab acts on it.

GitLab runs a line that starts with `/close`, notifies whoever is mentioned, closes the issues that a merged text
names, skips the pipeline of a commit that asks for it, and renders HTML. A reader should still see what was written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

# Parts a sign from the name behind it: not seen, never at the end of a line, and no letter to GitLab's patterns.
JOINER = "\N{WORD JOINER}"

_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
_COMMAND = re.compile(r"^((?:\s|>)*)/(?=[A-Za-z_])")
_MENTION = re.compile(r"(?<![\w/.])@(?=[A-Za-z0-9_.-])")
_REFERENCE = re.compile(r"(?<!\w)([#!%~$&])(?=[\w\"])|(?<=\w)([#!%~&])(?=\d)")
_CLOSING = re.compile(
    r"\b((?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)|implement(?:s|ed|ing)?)\s*:?\s+(?:issues?\s+)?)"
    r"(?=[\w./-]*[#!]|https?://|GL-\d|[A-Z][A-Z0-9_]+-\d)",
    re.IGNORECASE,
)
_SKIP_CI = re.compile(r"\[\s*((?:skip|no)[ _-]ci|ci[ _-](?:skip|no)|skip[ _-]pipeline)\s*\]", re.IGNORECASE)
_TRAILER = re.compile(r"^([A-Za-z][\w-]*-[Bb]y|Improve-Loop-[\w-]+|Changelog):", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def untrusted(text: str, limit: int = 10_000) -> str:
    """Markdown that shows what was written and does nothing: no command, mention, closing word, HTML or image.

    Code keeps its characters. `limit` is in characters. To be applied once: HTML is written out, `&` as `&amp;`.
    """
    return "\n".join(_lines(_cut(_visible(text), limit), _defuse_line))


def one_line(text: str, limit: int = 200) -> str:
    """The same for a title or a table cell: one line, no Markdown structure at its start, no cell's end."""
    flat = " ".join(_visible(text).split()).lstrip("#>-*+|/ ")
    return _defuse_line(_cut(flat, limit)).replace("|", "\\|")


def title(text: str, limit: int = 200) -> str:
    """The title of a merge request: plain text, on one line, that marks no draft and skips no pipeline."""
    flat = " ".join(_visible(text).split()).lstrip("/ ")
    flat = re.sub(r"^(?:(?:(?:draft|wip)\s*:|\[(?:draft|wip)\]|\((?:draft|wip)\))\s*)+", "", flat, flags=re.IGNORECASE)
    return _cut(_plain(flat), limit)


def commit_message(text: str, limit: int = 5_000) -> str:
    """A commit message: plain text without `[skip ci]`, closing words, mentions and trailers of others."""
    return _TRAILER.sub(r"\1 -", _cut(_plain(_visible(text)), limit))


def commands(text: str) -> str:
    """A whole body of the loop's own making: nothing in it runs as a quick action. The rest stays as it is."""
    return "\n".join(_lines(text, _no_command, close=False))


def _visible(text: str) -> str:
    """Without control characters and without invisible ones that turn or hide text."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(char for char in lines if unicodedata.category(char) not in ("Cf", "Cs", "Co", "Zl", "Zp"))
    return _CONTROL.sub("", kept)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 2].rstrip() + " \N{HORIZONTAL ELLIPSIS}"


def _plain(text: str) -> str:
    text = _SKIP_CI.sub(r"(\1)", text)
    text = _CLOSING.sub(lambda match: f"{match[1]}{JOINER}", text)
    return _MENTION.sub(f"@{JOINER}", text)


def _lines(text: str, outside: Callable[[str], str], *, close: bool = True) -> list[str]:
    """Each line, those outside fenced code through `outside`; a fence left open is closed."""
    done: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            done.append(_no_command_in_code(line))
            ends = mark and mark[1][0] == fence[0] and len(mark[1]) >= len(fence) and line.strip() == mark[1]
            fence = "" if ends else fence
        elif mark and "`" not in line[mark.end() :]:
            fence = mark[1]
            done.append(_SKIP_CI.sub(r"(\1)", line[: mark.end()] + re.sub(r"[^\w+.#-].*", "", line[mark.end() :])))
        else:
            done.append(outside(line))
    return [*done, fence] if fence and close else done


def _no_command(line: str) -> str:
    return _COMMAND.sub(r"\1\\/", line)


def _no_command_in_code(line: str) -> str:
    """GitLab does not know every fence that Markdown knows; only a line's first character makes a command."""
    return f" {line}" if _COMMAND.match(line) else line


def _defuse_line(line: str) -> str:
    """One line of Markdown; between backticks of the same number GitLab reads nothing, so that stays."""
    parts = re.split(r"(`+)", _no_command(line))
    done: list[str] = []
    ticks = ""
    for index, part in enumerate(parts):
        if index % 2:
            starts = part if part in parts[index + 2 :: 2] else ""
            ticks = ("" if part == ticks else ticks) if ticks else starts
            done.append(part)
        else:
            done.append(part if ticks else _defuse(part))
    return "".join(done)


def _defuse(text: str) -> str:
    """Text outside code: signs are parted from the names behind them, HTML and images are written out."""
    text = _plain(text)
    text = _REFERENCE.sub(lambda match: f"{match[1] or match[2]}{JOINER}", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return text.replace("![", "\\![")
