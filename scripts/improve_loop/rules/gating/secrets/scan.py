"""Credentials in lines of text: keyword filter first, then each place's own pattern, then how the value looks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cache, lru_cache
from itertools import accumulate, chain
from typing import NamedTuple

from improve_loop.model.lines import CUT, Lines, holds_one, lowered
from improve_loop.rules.gating.keywords import Keywords
from improve_loop.rules.gating.kinds import Kind
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.secrets import assigned, decode, disguises, gathered, halves, names, pieces, shapes
from improve_loop.rules.gating.secrets.formats import targets_of, token_lines
from improve_loop.rules.gating.secrets.judged import PUBLISHABLE, is_known, is_test_name
from improve_loop.rules.gating.secrets.places import PLACES, Place
from improve_loop.rules.gating.secrets.tokens import TOKENS
from improve_loop.rules.gating.secrets.verdicts import Asked, is_bad

MATCHES = 50  # of one pattern in one line
OVERLAP = 400  # characters that two windows share
TEXTS = 400  # texts that one line may unwrap to; one that holds more is not for people
UNREAD = "more disguises than are read"
_GENERIC = len(PLACES)
_UNCERTAIN = frozenset(index for index, place in enumerate(PLACES) if place.judge not in ("certain", "userinfo"))
_NAMED = frozenset(
    index for index, place in enumerate(PLACES) if place.judge == "named" or "--" in place.keywords
)  # stand beside a name
_DISGUISES = range(_GENERIC + 1, _GENERIC + 1 + len(disguises.WORDS))
_HALVES = range(_DISGUISES.stop, _DISGUISES.stop + len(halves.KEYWORDS))  # what providers' tokens begin with
_PIECES = _HALVES.stop
_SEALED = lazy(
    r"kind:\s*SealedSecret|^sops:|\"sops\":|encryptedData:|\$ANSIBLE_VAULT|-----BEGIN (?:PGP MESSAGE|AGE ENCRYPTED)",
    re.M,
)
_EXAMPLE_JWT = lazy(r"eyJ[\w-]{10,200}\.eyJ[\w-]{10,400}\.(?:SflKxwRJSMeKKF2QT4fwp|tGzv3JOkF0XG5Qx2TlKWIA)[\w-]{0,60}")
_SEALS = ("SealedSecret", "sops", "encryptedData", "$ANSIBLE_VAULT", "-----BEGIN ")  # one stands in what is sealed


class Found(NamedTuple):
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


_WORDS = Keywords(
    [
        *(place.keywords for place in PLACES),
        names.KEYWORDS,
        *disguises.WORDS,
        *((word,) for word in halves.KEYWORDS),
        pieces.WORDS,
    ],
    "added",
)  # of places, of names, of disguises, of halves, of pieces


@lru_cache(maxsize=1024)
def _elsewhere(path: str) -> frozenset[int]:
    """The places that only stand in other files than this."""
    return frozenset(index for index, place in enumerate(PLACES) if place.files and not re.search(place.files, path))


def marks_of(lines: Lines) -> Mapping[int, Set[int]]:
    """Index of each line that holds keywords of places, names or disguises, to which."""
    return _WORDS.lines(lines)


def scan(lines: Lines, path: str, kind: Kind) -> Iterator[tuple[int, Found]]:
    """Each credential with the index of its line."""
    tokens, placed, speaking = token_lines(lines), marks_of(lines), names.SPEAKING.lines(lines)
    elsewhere = _elsewhere(path)
    for index in sorted({*tokens, *placed}):
        line = lines.texts[index]
        for target in sorted(tokens[index]) if index in tokens else ():
            yield from ((index, found) for found in _tokens(line, target))
        targets = placed.get(index, ())
        for target in sorted(targets) if len(targets) > 1 else targets:
            if target > _GENERIC or target in elsewhere or (target in _NAMED and index not in speaking):
                continue
            if _may_stand(line, target):
                yield from ((index, found) for found in _matches(line, target, path, kind))


def scan_generated(lines: Lines, path: str, kind: Kind) -> Iterator[tuple[int, Found]]:
    """Credentials of generated text: those that say by themselves what they are; names and disguises mean little there."""
    tokens = token_lines(lines)
    for index, line in enumerate(lines.texts):
        for target in sorted(tokens.get(index, ())):
            yield from ((index, found) for found in _tokens(line, target))
    elsewhere = _UNCERTAIN | _elsewhere(path)
    for index, targets in marks_of(lines).items():
        for target in sorted(target for target in targets - elsewhere if target < _GENERIC):
            if _may_stand(lines.texts[index], target):
                yield from ((index, found) for found in _matches(lines.texts[index], target, path, kind))


def scan_line(line: str, path: str, kind: Kind) -> Iterator[Found]:
    """What `scan` finds in one line."""
    yield from scan_name(line)
    elsewhere = _elsewhere(path)
    for target in sorted(_WORDS.targets(line)):
        if target in elsewhere or (target in _NAMED and not names.may_speak(line)):
            continue
        if target <= _GENERIC and _may_stand(line, target):
            yield from _matches(line, target, path, kind)


def scan_name(name: str) -> Iterator[Found]:
    """The tokens in the name of a file, or in any text: what is a credential by its format alone."""
    for target in sorted(targets_of(name)):
        yield from _tokens(name, target)


def scan_text(text: str, path: str, kind: Kind, seen: set[str] | None = None) -> Iterator[Found]:
    """Credentials of one text and of what its disguises hide."""
    if "\n" in text:
        yield from (found for _, found in scan(Lines(text.split("\n")), path, kind))
    else:
        yield from scan_line(text[:CUT], path, kind)
    yield from hidden_in(text, path, kind, set() if seen is None else seen)


def scan_texts(texts: Sequence[str], path: str, kind: Kind) -> Iterator[Iterator[Found]]:
    """What `scan_text` finds in each of several texts, gone through together."""
    parts = [text.split("\n") for text in texts]
    starts = list(accumulate(map(len, parts), initial=0))
    found: dict[int, list[Found]] = {}
    for index, each in scan(Lines([line for part in parts for line in part]), path, kind):
        found.setdefault(bisect_right(starts, index) - 1, []).append(each)
    for number, text in enumerate(texts):
        yield chain(found.get(number, ()), hidden_in(text, path, kind))


def hidden_in(text: str, path: str, kind: Kind, seen: set[str] | None = None) -> Iterator[Found]:
    """Credentials that only show once disguises are taken off, window by window of a long text."""
    seen = set() if seen is None else seen
    text = _EXAMPLE_JWT.sub("", text) if is_known(text) else text
    for at in range(0, max(1, len(text) - OVERLAP), disguises.WINDOW - OVERLAP):
        for hidden in decode.unwrapped(text[at : at + disguises.WINDOW]):
            if hidden in seen or len(seen) > TEXTS:
                continue
            seen.add(hidden)
            if len(seen) > TEXTS:  # once: what was not read is not known to be harmless
                yield Found(name=UNREAD, secret=hidden)
            else:
                yield from scan_text(hidden, path, kind, seen)


def split_tokens(lines: Lines, marks: Mapping[int, Set[int]]) -> Iterator[tuple[int, str]]:
    """Index of each line that holds a provider's prefix alone, with what it makes together with a literal nearby."""
    words = (
        (index, [halves.KEYWORDS[target - _HALVES.start] for target in targets if target in _HALVES])
        for index, targets in marks.items()
    )
    yield from halves.halves(lines, (found for found in words if found[1]))
    yield from pieces.put_together(lines, (index for index, targets in marks.items() if _PIECES in targets))


