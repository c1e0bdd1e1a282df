"""What a model's reply says, once everything that is not the answer is taken away."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

_TAG = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)
_OPEN = re.compile(r"\s{0,3}<{7,12} ?(?:SEARCH|WHOLE)\b")
_CLOSE = re.compile(r"\s{0,3}>{7,12}")
_FENCE = re.compile(r"\A\s*```[\w+-]*[ \t]*\n(.*?)\n?[ \t]*```\s*\Z", re.DOTALL)
_HALF = re.compile("[\ud800-\udfff]")
_DATED = re.compile(r"[-@:]?(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$")


def without_thinking(text: str) -> str:
    """The reply without its reasoning: whole think-blocks, and all before a closing tag that stands alone.

    What stands within an edit is a file's own text.
    """
    text = _without_blocks(text)
    edits = _edits(text)
    ends = [tag.end() for tag in _TAG.finditer(text) if tag[1] and not _within(tag.start(), edits)]
    return text[ends[-1] if ends else 0 :].strip("\n")


def _without_blocks(text: str) -> str:
    """One pass over the tags: a reply may be nothing but a hundred thousand of them."""
    edits, kept, position, opened = _edits(text), "", 0, -1
    for tag in _TAG.finditer(text):
        if opened >= 0 and tag[1]:
            kept += text[position:opened]
            position, opened = tag.end(), -1
        elif opened < 0 and not tag[1] and tag.start() >= position and not _within(tag.start(), edits):
            opened = tag.start()
    return kept + text[position:]


def _edits(text: str) -> list[tuple[int, int]]:
    """From where to where edits stand, in the order of the text."""
    found, start, at = [], -1, 0
    for line in text.split("\n"):
        if start < 0 and _OPEN.match(line):
            start = at
        elif start >= 0 and _CLOSE.match(line):
            found.append((start, at + len(line)))
            start = -1
        at += len(line) + 1
    return found


def _within(at: int, spans: Sequence[tuple[int, int]]) -> bool:
    nearest = bisect_right(spans, at, key=lambda span: span[0]) - 1
    return nearest >= 0 and spans[nearest][0] < at < spans[nearest][1]


def one_object(text: str) -> Mapping[str, Any] | str:
    """The one JSON object in a reply, or what is wrong. Two objects are ambiguous, so they are none."""
    text = without_thinking(text).strip()
    fenced = _FENCE.match(text)
    text = fenced.group(1) if fenced else text
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        found = _objects(text)
        if len(found) != 1:
            return f"expected one JSON object, found {len(found)}"
        whole = found[0]
    if not isinstance(whole, dict):
        return f"expected a JSON object, got a {type(whole).__name__}"
    # An escape such as \\ud800 is half a character: nobody can write it down or send it on.
    halves = _HALF.search(json.dumps(whole, ensure_ascii=False))
    return f"it holds half a character, \\u{ord(halves[0]):x}" if halves else whole


def _objects(text: str) -> Sequence[Any]:
    """Every JSON object that begins at a brace and is complete; the outermost only."""
    found: list[Any] = []
    decoder, position = json.JSONDecoder(), text.find("{")
    while position != -1 and len(found) < 2:
        try:
            value, end = decoder.raw_decode(text, position)
            found.append(value)
        except (ValueError, RecursionError):
            end = position + 1
        position = text.find("{", end)
    return found


def same_model(asked: str, served: str | None, also: Sequence[str] = ()) -> bool:
    """Whether a server that says it is `served` may be the model that was asked for. Silence is no."""
    if not served:
        return False
    if served in also:
        return True
    asked, served = _bare(asked), _bare(served)
    return asked == served or _DATED.sub("", served) == _DATED.sub("", asked)


def _bare(model: str) -> str:
    return model.rpartition("/")[2].lower()
