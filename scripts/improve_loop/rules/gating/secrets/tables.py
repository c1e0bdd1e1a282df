"""Passwords in rows: a column of CSV or SQL whose head speaks of a credential, and files of `user:password`."""

from __future__ import annotations

from collections.abc import Iterator

from improve_loop.model.delta import FileDelta
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.secrets import names, shapes
from improve_loop.rules.gating.secrets.judged import HASHED, TESTS, is_address
from improve_loop.rules.gating.secrets.scan import Found

MAX_COLUMNS = 200
_INSERT = lazy(r"(?i)\binsert\s+into\s[^\n(]{1,80}\((?P<heads>[^)\n]{1,1000})\)\s*values\s*\((?P<row>[^\n]{1,2000})")
_CELL = lazy(r"\s*(?:N?'(?P<text>(?:[^'\n]|''){0,400})'|[^,'\n]{0,200})\s*(?:,|\)|$)")
_USERS = lazy(
    r"(?i)(?:^|/)(?:rsync\w*\.(?:secrets|passwd)|\.?(?:ht|proftpd?|vsftpd?|ftpd?|svn|dovecot|squid|mosquitto)[._-]?passw(?:or)?ds?|passw(?:or)?ds?(?:\.txt|\.lst)?"
    r"|passwd\.client|(?:logins|credentials|creds|accounts|zugangsdaten)(?:\.txt|\.lst)?)$"
)
_LOGIN = lazy(r"(?:[^\s:#/]{1,80}:)?[^\s:#/]{1,80}:(?P<secret>[^\s:/$!*][^\s:]{4,100})(?::\S{0,200})?\s*")
_PAIR_FILE = lazy(
    r"(?i)(?:^|/)[\w.-]{0,40}(?:auth|login|creds?|credentials|userpass|passw(?:or)?d)(?:\.(?:txt|conf|cfg))?$"
)
_OPEN = "<auth-user-pass>"


def columns(file: FileDelta) -> Iterator[tuple[int, Found]]:
    """Each credential with the index of the added line that carries it."""
    if file.path.lower().endswith((".csv", ".tsv")):
        yield from _of_csv(file)
    elif file.path.lower().endswith((".sql", ".dump")):
        yield from _of_sql(file)
    elif _USERS.search(file.path) and not TESTS.search(file.path):
        yield from _of_users(file)
    elif (len(file.new or b"") < 200 and _PAIR_FILE.search(file.path)) or file.path.endswith(".ovpn"):
        yield from _of_pairs(file)


def _of_csv(file: FileDelta) -> Iterator[tuple[int, Found]]:
    head = file.new_text.partition("\n")[0]
    mark = next((mark for mark in ("\t", ";", ",") if mark in head), ",")
    heads = [name.strip().strip("\"'") for name in head.split(mark)[:MAX_COLUMNS]]
    wanted = [at for at, name in enumerate(heads) if names.strength_of(name.replace(" ", "_"))]
    for index, line in enumerate(file.added if wanted else ()):
        cells = line.text[:5_000].split(mark)
        for at in wanted if line.number > 1 else ():
            value = cells[at].strip().strip("\"'") if at < len(cells) else ""
            if shapes.is_password(value, quoted=True) and " " not in value:
                yield index, _password(value)


def _of_sql(file: FileDelta) -> Iterator[tuple[int, Found]]:
    for index, line in enumerate(file.added):
        match = _INSERT.search(line.text) if "nsert" in line.text or "NSERT" in line.text else None
        heads = [head.strip(" `\"'[]") for head in match["heads"].split(",")][:MAX_COLUMNS] if match else []
        cells = _CELL.finditer(match["row"]) if match else iter(())
        for head, cell in zip(heads, cells, strict=False):
            value = cell["text"] or ""
            if names.strength_of(head) == "password" and _is_chosen(value) and not TESTS.search(file.path):
                yield index, _password(value)


def _of_users(file: FileDelta) -> Iterator[tuple[int, Found]]:
    for index, line in enumerate(file.added):
        login = _LOGIN.fullmatch(line.text)
        if login and _is_chosen(login["secret"]) and "{" not in line.text:
            yield index, _password(login["secret"])


def _of_pairs(file: FileDelta) -> Iterator[tuple[int, Found]]:
    """A name on one line, its password on the next, as OpenVPN reads them."""
    lines = file.new_text.rstrip("\n").split("\n")
    number = lines.index(_OPEN) + 3 if _OPEN in lines else 2 if len(lines) == 2 else 0
    for index, line in enumerate(file.added if number else ()):
        if line.number == number and " " not in line.text and _is_chosen(line.text.strip()):
            yield index, _password(line.text.strip())


def _is_chosen(value: str) -> bool:
    """Whether a cell or a line holds a password, neither hashed nor an address."""
    plain = not HASHED.match(value) and not is_address(value) and " " not in value and not value.startswith("$")
    return plain and shapes.is_password(value, quoted=True)


def _password(value: str) -> Found:
    return Found(name="assigned-password", secret=value)