def gathered_in(lines: Lines, marks: Mapping[int, Set[int]]) -> Iterator[tuple[int, str]]:
    """Index of each line from which on a text is put together over several, and that text."""
    return gathered.gathered(lines, marks, frozenset((_DISGUISES[-1],)))


def may_hide(lines: Lines, marks: Mapping[int, Set[int]]) -> list[int]:
    """Indexes of the lines that are worth unwrapping, sorted."""
    return disguises.may_hide(lines, marks, frozenset(_DISGUISES))


def _may_stand(line: str, target: int) -> bool:
    """Whether a line could hold the credential of a place: a quick look that spares most lines the slower ones."""
    if target == _GENERIC:
        return True
    needs = PLACES[target].needs
    return (not needs or holds_one(line, needs)) and _place(target).search(line) is not None


def _matches(line: str, target: int, path: str, kind: Kind) -> Iterator[Found]:
    if target == _GENERIC:
        return (Found(name=f"assigned-{says}", secret=value) for says, value in assigned.assigned(line, path, kind))
    return _placed(line, PLACES[target], _place(target), path, kind)


def _tokens(line: str, target: int) -> Iterator[Found]:
    token = TOKENS[target]
    for _, match in zip(range(MATCHES), _token(target).finditer(line), strict=False):
        tail = match[0][len(token.keyword) :] if lowered(match[0]).startswith(token.keyword) else match[0]
        if shapes.is_token(tail) and not is_known(match[0]) and not is_test_name(match[0]):
            yield Found(name=token.name, secret=match[0])


def _placed(line: str, place: Place, pattern: re.Pattern[str], path: str, kind: Kind) -> Iterator[Found]:
    for _, match in zip(range(MATCHES), pattern.finditer(line), strict=False):
        groups = match.groupdict()
        secret = groups.get("secret") or groups.get("secret2") or groups.get("secret3") or groups.get("secret4") or ""
        if place.name == "generic-token" and (groups.get("user") or "").startswith(("pk_", "phc_", "sha", "md5")):
            continue  # publishable by name, or a digest
        if (
            secret
            and not secret.startswith(PUBLISHABLE)
            and not is_known(secret)
            and is_bad(Asked(secret, place, groups.get("user") or "", path, line))
        ):
            yield Found(name=place.name, secret=secret)


def is_sealed(text: str) -> bool:
    """Whether a file is made to be committed encrypted."""
    return any(word in text for word in _SEALS) and bool(_SEALED.search(text))
