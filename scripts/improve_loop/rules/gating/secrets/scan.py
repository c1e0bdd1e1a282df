"""Credentials in lines of text: keyword filter first, then each place's own pattern, then how the value looks."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from improve_loop.model.lines import CUT, Lines, lowered
from improve_loop.rules.gating.keywords import Keywords, leads_of
from improve_loop.rules.gating.kinds import CODE, Kind
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.secrets import decode, disguises, halves, names, shapes
from improve_loop.rules.gating.secrets.formats import targets_of, token_lines
from improve_loop.rules.gating.secrets.places import NEEDS, PLACES, Place
from improve_loop.rules.gating.secrets.tokens import TOKENS, Token

MATCHES = 50  # of one pattern in one line
OVERLAP = 400  # characters that two windows share
TEXTS = 400  # texts that one line may unwrap to; one that holds more is not for people
UNREAD = "more disguises than are read"
_GENERIC = len(PLACES)
_UNCERTAIN = frozenset(index for index, place in enumerate(PLACES) if place.judge not in ("certain", "userinfo"))
_HALVES = _GENERIC + 1  # what a provider's tokens begin with
_DISGUISE = _GENERIC + 2  # the first of `disguises.WORDS`
_TESTS = lazy(
    r"(?:^|[/_.-])(?:tests?|specs?|__tests__|fixtures?|testdata|mocks?|examples?|samples?|docs?)(?:[/_.-]|$)", re.I
)
_SEALED = lazy(
    r"kind:\s*SealedSecret|^sops:|\"sops\":|encryptedData:|\$ANSIBLE_VAULT|-----BEGIN (?:PGP MESSAGE|AGE ENCRYPTED)",
    re.M,
)
_SEALS = ("SealedSecret", "sops", "encryptedData", "$ANSIBLE_VAULT", "-----BEGIN ")  # one stands in what is sealed
_ENCRYPTED_LINE = lazy(
    r"^\s*(?:-\s+)?secure:\s|!vault|ENC\[|\bENC\(|encrypted[_-]?(?:value|data|password)|ciphertext", re.I
)
_IN_SHELL = lazy(r"\s*(?:\$\s+|>\s+)?(?:export|setx?|env)\s+\w")
_SUBSCRIPT = lazy(r"[A-Za-z_][\w.]*\[[\w\"']{1,40}\]")
_NOWHERE = lazy(
    r"@(?:[\w-]+\.)*(?:example(?:\.(?:com|org|net))?|test|invalid|localhost|127\.0\.0\.1)(?=[:/\"'\s?#),]|$)"
)  # nobody's host
_PUBLIC_DSN = lazy(r"https://[0-9a-f]{32}@[\w.-]{0,40}ingest(?:\.\w\w)?\.sentry\.io/\d")  # made to stand in pages
_COMMENT = lazy(r"\s*(?:#|//|--|;|\*)")
_EXAMPLE_JWT = lazy(r"eyJ[\w-]{10,200}\.eyJ[\w-]{10,400}\.(?:SflKxwRJSMeKKF2QT4fwp|tGzv3JOkF0XG5Qx2TlKWIA)[\w-]{0,60}")
_KNOWN_EXAMPLES = (
    "SflKxwRJSMeKKF2QT4fwp" + "MeJf36POk6yJV",
    "4eC39HqLyjWDarj" + "tT1zdp7dc",
    "wJalrXUtnFEMI/K7M" + "DENG",
    "tGzv3JOkF0XG5Qx2TlKWIA",
    "BQokikJOvBiI2HlWg" + "H4olfQ2",
)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A credential in one line: what it is, and its text (never shown; see `masked`)."""

    name: str
    secret: str


def masked(secret: str) -> str:
    """The first and last two characters at most, of a secret long enough to keep the rest."""
    return f"{secret[:2]}…{secret[-2:]}" if len(secret) >= 12 else "…"


@cache
def _token(index: int) -> re.Pattern[str]:
    return re.compile(TOKENS[index].pattern)


@cache
def _place(index: int) -> re.Pattern[str]:
    return re.compile(PLACES[index].pattern)


@lru_cache(maxsize=16)
def _filter(elsewhere: frozenset[int]) -> Keywords:
    """Keywords of the places that a path can have, of names, and of disguises."""
    words = [() if index in elsewhere else place.keywords for index, place in enumerate(PLACES)]
    return Keywords(leads_of([*words, names.KEYWORDS, halves.KEYWORDS, *disguises.WORDS]))


@lru_cache(maxsize=1024)
def _elsewhere(path: str) -> frozenset[int]:
    """The places that only stand in other files than this."""
    return frozenset(index for index, place in enumerate(PLACES) if place.files and not re.search(place.files, path))


def marks_of(lines: Lines, path: str) -> dict[int, set[int]]:
    """Index of each line that holds keywords of places, names or disguises, to which."""
    return _filter(_elsewhere(path)).lines(lines)


