"""Values assigned to names that speak of a credential: which of them look like one, by the kind of the name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from improve_loop.model.lines import lowered
from improve_loop.rules.gating.kinds import CODE, Kind
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.secrets import names, shapes
from improve_loop.rules.gating.secrets.judged import (
    ENCRYPTED_LINE,
    HASHED,
    PUBLISHABLE,
    TESTS,
    hides_placeholder,
    is_address,
    is_chosen,
    is_known,
    is_picked,
    stands_for_one,
)

_IN_SHELL = lazy(r"\s*(?:\$\s+|>\s+)?(?:export|setx?|env)\s+\w")
_NO_TOKEN = lazy(r"[\s<>(){}\[\]*^\"';,\\]|\||&\w")  # no token is made of these
_PUBLIC = lazy(
    r"(?i)^(?:.*token\w*=0x[0-9a-f]{40}|.*=encrypted:[A-Za-z0-9+/=]+|(?-i:signingkey)=(?:0x)?[0-9a-fA-F]{8,40}|.*=[\d.]+%)$"
)
_SETTING = lazy(r"\s*@?[\w.-]{1,80}\s?=\s?[^\s(){}$<>\[\]]{1,200}\s*")
_COMMENT = lazy(r"\s*(?:#|//|--|;|\*)")


def assigned(line: str, path: str, kind: Kind) -> Iterator[tuple[names.Strength, str]]:
    """Each credential of a line with what its name speaks of."""
    if kind in ("doc", "other") and _IN_SHELL.match(line):
        kind = "shell"
    for match in names.assignments(line):
        strength = names.strength_of(match["name"])
        if not strength or ENCRYPTED_LINE.search(line) or _calls_a_method(match):
            continue
        value, quoted = names.value_of(match)
        if match["op"] == "," and not quoted and path.endswith((".csv", ".tsv")) and _is_cell(value, strength):
            yield strength, value
        if kind == "doc" and match["op"] in ("(", ",", "->", "<-", ""):
            continue
        if match["op"] == "" and not (shapes.is_random(value) or (strength == "password" and shapes.is_strong(value))):
            continue
        if not quoted and (
            match["op"] in (",", "(", "||", "??", "?:") or (kind in CODE and not _ends_comment(line, match))
        ):
            continue
        if (
            is_known(value)
            or is_address(value)
            or value.startswith(PUBLISHABLE)
            or _PUBLIC.search(f"{match['name']}={value}")
        ):
            continue
        if _is_no_text(value, match, kind):
            continue
        if lowered(line[: match.start()]).endswith(("checksum/", "checksum.", "checksums/", "hash/")):
            continue
        wanted = {"password": _assigned_password, "key": _assigned_key}.get(strength, _assigned_token)
        alone = bool(_SETTING.fullmatch(line))
        prose = kind == "doc" and not (match["op"] == ":" and path.endswith((".html", ".htm")))
        if kind == "doc" and match["name"].isupper() and match["op"] == "=" and shapes.is_uuid(value):
            yield strength, value  # a command that a document tells to run
        if wanted(value, path, kind, quoted=quoted, alone=alone) or (
            not prose and is_picked(match["name"], value, path)
        ):
            yield strength, value


def _is_cell(value: str, strength: names.Strength) -> bool:
    """Whether the cell behind one that names a credential holds it."""
    value = value.partition(",")[0]
    if shapes.is_random(value):
        return True
    return (
        shapes.is_uuid(value) if strength == "token" else strength == "password" and is_chosen(value, "", quoted=True)
    )


def _is_no_text(value: str, match: re.Match[str], kind: Kind) -> bool:
    """Whether a value is a command of a shell, the hash of a password, or base64 of a placeholder."""
    command = kind == "shell" and match["back"] is not None
    return command or bool(HASHED.match(value)) or hides_placeholder(value) or stands_for_one(value)


def _calls_a_method(match: re.Match[str]) -> bool:
    """Whether a method is called on what holds a credential: `password.encode('utf-8')`."""
    _, dot, method = match["name"].rpartition(".")
    return bool(dot) and match["op"] == "(" and not names.strength_of(method)


def _assigned_password(value: str, path: str, kind: Kind, *, quoted: bool, alone: bool) -> bool:
    if quoted and kind not in ("doc", "lock") and not TESTS.search(path) and shapes.has_all_kinds(value):
        return True
    if not quoted and kind in ("doc", "other", "lock"):
        return shapes.is_random(value) or (
            kind != "lock"
            and (_is_strong(value) or (alone and kind == "other"))
            and is_chosen(value, path, quoted=False)
        )
    return is_chosen(value, path, quoted=quoted)


def _assigned_token(value: str, path: str, kind: Kind, *, quoted: bool, alone: bool) -> bool:
    if (shapes.is_strong(value) or (kind != "doc" and shapes.has_all_kinds(value))) and not TESTS.search(path):
        return True
    if _NO_TOKEN.search(value) and not shapes.is_mashed(value):
        return False
    if shapes.is_random(value) or ((kind != "doc" or path.endswith(".log")) and shapes.is_uuid(value)):
        return True
    if not value.isalnum() or TESTS.search(path):
        return False
    return (len(value) >= 12 and _is_strong(value)) or (len(value) >= 14 and shapes.is_jumbled(value))


def _assigned_key(value: str, path: str, kind: Kind, *, quoted: bool, alone: bool) -> bool:
    return shapes.is_mixed(value) and kind not in ("doc", "lock") and not TESTS.search(path)


def _is_strong(value: str) -> bool:
    """Whether a short value mixes small and capital letters and digits as a generator does, or adds other marks."""
    kinds = [bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", r"\d", r"[!@#$%^&*?~+]")]
    return len(value) >= 8 and all(kinds[:3]) and (kinds[3] or shapes.is_jumbled(value) or shapes.is_unworded(value))


def _ends_comment(line: str, match: re.Match[str]) -> bool:
    """Whether the bare value of a program's line is the end of a comment: nothing else there is a literal."""
    return bool(_COMMENT.match(line)) and match["op"] in ("=", ":", ":=") and not line[match.end() :].strip()
