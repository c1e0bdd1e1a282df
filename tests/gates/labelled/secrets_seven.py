"""Round seven: credentials in the files that leaks are made of, passwords as people choose them, and what stands there instead."""

from __future__ import annotations

import base64
import json
import random
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote
from xml.sax.saxutils import escape

from tests.gates.labelled import Label, Labelled
from tests.gates.made import made

HERE = Path(__file__).parent
SEASONS = [
    "Summer",
    "Winter",
    "Spring",
    "Autumn",
    "Herbst",
    "Sommer",
    "Hiver",
    "Verano",
    "January",
    "Oktober",
    "Monday",
    "Friday",
]
COMPANIES = [
    "Acme",
    "Contoso",
    "Globex",
    "Initech",
    "Kestrel",
    "Northwind",
    "Umbra",
    "Vandelay",
    "Muellerbau",
    "Stadtwerke",
]
PEOPLE = [
    "jessica",
    "michael",
    "anna",
    "thomas",
    "stefan",
    "laura",
    "pedro",
    "olivia",
    "kevin",
    "sabine",
    "marek",
    "yusuf",
    "giulia",
]
WORDS = [
    "blue",
    "horse",
    "coffee",
    "monkey",
    "tiger",
    "lily",
    "rocket",
    "banana",
    "silver",
    "castle",
    "pepper",
    "cookie",
    "dragon",
    "shadow",
    "purple",
    "turtle",
]
WALKS = [
    "1qaz2wsx",
    "zaq12wsx",
    "q1w2e3r4t5",
    "1q2w3e4r5t",
    "!QAZ2wsx",
    "asdfghjkl",
    "Qwer1234",
    "poiuzt",
    "1234qwer",
    "qwerty",
    "Qwertz",
]
LEET = [
    "P@ssw0rd",
    "S3cur3P@ss",
    "L3tM31n",
    "Adm1n",
    "Pa55w0rd",
    "H4ck3rz",
    "W3lc0me",
    "R00tM3",
    "D3v0ps",
    "C0ff33",
    "Dr4g0n",
    "Sup3rm4n",
]
SERVICES = [
    "mysql",
    "grafana",
    "jenkins",
    "shop",
    "backup",
    "oracle",
    "root",
    "ftp",
    "nas",
    "deploy",
    "mail",
    "wiki",
    "erp",
    "vpn",
]
CLASSES = {
    **dict.fromkeys((".gitlab-ci", "workflows", "Jenkinsfile", ".travis", ".circleci", "azure-pipelines"), "ci"),
    "requirements": "dependency",
}
OTHERS = ("circle", "reqs")  # refused by other gates
MARK = re.compile(r"<(V|J|Q|X|BA|UUID|APPLE|CISCO7|BYTES|HX|[UBRAHTDWL])(\d*)(U?)>")
TAKES = re.compile(r"<(?:V|J|Q|X|U|B|BA)>")
R = random.Random("seven")
_MADE = {"U": "U", "B": "B", "R": "A", "A": "A", "H": "H", "T": "T", "D": "D", "W": "W", "L": "L"}


class Template(NamedTuple):
    """A file in which a credential stands."""

    name: str
    path: str
    form: str


def _season() -> str:
    return R.choice(SEASONS) + R.choice(["", "@", "#", "-"]) + str(R.randint(2018, 2026)) + R.choice(["!", "", "#"])


def _company() -> str:
    return R.choice(COMPANIES) + R.choice(["", "@", "_", "#"]) + str(R.randint(1, 2026)) + R.choice(["", "!", "*"])


def _person() -> str:
    name = R.choice(PEOPLE)
    return R.choice([name, name.title()]) + R.choice(["", "_", ".", "-"]) + str(R.randint(1960, 2010)) + R.choice("!x")


def _birthday() -> str:
    name, day = R.choice(PEOPLE).title(), f"{R.randint(1, 28):02}{R.randint(1, 12):02}{R.randint(1960, 2009)}"
    return R.choice([name + day, day + name, day[:4] + name + day[6:]])


def _walk() -> str:
    return R.choice(WALKS) + R.choice(["", "!", "123", "#1", f".{R.randint(10, 99)}"])


def _leet() -> str:
    return R.choice(LEET) + R.choice(["!", "1", "2024", "!23", f"#{R.randint(1, 99)}", f"_{R.choice(SERVICES)}"])


def _words() -> str:
    words, style = R.sample(WORDS, R.choice([2, 3, 4])), R.choice([str.lower, str.title])
    return R.choice(["", "-", "_", ".", "+"]).join(map(style, words)) + R.choice(["", str(R.randint(1, 999)), "!"])


