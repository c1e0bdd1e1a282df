"""What GitLab would obey in a Markdown text, read independently of how the loop writes it.

Commands and closing words are looked for in the raw text, as GitLab does; mentions and references outside of code.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

COMMAND = re.compile(r"^[ \t]*/[a-z_]+", re.M | re.I)
CLOSING = re.compile(
    r"(?i)\b(?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)|implement(?:s|ed|ing)?):? +"
    r"(?:(?:issues? +)?(?:[\w./-]*#\d+|https?://\S+/-/(?:issues|work_items)/\d+)|[A-Z][A-Z0-9_]+-\d+)"
)
REFERENCE = re.compile(r"(?<![\w\\])(?:@\w|[#!&]\d|[~%$^]\w|[\w./-]+[#!]\d|\[\[)|(?<![\w\\])[A-Z][A-Z0-9_]+-\d")
_PARSER = MarkdownIt("commonmark", {"html": True}).enable("table")


def tokens(markdown: str) -> list[Token]:
    """Every token, inline ones too."""
    found: list[Token] = []
    for token in _PARSER.parse(markdown):
        found.extend([token, *(token.children or [])])
    return found


def obeyed(markdown: str) -> list[str]:
    """Everything in the text that GitLab, or a reader's browser, would act on; links apart."""
    found = [f"command {one!r}" for one in COMMAND.findall(markdown)]
    found += [f"closing {one!r}" for one in CLOSING.findall(markdown)]
    found += [f"reference {one!r}" for one in REFERENCE.findall(_without_code(markdown))]
    for token in tokens(markdown):
        if token.type in ("html_inline", "html_block", "image"):
            found.append(f"{token.type} {token.content!r}")
    return found


def links(markdown: str) -> list[str]:
    """Where its links lead."""
    return [str(token.attrs["href"]) for token in tokens(markdown) if token.type == "link_open"]


def _without_code(markdown: str) -> str:
    """The raw text with code blocks, code spans and the addresses of links taken out."""
    text = re.sub(r"^(`{3,})[a-z]*\n.*?^\1$", "", markdown, flags=re.M | re.S)
    text = re.sub(r"(?<![\\`])(`+)(?!`)(.+?)(?<!`)\1(?!`)", " ", text, flags=re.S)
    return re.sub(r"\]\(https?://[^)\s]*\)", "]", text)
