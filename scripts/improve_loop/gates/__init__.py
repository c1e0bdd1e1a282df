"""The gates: each family judges what a patch makes of the base tree. `judge` asks them all; no model, no network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import Protocol

from improve_loop.gates import apart, ci, destructive, hidden, kinds, protected, scope, secrets, size, supply, tests
from improve_loop.model.delta import TreeDelta
from improve_loop.model.finding import GateFinding
from improve_loop.rules.gating import patch
from improve_loop.rules.gating.ci.elsewhere import as_called, as_pipelines
from improve_loop.rules.gating.ci.included import included
from improve_loop.rules.gating.keywords import look_at
from improve_loop.rules.gating.own import own_findings, own_rule
from improve_loop.rules.gating.policy import Policy, Scope, policy_of
from improve_loop.rules.gating.rule import Rule, printable
from improve_loop.rules.gating.windows import in_pieces

__all__ = ["GATES", "Policy", "Scope", "judge", "policy_of", "rules"]

PEOPLE_DECIDE = frozenset(("ci/action", "ci/reach", "supply/dependency-added", "supply/downgrade", "supply/unpinned"))
# Without a scope a person's own change is judged: what people may decide, and no candidate may, only warns then.
READ_LINES = frozenset(
    ("hidden", "destructive")
)  # families that read every character of a line (`secrets` does itself)
HALF = "secrets"  # takes as long as all other families together
AS_A_PIPELINE = ("secrets", "hidden", "tests", "destructive", "ci", "supply")  # read a pipeline file as one
MAX_FINDINGS = 50  # of one family; more say nothing new


class Gate(Protocol):
    """A module of `gates/`: one family."""

    @property
    def FAMILY(self) -> str: ...

    @property
    def RULES(self) -> tuple[Rule, ...]: ...

    def findings(self, delta: TreeDelta, scope: Scope | None, policy: Policy) -> Iterator[GateFinding]:
        """Everything of this family that is wrong with the change, refusals unless a rule only warns."""


GATES: Mapping[str, Gate] = {
    module.FAMILY: module for module in (scope, protected, kinds, size, secrets, hidden, tests, destructive, ci, supply)
}  # in the order in which findings are told


def judge(delta: TreeDelta, scope: Scope | None, policy: Policy) -> tuple[GateFinding, ...]:
    """Every finding of every family; a change passes when none of them has severity `refuse`.

    `scope` None means that nobody limits the paths (a human's range); policy lowers some families to warnings.
    """
    found = _judged(delta, scope, policy, tuple(GATES))
    names = policy.pipeline_files
    names += included(delta, names)
    again = as_pipelines(delta, scope, names) if names else None
    if again:
        told = {_place(item) for item in found}
        more = (as_called(item, names) for item in _judged(*again, policy, AS_A_PIPELINE))
        found += [item for item in more if _place(item) not in told]
    return tuple(_overridden(item, policy) for item in _discreet(found))


def _judged(delta: TreeDelta, scope: Scope | None, policy: Policy, families: tuple[str, ...]) -> list[GateFinding]:
    pieces = in_pieces(delta) if scope is None else delta

    def told(names: Iterable[str]) -> list[GateFinding]:
        return [
            _lowered(item, scope, policy)
            for name in names
            for item in _told(GATES[name], pieces if name in READ_LINES else delta, scope, policy)
        ]

    if not apart.is_worth_it(delta):
        return told(families)
    look_at([file.added_lines for file in delta.files if file.added and not file.is_binary])  # both need it
    halves = apart.side_by_side(lambda: told([HALF]), lambda: told(name for name in families if name != HALF))
    return sorted((*halves[0], *halves[1]), key=lambda found: families.index(found.family))


def _discreet(findings: Sequence[GateFinding]) -> Iterator[GateFinding]:
    """The findings; one on a line with a credential quotes nothing of it: it may hold a piece that nobody knows."""
    hot = {(found.path, found.line) for found in findings if found.family == HALF}
    for found in findings:
        quiet = found.family != HALF and found.line is not None and (found.path, found.line) in hot
        yield replace(found, reason=rules()[found.rule].reason) if quiet else found


def _told(gate: Gate, delta: TreeDelta, scope: Scope | None, policy: Policy) -> list[GateFinding]:
    found = chain(gate.findings(delta, scope, policy), own_findings(gate.FAMILY, delta, policy))
    return sorted(set(_first(found)), key=_place)


def _lowered(finding: GateFinding, scope: Scope | None, policy: Policy) -> GateFinding:
    """The finding, as a warning where policy says so or where people decide it every day."""
    if policy.warns(finding.rule) or (scope is None and finding.rule in PEOPLE_DECIDE):
        return replace(finding, severity="warn")
    return finding


def _overridden(finding: GateFinding, policy: Policy) -> GateFinding:
    """The finding, as a warning that names who let it pass and until when; one that ended says so and changes nothing."""
    leave = policy.override(finding.rule, finding.path) if finding.severity == "refuse" else None
    if leave is None:
        return finding
    if leave.expires < date.today().isoformat():
        return replace(
            finding, advice=f"{finding.advice}; the override by {printable(leave.by)} ended on {leave.expires}"
        )
    says = f"override by {printable(leave.by)} until {leave.expires}, {printable(leave.reason)}"
    return replace(finding, severity="warn", reason=f"{finding.reason} ({says})")


def rules() -> dict[str, Rule]:
    """Every rule by its id."""
    known = [rule for gate in GATES.values() for rule in (*gate.RULES, own_rule(gate.FAMILY))]
    return {rule.id: rule for rule in (*known, *patch.RULES)}


def _first(findings: Iterator[GateFinding]) -> Iterator[GateFinding]:
    """The first of each severity, so that warnings never crowd out a refusal."""
    told = {"refuse": 0, "warn": 0}
    for finding in findings:
        told[finding.severity] += 1
        if told[finding.severity] <= MAX_FINDINGS:
            yield finding
        elif told["refuse"] > MAX_FINDINGS:
            return


def _place(finding: GateFinding) -> tuple[str, int, str]:
    return finding.path, finding.line or 0, finding.rule
