"""Each rule of triage drops what it should and says why; the order is arithmetic."""

from __future__ import annotations

from typing import Any

import pytest

from improve_loop.model.candidate import Candidate, RecipeCall
from improve_loop.model.config import Config, Domain, Exclusion, Weights
from improve_loop.model.state import CandidateRecord, Outcome, Rejection, State
from improve_loop.rules import triage
from improve_loop.rules.score import score
from tests.support.builders import NOW, candidate, run

PATHS = frozenset((".gitlab-ci.yml", "infra/main.tf", "src/a.py"))
LATER, EARLIER = "2026-12-01T00:00:00Z", "2026-11-01T00:00:00Z"


def context(config: Config | None = None, state: State | None = None, **changes: Any) -> triage.Context:
    made = run(config=config or Config(), **changes)
    return triage.Context(run=made, state=state or State(), paths=PATHS, now=NOW)


def record(outcome: Outcome, fingerprint: str = "0" * 64, last_seen: str = EARLIER) -> State:
    known = CandidateRecord(
        domain="ci",
        subject="PIP04",
        fingerprint=fingerprint,
        outcome=outcome,
        reason="as told",
        first_seen=EARLIER,
        last_seen=last_seen,
    )
    return State(candidates={candidate().id: known})


def no(until: str | None = None, fingerprint: str = "0" * 64) -> State:
    said = Rejection(
        domain="ci", subject="PIP04", fingerprint=fingerprint, reason="we like it", by="ana", at=EARLIER, until=until
    )
    return State(rejections=(said,))


INFRA = candidate("IMG01", target_paths=("infra/main.tf",))


@pytest.mark.parametrize(
    ("one", "where", "rule"),
    [
        (candidate(target_repo="other"), context(), "other-repository"),
        (candidate(target_paths=("gone.yml",)), context(), "no-such-path"),
        (candidate(target_paths=(".gitlab-ci.yml/x",), class_="task"), context(), "no-such-path"),
        (INFRA, context(exclusions=(Exclusion(path="infra/**", reason="frozen", origin="c:1"),)), "excluded"),
        (candidate(), context(exclusions=(Exclusion(source="ci/PIP*", reason="r", origin="c:1"),)), "excluded"),
        (INFRA, context(Config(do_not_touch=("infra",))), "do-not-touch"),
        (INFRA, context(Config(protected_paths=("*.tf",))), "protected"),
        (INFRA, context(Config(blast_radius=("infra/",))), "blast-radius"),
        (candidate(reversibility="irreversible"), context(), "irreversible"),
        (candidate(), context(mode="none"), "needs-a-model"),
        (candidate(), context(state=no()), "rejected"),
        (candidate(), context(state=no(until=LATER)), "rejected"),
        (candidate(), context(state=record("open")), "already-open"),
        (candidate(), context(state=record("closed")), "closed"),
        (candidate(), context(state=record("taken_over", "1" * 64)), "taken-over"),
        (candidate(), context(state=record("merged", last_seen="2026-11-10T00:00:00Z")), "shipped"),
        (candidate(depends_on=("ci-x",)), context(), "waits"),
    ],
)
def test_each_rule_drops_with_its_name_and_a_reason(one: Candidate, where: triage.Context, rule: str) -> None:
    kept, dropped = triage.ranked([one], where)
    assert not kept
    assert dropped[0].rule == rule
    assert dropped[0].reason


@pytest.mark.parametrize(
    ("one", "where"),
    [
        (candidate(), context()),
        (candidate(), context(exclusions=(Exclusion(path="infra/**", domain="ci", reason="r"),))),
        (INFRA, context(exclusions=(Exclusion(path="infra/**", domain="cves", reason="r"),))),
        (INFRA.__class__(**{**INFRA.__dict__, "safety_story": "s"}), context(Config(blast_radius=("infra/",)))),
        (candidate(), context(state=no(until=EARLIER))),
        (candidate(), context(state=no(fingerprint="1" * 64))),
        (candidate(), context(state=record("open", "1" * 64))),
        (candidate(), context(state=record("closed", "1" * 64))),
        (candidate(), context(state=record("merged", last_seen="2026-11-01T00:00:00Z"))),
        (candidate(), context(state=record("later"))),
    ],
)
def test_what_no_rule_forbids_is_kept(one: Candidate, where: triage.Context) -> None:
    kept, dropped = triage.ranked([one], where)
    assert [each.candidate.id for each in kept] == [one.id]
    assert not dropped


def test_score_is_risk_times_reversibility_times_value_over_effort() -> None:
    assert score(candidate(), Config()) == 3 * 3 * 2 / 0.25
    assert score(candidate(risk="high", reversibility="hard", value="low"), Config()) == 4.0
    assert score(candidate(reversibility="irreversible"), Config()) == 0
    weighted = Config(weights=Weights(medium=3.0), domains={"ci": Domain(weight=0.5)})
    assert score(candidate(), weighted) == 3 * 3 * 3 * 0.5 / 0.25


def test_ties_are_broken_by_id_and_the_order_of_finding_says_nothing() -> None:
    found = [candidate("B"), candidate("A"), candidate("C", value="high")]
    order = [each.candidate.subject for each in triage.ranked(found, context())[0]]
    assert order[0] == "C"
    assert order == [each.candidate.subject for each in triage.ranked(list(reversed(found)), context())[0]]


def test_the_same_thing_from_two_domains_is_kept_once_the_better_one() -> None:
    one = candidate("django 4.2.1", domain="cves", class_="dependency", value="high")
    two = candidate("Django  4.2.1", domain="releases", class_="dependency")
    other = candidate("django 4.2.2", domain="releases", class_="dependency")
    kept, dropped = triage.ranked([two, one, other], context())
    assert [each.candidate.domain for each in kept] == ["cves", "releases"]
    assert dropped[0].rule == "duplicate"
    assert one.id in dropped[0].reason


def test_words_tell_twins_apart_by_their_versions() -> None:
    one = candidate("a", source="cves/x", summary="Bump the django package to 4.2.1")
    same = candidate("b", source="releases/x", summary="bump django package to 4.2.1")
    newer = candidate("c", source="releases/x", summary="Bump the django package to 4.2.2")
    assert triage.same_as_chosen(same, [one]) is not None
    assert triage.same_as_chosen(newer, [one]) is None


def test_a_filed_candidate_is_a_question_whatever_the_state_says_of_it() -> None:
    sly = candidate(
        "X", source="ci/PIP04", recipe=RecipeCall(name="ci", params={}), safety_story="trust me", depends_on=("y",)
    )
    (asked,) = triage.filed(State(filed=(sly,)), run(), frozenset())
    assert (asked.source, asked.recipe, asked.safety_story, asked.depends_on) == (f"spill of {sly.id}", None, None, ())
    reason = triage.reason_to_drop(asked, context(auto=True))
    assert reason
    assert reason[0] == "needs-a-person"
    assert triage.reason_to_drop(asked, context()) is None
    assert triage.filed(State(filed=(sly,)), run(), {sly.id}) == []
    assert triage.filed(State(filed=(sly,)), run(run_kind="tend"), frozenset()) == []
    assert triage.filed(State(filed=(sly,)), run(domains=("task",)), frozenset()) == []
