"""Opens or updates the merge request, from nothing but the bytes that the gate passed.

reads:  preflight/run.json, preflight/target.bundle, approved shortlist, gate/<id>.json and .patch; the forge
writes: publish/<id>.json; on the forge a branch and a merge request
exits:  0 · 3 · 75 the forge is away
"""

from __future__ import annotations

import json
from pathlib import Path

from improve_loop.edges import artifacts, workshop
from improve_loop.edges.desk import Desk
from improve_loop.edges.forge.contract import BranchMoved, BranchTakenOver, ForgeReader, ForgeWriter, PatchDoesNotApply
from improve_loop.edges.forge.reading import reader
from improve_loop.edges.forge.writing import record_checks, writer
from improve_loop.model.candidate import Candidate
from improve_loop.model.find import Explanation, Ranked, Run
from improve_loop.model.forge import BRANCH_PREFIX, Marker, MergeRequest, MergeRequestDraft
from improve_loop.model.make import Publication, Verdict
from improve_loop.phases.accepted import accepted
from improve_loop.phases.gate import findings_of
from improve_loop.rules.ci_reports import job_annotations
from improve_loop.rules.labels import MANUAL, OURS
from improve_loop.rules.render import commit_message, merge_request_description, merge_request_title


def main(desk: Desk) -> str:
    """Publishes each candidate whose verdict passed. Raises LoopError."""
    run = desk.run()
    write, read = writer(run, desk.log.say), reader(run.target, run.config.forge)
    git_dir = workshop.opened(desk.out, run)
    done = []
    for each in accepted(desk.out, run):
        if artifacts.exists(desk.out, f"gate/{each.candidate.id}.json"):
            done.append(_published(desk, run, git_dir, each, read, write))
            desk.log.say(f"  {done[-1].candidate}: {done[-1].status}; {done[-1].reason}")
            artifacts.write(desk.out, f"publish/{each.candidate.id}.json", done[-1])
    if desk.environment.in_gitlab:
        artifacts.write_bytes(desk.out, "publish/reports/annotations.json", json.dumps(job_annotations(done)).encode())
    opened = sum(each.status in ("opened", "updated") for each in done)
    return f"{opened} opened or updated, {sum(each.status == 'unchanged' for each in done)} unchanged"


def _published(desk: Desk, run: Run, git_dir: Path, each: Ranked, read: ForgeReader, write: ForgeWriter) -> Publication:
    id = each.candidate.id
    branch = BRANCH_PREFIX + id
    verdict = artifacts.read(desk.out, Verdict, f"gate/{id}.json", run.run_id)
    if verdict.decision != "passed":
        return _not(run, id, branch, f"{verdict.decision} by the gate: {verdict.reason}")
    patch = artifacts.read_bytes(desk.out, f"gate/{id}.patch")
    wrong = _not_what_was_judged(run, git_dir, each, verdict, patch)
    if wrong:
        return _not(run, id, branch, wrong)
    before = read.merge_request_of(branch)
    hands_off = _hands_off(before)
    if hands_off:
        return _not(run, id, branch, hands_off, before)
    try:
        return _opened(run, each, verdict, patch, before, read, write)
    except (BranchMoved, BranchTakenOver, PatchDoesNotApply) as refused:
        return _not(run, id, branch, str(refused), before)


def _not_what_was_judged(run: Run, git_dir: Path, each: Ranked, verdict: Verdict, patch: bytes) -> str | None:
    """A verdict names the bytes it judged; the same gates judge these very bytes once more before they leave."""
    if artifacts.sha256(patch) != verdict.patch_sha256 or verdict.base_sha != run.target.bundle_sha:
        return "the patch is not the one that the gate judged"
    findings, tree = findings_of(run, git_dir, each, patch)
    if tree is None or tree != verdict.result_tree:
        return "the patch makes another tree than the gate judged"
    refusing = [finding for finding in findings if finding.severity == "refuse"]
    return f"refused by the gate: {refusing[0].rule}: {refusing[0].reason}" if refusing else None


def _hands_off(before: MergeRequest | None) -> str | None:
    """Why a human's merge request, or one that a human ended, is left alone."""
    if before is None:
        return None
    if before.state == "closed" and before.closed_by_human is not False:
        return f"a human closed {before.id}; it is not opened again"
    if before.state == "opened" and MANUAL in before.labels:
        return f"{before.id} carries the label {MANUAL}: hands off"
    if before.state == "opened" and before.human_commits is not False:
        return f"somebody else committed on {before.branch}: it is theirs now"
    return None


def _opened(
    run: Run,
    each: Ranked,
    verdict: Verdict,
    patch: bytes,
    before: MergeRequest | None,
    read: ForgeReader,
    write: ForgeWriter,
) -> Publication:
    candidate = each.candidate
    branch = BRANCH_PREFIX + candidate.id
    tip = read.branch_head(branch)
    live = before if before and before.state == "opened" else None
    told = verdict.explanation or _plainly(candidate)
    message = commit_message(candidate, told)
    head = write.publish_branch(branch, run.target.base_sha, patch, message, tip)
    draft = MergeRequestDraft(
        branch=branch,
        target_branch=run.target.branch,
        title=merge_request_title(candidate, told),
        description=merge_request_description(
            candidate, told, run=run, verdict=verdict, patch=patch.decode("utf-8", "replace"), score=each.score
        ),
        marker=_marker(run, each, verdict, live),
        labels=(OURS,),
    )
    mr = write.update_merge_request(live, draft) if live else write.open_merge_request(draft)
    record_checks(run, mr.id, head, verdict.checks)
    same = live is not None and head == tip
    status = "unchanged" if same else "updated" if live else "opened"
    return Publication(
        run_id=run.run_id,
        candidate=candidate.id,
        status="not_published" if run.dry_run else "unchanged" if same else "updated" if live else "opened",
        reason=f"dry run: would have been {status}" if run.dry_run else f"{mr.id} {status}",
        branch=branch,
        head_sha=head,
        merge_request=mr.id,
        url=mr.url,
        title=mr.title,
        labels=mr.labels,
    )


def _plainly(candidate: Candidate) -> Explanation:
    """What is known of a change whose maker explained nothing."""
    return Explanation(
        title=candidate.summary,
        what=candidate.summary,
        why_here=candidate.value_for_us,
        could_go_wrong="The maker of this change did not say.",
        how_to_revert="Revert the merge commit.",
    )


def _marker(run: Run, each: Ranked, verdict: Verdict, live: MergeRequest | None) -> Marker:
    before = live.marker if live else None
    return Marker(
        run_id=run.run_id,
        candidate=each.candidate.id,
        fingerprint=each.candidate.fingerprint,
        patch_sha256=verdict.patch_sha256 or "",
        repairs=before.repairs if before else 0,
        retriggers=before.retriggers if before else 0,
    )


def _not(run: Run, id: str, branch: str, reason: str, before: MergeRequest | None = None) -> Publication:
    return Publication(
        run_id=run.run_id,
        candidate=id,
        status="not_published",
        reason=reason,
        branch=branch,
        head_sha=before.head_sha if before else None,
        merge_request=before.id if before else None,
        url=before.url if before else None,
    )