def scan(lines: Lines, path: str, kind: Kind, marks: dict[int, set[int]] | None = None) -> Iterator[tuple[int, Found]]:
    """Each credential with the index of its line."""
    tokens = token_lines(lines)
    placed = marks_of(lines, path) if marks is None else marks
    for index in sorted({*tokens, *placed}):
        line = lines.texts[index]
        for target in sorted(tokens.get(index, ())):
            yield from ((index, found) for found in _tokens(line, TOKENS[target], _token(target)))
        for target in sorted(placed.get(index, ())):
            if target <= _GENERIC:
                yield from ((index, found) for found in _matches(line, target, path, kind))


def scan_generated(lines: Lines, path: str, kind: Kind) -> Iterator[tuple[int, Found]]:
    """Credentials of generated text: those that say by themselves what they are; names and disguises mean little there."""
    tokens = token_lines(lines)
    for index, line in enumerate(lines.texts):
        for target in sorted(tokens.get(index, ())):
            yield from ((index, found) for found in _tokens(line, TOKENS[target], _token(target)))
    for index, targets in _filter(_elsewhere(path) | _UNCERTAIN).lines(lines).items():
        for target in sorted(target for target in targets if target < _GENERIC):
            yield from ((index, found) for found in _matches(lines.texts[index], target, path, kind))


def _scan_line(line: str, path: str, kind: Kind) -> Iterator[Found]:
    """What `scan` finds in one line."""
    for target in sorted(targets_of(line)):
        yield from _tokens(line, TOKENS[target], _token(target))
    for target in sorted(_filter(_elsewhere(path)).targets(line)):
        if target <= _GENERIC:
            yield from _matches(line, target, path, kind)


def scan_text(text: str, path: str, kind: Kind, seen: set[str] | None = None) -> Iterator[Found]:
    """Credentials of one text and of what its disguises hide."""
    if "\n" in text:
        yield from (found for _, found in scan(Lines(text.split("\n")), path, kind))
    else:
        yield from _scan_line(text[:CUT], path, kind)
    yield from hidden_in(text, path, kind, set() if seen is None else seen)


def hidden_in(text: str, path: str, kind: Kind, seen: set[str] | None = None) -> Iterator[Found]:
    """Credentials that only show once disguises are taken off, window by window of a long text."""
    seen = set() if seen is None else seen
    text = _EXAMPLE_JWT.sub("", text) if _is_known(text) else text
    for at in range(0, max(1, len(text) - OVERLAP), disguises.WINDOW - OVERLAP):
        for hidden in decode.unwrapped(text[at : at + disguises.WINDOW]):
            if hidden in seen or len(seen) > TEXTS:
                continue
            seen.add(hidden)
            if len(seen) > TEXTS:  # once: what was not read is not known to be harmless
                yield Found(name=UNREAD, secret=hidden)
            else:
                yield from scan_text(hidden, path, kind, seen)


def split_tokens(lines: Lines, marks: dict[int, set[int]]) -> Iterator[tuple[int, str]]:
    """Index of each line that holds a provider's prefix alone, with what it makes together with a literal nearby."""
    return halves.halves(lines, (index for index, targets in sorted(marks.items()) if _HALVES in targets))


def may_hide(lines: Lines, marks: dict[int, set[int]]) -> list[int]:
    """Indexes of the lines that are worth unwrapping, sorted."""
    return disguises.may_hide(lines, marks, _DISGUISE)


def _matches(line: str, target: int, path: str, kind: Kind) -> Iterator[Found]:
    if target == _GENERIC:
        return _assigned(line, path, kind)
    place = PLACES[target]
    if any(mark in line for mark in NEEDS.get(place.name, "")) or place.name not in NEEDS:
        return _placed(line, place, _place(target), path, kind)
    return iter(())


def _tokens(line: str, token: Token, pattern: re.Pattern[str]) -> Iterator[Found]:
    literal = token.keyword
    for _, match in zip(range(MATCHES), pattern.finditer(line), strict=False):
        tail = match[0][len(literal) :] if lowered(match[0]).startswith(literal) else match[0]
        if shapes.is_token(tail) and not _is_known(match[0]):
            yield Found(name=token.name, secret=match[0])


def _placed(line: str, place: Place, pattern: re.Pattern[str], path: str, kind: Kind) -> Iterator[Found]:
    for _, match in zip(range(MATCHES), pattern.finditer(line), strict=False):
        groups = match.groupdict()
        secret = groups.get("secret") or groups.get("secret2") or groups.get("secret3") or groups.get("secret4") or ""
        if place.name == "generic-token" and (groups.get("user") or "").startswith("pk_"):
            continue  # publishable by name
        if secret and not _is_known(secret) and _is_bad(secret, place, groups.get("user") or "", path, line):
            yield Found(name=place.name, secret=secret)


