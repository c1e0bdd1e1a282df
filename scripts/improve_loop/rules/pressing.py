"""What pressing `approve` on GitLab means: who pressed, what the control issue says, whether the question stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from improve_loop.model.ask import Declined, Proposal
from improve_loop.model.find import Run, Shortlist
from improve_loop.model.forge import ControlIssue, Job, LiveRun
from improve_loop.rules import control_issue, turns

_COPY = re.compile(r"(?:: \[.*\]| \d+/\d+)$")  # what GitLab appends to the name of one job of a matrix or of `parallel`


@dataclass(frozen=True, kw_only=True)
class Heard:
    """The answer of a press; nothing accepted says why."""

    by: str
    accepted: tuple[str, ...] = ()
    declined: tuple[Declined, ...] = ()
    later: tuple[str, ...] = ()
    reason: str = ""


def heard(
    run: Run,
    proposal: Proposal,
    shortlist: Shortlist,
    *,
    by: str | None,
    issue: ControlIssue | None,
    live: Sequence[LiveRun],
) -> Heard:
    """`by` is who started the job by the job API, `issue` the control issue as it is now, `live` other runs at work.

    `auto` skips the wait and the boxes, not the checks: whoever may set a variable is not yet an approver.
    """
    refused = _refused(run, proposal, by=by, issue=issue, live=live)
    if refused or by is None:
        return Heard(by=by or "nobody", reason=refused or "nobody pressed")
    ids = [one.candidate.id for one in shortlist.shortlisted]
    if issue is None:
        return Heard(by=by, accepted=tuple(ids))
    said = control_issue.read(issue.text)
    accepted = tuple(id for id in ids if id in said.ticked or (run.auto and id not in said.declined))
    declined = tuple(
        Declined(id=id, reason=said.declined[id] or "no reason given") for id in ids if id in said.declined
    )
    later = tuple(id for id in ids if id not in accepted and id not in said.declined)
    return Heard(
        by=by,
        accepted=accepted,
        declined=declined,
        later=later,
        reason="" if accepted else "no box was ticked in the control issue",
    )


def _refused(
    run: Run, proposal: Proposal, *, by: str | None, issue: ControlIssue | None, live: Sequence[LiveRun]
) -> str | None:
    """Why this press counts for nothing; None where it counts."""
    approvers = run.config.approvers
    if by is None:
        return "GitLab does not say who pressed; without that nothing is accepted"
    if approvers and by not in approvers:
        return f"{by} is not one of the approvers ({', '.join(approvers)}) in .improve-loop.yml"
    if proposal.where == "control_issue" and issue is None:
        return "the control issue is gone, so nobody can say what is accepted; start a new run"
    asking = control_issue.read(issue.text).run_id if issue else run.run_id
    if proposal.where == "control_issue" and asking != run.run_id:
        return f"run {asking or 'unknown'} has asked since; answer that one"
    first = turns.older(live, run.run_id, run.target.url)
    return f"run {first.id} is at work on this target; retry this job when it has ended" if first else None


def repairs(shortlist: Shortlist) -> tuple[str, ...]:
    """What a tend run may go on with unasked: mending a merge request that was approved."""
    return tuple(one.candidate.id for one in shortlist.shortlisted if one.candidate.repair)


def job_to_press(jobs: Sequence[Job], asking: str | None) -> Job | None:
    """The one `approve` beside the job that asks, whatever a consumer calls both; None where that is not certain.

    `asking` is the name of the job that asks, of whose copies each has its own `approve`.
    """
    name, copy = _named(asking or "")
    wanted = name.removesuffix("propose") + "approve" if name.endswith("propose") else "improve-loop:approve"
    found = [job for job in jobs if _named(job.name)[0] == wanted]
    mine = [job for job in found if _named(job.name)[1] == copy]
    chosen = mine or found
    return chosen[0] if len(chosen) == 1 and chosen[0].url else None


def _named(job: str) -> tuple[str, str]:
    """A job's name as its pipeline file has it, and which copy it is."""
    match = _COPY.search(job)
    return (job[: match.start()], match[0]) if match else (job, "")
