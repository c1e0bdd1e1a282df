"""What people may set in `.improve-loop.yml`: patterns of their own, and leave for a while."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from improve_loop.cli.config import config
from improve_loop.edges.configuration import from_bytes
from improve_loop.errors import ConfigError
from improve_loop.gates import judge, policy_of, rules
from improve_loop.gates.secrets import fingerprint
from improve_loop.model.config import GateFamily
from improve_loop.model.finding import GateFinding
from improve_loop.rules.gating.policy import FAMILIES, Policy
from improve_loop.rules.gating.scratch import scratch_delta
from tests.gates.made import made_token
from tests.gates.repository import patch_of, repository
from tests.gates.test_command import run

AHEAD = (date.today() + timedelta(days=30)).isoformat()
BEHIND = (date.today() - timedelta(days=1)).isoformat()
TEST = {"tests/old/test_a.py": b"def test_a():\n    assert f() == 1\n"}

OWN = """
gates:
  destructive:
    patterns:
      - {text: "curl * admin.internal", reason: the admin API is for people, paths: ["scripts/**"]}
"""
LEAVE = """
gates:
  tests:
    overrides:
      - {rule: tests/deleted, paths: ["tests/old/**"], by: ana, reason: moved to e2e, expires: %s}
"""


def policy(text: str) -> Policy:
    return policy_of(from_bytes(text.encode(), "c.yml"))


def added(path: str, text: str, said: str = OWN) -> tuple[GateFinding, ...]:
    return judge(scratch_delta({}, {path: text.encode()}), None, policy(said))


def removed(said: str, path: str = "tests/old/test_a.py") -> list[GateFinding]:
    found = judge(scratch_delta({path: TEST["tests/old/test_a.py"]}, {}), None, policy(said))
    return [one for one in found if one.rule == "tests/deleted"]


def test_a_pattern_of_ones_own_is_refused_where_it_was_set_for() -> None:
    (found,) = added("scripts/a.sh", "echo a\ncurl -s https://ADMIN.internal/users\n", OWN.replace("* admin", "*admin"))
    assert (found.rule, found.path, found.line, found.severity) == ("destructive/own", "scripts/a.sh", 2, "refuse")
    assert "the admin API is for people" in found.reason


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("other/a.sh", "curl -s admin.internal\n"),  # not under these paths
        ("scripts/a.sh", "echo admin.internal; curl -s x\n"),  # the other way round
        ("scripts/a.sh", "curl -s x\nping admin.internal\n"),  # on two lines
    ],
)
def test_and_nowhere_else(path: str, text: str) -> None:
    assert not added(path, text)


def test_a_pattern_warns_where_its_family_does() -> None:
    (found,) = added(
        "scripts/a.sh", "curl a admin.internal\n", OWN.replace("  destructive:", "  destructive:\n    policy: warn")
    )
    assert found.severity == "warn"


def test_an_override_is_a_warning_that_names_who_until_when_and_why() -> None:
    (found,) = removed(LEAVE % AHEAD)
    assert found.severity == "warn"
    assert f"override by ana until {AHEAD}, moved to e2e" in found.reason


@pytest.mark.parametrize("day", [AHEAD, f'"{AHEAD}"', date.today().isoformat()])
def test_its_last_day_counts_and_needs_no_quotes(day: str) -> None:
    assert [one.severity for one in removed(LEAVE % day)] == ["warn"]


def test_an_override_that_ended_changes_nothing_and_is_named() -> None:
    (found,) = removed(LEAVE % BEHIND)
    assert found.severity == "refuse"
    assert found.advice.endswith(f"the override by ana ended on {BEHIND}")


@pytest.mark.parametrize(
    "said",
    [
        (LEAVE % AHEAD).replace("tests/old", "tests/other"),
        (LEAVE % AHEAD).replace("tests/deleted", "tests/skipped"),
    ],
)
def test_an_override_holds_for_its_rule_and_paths_alone(said: str) -> None:
    assert [one.severity for one in removed(said)] == ["refuse"]


def test_a_patch_cannot_bring_its_own_override(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", TEST)
    patch = patch_of(repo, {"tests/old/test_a.py": None, ".improve-loop.yml": (LEAVE % AHEAD).encode()})
    result = run("--repo", repo, "--patch", "-", stdin=patch)
    assert result.exit_code == 4
    assert "refuse  tests/deleted" in result.output
    assert "refuse  protected/loop" in result.output


def test_with_the_override_at_the_base_it_passes_and_is_told(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {**TEST, ".improve-loop.yml": (LEAVE % AHEAD).encode()})
    result = run("--repo", repo, "--patch", "-", stdin=patch_of(repo, {"tests/old/test_a.py": None}))
    assert result.exit_code == 0
    assert f"override by ana until {AHEAD}" in result.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gates: {secrets: {policy: warn}}", "gates.secrets.policy: secrets can never be lowered"),
        ("gates: {sise: {policy: warn}}", "gates.sise: unknown family; did you mean size?"),
        ((LEAVE % AHEAD).replace("tests/deleted", "ci/image"), "ci/image is no rule of tests"),
        ((LEAVE % AHEAD).replace("tests", "secrets").replace("removed", "format"), "can never be lowered"),
        ((LEAVE % AHEAD).replace("  tests:", "  ci:").replace("tests/deleted", "ci/job-token"), "can never be lowered"),
        (LEAVE % "soon", "'soon' does not match"),
        ((LEAVE % AHEAD).replace("by: ana, ", ""), "needs by"),
        ((LEAVE % AHEAD).replace("by: ana, ", 'by: " ", '), "does not match"),
        (OWN.replace("curl * admin.internal", "*"), "does not match"),
    ],
)
def test_what_nobody_may_set_is_an_error(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        from_bytes(text.encode(), "c.yml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ((LEAVE % AHEAD).replace("deleted", "delated"), "tests/delated: did you mean tests/deleted?"),
        (LEAVE % BEHIND, f"tests/deleted: ended on {BEHIND}; remove or renew it"),
    ],
)
def test_config_check_names_overrides_that_do_nothing(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "c.yml").write_text(text)
    result = CliRunner().invoke(config, ["check", str(tmp_path / "c.yml")])
    assert isinstance(result.exception, ConfigError)
    assert said in str(result.exception)


def test_each_family_can_be_given_patterns_and_explains_them() -> None:
    assert {f"{family}/own" for family in FAMILIES} <= rules().keys()
    assert {rule.family for rule in rules().values()} == set(FAMILIES)


MARK = "0123456789abcdef0123"


@pytest.mark.parametrize(
    "entry",
    [
        f"{{fingerprint: {MARK}, reason: r, expires: never}}",
        f"{{fingerprint: {MARK}, reason: r, expires: 2099-13-45}}",
        f"{{fingerprint: {MARK}, reason: r, expires: null}}",
        f"{{fingerprint: {MARK}, reason: r}}",
        f"{{fingerprint: {MARK}, expires: {AHEAD}}}",
        MARK,
    ],
)
def test_an_allowed_credential_needs_a_reason_and_a_day(entry: str) -> None:
    for said in (f"[{entry}]", entry):
        with pytest.raises(ConfigError, match="needs a fingerprint, a reason and, as expires, a day"):
            policy(f"gates: {{secrets: {{options: {{allow: {said}}}}}}}")


def test_a_word_is_no_day_even_where_nobody_checked_the_configuration() -> None:
    secret = made_token("glpat-{A20}", random.Random(1))
    for expires, refused in (("never", True), (BEHIND, True), (AHEAD, False)):
        entry = {"fingerprint": fingerprint(secret), "reason": "r", "expires": expires}
        unchecked = Policy(families={"secrets": GateFamily(options={"allow": [entry]})})
        found = judge(scratch_delta({}, {"a.py": f"x = '{secret}'\n".encode()}), None, unchecked)
        assert bool(found) is refused