def _is_bad(secret: str, place: Place, user: str, path: str, line: str) -> bool:
    if shapes.is_reference(secret) or _ENCRYPTED_LINE.search(line):
        return False
    if place.name == "config-command" and secret.startswith("//"):
        return False  # the name of a registry's setting
    if place.name == "url-credentials" and _PUBLIC_DSN.search(line):
        return ":" in line.partition("://")[2].partition("@")[0]
    if place.judge == "certain":
        return not shapes.is_placeholder(secret)
    if place.judge == "random":
        sent = place.name == "authorization-header" and "uthorization" in line
        return shapes.is_random(secret) or ((sent or place.name == "config-command") and shapes.is_uuid(secret))
    if place.judge == "named":
        return _is_named(secret, user, path)
    if place.judge == "basic":
        return _is_basic(secret, path)
    if place.judge == "userinfo":
        if _TESTS.search(path) and not shapes.is_random(secret) and _NOWHERE.search(line):
            return False
        return secret.lower() != user.lower() and _is_chosen(secret, path, quoted=False)
    return _is_chosen(secret, path, quoted=place.name != "netrc")


def _is_named(secret: str, user: str, path: str) -> bool:
    """Whether a value fits the name that stands elsewhere on its line."""
    strength = names.strength_of(user.strip().replace(" ", "_"))
    if not strength or _is_address(secret):
        return False
    if strength == "password":
        return _is_chosen(secret, path, quoted=True) and " " not in secret
    return shapes.is_random(secret) or shapes.is_uuid(secret)


def _is_basic(secret: str, path: str) -> bool:
    """Whether base64 holds `user:password`."""
    try:
        text = base64.b64decode(
            secret.replace("-", "+").replace("_", "/") + "=" * (-len(secret) % 4), validate=True
        ).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    user, colon, password = text.partition(":")
    return bool(colon) and text.isprintable() and (_is_chosen(password, path, quoted=True) or shapes.is_random(user))


def _is_chosen(secret: str, path: str, *, quoted: bool) -> bool:
    if _TESTS.search(path) and (shapes.is_dummy(secret) or (len(secret) < 8 and secret.isalnum())):
        return False
    if _SUBSCRIPT.fullmatch(secret.rstrip("),;")):
        return False
    return shapes.is_password(secret, quoted=quoted)


def _assigned(line: str, path: str, kind: Kind) -> Iterator[Found]:
    if kind in ("doc", "other") and _IN_SHELL.match(line):
        kind = "shell"
    for match in names.assignments(line):
        strength = names.strength_of(match["name"])
        if not strength or _ENCRYPTED_LINE.search(line):
            continue
        value, quoted = names.value_of(match)
        if kind == "doc" and match["op"] in ("(", ",", "->", "<-"):
            continue
        if not quoted and (match["op"] in (",", "(", "||") or (kind in CODE and not _ends_comment(line, match))):
            continue
        if _is_known(value) or _is_address(value):
            continue
        wanted = _assigned_password if strength == "password" else _assigned_token
        if wanted(value, path, kind, quoted=quoted):
            yield Found(name="assigned-" + strength, secret=value)


def _assigned_password(value: str, path: str, kind: Kind, *, quoted: bool) -> bool:
    if not quoted and kind in ("doc", "other", "lock"):
        return shapes.is_random(value) or (
            kind != "lock" and _is_strong(value) and _is_chosen(value, path, quoted=False)
        )
    return _is_chosen(value, path, quoted=quoted)


def _assigned_token(value: str, path: str, kind: Kind, *, quoted: bool) -> bool:
    if shapes.is_random(value) or ((kind != "doc" or path.endswith(".log")) and shapes.is_uuid(value)):
        return True
    return len(value) >= 12 and value.isalnum() and _is_strong(value) and not _TESTS.search(path)


def _is_strong(value: str) -> bool:
    """Whether a short value mixes small and capital letters and digits as a generator does, or adds other marks."""
    kinds = [bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", r"\d", r"[!@#$%^&*?~+]")]
    return len(value) >= 8 and all(kinds[:3]) and (kinds[3] or shapes.is_jumbled(value))


def _ends_comment(line: str, match: re.Match[str]) -> bool:
    """Whether the bare value of a program's line is the end of a comment: nothing else there is a literal."""
    return bool(_COMMENT.match(line)) and match["op"] in ("=", ":", ":=") and not line[match.end() :].strip()


def _is_address(value: str) -> bool:
    return bool(
        re.match(
            r"https?://|[\w.-]+@[\w-]+\.\w+$|[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|dev|local|internal|svc)(?:[:/].*)?$",
            value,
        )
    )


def _is_known(secret: str) -> bool:
    return any(known in secret for known in _KNOWN_EXAMPLES)


def is_sealed(text: str) -> bool:
    """Whether a file is made to be committed encrypted."""
    return any(word in text for word in _SEALS) and bool(_SEALED.search(text))
