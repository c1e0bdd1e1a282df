"""Words: those that name the things of programs and tests, and how people put others together for a password."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from improve_loop.rules.gating.lazy import lazy

_WEAK = (
    r"(?:my|the|a|some|test|super|sooper|very|user|admin|root|db|mysql|postgres|postgresql|mongo|redis|rabbit|guest|demo|default|dev|local|ci|app"
    r"|password|passwd|passw0rd|passwort|kennwort|pass|pwd|secret|token|key|api|apikey|auth|foo|bar|baz|qux|hello|world|abc|value|string|none|null|true|false"
    r"|nil|undefined|bearer|basic|valid|invalid|wrong|bad|good|correct|incorrect|new|old|current|empty|strong|weak|short|long|random|temp|tmp"
    r"|stub|mock|fixture|unused|ignored|anything|whatever|something|blah|toor|hunter|letmein|welcome|qwerty|asdf|client|server|private|public"
    r"|access|refresh|session|id|service|account|name|signing|shared|encryption|for|testing|tests|only|in|an|and|is|not|no|with|to|of|it|one|two|unsafe|insecure)"
)
WEAK = lazy(rf"(?:{_WEAK}|[\s_.\-]|\d{{1,5}}(?!\d))+[!.]?$", re.I)
_PAIRS = frozenset(
    re.findall(
        "[a-z]{2}",
        "abacadagaialamanaparasataubabebjblbobucacechcickclcocrctdadddedidodsdueaecedeeefegelemenepeqeresetevexeyfafffi "
        "fofrfugegrgshahehihohtiaibicidieifigiliminioipirisitivkelaldlelflilllolsltlulymamemimompnancndnenfngninonsntnu "
        "obocodokolomonoooporosotouowpapepiplpoppprptpupyqurarcrdrergrirmrnrorrrsrtrurysascseshsisospssstsutatctethtito "
        "trtstttutyueuiulumunupurusutvavewawhwiwoxcxtypytze ",
    )
)  # 90 % of the pairs of letters in the words of Python's standard library
WORDS = lazy(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_DICED = lazy(
    r"[a-z]{3,9}(?:-[a-z]{3,9}){2,6}|[a-z]{3,9}(?P<mark>[_.+])[a-z]{3,9}(?:(?P=mark)[a-z]{3,9}){2,5}"
    r"|[A-Z][a-z]{2,8}(?P<mark2>[-_+])[A-Z][a-z]{2,8}(?:(?P=mark2)[A-Z][a-z]{2,8}){1,5}"
)
_MANY_DICED = lazy(r"[a-z]{3,9}(?P<mark>[-_. +])[a-z]{3,9}(?:(?P=mark)[a-z]{3,9}){2,6}")
COMMON = lazy(
    r"1qaz|2wsx|zaq1|xsw2|q1w2e3|1q2w3e|qazwsx|!qaz|@wsx|poiuz|asdfghjkl|zxcvb|1234qwer|qwer1234|qwertzu|qwertyu"
    r"|^(?:summer|winter|spring|autumn|january|february|march|april|june|july|august|september|october|november|december|monday|tuesday|wednesday"
    r"|thursday|friday|saturday|sunday|sommer|herbst|fr(?:ue|\u00fc)hling|januar|februar|oktober|dezember|montag|freitag|hiver|automne|verano|invierno)"
    r"[\W_]?(?:\d\d|(?:19|20)\d\d)[\W_]{0,2}$",
    re.I,
)  # walks over the keyboard; what is changed every quarter
_SAID = lazy(
    r"(?:^|-)(?:pass\w*|users?|log\w*|sign\w*|reset|forgot\w*|change|new|old|confirm\w*|enter|show|hide|field|input|form|page|link|buttons?|errors?|invalid"
    r"|valid\w*|requi\w*|must|min|max|length|strong|weak|tokens?|secrets?|keys?|auth\w*|admin|root|default|tests?|example|data\w*|files?|path|names?"
    r"|e?mail|current|repeat|update\w*|create\w*|service|server|client|apps?|api|prod\w*|dev\w*|stag\w*|local\w*|config\w*|values?|from|with|your|the|for|and"
    r"|not|this|that|set|get|cluster|node|pod|namespace|vault|redis|mysql|postgres\w*|mongo\w*|cred\w*|correct|horse|battery|staple|type|text|title|label"
    r"|message|account|access|secure|security|manager|settings?|view|modal|dialog|send|sent|expired?|policy|store|backup|web|http|https|north|south|east|west)(?=-|$)"
)
PARTS = lazy(
    r"sql|http|html|xml|admin|user|passw|backup|login|test|root|word|wort|key|config|server"
)  # of names written as one word
_THINGS = lazy(
    r"(?:^|-)(?:tls|ssl|ssh|cert\w*|ingress|wildcard|bucket|queue|registry|docker|kube\w*|helm|charts?|deploy\w*|jobs?|cron|workers?|frontend|backend|gateway"
    r"|proxy|smtp|slack|github|gitlab|stripe|aws|azure|gcp|google|cloud\w*|oauth\w*|oidc|saml|jwt|session\w*|signing|encrypt\w*|webhooks?|bots?"
    r"|build\w*|release\w*|pull|push|images?|monitor\w*|alert\w*|grafana|prometheus|elastic\w*|kafka|rabbit\w*|licen[sc]e|internal|external|public|private"
    r"|shared|common|global|primary|secondary|master|replica|read|write|only|org|com|net|java|javax|spring|android|kotlin|python|core|utils?|main|src|lib"
    r"|module\w*|package\w*|plugin\w*|class\w*|object\w*|system|runtime|process|request|response|client|button|dialog|header|footer|menu|home|index"
    r"|are|but|can|has|have|had|was|were|will|would|should|could|may|might|shall|been|does|did|who|what|when|where|which|while|why|how|all|any|both|each"
    r"|few|more|most|other|some|such|own|same|than|too|just|also|into|over|under|after|before|again|once|here|there|out|off|down|about|please|see|use|used|using"
    r"|make|sure|run|ask|leave|provided?|given?|choose|pick|select|write|never|always|needs?|needed|want|cannot|optional|letters?|digits?|numbers?|contains?|match\w*"
    r"|different|characters?|least|left|right|open|close\w?|start|stop|begin|end|brace|bracket|paren|comma|colon|curly|square|angle)(?=-|$)"
)  # of names of resources, keys of translations, paths of classes, and sentences


def is_long_passphrase(value: str) -> bool:
    """Whether a value is four words or more that neither name a thing nor make a sentence, also with dots or blanks between."""
    said = "-".join(word.lower() for word in WORDS.findall(value))
    return (
        len(set(said)) > 8
        and bool(_MANY_DICED.fullmatch(value))
        and not _SAID.search(said)
        and not _THINGS.search(said)
    )


def is_passphrase(value: str) -> bool:
    """Whether a value is three words or more that say nothing together, as dice choose them."""
    said = "-".join(word.lower() for word in WORDS.findall(value))
    return len(set(said)) > 6 and bool(_DICED.fullmatch(value)) and not _SAID.search(said)


def is_picked(value: str) -> bool:
    """Whether two words or more that name no thing of a program end in a number, as people make passwords."""
    parts = [word for word in WORDS.findall(value) if word.isalpha()]
    return value[-1].isdigit() and len(parts) >= 2 and max(map(len, parts)) >= 4 and not names_a_thing(value)


def names_a_thing(value: str) -> bool:
    """Whether a word in this names a thing of a program or a test."""
    parts = [word.lower() for word in WORDS.findall(value) if word.isalpha()]
    return any(WEAK.match(word) or _SAID.search(word) for word in parts)


@lru_cache(maxsize=4096)
def is_worded(value: str, share: float = 0.65) -> bool:
    """Whether a value is mostly words: the pairs of letters in it are those of English, and digits are few."""
    if value.isdigit():
        return True
    pairs = [a + b for word in WORDS.findall(value) if word.isalpha() for a, b in pairwise(word.lower())]
    usual = sum(pair in _PAIRS for pair in pairs)
    digits = sum(char.isdigit() for char in value)
    enough = len(pairs) >= 0.5 * len(value) and digits <= 0.2 * len(value) and _switches(value) <= len(value) / 5
    return enough and usual >= share * len(pairs)


def _switches(value: str) -> int:
    """How often a letter is followed by a digit or the other way round."""
    return sum(1 for a, b in pairwise(value) if a.isdigit() != b.isdigit() and a.isalnum() and b.isalnum())
