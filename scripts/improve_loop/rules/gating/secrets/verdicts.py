"""Whether what stands in a place is a credential: what the place is known to hold else, then its own judge."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import NamedTuple

from improve_loop.model.lines import lowered
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.secrets import names, shapes, words
from improve_loop.rules.gating.secrets.judged import (
    ENCRYPTED_LINE,
    HASHED,
    TESTS,
    hides_placeholder,
    is_address,
    is_chosen,
    is_diced,
    is_picked,
    stands_for_one,
)
from improve_loop.rules.gating.secrets.places import Judge, Place

_PUBLIC_DSN = lazy(r"https://[0-9a-f]{32}@[\w.-]{0,40}ingest(?:\.\w\w)?\.sentry\.io/\d")  # made to stand in pages
_NOWHERE = lazy(
    r"@(?:[\w-]+\.)*(?:example(?:\.(?:com|org|net))?|test|invalid|localhost|127\.0\.0\.1)(?=[:/\"'\s?#),]|$)"
)  # nobody's host
_FILE = lazy(r"[\w-]{1,60}\.(?:7z|zip|rar|txt|json|ya?ml|conf|env|pem|key|gpg|p12|jks|t?gz|tar)")
_SETTING = lazy(r"[a-z-]+(?:\.[A-Za-z-]+)+")
_KINDS_OF_KEY = lazy(
    r"(?i)(?:api|secret|access|sign(?:ing)?|crypt|encryption|master|account|auth|app|admin|service|licen[sc]e|server|storage|shared|hmac|jwt|deploy|write|integration)[ _-]?key$"
)


class Asked(NamedTuple):
    """What a pattern of a place found, and where."""

    secret: str
    place: Place
    user: str  # the name or person beside it; empty for none
    path: str
    line: str


def is_bad(asked: Asked) -> bool:
    """Whether it is a credential."""
    place, secret = asked.place, asked.secret
    if shapes.is_reference(secret) or ENCRYPTED_LINE.search(asked.line):
        return False
    if place.judge != "certain" and stands_for_one(secret):
        return False
    if place.name in _OTHERS and _OTHERS[place.name](asked):
        return False
    own = _OWN.get(place.name)
    verdict = own(asked) if own else None
    return _JUDGES[place.judge](asked) if verdict is None else verdict


def _is_in_base64(asked: Asked) -> bool:
    return "base64" in asked.line and hides_placeholder(asked.secret)


_OTHERS: Mapping[str, Callable[[Asked], bool]] = {
    "command-flag": lambda asked: _FILE.fullmatch(asked.secret) is not None,
    "xml-password": _is_in_base64,
    "xml-value": _is_in_base64,
    "inserted-row": lambda asked: is_address(asked.secret) or HASHED.match(asked.secret) is not None,
    # the name of a registry's setting, or of another
    "config-command": lambda asked: asked.secret.startswith("//") or _SETTING.fullmatch(asked.secret) is not None,
    "header": lambda asked: is_address(asked.secret),
    # the format of a date, a path of Windows
    "command-user": lambda asked: asked.user.startswith(("+", "%")) or asked.secret.startswith(("%", "\\")),
}  # what a place may hold that is no credential


def _of_url(asked: Asked) -> bool | None:
    public = _PUBLIC_DSN.search(asked.line)
    return ":" in asked.line.partition("://")[2].partition("@")[0] if public else None


def _of_call(asked: Asked) -> bool | None:
    """A token among arguments, which is also the name of what a parser makes."""
    token = lowered(asked.user).endswith("token") and not shapes.is_uuid(asked.secret)
    return shapes.is_random(asked.secret) if token else None


_OWN: Mapping[str, Callable[[Asked], bool | None]] = {
    "url-credentials": _of_url,
    "call-argument": _of_call,
    "private-key": lambda asked: shapes.is_key_body(asked.secret),
}  # places that decide some values by themselves; None leaves it to the judge


def _password(asked: Asked) -> bool:
    chosen = is_chosen(asked.secret, asked.path, quoted=asked.place.name != "netrc")
    return chosen or is_diced(asked.secret, asked.path)


def _random(asked: Asked) -> bool:
    return shapes.is_random(asked.secret) or (_carries_uuid(asked) and shapes.is_uuid(asked.secret))


def _chosen(asked: Asked) -> bool:
    free = " " not in asked.secret and not is_address(asked.secret) and not TESTS.search(asked.path)
    return free and is_chosen(asked.secret, asked.path, quoted=True)


def _userinfo(asked: Asked) -> bool:
    secret, path = asked.secret, asked.path
    if TESTS.search(path) and not shapes.is_random(secret) and _NOWHERE.search(asked.line):
        return False
    chosen = is_chosen(secret, path, quoted=False) or is_diced(secret, path)
    return secret.lower() != asked.user.lower() and chosen


def _carries_uuid(asked: Asked) -> bool:
    """Whether a UUID in this place is a credential, no name of something."""
    low = lowered(asked.line)
    says = "authorization" in low or "bearer" in low
    header = asked.place.name == "header" and "idempotency" not in low
    return (
        asked.place.name in ("config-command", "raw-authorization", "user-is-token")
        or header
        or (asked.place.name == "authorization-header" and says)
    )


def _parameter(asked: Asked) -> bool:
    """Whether the parameter of a URL is a credential; those of badges are made for everybody."""
    strength = names.strength_of(asked.user)
    if "badge" in asked.line or not (strength or lowered(asked.user) in ("appid", "auth", "sig")):
        return False
    return (
        shapes.is_mixed(asked.secret)
        if strength == "key" and "://" not in asked.line
        else shapes.is_random(asked.secret) or shapes.is_uuid(asked.secret)
    )


def _named(asked: Asked) -> bool:
    """Whether a value fits the name that stands elsewhere on its line."""
    secret, path = asked.secret, asked.path
    name = asked.user.strip().replace(" ", "_")
    strength = names.strength_of(name)
    if not strength or is_address(secret):
        return False
    if is_picked(name, secret, path):
        return True
    if strength == "password":
        chosen = is_chosen(secret, path, quoted=True) or is_diced(secret, path)
        return (chosen or (shapes.has_all_kinds(secret) and not TESTS.search(path))) and " " not in secret
    if strength == "key":
        return shapes.is_mixed(secret)
    return shapes.is_random(secret) or shapes.is_uuid(secret)


def _told(asked: Asked) -> bool:
    """Whether a value fits the words that stand before it in a sentence or a list, where most words are no credential."""
    secret, user = asked.secret, asked.user
    strength = names.strength_of(user.strip().replace(" ", "_"))
    if not strength or is_address(secret) or (user.lower().endswith("key") and not _KINDS_OF_KEY.search(user)):
        return False
    if shapes.is_random(secret) or (strength == "token" and shapes.is_uuid(secret)):
        return True
    picked = shapes.is_strong(secret) or (shapes.is_password(secret, quoted=False) and words.is_picked(secret))
    return strength == "password" and picked and not TESTS.search(asked.path)


def _basic(asked: Asked) -> bool:
    """Whether base64 holds `user:password`."""
    try:
        text = base64.b64decode(
            asked.secret.replace("-", "+").replace("_", "/") + "=" * (-len(asked.secret) % 4), validate=True
        ).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    user, colon, password = text.partition(":")
    bad = is_chosen(password, asked.path, quoted=True) or is_diced(password, asked.path) or shapes.is_random(user)
    return bool(colon) and text.isprintable() and bad


_JUDGES: Mapping[Judge, Callable[[Asked], bool]] = {
    "password": _password,
    "random": _random,
    "certain": lambda asked: not shapes.is_placeholder(asked.secret),
    "basic": _basic,
    "userinfo": _userinfo,
    "named": _named,
    "mixed": lambda asked: shapes.is_mixed(asked.secret),
    "parameter": _parameter,
    "strong": lambda asked: shapes.is_random(asked.secret) or shapes.is_strong(asked.secret),
    "chosen": _chosen,
    "told": _told,
}
