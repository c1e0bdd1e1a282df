"""One file as text with places: offsets to 1-based lines and columns, and what GitLab would refuse to read."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

MAX_BYTES = 2_000_000  # GitLab's own limit for one YAML file
BOM = "\ufeff"


class Unreadable(Exception):
    """This file cannot be read as CI configuration: what is wrong, and the 1-based line where it shows."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True)
class Text:
    """The characters of a file. Offsets count characters, as the marks of the YAML parser do."""

    path: str
    content: str  # without a byte order mark
    mark: str = ""  # the byte order mark, if there is one

    @cached_property
    def starts(self) -> list[int]:
        """The offset of every line's first character."""
        starts = [0]
        at = self.content.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.content.find("\n", at + 1)
        return starts

    @cached_property
    def newline(self) -> str:
        """The line end that most lines of this file have."""
        crlf = self.content.count("\r\n")
        return "\r\n" if crlf * 2 > self.content.count("\n") else "\n"

    def line(self, offset: int) -> int:
        """The 1-based line of an offset."""
        return bisect_right(self.starts, offset)

    def column(self, offset: int) -> int:
        """The 0-based column of an offset."""
        return offset - self.starts[self.line(offset) - 1]

    def start_of_line(self, offset: int) -> int:
        """The offset where the line of this offset begins."""
        return self.starts[self.line(offset) - 1]

    def end_of_line(self, offset: int) -> int:
        """The offset behind the line end of this offset's line."""
        line = self.line(offset)
        return self.starts[line] if line < len(self.starts) else len(self.content)

    def line_text(self, line: int) -> str:
        """A line by its 1-based number, without its line end; empty outside the file."""
        if not 1 <= line <= len(self.starts):
            return ""
        return self.content[self.starts[line - 1] : self.end_of_line(self.starts[line - 1])].rstrip("\r\n")


def decode(path: str, data: bytes) -> Text:
    """The text of a file, or `Unreadable`: too large, not UTF-8, or a page of HTML."""
    if len(data) > MAX_BYTES:
        raise Unreadable(f"{len(data)} bytes; GitLab reads at most {MAX_BYTES}")
    if b"\0" in data:
        raise Unreadable("holds NUL bytes: not a text file in UTF-8", data[: data.index(b"\0")].count(b"\n") + 1)
    try:
        content = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not UTF-8 (byte {error.start})", data[: error.start].count(b"\n") + 1) from None
    if content.lstrip(BOM + " \t\r\n")[:1] == "<" and "<html" in content[:4000].lower():
        raise Unreadable("is a page of HTML, not YAML: was a sign-in page saved in its place?")
    return Text(path, content.removeprefix(BOM), BOM if content.startswith(BOM) else "")
