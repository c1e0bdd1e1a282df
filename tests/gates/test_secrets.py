"""Credentials: every provider format by an example made from its own row, places, disguises, look-alikes."""

from __future__ import annotations

import base64
import hashlib
import random
import re

import pytest

from improve_loop.gates import judge, secrets
from improve_loop.model.config import GateFamily
from improve_loop.rules.gating.kinds import kind_of
from improve_loop.rules.gating.policy import Policy
from improve_loop.rules.gating.scratch import scratch_delta
from improve_loop.rules.gating.secrets.scan import UNREAD, hidden_in
from improve_loop.rules.gating.secrets.tokens import ALPHABETS, TOKENS, Token
from tests.gates.made import made_token

LINES = ("x = '{}'", "# {}", "run --with {} now", "value: {}", '{{"a": "{}"}}')


def refused(line: str, path: str = "src/app.py", policy: Policy | None = None) -> list[str]:
    delta = scratch_delta({}, {path: f"{line}\n".encode()})
    return [item.rule for item in judge(delta, None, policy or Policy()) if item.family == "secrets"]


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token.shape)
def test_every_provider_format_is_refused_wherever_it_stands(token: Token) -> None:
    chance = random.Random(token.shape)
    for line in LINES:
        assert refused(line.format(made_token(token.shape, chance)))


def test_every_alphabet_is_used_and_every_shape_is_one() -> None:
    used = {letter for token in TOKENS for letter in re.findall(r"\{([A-Z])\d", token.shape)}
    assert used == set(ALPHABETS)


def test_a_finding_shows_at_most_two_characters_at_each_end() -> None:
    secret = made_token("glpat-{A20}", random.Random(1))
    delta = scratch_delta({}, {"a.py": f"x = '{secret}'\n".encode()})
    (finding,) = [item for item in judge(delta, None, Policy()) if item.family == "secrets"]
    shown = f"{finding.reason} {finding.advice}"
    assert not any(secret[at : at + 3] in shown.replace("format", "") for at in range(len(secret) - 2))


def test_a_fingerprint_stays_what_allow_lists_hold() -> None:
    assert secrets.fingerprint("x\udcff") == hashlib.sha256(b"improve-loop secret\0x\xff").hexdigest()[:20]


def test_an_allowed_fingerprint_passes_until_its_expiry() -> None:
    secret = made_token("glpat-{A20}", random.Random(2))
    entry = {"fingerprint": secrets.fingerprint(secret), "reason": "a revoked one that a test needs"}
    for expires, passes in (("2999-01-01", True), ("2001-01-01", False), (None, False)):
        options = {"allow": [{**entry, "expires": expires} if expires else entry]}
        policy = Policy(families={"secrets": GateFamily(options=options)})
        assert (refused(f"x = '{secret}'", policy=policy) == []) is passes


def test_policy_cannot_lower_secrets() -> None:
    policy = Policy(families={"secrets": GateFamily(policy="warn")})
    delta = scratch_delta({}, {"a.py": f"x = '{made_token('ghp_{A36}', random.Random(3))}'\n".encode()})
    assert [item.severity for item in judge(delta, None, policy) if item.family == "secrets"] == ["refuse"]


@pytest.mark.parametrize(
    "comment", ["gitleaks:" + "allow", "pragma: allowlist " + "secret", "nosec", "noqa", "secretlint-disable-line"]
)
def test_a_comment_in_the_patch_allows_nothing(comment: str) -> None:
    assert refused(f"x = '{made_token('ghp_{A36}', random.Random(4))}'  # {comment}")


def test_a_line_with_more_disguises_than_are_read_is_not_let_through() -> None:
    words = [f"harmless word number {number:04d} of many" for number in range(1200)]
    line = " ".join(base64.b64encode(word.encode()).decode() for word in words)
    few = " ".join(base64.b64encode(word.encode()).decode() for word in words[:20])
    assert [found.name for found in hidden_in(line, "a.txt", kind_of("a.txt"))] == [UNREAD]
    assert not list(hidden_in(few, "a.txt", kind_of("a.txt")))


OPENSSH = (
    "b3Bl" + "bnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAA"
)  # how each of its keys begins: zeros, many `A`
HEADS = {
    "OPENSSH PRIVATE KEY": OPENSSH + "MwAAAAtzc2gtZWQyNTUxOQAAACB",
    "PRIVATE KEY": "MIIE" + "uwIBADANBgkqhkiG9w0BAQEFAASCBKUwggShAgEAAoIBAQC",
    "EC PRIVATE KEY": "MIG2" + "AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDA",
    "ENCRYPTED PRIVATE KEY": "MIIF" + "HTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQI",
}


@pytest.mark.parametrize("kind", HEADS)
def test_a_key_as_programs_write_it_is_refused_with_and_without_its_header(kind: str) -> None:
    body = HEADS[kind] + made_token("{B64}", random.Random(kind))
    rule = "-" * 5
    lines = [f"{rule}BEGIN {kind}{rule}", body[:64], body[64:], f"{rule}END {kind}{rule}"]
    assert refused("\n".join(lines), "id_key")
    assert refused(f"key: {' '.join(lines)}", "a.yaml")
    assert refused("\n".join(lines[1:3]), "id_key")
    wrapped = base64.encodebytes("\n".join(lines).encode()).decode()
    assert refused(wrapped, "key.b64")
