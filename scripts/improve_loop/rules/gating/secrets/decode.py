"""Simple disguises taken off: encodings, split literals, reversed text, lists of character codes."""

from __future__ import annotations

import binascii
import codecs
import re
import zlib
from base64 import a85decode, b32decode, b64decode, b85decode
from collections.abc import Iterator
from contextlib import suppress

from improve_loop.model.lines import CUT, Lines, holds_one
from improve_loop.rules.gating.lazy import lazy, worded

MAX_DECODED = 20_000  # characters that one line may decode to

_PACKED = (b"x\x9c", b"x\xda", b"x\x01", b"\x1f\x8b")  # what zlib and gzip begin with
_BASE64 = lazy(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{20,8000}={0,2}")
_HEX = lazy(r"(?<![0-9A-Za-z])(?:0x)?((?:[0-9a-fA-F]{2}[ :]?){16,2000})(?![0-9A-Za-z])")
_BASE32 = lazy(r"(?<![A-Za-z0-9])[A-Z2-7]{32,2000}={0,6}(?![A-Za-z0-9])")
_ESCAPED = lazy(
    r"(?:\\x[0-9a-fA-F]{2}|\\u00[0-9a-fA-F]{2}|\\u\{[0-9a-fA-F]{2}\}|\\U000000[0-9a-fA-F]{2}|\\[0-3][0-7]{2}|&#x?[0-9a-fA-F]{2,3};|%[0-9a-fA-F]{2})"
)
_ONE_ESCAPE = lazy(
    r"\\x([0-9a-fA-F]{2})|\\u00([0-9a-fA-F]{2})|\\u\{([0-9a-fA-F]{2})\}|&#x([0-9a-fA-F]{2});|\\U000000([0-9a-fA-F]{2})"
)
_OCTAL = lazy(r"\\([0-3][0-7]{2}|[4-7][0-7](?![0-7]))")
_ENTITY = lazy(r"&#(\d{2,3});")
_CODES = lazy(
    r"(?:(?:\(byte\)\s?)?\b(?:0x[0-9a-fA-F]{2}|\d{2,3})(?:u8|U|L)?\b\s{0,2},\s{0,8}){11,2000}(?:\(byte\)\s?)?(?:0x[0-9a-fA-F]{2}|\d{2,3})(?:u8|\b)"
)
_CHR = lazy(r"\b(?:chr|CHAR|char|String\.fromCharCode|Chr|rune)\(\s?(0x[0-9a-fA-F]{2}|\d{2,3})\s?\)")
_JOINT = lazy(
    r"[\"'`]\s{0,40}(?:\+\+?|\.\.?|&|~|<>|\|\||\\\n|\\|\n|,\s?\n)?\s{0,40}(?:\n\s{0,80}[+.&~]?\s{0,4})?[rbuf]?[\"'`]"
    r"(?![\w.-]{1,60}[\"']\s?(?::|=>))"  # the name of the next value
)
_LIST_JOINT = lazy(r"[\"'`]\s{0,10},\s{0,40}[rbuf]?[\"'`]")
_SINGLES = lazy(r"(?:['\"][^'\"\\]['\"]\s{0,2},\s{0,2}){8,400}['\"][^'\"\\]['\"]")
_SINGLE = lazy(r"['\"]([^'\"\\])['\"]")
_PIPED_TO_REV = lazy(r"\becho\s+(?:-n\s+)?[\"']?([^\s\"'|]{10,400})[\"']?\s*\|\s*rev\b")
_SEPARATOR = lazy(r"[\"'][-_.][\"']")
_JOINED = worded(
    r"\bjoin\b|\bconcat|implode|\bformat\b|%s|printf|append|\bpaste0?\b|strcat|reduce|sum\(",
    *("join", "concat", "implode", "format", "%s", "printf", "append", "paste", "strcat", "reduce", "sum("),
    flags=re.I,
)
_CALL_JOINT = lazy(r"[\"'`]\s?\)?\s{0,4}(?:;\s{0,4})?\.?\s?(?:concat|append|plus|add|join)\(\s?[\"'`]")
_INSERTED = lazy(r"\$?\{\s?[\"']([^\"'{}]{1,60})[\"']\s?\}")
_FORMATTED = lazy(r"\{\}[^\"'\n]{0,300}[\"']\s?\.format\(\s?[\"']([^\"'\n]{1,300})[\"']")
_SLICED = lazy(
    r"[\"']([^\"'\n]{16,1000})[\"']\s?(?:\[\s?(-?\d{0,3})\s?(?::|\.\.|,)\s?(-?\d{0,3})\s?\]|\.(?:slice|substring|substr)\(\s?(-?\d{1,3})\s?(?:,\s?(-?\d{1,3})\s?)?\))"
)
_WORD_LIST = lazy(r"%w[\[({]([^\])}]{8,400})[\])}]")
_TAKEN_OUT = lazy(
    r"(?:replace(?:All|_all)?|gsub|sub|delete)\(\s?[rbuf]?[\"'/]([^\"'/]{1,12})[\"'/]g?\s?(?:,\s?[\"']{2}\s?)?\)|\btr\s+-d\s+[\"']?([^\s\"'|]|\s(?=[\"']))"
)
_SHELL_WORD = lazy(r"=[\w.-]{1,60}[\"'][\w.-]{2,}[\"']")
_PARTED = lazy(r"\.split\(\s?[\"'/]([^\"'/]{1,3})[\"'/]\s?\)\.join\(\s?(?:\"\"|'')")
_DECODES = worded(
    r"b64decode|base64\s+-[dD]|base64\s+--decode|atob\(|base64_decode|decode64|FromBase64String|b64d\b|DecodeString|Base64",
    *("b64", "base64", "atob(", "decode64", "decodestring"),
)
_TAKING_APART = ("%w", "replace", "sub(", "delete(", "tr -d", "rev")
_SHORT_BASE64 = lazy(r"(?<=[\"'\s])[A-Za-z0-9+/]{10,22}={0,2}(?=[\"'\s|)]|$)")
_REVERSED = lazy(r"\[::-1\]|\.?revers|strrev|\brev\b", re.I)
_ROT = lazy(r"rot[_-]?13|tr\s+['\"]?A-Za-z|N-ZA-Mn-za-m", re.I)
_LITERAL = lazy(r"[\"'`]([^\"'`\n]{8,2000})[\"'`]")
_ONE_QUOTE = lazy(r"'([^'\n]{8,2000})'|\"([^\"\n]{8,2000})\"")
_CONTINUED = lazy(r"\\\n\s*")
_CARET_SPACED = lazy(r"(?<=\w)\^(?=\w)")


_TRIPLE = ('"""', "'''")
_MAY_HIDE = lazy(
    r"[\"'`]\s{0,8}(?:\+\+?|\.\.?|&|~|<>|\|\|)?\s{0,8}[rbuf]?[\"'`][^\s:,)\]}=]|\\x[0-9a-fA-F]{2}|\\u00|\\U0000|\\u\{|\\[0-3][0-7]{2}|&#|%[0-9a-fA-F]{2}%"
    r"|[Rr]ev(?:erse)?|::-1|[Rr][Oo][Tt][-_]?13|A-Za-z|\b[Jj]oin\b|[Cc]oncat|CONCAT|\d{2}u8,|\(byte\)|85decode|[Ii]nflate|swapcase|implode|(?:chr|CHAR|CharCode|Chr)\(|\d{2},\s?\d{2,3},\s?\d{2}|0x[0-9a-fA-F]{2},\s?0x"
    r"|[A-Za-z0-9+/_-]{24}|(?:[0-9a-fA-F]{2}[ :]){12}|paste0|strcat|reduce|format\(|%s|\.append\(|\{\s?[\"'][^\"'{}]{1,60}[\"']\s?\}|%w[\[({]|replace(?:All|_all)?\(|\btr\s+-d|b64decode|base64|atob\(|%[2-7][0-9a-fA-F]\w|(?:'.',\s?){8}|[\"']\[-?\d{0,3}(?::|\.\.)|\.(?:slice|substring|substr)\("
)
_GOES_ON = lazy(r"(?:[\"'`]\s*[+.&~,]?|\\|[+.&]|[(\[=:>|])\s*$")
_MAY_GO_ON = lazy(
    r"\n(?<=[\"'`\\+.&~,(\[=:>|\s]\n)(?=[^\S\n]*(?:[\"'`+.&~]|[rbuf][\"'`]|[\w+/=.-]+[\"'\s;,)]*(?:\n|\Z))|[^\n]{200})"
)
_OPEN_ENDS = frozenset("\"'`\\+.&~,([=:>|") | {""}
_STARTS_ON = lazy(r"\s*(?:[+.&~]\s*)?[rbuf]?[\"'`]|\s+[\w+/=-]+\s*[\"']?\s*$|[\w+/=.-]+[\"'\s;,)]*$")


def may_hide(text: str) -> bool:
    """Whether a line looks worth unwrapping."""
    return len(text) > 12 and bool(_MAY_HIDE.search(text))


def hides(text: str) -> bool:
    """Whether a line says something else once a disguise is taken off."""
    return next(unwrapped(text), None) is not None


def open_lines(lines: Lines) -> list[int]:
    """The lines that may go on in the next one, sorted: a quick look that lets more through than `goes_on`."""
    ends = lines.indexes(match.start() for match in _MAY_GO_ON.finditer(lines.whole))
    if lines.longest < CUT:
        return list(ends)
    return sorted({*ends, *(index for index, text in enumerate(lines.texts[:-1]) if len(text) >= CUT)})


def goes_on(line: str, following: str) -> bool:
    """Whether a literal or command of this line may be continued in the next."""
    return (
        line.rstrip()[-1:] in _OPEN_ENDS
        and bool(_GOES_ON.search(line[-40:]))
        and bool(_STARTS_ON.match(following[:200]))
        and not _is_of_docstring(line, following)
    )


def _is_of_docstring(line: str, following: str) -> bool:
    """Whether the next line opens a text about the code of this one, or closes such a text."""
    rest = following.strip()
    return rest in _TRIPLE or (rest.startswith(_TRIPLE) and line.rstrip().endswith(":"))


def unwrapped(line: str) -> Iterator[str]:
    """What a line says once each simple disguise is taken off; only texts that differ from the line."""
    low = line.lower()
    if line.count('"') + line.count("'") + line.count("`") > 1:
        yield from _joined(line)
    if line.count(",") > 7 or holds_one(low, _TAKING_APART):
        yield from _taken_apart(line, low)
    if ("\\" in line or "%" in line or "&#" in line) and _ESCAPED.search(line):
        yield _unescaped(line)[:MAX_DECODED]
    if ("rev" in low or "[::-1]" in low) and _REVERSED.search(line):
        yield from (literal[::-1] for literal in _LITERAL.findall(line))
        yield from (text[::-1] for match in _BASE64.finditer(line) if (text := _base64(match[0])))
    if ("rot" in low or "a-za-" in low or "n-za-m" in low) and _ROT.search(line):
        yield codecs.encode(line, "rot13")
    yield from _cut_out(line)
    yield from _rarely(line, low)
    if _DECODES.search(line):
        decoded = _SHORT_BASE64.sub(lambda match: _base64(match[0], least=6) or match[0], line)
        if decoded != line:
            yield re.sub(r"[\w.]{1,40}\(\s?(?=[\"'])", "", decoded)
    yield from _coded(line, low)
    yield from _decoded(line)


def _cut_out(line: str) -> Iterator[str]:
    """What a slice leaves of a literal; the end may be told by its place, or as a length."""
    for match in list(_SLICED.finditer(line))[:4] if "]" in line or ")" in line else ():
        first, last = int(match[2] or match[4] or 0), match[3] or match[5]
        yield line.replace(match[0], f'"{match[1][first : int(last) if last else None]}"')
        if last and int(last) > 0 and match[4]:
            yield line.replace(match[0], f'"{match[1][first : first + int(last)]}"')


def _rarely(line: str, low: str) -> Iterator[str]:
    """Disguises that name themselves: base 85, packed without a head, capitals and small letters exchanged."""
    if "85decode" in low:
        for literal in (single or double for single, double in _ONE_QUOTE.findall(line)):
            for decode in (b85decode, a85decode):
                with suppress(ValueError):
                    if text := _printable(decode(literal)):
                        yield text
    if "inflate" in low or "wbits" in low:
        for match in _BASE64.finditer(line):
            with suppress(ValueError, zlib.error):
                packed = b64decode(match[0] + "=" * (-len(match[0]) % 4))
                if text := _printable(zlib.decompressobj(wbits=-15).decompress(packed, MAX_DECODED)):
                    yield text
    if "swapcase" in low:
        yield line.swapcase()


def _taken_apart(line: str, low: str) -> Iterator[str]:
    """Lists of words or single characters put together, and what a call takes out of a literal taken out."""
    if "%w" in low:
        yield from (part.replace(" ", "") for part in _WORD_LIST.findall(line))
    if "replace" in low or "sub(" in low or "delete(" in low or "tr -d" in low:
        for match in list(_TAKEN_OUT.finditer(line))[:4]:
            yield line.replace((match[1] or match[2]).removeprefix("\\"), "")
    if "split" in low and "join" in low and (parted := _PARTED.search(line)):
        yield line.replace(parted[1].removeprefix("\\"), "")
    if line.count(",") > 7:
        yield from ("".join(_SINGLE.findall(run)) for run in _SINGLES.findall(line)[:4])
    if "rev" in low:
        yield from (word[::-1] for word in _PIPED_TO_REV.findall(line))


def _decoded(line: str) -> Iterator[str]:
    long = list(_BASE64.finditer(line))
    for match in long:
        if (text := _base64(match[0])) is not None:
            yield f"{line[max(0, match.start() - 60) : match.start()]}{text}"
            yield text
            if "PRIVATE KEY" in text:
                yield text.replace("\n", " ")
    for match in _HEX.finditer(line):
        if (text := _printable(_unpacked(binascii.unhexlify(re.sub("[ :]", "", match[1]))))) is not None:
            yield text
    for match in _BASE32.finditer(line) if long else ():
        if (text := _base32(match[0])) is not None:
            yield text


def rejoined(block: str) -> str:
    """Adjacent added lines with split literals and continued lines put together; empty where nothing changes."""
    if "\\\n" not in block and "\n" not in block:
        return ""
    text = _CONTINUED.sub("", block)
    text = _JOINT.sub("", text)
    return text if text != block else ""


def _joined(line: str) -> Iterator[str]:
    once = _JOINT.sub("", line)
    if once != line:
        yield once
        if _SHELL_WORD.search(line):
            yield line.replace('"', "").replace("'", "")
    for pattern, by, mark in ((_CALL_JOINT, "", "("), (_INSERTED, r"\1", "}")):
        changed = pattern.sub(by, line) if mark in line else line
        if changed != line:
            yield changed
    if _JOINED.search(line):
        for between in ("", "-", "_", ".")[: 4 if _SEPARATOR.search(line) else 1]:
            listed = _LIST_JOINT.sub(between, line)
            if listed != line:
                yield listed
                if "%s%s" in listed:
                    yield listed.replace("%s", "")
    if "{}" in line and (filled := _FORMATTED.search(line)):
        yield line.replace("{}", filled[1], 1)


def _unescaped(line: str) -> str:
    text = _ONE_ESCAPE.sub(lambda match: chr(int(next(filter(None, match.groups())), 16)), line)
    text = _OCTAL.sub(lambda match: chr(int(match[1], 8)), text)
    text = _ENTITY.sub(lambda match: chr(min(int(match[1]), 255)), text)
    from urllib.parse import unquote  # here: few lines need it

    return unquote(text)


def _coded(line: str, low: str) -> Iterator[str]:
    for match in _CODES.finditer(line) if line.count(",") > 10 else ():
        yield "".join(_char(code) for code in re.findall(r"0x[0-9a-fA-F]{2}|\d{2,3}", match[0]))
    codes = _CHR.findall(line) if holds_one(low, ("chr(", "char(", "charcode(", "rune(")) else ()
    if len(codes) > 7:
        yield "".join(map(_char, codes))


def _char(code: str) -> str:
    return chr(min(int(code, 0 if code.startswith("0x") else 10), 255))


def _base64(text: str, least: int = 10) -> str | None:
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    if len(plain) % 4 == 1:
        return None
    content = b64decode(plain + "=" * (-len(plain) % 4))
    return _printable(_unpacked(content), least)


def _unpacked(content: bytes) -> bytes:
    """The bytes themselves, or what zlib or gzip packed in them; of UTF-16 every other one is nothing."""
    if content[1:2] == b"\0" and not any(content[1::2]):
        return content[::2]
    return _inflated(content) if content[:2] in _PACKED else content


def _inflated(content: bytes) -> bytes:
    """What zlib or gzip packed, as far as it is read."""
    try:
        return zlib.decompressobj(wbits=47).decompress(content, MAX_DECODED)
    except zlib.error:
        return content


def _base32(text: str) -> str | None:
    plain = text.rstrip("=")
    if len(plain) % 8 in (1, 3, 6):
        return None
    return _printable(b32decode(plain + "=" * (-len(plain) % 8)))


def _printable(content: bytes, least: int = 10) -> str | None:
    """The text of decoded bytes; None where they are no text."""
    if len(content) < least or not content.isascii():
        return None
    text = content.decode("ascii")
    return text[:MAX_DECODED] if text.replace("\n", "").replace("\r", "").replace("\t", "").isprintable() else None
