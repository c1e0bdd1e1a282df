"""Round eight: credentials under names and in places of a generator, words as people choose them, pieces put together by name."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.gates.labelled import Label, Labelled
from tests.gates.labelled.secrets_seven import MARK, filled, patched
from tests.gates.made import made, made_token

HERE = Path(__file__).parent
PASSWORDS = "db_password smtp_pass redis_password keystore_password user_pwd vpn_psk become_pass db_passwort mot_de_passe senha_banco wachtwoord lozinka parola adgangskode"
SECRETS = "client_secret jwt_secret session_secret signing_key encryption_key master_key api_key access_token auth_token license_key account_key s3_secret webhook_secret schluessel"
WORDS = [
    "summer",
    "falcon",
    "coffee",
    "orange",
    "purple",
    "silver",
    "castle",
    "garden",
    "thunder",
    "panda",
    "banjo",
    "river",
    "copper",
    "velvet",
    "shadow",
    "sunset",
    "pirate",
    "wizard",
    "jessica",
    "michael",
    "cookie",
    "flower",
    "guitar",
    "marble",
]
TOKENS = (
    "ghp_{A36}",
    "glpat-{W20}",
    "dop_v1_{H64}",
    "sntryu_{H64}",
    "npm_{A36}",
    "shpat_{H32}",
    "hf_{A34}",
    "dapi{H32}",
    "nvapi-{W64}",
    "cs_{H40}",
)
CUTS = (
    ("a.py", 'head = "{a}"\ntail = "{b}{c}"\nk = f"{{head}}{{tail}}"'),
    ("a.py", "a = '{a}'\nb = '{b}'\nc = '{c}'\nk = a + b + c"),
    ("a.py", "P = {{'a': '{a}', 'b': '{b}', 'c': '{c}'}}\nK = P['a'] + P['b'] + P['c']"),
    ("a.py", "K = '{pad}{a}{b}{c}{pad}'[8:-8]"),
    ("a.js", "const k = '{pad}{a}{b}{c}'.slice(8);"),
    ("a.py", "K = base64.b85decode('{b85}').decode()"),
    ("a.py", 'K = "{a}{{}}".format("{b}{c}")'),
    ("a.js", "const p = '{a}';\nconst k = `${{p}}{b}{c}`;"),
    ("a.php", "<?php\n$k = sprintf('%s%s', '{a}', '{b}{c}');"),
    ("a.tf", 'locals {{\n  k = format("%s%s", "{a}", "{b}{c}")\n}}'),
    ("K.hs", 'k = "{a}" ++ "{b}" ++ "{c}"'),
    ("a.sh", "A='{a}'\nB='{b}{c}'\nexport K=\"$A$B\""),
    ("vars.yml", 'a: "{a}"\nb: "{b}{c}"\nk: "{{{{ a }}}}{{{{ b }}}}"'),
    ("a.mk", "A := {a}\nB := {b}{c}\nK := $(A)$(B)"),
)  # fmt: skip
R = random.Random("eight")


def _passphrase() -> str:
    return R.choice(["-", "_", ".", " "]).join(R.sample(WORDS, R.choice([4, 5])))


def _letters() -> str:
    return made("C", R.choice([11, 12, 13, 14]), R)


def _leet() -> str:
    return R.choice(["P@ssw0rd", "Welcome", "Dr@gon", "C0ffee"]) + str(R.randint(10, 99)) + R.choice("!#")


def _two_words() -> str:
    first, second = R.sample(WORDS, 2)
    return R.choice([f"{first.title()}_{second}_", f"{first.title()}{second.title()}"]) + str(R.randint(10, 99))


def _random() -> str:
    shape = R.choice(["{H32}", "{H64}", "{A24}", "{A40}", "{W43}", "{U5}-{U5}-{U5}-{U5}-{U5}", "acme_live_{A28}"])
    return made_token(shape, R)


def _in_quotes(value: str) -> bool:
    return any(mark in value for mark in " #!@%$&")


def _patch(label: Label, name: str, path: str, text: str) -> Labelled:
    text = MARK.sub(lambda match: filled(match[0], ""), text.replace("<GRAFANA>", _grafana()))
    return patched(label, f"r8 secrets {name}", path, text)


def _grafana() -> str:
    key = made("A", 32, R)
    return base64.b64encode(f'{{"k": "{key}", "n": "ci", "id": 1}}'.encode()).decode()


def _templates() -> list[tuple[str, str, str]]:
    blocks = (HERE / "places_eight.txt").read_text().split("=== ")[1:]
    heads = ((*block.partition("\n")[0].split(" | "), block.partition("\n")[2]) for block in blocks)
    return [(name, path, form) for name, path, form in heads]


def _placed(form: str, name: str, value: str) -> str:
    """A template with a name in each spelling that it asks for, and a value."""
    words = name.split("_")
    titled = "".join(map(str.title, words))
    spelled = {
        "N": name.upper(),
        "n": name,
        "c": words[0] + "".join(map(str.title, words[1:])),
        "P": titled,
        "k": "-".join(words),
        "d": ".".join(words),
        "V": value,
    }
    return re.sub(r"<([NncPkdV])>", lambda match: spelled[match[1]], form)


def _bad() -> Iterator[Labelled]:
    chosen: tuple[tuple[Callable[[], str], str], ...] = (
        (_passphrase, f"{PASSWORDS} client_secret jwt_secret signing_key"),
        (_letters, PASSWORDS),
        (_leet, f"{PASSWORDS} {SECRETS}"),
        (_two_words, SECRETS),
    )
    for name, path, form in _templates():
        if "<N>" in form or re.search("<[ncPkd]>", form):
            word = R.choice(SECRETS.split())
            yield _patch("bad", f"{name} {word}", path, _placed(form, word, _random()))
            make, words = R.choice(chosen)
            word, value = R.choice(words.split()), make()
            if "test" not in path and ('"<V>"' in form or "'<V>'" in form or not _in_quotes(value)):
                yield _patch("hard", f"{name} {word}{make.__name__}", path, _placed(form, word, value))
        else:
            yield _patch("bad", name, path, form.replace("<V>", made("P", 14, R) + "7!"))


def _disguised() -> Iterator[Labelled]:
    for number, (path, form) in enumerate(CUTS * 3):
        token = made_token(R.choice(TOKENS), R)
        first, second = sorted(R.sample(range(6, len(token) - 4), 2))
        parts = {"a": token[:first], "b": token[first:second], "c": token[second:]}
        packed = base64.b85encode(token.encode()).decode()
        text = form.format(**parts, pad=made("A", 8, R), b85=packed)
        yield _patch("hard", f"cut {number} {form[:20]}", path, f"{text}\n")


def _fine() -> Iterator[Labelled]:
    placeholders = (HERE / "placeholders_eight.txt").read_text().splitlines()
    for name, path, form in _templates():
        if (
            "<V>" in form
            and not re.search(r"<[RHAWB]\d", form)
            and path.startswith(("src/", "config", "app", "a.", ".env"))
        ):
            word, value = R.choice(f"{PASSWORDS} {SECRETS}".split()), R.choice(placeholders)
            if '"' not in value and "'" not in value:
                yield _patch("fine", f"{name} {word} {value}", path, _placed(form, word, value))
    for number, line in enumerate((HERE / "lookalikes_eight.txt").read_text().splitlines()):
        path, form = line.split("|", 1)
        yield _patch("fine", f"look-alike {number}", path, f"{filled(form, '')}\n")
    key = "Eby8vdM02xNOcqFlqUwJ" + "PLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    yield _patch("fine", "azurite", "src/a.sh", f"AZURITE_ACCOUNT_KEY={key}\n")


PATCHES = [*_bad(), *_disguised(), *_fine()]
