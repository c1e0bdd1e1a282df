"""Whether a value looks like a credential: placeholders, references, words and hashes do not."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from math import log2

from improve_loop.rules.gating.lazy import lazy, worded
from improve_loop.rules.gating.secrets import words

_PLACEHOLDER = worded(
    r"ex[a@]mple|changeme|change[_ -]?(?:me|it|this)|replace|placeholder|redacted|removed|(?<![a-z0-9])(?:tbd|todo|fixme|dummy|masked|hidden|sample|fake|your)"
    r"|insert|(?<![a-z0-9])not[_-]?(?:a[_-]?(?:real|secret|key|token|pass|valid)|a(?![a-z0-9])|real)|fill[_-]?(?:me|in)|xxxx|\*\*\*|\.\.\.|\u2026|^<.*>$|<[a-z][\w -]{2,}>|^\[[a-z_ -]+\]$"
    r"|required|lorem|foobar|abcdef|123456|deadbeef|cafebabe|0000000|1111111|aaaaaaa|secret[_-]?here|goes[_-]?here|(?<![a-z0-9])put[_-]|base64[- _]?encoded|a-za-z|a-z0-9|\]\{\d|\]\+",
    *(
        "example", "ex@mple", "change", "replace", "placeholder", "redacted", "removed", "tbd", "todo", "fixme", "dummy", "masked", "hidden",
        "sample", "fake", "your", "insert", "not", "fill", "xxxx", "***", "...", "…", "<", "[", "required", "lorem", "foobar", "abcdef",
        "123456", "deadbeef", "cafebabe", "0000000", "1111111", "aaaaaaa", "secret", "goes", "put", "base64", "a-za-z", "a-z0-9", "]",
    ),
    flags=re.I,
)  # fmt: skip
_REFERENCE = lazy(
    r"\$\{[^}]*\}|\$\([^)]*\)|\$\{?\{.{0,80}?\}?\}|\{\{.{0,80}?\}\}|%\([^)]*\)s|%[A-Z_]+%|%env\([^)]*\)%|#\{[^}]*\}|\{[A-Za-z_][\w.]*\}|<%.{0,80}?%>"
    r"|\$[A-Z_][A-Z0-9_]*(?![A-Za-z0-9])|^\$[A-Za-z_]\w*$|@{1,2}\w+@{1,2}$|^(?P<fence>[#~!^|+]{1,2})[A-Z_]{3,40}(?P=fence)$|^\$env:\w+$|\$\[[^\]]*\]|__[A-Za-z_]+__$|^%[sdv]$"
)
_POINTER = lazy(
    r"^(?:\$+[({]|%\{|[`\[({]+[$\"']|![A-Za-z_]+(?:[\s|:.\[,]|$)|\{[A-Za-z0-9+/]{16,200}={0,2}\}$|ENC\[|ENC\(|enc:|\{cipher\}|vault:|secret:|kms:|ssm:|op://|arn:|projects/|gcp:|awskms|AQICAH|\$ANSIBLE_VAULT|age1|AgA|AgB"
    r"|(?:process\.env|os\.environ|os\.getenv|getenv|System\.|import\.meta|env\.|config|settings|secrets|vars?\.|local\.|data\.|module\."
    r"|self\.|this\.|ctx\.|context\.|request\.|req\.|params|args\.|options\.|opts\.|props\.|state\.|keyvault|lookup|[Vv]alues\.|inputs\.)"
    r"|https?://[^@]*$|\./|\.\./|@/|~/|/[a-z][\w./-]*$|(?:file|path|env|secret|sm|aws-?sm|awsps|gcpsm|keyring|azurekv|conjur|doppler|bws)://?|refs?:|\*+$|&\w+$|\$[A-Za-z_]\w*/|[a-z_]+(?:/[a-z_]+)+#[a-z_?]+$|[a-z_]+s#(?:new|create|edit|update|show|index|destroy)$|[#.][A-Za-z]+(?:[-_][A-Za-z]+)+$)"
)
_CONSONANTS = lazy(r"[bcdfghjklmnpqrstvwxz]{5,}", re.I)
_UUID = lazy(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", re.I)
_ZEROS = lazy(r"A{4,}")  # every key of OpenSSH holds some
_RUN = lazy(r"(.)\1{5,}")
_DOTTED = lazy(r"[A-Za-z_][\w]*(?:(?:\.|::|->|/|\\)[A-Za-z_]\w*)+(?:\(\))?$")
_AT = lazy(r"@[\w./-]*")
_CODE = lazy(
    r"[A-Za-z_][\w.]*\(.*|.*\)\s*;?$|.*\s(?:\?|&&|\|\||=>)\s.*|function\b.*|new [A-Z].*|lambda\b.*|None$|async\b.*"
)
_SIGNS_ONLY = lazy(r"[A-Za-z0-9!@#$%^&*()\-_=+]+")
_SIGN = lazy(r"[!@#$%^&*()=+]")
_TURN = lazy(r"[a-z]\d|\d[a-z]|[A-Z]\d|\d[A-Z]")
_STRONG = lazy(
    r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=\D*\d)(?=[^!@#$%^&*?~]*[!@#$%^&*?~])(?!#[0-9A-Fa-f]+$)(?!.*%[-0]?\d*[A-Za-z])(?!.*@[\w-]+\.)"
    r"[A-Za-z0-9!@#$%^&*?~+_.(){}|;,-]{8,64}"
)
_PICKED_KEY = lazy(r"(?=[^a-z]{0,30}[a-z])[A-Za-z0-9!@#$%^&*?+_.]{7,40}")
_NAMED = lazy(
    r"(?i).*(?:base64|encoded|(?:account|access|secret|api|auth)_?(?:key|token))|(?:sha|aes|hs|rs|es|ps|ed|x|p|rsa|base|utf|md|curve|secp|chacha|blake|hmac|kyber|dsa|ecdsa)[-_]?\d+\w{0,12}$"
)
_APP_PASSWORD = lazy(r"(?:[a-z]{4}[- ]){3}[a-z]{4}")  # as Apple and Google make them
_NOISE = lazy(
    r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=[^!@#$%^*~]*[!@#$%^*~])(?!.*@[\w-]+\.)[A-Za-z0-9!@#$%^&*?~+_.-]{16,64}"
)
_PATTERN = lazy(r"\(\?|\\[dws]|a-z|A-Z|\{\{|=>|&&|\|\|")
_HEX = lazy(r"(?:0x)?[0-9a-fA-F_:-]+")
_ONE_RUN = lazy(r"[A-Za-z0-9_.+=-]{20,200}")
_DIGIT = lazy(r"\d")
_LETTER = lazy(r"[A-Za-z]")
_SNAKE = lazy(r"_?[a-z]+(?:[_.-]+[a-z]+)+|_?[A-Z]+(?:[_.-]+[A-Z]+)+")
_PATH = lazy(r"[A-Za-z_.-]*(?:[/._-][A-Za-z]+){2,}")
_DATE = lazy(
    r"\d{4}-\d\d-\d\d(?:[T ].*)?$|[\^~<>=v ]{0,3}\d+(?:\.\d+)+[\w.+-]{0,20}$|[\d.,:_ -]+(?:[a-z]{1,3})?$", re.I
)


def entropy(text: str) -> float:
    """Shannon entropy in bits a character."""
    total = len(text)
    return -sum(count / total * log2(count / total) for count in Counter(text).values()) if total else 0.0


def is_placeholder(value: str) -> bool:
    """Whether a value stands for a credential instead of being one."""
    return bool(_PLACEHOLDER.search(value) or _RUN.search(value) or _is_sequence(value))


def is_key_body(text: str) -> bool:
    """Whether this may be of a key: the zeros in it, which base64 spells as many `A`, make it no placeholder."""
    return not is_placeholder(_ZEROS.sub("A", text))


def is_reference(value: str) -> bool:
    """Whether a value points to where the credential is kept, or is ciphertext made to be committed."""
    if _POINTER.match(value):
        return True
    rest, count = _REFERENCE.subn("", value)
    return count > 0 and len(rest) < 8


def _is_sequence(value: str) -> bool:
    """Whether most of a value counts up or down, as 0123456789abcdef does."""
    steps = sum(1 for a, b in pairwise(value) if abs(ord(a) - ord(b)) == 1)
    return len(value) >= 12 and steps > len(value) * 0.6


def is_token(tail: str) -> bool:
    """Whether what follows a provider's prefix is random enough: no placeholder, no word."""
    tail = _ZEROS.sub("A", tail)
    if is_placeholder(tail) or entropy(tail) < 2.6:
        return False
    return any(char.isdigit() for char in tail) or not (words.is_worded(tail, 0.85) or _SNAKE.fullmatch(tail))


