"""Markdown that says text from outside and obeys none of it: no mention, quick action, closing word, link or HTML.

GitLab resolves references in rendered text but not in code and not behind a backslash, and runs a line that begins
with `/` as a command. Python strings go in; each function says where in a document its result may stand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from improve_loop.rules.render import prose
from improve_loop.rules.render.text import host_of, one_line, visible, web_address

# What means something to Markdown anywhere, and what starts a reference where a name or number follows.
_SPECIAL = re.compile(r"[\\`*\[\]<>|~$^{]|(?<!\w)_|_(?!\w)|[#!&@%](?=[\w\"'\[])")
_ADDRESS = re.compile(r"(?i)\bwww(?=\.)|:(?=//)|\bmailto(?=:)")
_TICKET = re.compile(r"\b([A-Z][A-Z0-9_]+)-(?=\d)")
_START = re.compile(r"^(\d{1,9}(?=\.))?([-+/=:.#])")
# GitLab closes issues by these words at the merge, and looks for them in the raw text, code included.
_CLOSING = re.compile(
    r"(?i)\b((?:clos|fix|resolv|implement)(?:e|es|ed|ing|s)?:?)[ \t]+(?=(?:issues? +)?\S*(?:#\d|://|[A-Z]\w+-\d))"
)


def closes_issues(text: str) -> bool:
    """Whether GitLab could read the raw text as an order to close issues."""
    return bool(_CLOSING.search(text))


def plain(text: str, limit: int = 1000) -> str:
    """Flowing text, one line, every sign of Markdown and every reference escaped. Anywhere in a paragraph or item."""
    return _START.sub(r"\1\\\2", _escaped(one_line(text, limit)))


def _escaped(text: str) -> str:
    text = _SPECIAL.sub(r"\\\g<0>", text)
    text = _ADDRESS.sub(lambda found: found[0] + "\\" if found[0] != ":" else "\\:", text)
    return _TICKET.sub(r"\1\\-", text)


def code(text: str, limit: int = 300) -> str:
    """The text as it is, on one line, in a code span; in two where one would close an issue."""
    return " ".join(_code(part) for part in _CLOSING.sub("\\1\0", one_line(text, limit)).split("\0") if part)


def _code(line: str) -> str:
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def cell(markdown: str) -> str:
    """A piece of Markdown as a table cell: a bar would end it, in a code span too."""
    return re.sub(r"(?<!\\)((?:\\\\)*)\|", r"\1\\|", markdown)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of pieces of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(cell, line))} |" for line in lines)


def prose_of(text: str) -> str:
    """An explanation: paragraphs, lists, code and strong text; all else in it is escaped. Stands on its own lines."""
    return "\n\n".join(map(_block, prose.blocks(text)))


def inline_prose(text: str) -> str:
    """An explanation on one line."""
    return _spans(prose.spans(visible(text[: prose.LIMIT])))


def _block(block: prose.Block) -> str:
    if isinstance(block, prose.Bullets):
        return "\n".join(f"- {_spans(item)}" for item in block.items)
    if isinstance(block, prose.Code):
        return quoted(block.lines)
    return _spans(block.spans)


def _spans(spans: prose.Spans) -> str:
    return _START.sub(r"\1\\\2", "".join(map(_span, spans)))


def _span(span: prose.Span) -> str:
    if span.style == "code":
        return code(span.text)
    if span.style == "link":
        return f"[{_escaped(span.text)}]({span.url})"
    return f"**{_escaped(span.text)}**" if span.style == "strong" and span.text.strip() else _escaped(span.text)


def quoted(lines: Sequence[str], limit: int = 20) -> str:
    """Lines as they are, each a code span of its own in a quotation: no line can begin with what it holds."""
    shown = [f"> {code(line) or '&nbsp;'}" for line in lines[:limit]]
    rest = [f"> … {len(lines) - limit} more lines"] if len(lines) > limit else []
    return "  \n".join([*shown, *rest])


def link(label: str, url: str | None) -> str:
    """A link with this Markdown as its label; only the label when the URL is none that may be followed."""
    address = web_address(url)
    return f"[{label}]({address})" if address else label


def source_link(url: str) -> str:
    """A fetched page: its host, linked."""
    address = web_address(url)
    return link(code(host_of(address)), address) if address else code(url)
