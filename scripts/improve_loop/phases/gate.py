"""May these exact bytes be published?

reads:  preflight/run.json, preflight/target.bundle, approved shortlist, implement/*, check/*
writes: gate/<id>.json beside gate/<id>.patch, the patch that it judged
exits:  0 once every patch has a verdict · 3 · 4 a canary passed: a gate is broken, and nothing may be published
"""

from __future__ import annotations

import json
from pathlib import Path

from improve_loop import gates
from improve_loop.edges import artifacts, workshop
from improve_loop.edges.delta import PatchRefused, delta_of
from improve_loop.edges.desk import Desk
from improve_loop.errors import Refused
from improve_loop.gates.canaries import canaries_that_passed, planted
from improve_loop.model.find import Ranked, Run
from improve_loop.model.make import Change, CheckedCommand, CheckRun, Decision, GateFinding, Verdict
from improve_loop.phases.accepted import accepted, changed
from improve_loop.rules.ci_reports import code_quality


def main(desk: Desk) -> str:
    """Plants the canaries, then judges each change against its base. Raises Refused, ArtifactError."""
    run = desk.run()
    passed = canaries_that_passed()
    if passed:
        raise Refused(
            f"gate: the canary of {', '.join(passed)} was let through; nothing is published, please report this"
        )
    git_dir = workshop.opened(desk.out, run)
    verdicts = [_verdict(desk, run, git_dir, each) for each in changed(desk.out, accepted(desk.out, run))]
    for verdict in verdicts:
        desk.log.say(f"  {verdict.candidate}: {verdict.decision}; {verdict.reason}")
    if desk.environment.in_gitlab:
        artifacts.write_bytes(desk.out, "gate/reports/codequality.json", json.dumps(code_quality(verdicts)).encode())
    good = sum(verdict.decision == "passed" for verdict in verdicts)
    return f"{good} of {len(verdicts)} may be published; {len(planted())} canaries caught"


def _verdict(desk: Desk, run: Run, git_dir: Path, each: Ranked) -> Verdict:
    id = each.candidate.id
    change = artifacts.read(desk.out, Change, f"implement/{id}/change.json", run.run_id)
    if change.status != "made":
        verdict = _made(run, change, "undecided", f"there is no change to judge: {change.reason}")
    else:
        patch = artifacts.read_bytes(desk.out, f"implement/{id}/change.patch")
        check = None
        if artifacts.exists(desk.out, f"check/{id}.json"):
            check = artifacts.read(desk.out, CheckRun, f"check/{id}.json", run.run_id)
        verdict = _judged(run, git_dir, each, change, patch, check)
        artifacts.write_bytes(desk.out, f"gate/{id}.patch", patch)
    artifacts.write(desk.out, f"gate/{id}.json", verdict)
    return verdict


def _judged(run: Run, git_dir: Path, each: Ranked, change: Change, patch: bytes, check: CheckRun | None) -> Verdict:
    sha = artifacts.sha256(patch)
    if sha != change.patch_sha256 or change.base_sha != run.target.bundle_sha:
        return _made(run, change, "refused", "the patch is not the one that its change.json describes", sha)
    findings, tree = findings_of(run, git_dir, each, patch)
    if any(finding.severity == "refuse" for finding in findings):
        first = next(finding for finding in findings if finding.severity == "refuse")
        decision: Decision = "refused"
        reason = f"{first.rule} at {first.path}: {first.reason}"
    else:
        decision, reason = _by_checks(check, sha)
    return _made(run, change, decision, reason, sha, findings, tree, check)


def findings_of(run: Run, git_dir: Path, each: Ranked, patch: bytes) -> tuple[tuple[GateFinding, ...], str | None]:
    """What the gates say of base + patch, and the tree that these make (None: git cannot make one)."""
    candidate = each.candidate
    scope = gates.Scope(
        target_paths=candidate.target_paths, class_=candidate.class_, safety_story=candidate.safety_story
    )
    try:
        delta = delta_of(git_dir, run.target.bundle_sha, patch)
    except PatchRefused as refused:
        return refused.findings, None
    return gates.judge(delta, scope, gates.policy_of(run.config, run.target.ci_file)), delta.result_tree


def _by_checks(check: CheckRun | None, sha: str) -> tuple[Decision, str]:
    """A failing check stops a change; one that could not run leaves it to the reviewer, and never counts as green."""
    if check is None:
        return "undecided", "the target's checks left no artifact"
    if check.patch_sha256 != sha:
        return "refused", "the target's checks ran on another patch"
    if check.status in ("failed", "timed_out"):
        return "refused", f"the target's checks: {check.reason}"
    return "passed", "no gate objects" if check.status == "passed" else f"no gate objects; checks: {check.reason}"


def _made(
    run: Run,
    change: Change,
    decision: Decision,
    reason: str,
    sha: str | None = None,
    findings: tuple[GateFinding, ...] = (),
    tree: str | None = None,
    check: CheckRun | None = None,
) -> Verdict:
    return Verdict(
        run_id=run.run_id,
        candidate=change.candidate,
        decision=decision,
        reason=reason,
        base_sha=run.target.bundle_sha,
        patch_sha256=sha,
        result_tree=tree,
        findings=findings,
        check_status=check.status if check else "not_run",
        checks=tuple(CheckedCommand(name=each.name, status=each.status) for each in check.results) if check else (),
        canaries=len(planted()),
        explanation=change.explanation,
    )