@lru_cache(maxsize=4096)
def is_random(value: str) -> bool:
    """Whether a value looks made by a random generator: 16 characters or more that are no words, date or path."""
    if is_mashed(value):
        return True
    if len(value) < 16 or " " in value or is_placeholder(value) or is_reference(value) or _UUID.match(value):
        return False
    if _DATE.match(value) or words.WEAK.match(value) or _CODE.match(value) or _PATH.fullmatch(value):
        return False
    if _DOTTED.match(value) and (len(value) < 20 or words.is_worded(value, 0.5)):
        return False
    return entropy(value) >= (2.9 if len(value) >= 24 else 3.1) and not words.is_worded(value)


def _is_noisy(value: str) -> bool:
    """Whether digits and small and capital letters between dots make no words, as no path of names does."""
    kinds = all(re.search(kind, value) for kind in ("[a-z]", "[A-Z]", r"\d"))
    return is_jumbled(value) or (kinds and not words.is_worded(value, 0.5))


def is_mashed(value: str) -> bool:
    """Whether a long value mixes so many signs into letters and digits that it is no code, as Django's keys do."""
    if 56 <= len(value) <= 80 and _is_salt(value):
        return True
    if not 32 <= len(value) <= 200 or not _SIGNS_ONLY.fullmatch(value) or is_placeholder(value):
        return False
    signs = _SIGN.findall(value)
    return len(signs) >= 6 and len(set(signs)) >= 5 and len(_TURN.findall(value)) >= 4 and entropy(value) >= 4.2


