"""Values as people and programs choose them: passwords, passphrases, addresses, placeholders in disguise."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote

from improve_loop.model.lines import holds_one, lowered
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.secrets import names, shapes, words

TESTS = lazy(
    r"(?:^|[/_.-])(?:tests?|specs?|__tests__|fixtures?|testdata|mocks?|examples?|samples?|docs?)(?:[/_.-]|$)", re.I
)
ENCRYPTED_LINE = lazy(
    r"^\s*(?:-\s+)?secure:\s|!vault|ENC\[|\bENC\(|encrypted[_-]?(?:value|data|password)|ciphertext", re.I
)
HASHED = lazy(
    r"\$(?:2[abxy]|argon2(?:id|i|d)?|scrypt)\$|pbkdf2[_:-]sha\d+[$:]|SCRAM-SHA-\d+\$|(?:bcrypt|scrypt)[_a-z0-9]*[:$]"
)  # what is slow to guess from is no credential
PUBLISHABLE = ("pk_live_", "pk_test_", "pk.eyJ", "phc_")  # keys that stand in pages
_CAPITALISED = lazy(r"[A-Z][a-z]{2,}")
_SUBSCRIPT = lazy(r"[A-Za-z_][\w.]*\[[\w\"']{1,40}\]")
_RUNS = lazy(r"[A-Za-z0-9+/=_-]{16,200}")
_PAIR = lazy(r"[\w.@-]{1,60}:.")
_TRANSLATIONS = lazy(
    r"(?i)(?:^|[/_.-])(?:locales?|i18n|l10n|lang(?:uages?)?|translations?|messages|strings)(?:[/_.-]|$)|(?:^|/)[a-z]{2}(?:[-_][a-z]{2})?\.(?:json|ya?ml|php|po|properties|strings|arb)$"
)
_NO_PASSWORD = lazy(r"(?i)secret|cred")  # a secret is also an object of a cluster, known by its name
_SIGNS = lazy(
    r"(?i)secret(?:[_.-]?(?:key|token))?$|(?:access|auth|api|bearer|refresh|bot|service|deploy)[_.-]?token$|(?:hash|password)[_.-]?salt$|schluessel$"
    r"|(?:signing|encrypt(?:ion)?|cipher|crypt|aes|hmac|jwt|session|crypto|master|api|access|account|app|auth|licen[sc]e)[_.-]?key$"
)
_POINTS = lazy(r"(?i)(?:existing|pull|tls|image|cert\w*|k8s|kube\w*)[_.-]?secret$")  # to one that is kept elsewhere
_KNOWN_EXAMPLES = (
    "SflKxwRJSMeKKF2QT4fwp" + "MeJf36POk6yJV",
    "4eC39HqLyjWDarj" + "tT1zdp7dc",
    "wJalrXUtnFEMI/K7M" + "DENG",
    "tGzv3JOkF0XG5Qx2TlKWIA",
    "BQokikJOvBiI2HlWg" + "H4olfQ2",
    "Eby8vdM02xNOcqFlqUwJ" + "PLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq",  # of Azurite, the same for everybody
)


def is_picked(name: str, value: str, path: str) -> bool:
    """Whether a password is given words that dice chose, or a key or token what a person did."""
    if TESTS.search(path):
        return False
    says_password = names.strength_of(name) == "password" and not _NO_PASSWORD.search(name)
    signs = bool(_SIGNS.search(name)) and not _POINTS.search(name)
    named = "-" in value and lowered(name) == "secret"  # in manifests that is the name of one
    text = " " in value and _TRANSLATIONS.search(path)
    diced = (says_password and words.is_passphrase(value)) or words.is_long_passphrase(value)
    diced = diced and not named and not text
    return ((says_password or signs) and diced) or (signs and shapes.is_picked_key(value))


def is_diced(secret: str, path: str) -> bool:
    return not TESTS.search(path) and (words.is_passphrase(secret) or words.is_long_passphrase(secret))


def _plain(secret: str) -> str:
    """A value without the spelling that a URL, XML or `-pass pass:` wants."""
    plain = secret.removeprefix("pass:")
    plain = unquote(plain) if "%" in plain else plain
    if "&" not in plain:
        return plain
    from html import unescape  # with all names of entities

    return unescape(plain)


def stands_for_one(secret: str) -> bool:
    """Whether a value, as a URL or XML spells it, points to a credential or says what should stand there."""
    plain = _plain(secret)
    return shapes.is_reference(plain) or (plain.startswith("<") and shapes.is_placeholder(plain))


def hides_placeholder(value: str) -> bool:
    """Whether a value is base64 of a text that holds no credential, alone or behind `user:`."""
    text = _decoded(value) if len(value) % 4 == 0 and len(value) >= 8 else None
    if text is None or not text.isascii() or not text.isprintable():
        return False
    password = text.partition(":")[2] if _PAIR.match(text) else text
    told = shapes.is_placeholder(text) or any(shapes.is_reference(each.removeprefix("{")) for each in (password, text))
    some = shapes.is_password(password, quoted=True) or any(map(shapes.is_random, (text, *_RUNS.findall(text))))
    return told or not some


def _decoded(value: str) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None


def is_chosen(secret: str, path: str, *, quoted: bool) -> bool:
    if TESTS.search(path) and (shapes.is_dummy(secret) or (len(secret) < 8 and secret.isalnum())):
        return False
    if _SUBSCRIPT.fullmatch(secret.rstrip("),;")):
        return False
    return shapes.is_password(secret, quoted=quoted)


def is_address(value: str) -> bool:
    return bool(
        re.match(
            r"[a-z][a-z0-9+.-]{1,20}://|[\w.-]+@[\w-]+\.\w+$|[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|dev|local|internal|svc)(?:[:/].*)?$",
            value,
        )
    )


def is_test_name(token: str) -> bool:
    """Whether a token that begins as Mollie's do is `test_` and words in capitals, as tests and their files are named."""
    if not token.startswith(("test_", "live_")) or sum(map(str.isdigit, token)) > 1:
        return False
    return sum(map(len, _CAPITALISED.findall(token))) >= 0.7 * (len(token) - len("test_"))


def is_known(secret: str) -> bool:
    return holds_one(secret, _KNOWN_EXAMPLES)
