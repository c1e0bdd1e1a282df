"""Round six: credentials of 450 kinds in 400 places, under the names that people use, and what only looks like one."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from tests.gates.labelled import Label, Labelled
from tests.gates.labelled.disguised_six import DISGUISES, KEYS
from tests.gates.labelled.edited import filled

HERE = Path(__file__).parent
WORDS = [
    "harbor",
    "maple",
    "velvet",
    "tunnel",
    "copper",
    "lantern",
    "orbit",
    "meadow",
    "pepper",
    "glacier",
    "saffron",
    "anchor",
    "walnut",
    "thunder",
]
SHAPES = ("ghp_«A36»", "AKIA«T16»", "sk_live_51«A97»", "glpat-«W20»", "xoxb-«D12»-«D13»-«A24»", "npm_«A36»")
PLAIN = ("«A20»", "«H32»", "«H40»", "«H64»", "«B43»=", "«H8»-«H4»-4«H3»-a«H3»-«H12»")
CHOSEN = ("«P12»", "{W}«D4»!", "{w}-«D4»", "{w}-{w}-{w}-{w}", "{w} {w} {w} {w}", "«P8»@;«P6»")
ROLES = ("DB_PASSWORD", "MAIL_PASSWORD", "API_TOKEN", "CLIENT_SECRET", "SERVICE_API_KEY")
NAMES = [
    "password",
    "passwd",
    "pwd",
    "pass",
    "db_pass",
    "dbPwd",
    "adminPass",
    "root_pw",
    "userpwd",
    "secret",
    "client_secret",
    "app_secret",
    "appSecretKey",
    "secret_key_base",
    "signing_key",
    "signingSecret",
    "hmac_key",
    "encryption_key",
    "enc_key",
    "cipherKey",
    "aes_key",
    "master_key",
    "api_key",
    "apikey",
    "apiKeyProd",
    "x_api_key",
    "access_key",
    "accessKey",
    "access_token",
    "auth_token",
    "authToken",
    "bearer_token",
    "refreshToken",
    "session_secret",
    "cookie_secret",
    "jwt_secret",
    "jwtSigningKey",
    "webhook_secret",
    "service_token",
    "deploy_token",
    "bot_token",
    "private_token",
    "passphrase",
    "keystore_password",
    "truststorePassword",
    "ssh_password",
    "ftp_pass",
    "smtp_password",
    "imapPassword",
    "ldap_bind_password",
    "redisPassword",
    "rabbitmq_pass",
    "mongo_pwd",
    "mysql_root_password",
    "vault_token",
    "unseal_key",
    "wifi_psk",
    "registry_password",
    "proxy_password",
    "passwort",
    "kennwort",
    "geheimnis",
    "datenbank_passwort",
    "mot_de_passe",
    "motDePasse",
    "mdp",
    "contrasena",
    "clave_secreta",
    "contraseña",
    "senha",
    "parola",
    "wachtwoord",
    "haslo",
    "lösenord",
    "password_prod",
    "secret_v2",
    "token_old",
    "prodDbPassword2",
    "ADMIN_PW",
    "SUPERUSER_PASSWORD",
    "shared_secret",
    "credentials",
]
# fmt: off
FORMS = (("a.py",'{N} = "{V}"'),("a.ts","  {c}: '{V}',"),("cfg.yaml",'  {n}: "{V}"'),(".env",'{N}="{V}"'),("a.json",'  "{c}": "{V}",'),("A.java",'String {c} = "{V}";'),("a.go",'{c} := "{V}"'),("a.tfvars",'{n} = "{V}"'),("a.rb","{n} = '{V}'"),("a.toml",'{k} = "{V}"'),("a.php","'{n}' => '{V}',"),("A.cs",'var {c} = @"{V}";'))
# fmt: on


class Place(NamedTuple):
    """Where a value stands; `n…`: after a name, `p…`: in a place of its own, `a…`: alone."""

    name: str
    path: str
    form: str


def _places() -> list[Place]:
    rows = (line.split("\t") for line in (HERE / "places_six.txt").read_text().splitlines())
    return [Place(name, path, _unescaped(form)) for name, path, form in rows]


def _unescaped(text: str) -> str:
    return text.replace("\\\\", "\0").replace("\\n", "\n").replace("\\t", "\t").replace("\0", "\\")


def _spelled(name: str) -> dict[str, str]:
    words = name.lower().split("_")
    camel = words[0] + "".join(word.title() for word in words[1:])
    dashed = "-".join(word.title() for word in words)
    pascal = camel[:1].upper() + camel[1:]
    return {
        "N": "_".join(words).upper(),
        "n": "_".join(words),
        "c": camel,
        "C": pascal,
        "d": ".".join(words),
        "k": "-".join(words),
        "K": dashed,
    }


def _put(place: Place, name: str, value: str) -> str:
    pair = base64.b64encode(f"ci:{value}".encode()).decode()
    coded = base64.b64encode(value.encode()).decode()
    inner = json.dumps(value)[1:-1]
    marks = {**_spelled(name), "V": value, "b": coded, "J": inner, "u": quote(value, safe=""), "S": pair}
    text = place.form
    for mark, by in marks.items():
        text = text.replace(f"<{mark}>", by)
    return text


def _patch(label: Label, name: str, path: str, text: str) -> Labelled:
    return Labelled(
        name=f"r6 secrets {name}",
        label=label,
        family="secrets",
        before={"README.md": "# x\n"},
        after={"README.md": "# x\n", path: f"{text}\n"},
        target_paths=(path,),
        class_="ci" if ".gitlab-ci" in path or "workflows" in path else "code",
    )


def _providers() -> Iterator[Labelled]:
    chance = random.Random("six")
    after_names = [place for place in PLACES if place.name.startswith("n")]
    alone = [place for place in PLACES if place.name.startswith("a")]
    for line in (HERE / "kinds_six.txt").read_text().splitlines():
        kind, rest = line.split(" ", 1)
        shape, name = rest.rsplit(" ", 1)
        place = chance.choice(after_names)
        text = _put(place, name, filled(shape, f"{kind} {place.name}"))
        yield _patch("bad", f"{kind} {place.name}", place.path, text)
        if sum(map(str.isalnum, _literals(shape))) >= 3 and shape.count("-") < 4:
            place = chance.choice(alone)
            yield _patch(
                "bad", f"{kind} alone {place.name}", place.path, _put(place, "x", filled(shape, f"{kind} alone"))
            )


def _literals(shape: str) -> str:
    first, *rest = shape.split("«")
    return first + "".join(part.partition("»")[2] for part in rest)


def _placed() -> Iterator[Labelled]:
    chance = random.Random("placed")
    for place in PLACES:
        for label, shape in (("bad", "«A20»"), ("hard", "{W}«D4»!«C3»")) if place.name[0] in "np" else ():
            value = _chosen(shape, f"{place.name} {shape}")
            yield _patch(label, f"{place.name} {shape}", place.path, _put(place, chance.choice(ROLES), value))  # type: ignore[arg-type]


def _chosen(shape: str, seed: str) -> str:
    chance = random.Random(seed)
    words = iter(chance.sample(WORDS, 4))
    while "{" in shape:
        shape = shape.replace("{w}", next(words), 1) if "{w}" in shape else shape.replace("{W}", next(words).title(), 1)
    return filled(shape, seed)


def _named() -> Iterator[Labelled]:
    chance = random.Random("named")
    labels: tuple[tuple[Label, tuple[str, ...]], ...] = (("bad", PLAIN), ("hard", CHOSEN))
    for name in NAMES:
        for label, shapes in labels:
            path, form = chance.choice(FORMS)
            shape = chance.choice(shapes)
            spelled = {**_spelled(name), **({"n": name, "c": name} if name != name.lower() else {})}
            yield _patch(
                label, f"{name} {shape} {path}", path, form.format(V=_chosen(shape, f"{name} {shape}"), **spelled)
            )


def _disguised() -> Iterator[Labelled]:
    for number, (name, disguise) in enumerate(DISGUISES.items()):
        path, text = disguise(filled(SHAPES[number % len(SHAPES)], name))
        yield _patch("hard", f"disguised by {name}", path, text)
    for name, (path, text) in KEYS.items():
        yield _patch("hard" if name.startswith("h ") else "bad", f"key {name}", path, text)


def _alike() -> Iterator[Labelled]:
    text = (HERE / "lookalikes_six.jsonl").read_text().replace("¦", "")  # there so that no scanner takes it for one
    for row in map(json.loads, text.splitlines()):
        for number in range(row["count"]):
            form = row["forms"][number % len(row["forms"])]
            yield _patch("fine", f"look-alike {row['name']} {number}", row["path"], filled(form, f"{form} {number}"))


PLACES = _places()
PATCHES = [*_providers(), *_placed(), *_named(), *_disguised(), *_alike()]