def _is_salt(value: str) -> bool:
    """Whether this is a line of all the marks of a keyboard, as WordPress makes its salts."""
    signs = {mark for mark in value if not mark.isalnum()}
    plain = value.isascii() and value.isprintable() and value.count(" ") <= 5 and not _PATTERN.search(value)
    return plain and len(signs) >= 12 and entropy(value) >= 4.8 and len(_TURN.findall(value)) >= 3


def is_mixed(value: str) -> bool:
    """Whether a value is random, long, of letters and digits, and no digest: a credential also where its name says little."""
    named = value.startswith(("sha1", "sha2", "sha3", "sha5", "md5", "MFkw", "MCow", "MIIB", "MIGf"))  # or a public key
    mixes = bool(_DIGIT.search(value)) and bool(_LETTER.search(value)) and bool(_ONE_RUN.fullmatch(value))
    return mixes and not named and not _HEX.fullmatch(value) and is_random(value)


def has_all_kinds(value: str) -> bool:
    """Whether a value has small letters, capitals, digits and signs, as rules for passwords want them, be it `P@ssw0rd1!`."""
    return bool(_STRONG.fullmatch(value)) and not (is_placeholder(value) or is_reference(value))


def is_strong(value: str) -> bool:
    """Whether a short value mixes small letters, capitals, digits and signs as passwords must."""
    return bool(_STRONG.fullmatch(value) or _is_noise(value)) and not (
        is_placeholder(value) or is_reference(value) or is_dummy(value)
    )


def _is_noise(value: str) -> bool:
    """Whether letters and signs of a longer value are mixed as only a generator mixes them, digits or none."""
    mixed = bool(_NOISE.fullmatch(value)) and value.count("%") <= 2
    return mixed and entropy(value) >= 3.5 and not words.is_worded(value)


