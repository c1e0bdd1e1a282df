"""No credential enters the repository: formats, places, assignments, disguises, on added lines with their paths."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import replace
from datetime import date
from importlib import import_module
from typing import Any

from improve_loop.model.delta import FileDelta, TreeDelta
from improve_loop.model.finding import GateFinding
from improve_loop.model.lines import Lines
from improve_loop.rules.gating.kinds import kind_of
from improve_loop.rules.gating.lazy import lazy
from improve_loop.rules.gating.policy import Policy, Scope
from improve_loop.rules.gating.rule import Edit, Rule
from improve_loop.rules.gating.secrets.decode import goes_on, open_lines, rejoined
from improve_loop.rules.gating.secrets.formats import token_lines
from improve_loop.rules.gating.secrets.places import PLACES
from improve_loop.rules.gating.secrets.scan import (
    Found,
    gathered_in,
    hidden_in,
    is_sealed,
    marks_of,
    masked,
    may_hide,
    scan,
    scan_generated,
    scan_name,
    scan_text,
    scan_texts,
    split_tokens,
)
from improve_loop.rules.gating.secrets.spread import key_file, spread_values
from improve_loop.rules.gating.secrets.tables import columns
from improve_loop.rules.gating.windows import is_generated_again, long_pieces

FAMILY = "secrets"
BLOCK_LINES = 40  # of adjacent added lines that are put together to find split literals
BLOCK_CHARACTERS = 8_000

_PLACES = frozenset(place.name for place in PLACES)
_SALT = b"improve-loop secret\0"
_FLAG = "-p"
_R = "q7Zr2Kx9Lm4Tn8Vw3Bp6Yd1Hs5"  # no credential: a run of characters that looks random

_AWS = "AKIA" + _R[:16].upper().translate(str.maketrans("0189", "2345"))
_GITHUB = "ghp" + "_" + (_R + _R)[:36]
_CHOSEN = _R[:6] + "!" + _R[6:11]

FORMAT = Rule(
    id="secrets/format",
    reason="an added line, or the name of a file, holds what has the format of a credential",
    advice="remove it and revoke it; keep credentials in a masked variable or a vault",
    refuses=(f"key = '{_AWS}'", f"# glpat-{_R[:20]}", f"x('{_GITHUB}')"),
    allows=("key = 'AKIA" + "IOSFODNN7EXAMPLE'", "# glpat-xxxxxxxxxxxxxxxxxxxx", "pattern = r'ghp_[A-Za-z0-9]{36}'"),
)
PLACE = Rule(
    id="secrets/place",
    reason="a credential stands where one is used: a URL, header, flag, key block or connection string",
    advice="remove it and revoke it; read it from a masked variable when it is needed",
    refuses=(
        "url = 'postgres://app:" + _R[:12] + "@db.internal/app'",
        Edit(after={"deploy.sh": "curl -u admin" + f":{_R[:12]} https://x.test\n"}),
        Edit(after={"deploy.sh": f"mysql -u root {_FLAG}{_R[:10]} app\n"}),
    ),
    allows=(
        "url = 'postgres://user:password@localhost/app'",
        "url = f'postgres://{user}:{password}@{host}/app'",
        Edit(after={"deploy.sh": 'curl -u "$USER:$PASSWORD" https://x.test\n'}),
    ),
)
ASSIGNED = Rule(
    id="secrets/assigned",
    reason="a name that speaks of a credential is given a value that looks like one",
    advice="remove it and revoke it; read it from the environment",
    refuses=(f"db_password = '{_CHOSEN}'", f"API_KEY = '{_R}'", Edit(after={".env": f"DB_PASSWORD={_R[:12]}\n"})),
    allows=(
        "password = os.environ['DB_PASSWORD']",
        "password_field = 'user_password'",
        "token_url = 'https://login.test/oauth/token'",
        Edit(after={"values.yaml": "secretName: my-app-secret-v2\npassword: {{ .Values.password }}\n"}),
        "cache_key = 'a3f5b1c2d4e6f708192a3b4c5d6e7f80'",
    ),
)
DISGUISED = Rule(
    id="secrets/disguised",
    reason="a credential is split, encoded or reversed",
    advice="remove it and revoke it; keep credentials in a masked variable or a vault",
    refuses=(
        f"key = '{_AWS[:4]}' + '{_AWS[4:]}'",
        Edit(after={"a.py": f"key = (\n    '{_GITHUB[:4]}'\n    '{_GITHUB[4:]}'\n)\n"}),
    ),
    allows=("digest = 'c2hhMjU2Om5vdGhpbmcgc2VjcmV0IGhlcmU='",),
)
RULES = (FORMAT, PLACE, ASSIGNED, DISGUISED)


_READABLE = re.compile(rb"[\x20-\x7e]{16,9000}")
_TEST_CERTIFICATES = lazy(r"(?:^|/)(?:tests?|testdata|fixtures?)/(?:.*/)?(?:certs?|certificates|ssl|tls|pki)/")


def findings(delta: TreeDelta, scope: Scope | None, policy: Policy) -> Iterator[GateFinding]:
    """Each credential on an added line, once a line; allowed ones are left out by their fingerprint."""
    allowed = frozenset(_allowed(policy))
    for file in delta.files:
        if file.status in ("added", "renamed"):
            yield from _told_of(file, scan_name(file.path), "the file's name: ", allowed)
        if file.is_binary and file.new:
            yield from _told_of(file, _in_bytes(file.new), "within the binary file: ", allowed)
        if file.added and not file.is_binary:
            long = _generated(file) if scope is None and is_generated_again(file) else ()
            for number, rule, found in (*_file(file), *long):
                mark = fingerprint(found.secret)
                if mark not in allowed and not (rule is not DISGUISED and found.secret in file.old_text):
                    told = rule.at(file.path, number, detail=_says(found, mark))
                    of_tests = scope is None and found.name == "private-key" and _is_of_tests(file, delta)
                    yield replace(told, severity="warn") if of_tests else told


def _told_of(file: FileDelta, tokens: Iterable[Found], where: str, allowed: Set[str]) -> Iterator[GateFinding]:
    """Tokens that stand on no line: in the new name of a file, or in a picture."""
    known = f"{file.old_path}\0{(file.old or b'').decode('latin-1')}"
    for found in tokens:
        if (mark := fingerprint(found.secret)) not in allowed and found.secret not in known:
            yield FORMAT.at(file.path, detail=where + _says(found, mark))


def _in_bytes(content: bytes) -> Iterator[Found]:
    """Tokens in the readable runs of a binary file, once each."""
    runs = Lines(run.decode("ascii") for run in _READABLE.findall(content))
    return iter(dict.fromkeys(found for index in token_lines(runs) for found in scan_name(runs.texts[index])))


def _says(found: Found, mark: str) -> str:
    return f"{found.name} {masked(found.secret)} (fingerprint {mark})"


def _is_of_tests(file: FileDelta, delta: TreeDelta) -> bool:
    """Whether a key file stands among the certificates of a test suite, and its certificate changes with it."""
    if not _TEST_CERTIFICATES.search(file.path):
        return False
    folder = file.path.rpartition("/")[0] + "/"
    return any(
        other is not file and other.path.startswith(folder) and "BEGIN CERTIFICATE" in other.new_text
        for other in delta.files
    )


def fingerprint(found: str) -> str:
    """The name under which an allow-list knows a value: nobody gets from it to the value."""
    digest: str = _sha256()(_SALT + found.encode("utf-8", "surrogateescape")).hexdigest()
    return digest[:20]


def _sha256() -> Any:
    """SHA-256 without OpenSSL, which takes as long to load as a small patch to judge; `random` does the same."""
    for name in ("_sha2", "_sha256"):  # since Python 3.12, and before
        with suppress(ImportError):
            return import_module(name).sha256
    return import_module("hashlib").sha256


def _allowed(policy: Policy) -> Iterator[str]:
    """Fingerprints with a reason and an expiry that lies ahead (or today); a word is no day."""
    today = date.today()
    for entry in policy.option(FAMILY, "allow"):
        if isinstance(entry, dict) and entry.get("reason"):
            with suppress(ValueError):
                if date.fromisoformat(str(entry.get("expires"))) >= today:
                    yield str(entry.get("fingerprint"))


def _file(file: FileDelta) -> Iterator[tuple[int, Rule, Found]]:
    kind = kind_of(file.path, file.new_text.partition("\n")[0])
    lines = file.added_lines
    marks = marks_of(lines)
    told: set[int] = set()
    for index, found in scan(lines, file.path, kind):
        if index not in told and not (found.name.startswith("assigned") and is_sealed(file.new_text)):
            told.add(index)
            yield file.added[index].number, _rule(found), found
    if key := key_file(file):
        told.add(0)
        yield file.added[0].number, PLACE, key
    for index, found in (*spread_values(file), *columns(file)):
        if index not in told and not is_sealed(file.new_text):
            told.add(index)
            yield file.added[index].number, ASSIGNED, found
    if disguised := list(_disguised(file, marks, told)):
        yield from () if is_sealed(file.new_text) else disguised


def _generated(file: FileDelta) -> Iterator[tuple[int, Rule, Found]]:
    """What stands in the long lines of a file that a program makes, beyond what is read of every line."""
    pieces = list(long_pieces(file))
    for index, found in scan_generated(Lines(piece.text for piece in pieces), file.path, kind_of(file.path)):
        yield pieces[index].number, _rule(found), found


def _rule(found: Found) -> Rule:
    if found.name.startswith("assigned"):
        return ASSIGNED
    return PLACE if found.name in _PLACES else FORMAT


def _disguised(file: FileDelta, marks: Mapping[int, Set[int]], told: set[int]) -> Iterator[tuple[int, Rule, Found]]:
    kind = kind_of(file.path)
    for index in may_hide(file.added_lines, marks):
        if index not in told and (found := next(hidden_in(file.added_lines.texts[index], file.path, kind), None)):
            told.add(index)
            yield file.added[index].number, DISGUISED, found
    texts = file.added_lines.texts
    for index, tried in split_tokens(file.added_lines, marks):
        if index not in told and (found := next(scan_text(tried, file.path, kind), None)):
            told.add(index)
            yield file.added[index].number, DISGUISED, found
    for index, text in gathered_in(file.added_lines, marks):
        if index not in told and (found := next(scan_text(text, file.path, kind), None)):
            told.add(index)
            yield file.added[index].number, DISGUISED, found
    blocks = [
        (first, block, joined)
        for first, last in _blocks(file)
        if told.isdisjoint(range(first, last))
        and (joined := rejoined(block := "\n".join(texts[first:last])[:BLOCK_CHARACTERS]))
    ]
    read = scan_texts([joined for *_, joined in blocks], file.path, kind)
    for (first, block, _), each in zip(blocks, read, strict=True):
        if fresh := next((found for found in each if found.secret not in block), None):
            yield file.added[first].number, DISGUISED, fresh


def _blocks(file: FileDelta) -> Iterator[tuple[int, int]]:
    """First and last (exclusive) of adjacent added lines that hold a literal or a continuation to be put together."""
    added = file.added
    following = {
        index
        for index in open_lines(file.added_lines)
        if index + 1 < len(added)
        and added[index + 1].number == added[index].number + 1
        and goes_on(added[index].text, added[index + 1].text)
    }
    last = 0
    for first in sorted(following):
        if first >= last:
            last = first + 1
            while last - 1 in following and last - 1 - first < BLOCK_LINES:
                last += 1
            yield first, last