def _service() -> str:
    name = R.choice(SERVICES)
    rest = R.choice(["_", "@", "#", ""]) + R.choice(["root", "admin", "Pass", "user"]) + str(R.randint(1, 99))
    return R.choice([name, name.title(), name.upper()]) + rest + R.choice(["!", ""])


def _signs() -> str:
    first, second = R.sample(WORDS, 2)
    return first.title() + R.choice("!@*+.:,;?~") + second + R.choice("!@*+.:?") + str(R.randint(0, 999))


CHOSEN: tuple[Callable[[], str], ...] = (
    _season,
    _company,
    _person,
    _birthday,
    _walk,
    _leet,
    _words,
    _words,
    _service,
    _signs,
)


def _random_password() -> str:
    signs = R.choice(["", "!*-_+.@", "-_"])
    alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789" + signs
    return "".join(R.choices(alphabet, k=R.choice([10, 12, 14, 16, 20, 24, 32]))) + R.choice("KMZ") + R.choice("379")


def filled(form: str, value: str) -> str:
    spelled = {
        "V": value,
        "J": json.dumps(value, ensure_ascii=False)[1:-1],
        "Q": value.replace("'", "''"),
        "X": escape(value, {'"': "&quot;"}),
        "U": quote(value, safe=""),
        "B": base64.b64encode(value.encode()).decode(),
        "BA": base64.b64encode(f"ci:{value}".encode()).decode(),
    }

    def one(match: re.Match[str]) -> str:
        mark, length = match[1], match[2]
        if not length and mark in spelled:
            return spelled[mark]
        if mark in _MADE:
            text = made(_MADE[mark], int(length), R)
            return text.upper() if match[3] else text
        return _special(mark, length)

    return MARK.sub(one, form)


def _special(mark: str, length: str) -> str:
    if mark == "UUID":
        return str(uuid.UUID(int=R.getrandbits(128), version=4))
    if mark == "HX":
        return ",".join(f"{R.randint(0, 255):02x}" for _ in range(int(length)))
    if mark == "APPLE":
        return "-".join(made("C", 4, R) for _ in range(4))
    if mark == "CISCO7":
        return f"{R.randint(0, 15):02}{made('H', 16, R).upper()}"
    return "".join(f"\\x{R.randint(128, 255):02x}" for _ in range(16))


def _templates() -> list[Template]:
    blocks = (HERE / "places_seven.txt").read_text().split("=== ")[1:]
    heads = ((*block.partition("\n")[0].split(" | "), block.partition("\n")[2]) for block in blocks)
    return [Template(name, path, form) for name, path, form in heads]


def _patch(label: Label, name: str, path: str, text: str) -> Labelled:
    return patched(label, f"r7 secrets {name}", path, text)


def patched(label: Label, name: str, path: str, text: str) -> Labelled:
    """A file added to a project that has a README only."""
    return Labelled(
        name=name,
        label=label,
        family="secrets",
        before={"README.md": "# x\n"},
        after={"README.md": "# x\n", path: text},
        target_paths=(path,),
        class_=next((class_ for part, class_ in CLASSES.items() if part in path), "code"),
    )


def _placed() -> Iterator[Labelled]:
    for number, template in enumerate(_templates()):
        if number % 2 and TAKES.search(template.form):
            chosen = R.choice(CHOSEN)
            text = filled(template.form, chosen())
            yield _patch("hard", f"{template.name}{chosen.__name__}", template.path, text)
        else:
            yield _patch("bad", template.name, template.path, filled(template.form, _random_password()))


def _instead() -> Iterator[Labelled]:
    """A placeholder or a reference in every second of the same files."""
    placeholders = (HERE / "placeholders_seven.txt").read_text().splitlines()
    for template in _templates()[::2]:
        if (
            template.name not in OTHERS
            and TAKES.search(template.form)
            and not re.search(r"<[RHAWBDT]\d", template.form)
        ):
            value = R.choice([each for each in placeholders if "<" not in each or "<X>" in template.form])
            yield _patch("fine", f"{template.name} {value}", template.path, filled(template.form, value))


def _alike() -> Iterator[Labelled]:
    escapes = {"\\|": "|", "\\n": "\n", "\\\\": "\\", '\\"': '"'}
    for number, line in enumerate((HERE / "lookalikes_seven.txt").read_text().splitlines()):
        path, form = line.split("|", 1)
        text = re.sub(r"\\[|n\\\"]", lambda match: escapes[match[0]], form)
        yield _patch("fine", f"look-alike {number}", path, f"{filled(text, '')}\n")


PATCHES = [*_placed(), *_instead(), *_alike()]