def is_uuid(value: str) -> bool:
    """Whether a value is a UUID that somebody generated."""
    return bool(_UUID.match(value)) and not is_placeholder(value) and entropy(value) > 2.6


def is_unworded(value: str) -> bool:
    """Whether letters and digits without signs make no words, whatever stands between them."""
    return (
        value.isalnum()
        and len(_TURN.findall(value)) >= 1
        and not value.rstrip("0123456789").isalpha()
        and not words.is_worded(value, 0.5)
    )


def is_jumbled(value: str) -> bool:
    """Whether letters and digits, small and capital, alternate as no word with a number does."""
    turns = len(re.findall(r"[a-z][A-Z\d]|[A-Z]{2}[a-z]|\d[A-Za-z]|[A-Z]\d", value))
    return turns >= 4 and not is_placeholder(value) and not is_reference(value) and entropy(value) >= 3.0


_LEET = str.maketrans("013457$@!", "oieast" + "sai")


def is_dummy(value: str) -> bool:
    """Whether a value is one of the words that tests use for a password, also in leet spelling."""
    return bool(
        words.WEAK.match(value.lower().translate(_LEET))
        or words.WEAK.match(value.rstrip("!1234567890#$").translate(_LEET))
    )


@lru_cache(maxsize=4096)
def is_password(value: str, *, quoted: bool) -> bool:
    """Whether a value beside a word for password is one that a person or program chose."""
    if is_mashed(value):
        return True
    if (
        not 5 <= len(value) <= 200
        or is_placeholder(value)
        or is_reference(value)
        or words.WEAK.match(value.strip("'\""))
    ):
        return False
    if _APP_PASSWORD.fullmatch(value) and (quoted or " " not in value):
        return not words.is_worded(value)
    if value.startswith("/") and len(value) >= 24 and value.endswith("="):
        return is_random(value[1:])  # base64 may begin so
    if _DATE.match(value) or _CODE.match(value) or value.startswith(("--", "/", "http")):
        return False
    if _AT.fullmatch(value) and not is_jumbled(value):
        return False
    if words.COMMON.search(value):
        return True
    if _DOTTED.match(value) and not _is_noisy(value) and not (value[-2:].isdigit() and words.is_picked(value)):
        return is_random(value)
    if " " in value:
        return _is_passphrase(value) if quoted else False
    if is_random(value):
        return True
    kinds = sum(bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", r"\d", r"[^\w\s.:/-]"))
    has_odd = bool(re.search(r"\d|[^\w\s.:/,;()\[\]{}=|<>?*-]", value))
    if has_odd and kinds >= 2:
        return not _is_identifier(value)
    turns = len(re.findall("[a-z][A-Z]|[A-Z]{2}[a-z]", value))
    if len(value) >= 9 and value.isalpha() and value.islower() and not words.is_worded(value, 0.5):
        return value.isascii() and not words.PARTS.search(value)
    return len(value) >= 8 and (
        bool(_CONSONANTS.search(value)) or (value.isalpha() and turns >= 3 and not words.is_worded(value))
    )


def _is_identifier(value: str) -> bool:
    """Whether a value is words put together, perhaps with a number at the end, as a name in a program is."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z_.-]*[_-]?\d{0,2}", value) or not re.search("[_.-]|[a-z][A-Z]", value):
        return False
    parts = words.WORDS.findall(value)
    return words.is_worded(value) and len(value) >= 3 * len(parts) and not words.is_picked(value)


def _is_passphrase(value: str) -> bool:
    parts = value.split()
    return (
        len(parts) >= 2
        and bool(re.search(r"\d", value))
        and bool(re.search(r"[^\w\s.,:;()'\"?-]", value))
        and len(parts) <= 4
    )


def is_picked_key(value: str) -> bool:
    """Whether a key to sign or encrypt with is a word with a number, as people make passwords, and no name of one."""
    digits = sum(map(str.isdigit, value))
    return (
        digits >= 2
        and not _NAMED.match(value)
        and not words.names_a_thing(value)
        and bool(_PICKED_KEY.fullmatch(value))
        and is_password(value, quoted=True)
    )
