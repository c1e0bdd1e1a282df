"""Whether what stands in a place is a credential, each place by its own judge."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote

from improve_loop.model.lines import holds_one, lowered
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.secrets import names, shapes, words
from improve_loop.rules.gating.secrets.places import Place

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
_NOWHERE = lazy(
    r"@(?:[\w-]+\.)*(?:example(?:\.(?:com|org|net))?|test|invalid|localhost|127\.0\.0\.1)(?=[:/\"'\s?#),]|$)"
)  # nobody's host
_PUBLIC_DSN = lazy(r"https://[0-9a-f]{32}@[\w.-]{0,40}ingest(?:\.\w\w)?\.sentry\.io/\d")  # made to stand in pages
_RUNS = lazy(r"[A-Za-z0-9+/=_-]{16,200}")
_PAIR = lazy(r"[\w.@-]{1,60}:.")
_FILE = lazy(r"[\w-]{1,60}\.(?:7z|zip|rar|txt|json|ya?ml|conf|env|pem|key|gpg|p12|jks|t?gz|tar)")
_SETTING = lazy(r"[a-z-]+(?:\.[A-Za-z-]+)+")
_KINDS_OF_KEY = lazy(
    r"(?i)(?:api|secret|access|sign(?:ing)?|crypt|encryption|master|account|auth|app|admin|service|licen[sc]e|server|storage|shared|hmac|jwt|deploy|write|integration)[ _-]?key$"
)
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


def is_bad(secret: str, place: Place, user: str, path: str, line: str) -> bool:
    if shapes.is_reference(secret) or ENCRYPTED_LINE.search(line):
        return False
    if place.judge != "certain" and stands_for_one(secret):
        return False
    if place.name == "command-flag" and _FILE.fullmatch(secret):
        return False
    if place.name in ("xml-password", "xml-value") and "base64" in line and hides_placeholder(secret):
        return False
    if place.name == "inserted-row" and (is_address(secret) or HASHED.match(secret)):
        return False
    if place.name == "config-command" and (secret.startswith("//") or _SETTING.fullmatch(secret)):
        return False  # the name of a registry's setting, or of another
    if place.name == "url-credentials" and _PUBLIC_DSN.search(line):
        return ":" in line.partition("://")[2].partition("@")[0]
    if place.name == "header" and is_address(secret):
        return False
    if place.name == "command-user" and (user.startswith(("+", "%")) or secret.startswith(("%", "\\"))):
        return False  # the format of a date, a path of Windows
    if place.name == "call-argument" and lowered(user).endswith("token") and not shapes.is_uuid(secret):
        return shapes.is_random(secret)  # also the name of what a parser makes
    if place.name == "private-key":
        return shapes.is_key_body(secret)
    if place.judge == "certain":
        return not shapes.is_placeholder(secret)
    if place.judge == "random":
        return shapes.is_random(secret) or (_carries_uuid(place, line) and shapes.is_uuid(secret))
    if place.judge == "chosen":
        return (
            not TESTS.search(path)
            and " " not in secret
            and not is_address(secret)
            and is_chosen(secret, path, quoted=True)
        )
    if place.judge == "strong":
        return shapes.is_random(secret) or shapes.is_strong(secret)
    if place.judge == "mixed":
        return shapes.is_mixed(secret)
    if place.judge == "parameter":
        return _is_parameter(secret, user, line)
    if place.judge == "named":
        return _is_named(secret, user, path)
    if place.judge == "told":
        return _is_told(secret, user, path)
    if place.judge == "basic":
        return _is_basic(secret, path)
    if place.judge == "userinfo":
        if TESTS.search(path) and not shapes.is_random(secret) and _NOWHERE.search(line):
            return False
        chosen = is_chosen(secret, path, quoted=False) or _is_diced(secret, path)
        return secret.lower() != user.lower() and chosen
    return is_chosen(secret, path, quoted=place.name != "netrc") or _is_diced(secret, path)


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


def _is_diced(secret: str, path: str) -> bool:
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


def _carries_uuid(place: Place, line: str) -> bool:
    """Whether a UUID in this place is a credential, no name of something."""
    low = lowered(line)
    says = "authorization" in low or "bearer" in low
    header = place.name == "header" and "idempotency" not in low
    return (
        place.name in ("config-command", "raw-authorization", "user-is-token")
        or header
        or (place.name == "authorization-header" and says)
    )


def _is_parameter(secret: str, user: str, line: str) -> bool:
    """Whether the parameter of a URL is a credential; those of badges are made for everybody."""
    strength = names.strength_of(user)
    if "badge" in line or not (strength or lowered(user) in ("appid", "auth", "sig")):
        return False
    return (
        shapes.is_mixed(secret)
        if strength == "key" and "://" not in line
        else shapes.is_random(secret) or shapes.is_uuid(secret)
    )


def _is_named(secret: str, user: str, path: str) -> bool:
    """Whether a value fits the name that stands elsewhere on its line."""
    name = user.strip().replace(" ", "_")
    strength = names.strength_of(name)
    if not strength or is_address(secret):
        return False
    if is_picked(name, secret, path):
        return True
    if strength == "password":
        chosen = is_chosen(secret, path, quoted=True) or _is_diced(secret, path)
        return (chosen or (shapes.has_all_kinds(secret) and not TESTS.search(path))) and " " not in secret
    if strength == "key":
        return shapes.is_mixed(secret)
    return shapes.is_random(secret) or shapes.is_uuid(secret)


def _is_told(secret: str, user: str, path: str) -> bool:
    """Whether a value fits the words that stand before it in a sentence or a list, where most words are no credential."""
    strength = names.strength_of(user.strip().replace(" ", "_"))
    if not strength or is_address(secret) or (user.lower().endswith("key") and not _KINDS_OF_KEY.search(user)):
        return False
    if shapes.is_random(secret) or (strength == "token" and shapes.is_uuid(secret)):
        return True
    picked = shapes.is_strong(secret) or (shapes.is_password(secret, quoted=False) and words.is_picked(secret))
    return strength == "password" and picked and not TESTS.search(path)


def _is_basic(secret: str, path: str) -> bool:
    """Whether base64 holds `user:password`."""
    try:
        text = base64.b64decode(
            secret.replace("-", "+").replace("_", "/") + "=" * (-len(secret) % 4), validate=True
        ).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    user, colon, password = text.partition(":")
    bad = is_chosen(password, path, quoted=True) or _is_diced(password, path) or shapes.is_random(user)
    return bool(colon) and text.isprintable() and bad


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
