"""Assignments to names that speak of a credential, and the many names that only sound like one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from improve_loop.model.lines import holds_one, lowered
from improve_loop.rules.gating.keywords import Keywords
from improve_loop.rules.gating.lazy import lazy

Strength = Literal[
    "password", "token", "key", ""
]  # key: a bare `key`, which is a credential only where its value is one

_PASSWORD = lazy(
    r"(?i)passw(?:or)?d|psw(?:d|rd|ord)|pssw(?:d|rd|ord)|pasw(?:d|rd|ord)|passwrd|passwort|passphrase|passcode|secret|credential|mot[_.-]?de[_.-]?passe|contrase[n\u00f1]a|senha|adgangskode|passord|kata_?sandi|slaptazod|lozink"
    r"|kennwort|geheimnis|wachtwoord|has[l\u0142]o(?![a-z])|l[o\u00f6]senord|salasana|jelszo|(?<![a-z])(?:clave|creds?|mdp|parola|parool|heslo|sifre|psk|snmp_?community)(?![a-z])|(?-i:(?<=[a-z])Psk(?![a-z]))|(?:wifi|wpa|ike)_?psk|sshpass|mysql_pwd"
    r"|(?:(?<![a-z])(?:pass|pwd|pw)|(?-i:(?<=[a-z])(?:Pass|Pwd|Pw)|(?<=[a-z0-9_-])pwd|(?<=[a-z0-9])(?:pass$|PASS|PWD)))(?!(?-i:[a-z]))"
)
_TOKEN = lazy(
    r"(?i)token|bearer|(?:api|access|account|admin|app|auth|client|consumer|crypt|deploy|encryption|encrypt|hmac|ingest|ingestion|integration"
    r"|licen[sc]e|master|private|publish|read|root|sdk|secret|server|service|session|shared|signing|signature|storage|subscription|webhook"
    r"|write|jwt|aes|rsa|des|fernet|cipher|hash|user|account|project|instance|secure|security)[_.-]?key|apikey"
    r"|(?<![a-z])(?:auth|pat|jwt|dsn|salt|pepper|nonce_?secret|cookie|sid|seed|hmac|otp|totp|pin)(?![a-z])"
    r"|(?<=[a-z0-9])[_.-]key(?![a-z])|(?-i:(?<=[a-z])Key(?![a-z])|(?<=[A-Za-z0-9])KEY(?![A-Z])|(?<=[a-z])(?:Auth|Pat|Jwt|Dsn|Salt|Token))"
    r"|webhook|connection[_-]?string|conn[_-]?str|sonar[._]?login|(?<!primaer)(?<!fremd)schl(?:ue|\u00fc)ssel"
    r"|(?:totp|otp|wallet|master)_?seed|(?:cle|chave|chiave|clave|klucz)_?(?:api|secret|privee|privada|segreta)"
)
KEYWORDS = (
    "pass", "pwd", "pw ", "pw=", "pw:", "pw'", "pw\"", "_pw", "secret", "credential", "token", "bearer", "key", "auth", "_pat", "pat_", "-pat", "pat=", "pat:", "pat'", "pat\"", "pat ", "jwt", "dsn", "salt", "pepper", "cookie",
    "pswd", "psswd", "paswd", "pswrd", "psswrd", "paswrd", "psword", "pssword", "pasword", "kennwort", "geheimnis", "wachtwoord", "haslo", "has\u0142o", "losenord", "l\u00f6senord", "salasana", "jelszo", "clave", "creds", "mdp", "parola", "psk", "community",
    "seed", "hmac", "webhook", "connection", "conn_str", "senha", "contrase", "passe", "sid=", "_sid", "sid_", "otp", "_pin", "pin=", "pin_", "pin:", "sonar",
    "adgangskode", "passord", "sandi", "slaptazod", "lozink", "parool", "heslo", "sifre", "ssel", "cle_", "cleapi", "chave", "chiave", "klucz",
)  # fmt: skip

WORDS = (
    "pass", "pwd", "pw", "secret", "credential", "contrase", "senha", "token", "bearer", "key", "auth", "pat", "jwt", "dsn", "salt",
    "pepper", "pswd", "psswd", "paswd", "pswrd", "psswrd", "paswrd", "psword", "pssword", "pasword", "kennwort", "geheimnis", "wachtwoord", "haslo", "has\u0142o", "senord", "salasana", "jelszo", "clave", "cred", "mdp", "parola", "psk", "community", "cookie", "sid", "seed", "hmac", "otp", "pin", "webhook", "conn", "login",
    "adgangskode", "passord", "sandi", "slaptazod", "lozink", "parool", "heslo", "sifre", "ssel", "cle", "chave", "chiave", "klucz",
)  # fmt: skip
# One of these stands in every name for which `strength_of` has an answer.
SPEAKING = Keywords([WORDS], "added")

ASSIGNMENT = lazy(
    r"(?<![\w.])(?P<name>[A-Za-z_][\w.-]{1,400}+)"
    r"[\\\"'`\[\])}]{0,3}\s{0,8}"
    r"(?P<op>(?<=\s)(?=[\"'])|(?<=\s)(?:to|or)(?=\s[\"'])|(?<=\s)by\slazy\s?\{|(?<=\s)(?:As\s\w{3,20}|string|String|securestring)\s?=(?!=)|::(?=\s)|\?\?(?!=)|\?:|(?:\?|!)?:\s?&?(?:'\w{1,10}\s)?[A-Za-z_][\w.<>\[\]|& ?]{0,40}?\s?=(?!=)|:=|=>|===?|!==?|\?\?=|\|\|=|\|\||\?=|\+=|=|:|,|<-|->|\()"
    r"\s{0,8}(?:[\[({]\s?|!!str\s{1,3})?"
    r"(?:(?:[rbuf@$L]{1,2}|&|\*|(?:\[\]byte|String|str|bytes|Buffer\.from|SecretStr|Secret|Some|Ok|new \w{1,20}|t|static_cast<\w{1,40}>|\w{0,20}[Ss]tring)\(|(?:\w{0,20}[Ff]ield|mapped_column|Option|Input|Query|Header)\((?:default\s?=\s?)?[rb]?(?=[\"']))?"
    r"(?:\\?\"(?P<double>[^\"\n\\]{4,1500})\\?\"|\\?'(?P<single>[^'\n\\]{4,1500})\\?'|`(?P<back>[^`\n]{4,400})`|%[qQ][\[({](?P<percent>[^\])}]{4,200}))"
    r"|(?P<bare>[^\s\"'`<>(){}\[\]][^\s\"'`]{4,1500}))"
)
_NOT_A_SECRET = lazy(
    r"(?:^|[_.-])(?:public|pub|publishable|anon|max|min|num|n|total|count|csrf|xsrf|next|prev|previous|page|continuation|cursor|sync|cache|primary|foreign"
    r"|sort|partition|hash|range|routing|idempotency|dedup|trace|span|request|correlation|message|object|s3|bucket|group|map|dict|column|row|lock|i18n|l10n"
    r"|translation|label|react|item|node|query|theme|storage|local_?storage|sse|registry|site|recaptcha_site|host|ssh_host|known|gpg|pgp|feature|metric"
    r"|config|setting|env|option|field|form|state|menu|tab|row|attribute|attr|sentinel|event|redis|topic|kafka|consumer_group|shard|index|lookup|join|meta"
    r"|material|color|style|data|api_version|short|hot|arrow|enter|escape|delete|return|shift|control|alt|function|press|on|handle|test_?id)"
    r"[_.-]?(?:key|token|seed|id|pass|sid|cookie|pin|webhook|pat|salt)s?(?:$|[_.-])"
    r"|key_?pair_?name|key_?vault|keyname|key_?len"
    r"|(?:password|passwd|pass|pwd|secret|token|key|auth|credential|cookie|webhook|salt|jwt|dsn)s?[_.-]?"
    r"(?:name|ref|refs|arn|id|ids|file|path|dir|folder|url|uri|endpoint|host|port|type|kind|field|input|label|placeholder|hint|prompt|message|error|text|title"
    r"|regex|regexp|pattern|length|len|size|min|max|ttl|expiry|expires|expiration|expired|timeout|age|alg|algo|algorithm|policy|policies|version|count|limit"
    r"|selector|class|store|manager|provider|service|header|param|params|prefix|suffix|format|encoding|env|var|variable|reset|change|forgot|confirm(?:ation)?"
    r"|strength|rules?|validator|hasher|hashers|digest|fingerprint|checksum|usage|usages|ops|scope|scopes|issuer|audience|subject|iat|exp|encryption|hashing|index|bytes|bits|dict"
    r"|required|enabled|disabled|valid|verified|visible|rotation|rotated|source|property|properties|exists|present|missing|created|updated|status|state|model"
    r"|map|mount|engine|backend|group|domain|samesite|secure|http_?only|consent|banner|jar|signature_?method|cache|budget|bucket|tree|stream|spec|template|table|column)s?(?:$|[_.-])"
    r"|secret_?key_?ref|value_?from|integrity|etag|sha\d*$|md5|checksum|digest|commit|revision|uuid$|guid$|encrypted|sealed|ciphertext|kid$",
    re.I,
)
_OTHER_WORDS = lazy(
    r"(?i)authenticity_?token|tokeni[sz]|keyword|keyboard|keynote|monkey|turkey|whiskey|hockey|donkey|passage|passeng|passive|passion|passthrough|pass_?through|passport(?!_?(?:no|num))"
    r"|bypass|compass|pathname|author(?!iz)|authenti?c(?!ation_?(?:token|key))|secretary|cookiecutter|keystone|keyspace|keypoint|keyframe|keycode|keydown|keyup|keymap"
    r"|keyring|keychain|seeder|salted_?caramel|spin|pinned|pinning|opinion|mapping|minipass|sec_?websocket_?key|jsonwebtoken|(?:add|run|render|first|second|multi|single)_?pass(?![a-z])"
)  # what they hold is not what they say; the rest of a name may still speak of a credential
_SAYS_PASSWORD = lazy(
    r"(?i)^(?!(?:.*[_.-])?(?:forgot|reset|confirm|change|invalid|wrong|missing|show|hide|toggle|has|is|no|public|valid\w*|set|get|check|verify|hash\w*|handle|on|use|test_?id|add|run|render|first|second|multi|single)[_.-])"
    r"(?:.*[a-z0-9][_.-])(?:password|passwd|passphrase|pwd|pass)\d?$"
)  # whatever stands before it: `keystore_password` is no store
_SAYS_TOKEN = lazy(
    r"(?i)(?:azure|account|blob)_?storage_?(?:account_?)?key\d?$|join_?token$|(?<!public)_secret$|(?:^|[_-])hash[_-]salt$"
)
_OF_A_RESOURCE = lazy(r"\barn:[\w-]+:[^\s\"']{0,190}$")
_ESCAPE = lazy(r"\\[nrt](?![A-Za-z0-9]{12})")  # of a literal that holds several lines
_DEFAULT = lazy(r"^\$\{[\w.-]{1,80}:[-=?]?(?P<default>[^${}]{4,400})\}?$")
_NAME = lazy(r"(?<![\w.])[A-Za-z_][\w.-]{1,400}+(?![\w.-])")  # as in ASSIGNMENT
_CAMEL = lazy(r"(?<=[a-z0-9])(?=[A-Z])")


def assignments(line: str) -> Iterator[re.Match[str]]:
    """Every name that speaks of a credential and is followed by a value, also one that stands in the value of another."""
    for name in _NAME.finditer(line):
        if not strength_of(name[0]) or _OF_A_RESOURCE.search(line, max(0, name.start() - 200), name.start()):
            continue
        if match := ASSIGNMENT.match(line, name.start()):
            yield match


def may_speak(text: str) -> bool:
    """Whether a word stands in a text without which no name in it speaks of a credential."""
    return holds_one(lowered(text), WORDS)


@lru_cache(maxsize=8192)
def strength_of(name: str) -> Strength:
    """What a name speaks of; empty where it only sounds like a credential."""
    return _strength(name) or (_strength(lowered(name)) if name.isupper() else "")


def _strength(name: str) -> Strength:
    if lowered(name) == "key":
        return "key"
    if not may_speak(name):
        return ""
    _, dot, last = name.rpartition(".")
    if dot and (own := strength_of(last)) and own != "key":
        return own
    if _SAYS_PASSWORD.search(_CAMEL.sub("_", name)):
        return "password"
    if _SAYS_TOKEN.search(_CAMEL.sub("_", name)):
        return "token"
    rest = _OTHER_WORDS.sub("x", name)
    strong = bool(_PASSWORD.search(rest))
    if not strong and not _TOKEN.search(rest):
        return ""
    if _NOT_A_SECRET.search(_CAMEL.sub("_", rest)):
        return ""
    return "password" if strong else "token"


def _unquoted(value: str) -> str:
    """A value without the quotes that stand in it: a literal of another language."""
    return value[1:-1] if len(value) > 6 and value[0] == value[-1] and value[0] in "\"'" else value


def value_of(match: re.Match[str]) -> tuple[str, bool]:
    """The value of an assignment and whether it stood in quotes."""
    for group in ("double", "single", "back", "percent"):
        if match[group]:
            default = _DEFAULT.match(match[group])
            return (default["default"] if default else _unquoted(match[group])), True
    value = _ESCAPE.split(match["bare"], maxsplit=1)[0].rstrip(",;\\").rstrip("\"'")
    for opening, closing in ("()", "{}"):
        value = value.rstrip(closing) if opening not in value else value
    return (default["default"] if (default := _DEFAULT.match(value)) else value), False
