"""Credentials whose name and value stand on different lines: manifests, Terraform variables, key blocks, netrc."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.secrets import names, shapes
from improve_loop.rules.gating.secrets.judged import TESTS, is_picked
from improve_loop.rules.gating.secrets.scan import Found

NEAR = 6  # lines after a name in which its value may follow

_NAMED = lazy(
    r"(?i)^[\s\-{]*(?:[\"']?(?:name|key|variable|id|env_?var|parameter_?name)[\"']?\s{0,4}[:=]\s{0,4}[\"']?(?P<name>[\w./-]{2,80})[\"']?\s{0,4},?"
    r"|<key>(?P<plist>[\w .-]{2,80})</key>|<(?P<element>[\w.:-]{3,60})>(?=\s*$)|(?:variable|resource\s+\"[\w-]{1,60}\"|output)\s+\"(?P<block>[\w-]{2,80})\"\s{0,4}\{|(?:export\s+)?[\"']?(?P<bare>[\w.-]{2,60})[\"']?\s{0,3}[:=]\s{0,3}(?:[>|][-+]?|\{|\(|\\)?)\s*$"
)
_VALUE = lazy(
    r"(?i)^[\s\-{]*[\"']?(?:value|default|string_?value|secret_?string|val|content|data|text|plaintext)[\"']?\s{0,4}[:=]\s{0,4}"
    r"(?:\"(?P<double>[^\"\n]{4,400})\"|'(?P<single>[^'\n]{4,400})'|(?P<bare>[^\s\"'#,]{4,400}))|^\s*<(?:string|value)>(?P<plist>[^<>\s]{4,400})</"
)
_LONE = lazy(r"^\s+(?:-\s+)?[\"']?(?P<bare>[A-Za-z0-9+/=_.~!@#$%^&*-]{8,400})[\"']?[,;)\\]{0,2}\s*$")
_KEY = lazy(r"(?P<indent>\s{1,40})[\"']?(?P<name>[kK]ey|k)[\"']?\s?:\s?[\"']?(?P<value>[^\s\"'{}$]{8,200})[\"']?,?\s*$")
_SECTION = lazy(
    r"(?P<indent>\s{0,40})[\"']?(?P<name>[\w.-]{0,30}(?i:jwt|auth|token|secret|hmac|cookie|session|api|oauth|license))(?!\w{0,8}[rR]ef)\w{0,8}[\"']?\s?:\s?\{?\s*$"
)
_KEY_FILE = lazy(r"(?:^|/)[\w.-]*\.key$|(?:^|/)(?:\.?secret[_-]?key|\.?vault[_-]?pass\w*|\.?token)$", re.I)
_RAW_KEY = lazy(r"[A-Za-z0-9+/=_-]{16,200}")
_BEGIN = lazy(r"----[- ]BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?[- ]----\W{0,12}$")
_BODY = lazy(r"^\W{0,80}(?:[A-Za-z0-9+/=]{20,}|Proc-Type: |Version: |Comment: |DEK-Info: )")
_SECRET_KIND = lazy(r"^\s*[\"']?kind[\"']?\s{0,3}:\s{0,3}[\"']?Secret[\"']?\s*,?$", re.M)
_SECRET_ENTRY = lazy(
    r"^(?P<indent>\s+)[\"']?[\w.-]{1,100}[\"']?\s{0,3}:\s{0,3}[\"']?(?P<value>[^\s\"'#{}>|]{6,4000})[\"']?\s*,?$"
)
_SECRET_SECTION = lazy(r"^(?P<indent>\s*)[\"']?(?P<section>data|stringData)[\"']?\s{0,3}:\s*\{?\s*$")
_NETRC_PASSWORD = lazy(r"^\s*password\s+(?P<value>\S{4,200})\s*$")


def spread_values(file: FileDelta) -> Iterator[tuple[int, Found]]:
    """Each credential with the index of the added line that carries its value."""
    manifest = "Secret" in file.new_text and bool(_SECRET_KIND.search(file.new_text))
    keys = "PRIVATE KEY" in file.new_text
    near = None if manifest or keys or '"oct"' in file.new_text else _near_names(file)
    if near == set():
        return
    lines = file.new_text.split("\n")
    for index, (number, text) in enumerate(file.added):
        if (near is None or number in near) and len(text) <= 5_000 and number <= len(lines):
            found = (
                (_key_block(lines, number) if keys else None)
                or _value_of_a_name(lines, number, text, file.path)
                or _of_section(lines, number, text, file.path)
                or (_of_manifest(lines, number, text) if manifest else None)
            )
            if found:
                yield index, found


def _near_names(file: FileDelta) -> set[int]:
    """Numbers of the lines that follow near one that names what may be a credential."""
    texts = file.new_lines.texts
    above = (index for index in names.SPEAKING.near(file) if index < len(texts) and _NAMED.match(texts[index][:300]))
    return {index + 1 + down for index in above for down in range(1, NEAR + 1)}


def key_file(file: FileDelta) -> Found | None:
    """The key that a small `.key` file is, as frameworks keep the one that opens their sealed credentials."""
    text = file.new_text.strip() if len(file.new or b"") < 300 else ""
    is_key = _KEY_FILE.search(file.path) and _RAW_KEY.fullmatch(text) and not shapes.is_placeholder(text)
    return Found(name="private-key", secret=text) if is_key else None


def _key_block(lines: list[str], number: int) -> Found | None:
    """A private key that begins on the line above (or here, with its body below, both already known)."""
    above = next((line for line in reversed(lines[max(0, number - 5) : number - 1]) if line.strip()), "")
    if _BEGIN.search(above[-200:]) and _BODY.search(lines[number - 1][:400]):
        body = lines[number - 1].strip()
        return Found(name="private-key", secret=body) if shapes.is_key_body(body) else None
    return None


def _value_of_a_name(lines: list[str], number: int, text: str, path: str) -> Found | None:
    match = _VALUE.match(text)
    lone = None if match else _LONE.match(text)
    if not match and not lone:
        return None
    value = (
        (match["double"] or match["single"] or match["bare"] or match["plist"])
        if match
        else lone["bare"]
        if lone
        else ""
    )
    for back in range(2, 3 if lone else NEAR + 2):
        named = _NAMED.match(lines[number - back][:300]) if number - back >= 0 else None
        if named and (match or named["bare"]):
            name = named["name"] or named["plist"] or named["element"] or named["block"] or named["bare"] or ""
            return _judged(name, value, path, quoted=not match or not match["bare"], random_only=lone is not None)
    return None


def _of_section(lines: list[str], number: int, text: str, path: str) -> Found | None:
    """A `key` in a section that says what it is the key of, as `Jwt`; or the `k` of a symmetric JWK."""
    entry = _KEY.match(text)
    if not entry:
        return None
    for line in reversed(lines[max(0, number - NEAR - 1) : number - 1]):
        section = _SECTION.match(line)
        if entry["name"] == "k" and '"oct"' in line:
            return Found(name="jwk-private", secret=entry["value"]) if shapes.is_random(entry["value"]) else None
        if section and len(section["indent"]) < len(entry["indent"]):
            return _judged(f"{section['name']}_key", entry["value"], path, quoted=True, random_only=False)
    return None


def _judged(name: str, value: str, path: str, *, quoted: bool, random_only: bool) -> Found | None:
    strength = names.strength_of(name)
    if not strength or shapes.is_reference(value):
        return None
    if strength == "key":
        return None  # of a list of names and values
    bad = (
        shapes.is_random(value)
        or (strength == "token" and shapes.is_uuid(value))
        or (strength == "password" and not random_only and shapes.is_password(value, quoted=quoted))
        or (quoted and not random_only and is_picked(name, value, path))
        or (quoted and not random_only and shapes.has_all_kinds(value) and not TESTS.search(path))
    )
    return Found(name=f"assigned-{strength}", secret=value) if bad else None


def _of_manifest(lines: list[str], number: int, text: str) -> Found | None:
    """A value under `data:` or `stringData:` of a Kubernetes Secret."""
    entry = _SECRET_ENTRY.match(text)
    if not entry:
        return None
    for back in range(number - 2, max(-1, number - 60), -1):
        section = _SECRET_SECTION.match(lines[back])
        if section and len(section["indent"]) < len(entry["indent"]):
            value = _plain(entry["value"]) if section["section"] == "data" else entry["value"]
            bad = value is not None and (shapes.is_password(value, quoted=True) or shapes.is_random(value))
            return Found(name="assigned-secret-manifest", secret=entry["value"]) if bad else None
        if lines[back].startswith("---"):
            return None
    return None


def _plain(value: str) -> str | None:
    try:
        return b64decode(value, validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError):
        return None
