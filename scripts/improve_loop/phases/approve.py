"""Which did a human accept? Nothing said is nothing accepted.

reads:  preflight/run.json, triage/shortlist.json, propose/proposal.json; the person at the terminal, or on GitLab the
        control issue and who pressed the job
writes: approve/approval.json
exits:  0, also when nothing was accepted: the artifact says why · 3
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Literal

from improve_loop.edges import artifacts
from improve_loop.edges.asking import Answers, CutOff, ask_at_terminal
from improve_loop.edges.desk import APPROVAL, PROPOSAL, SHORTLIST, Desk, stamp
from improve_loop.edges.environment import stdin_is_terminal
from improve_loop.edges.forge.reading import reader
from improve_loop.edges.lock import user_name
from improve_loop.errors import ArtifactError
from improve_loop.model.ask import Approval, Proposal
from improve_loop.model.find import Run, Shortlist
from improve_loop.rules.approval import settled
from improve_loop.rules.pressing import heard, repairs

How = Literal["terminal", "auto", "manual_job", "nobody"]


def main(desk: Desk) -> str:
    """Hears the answer and writes it down. Raises ArtifactError."""
    run = desk.run()
    proposal = artifacts.read(desk.out, Proposal, PROPOSAL, run.run_id)
    shortlist = artifacts.read(desk.out, Shortlist, SHORTLIST, run.run_id)
    if artifacts.sha256(artifacts.read_bytes(desk.out, SHORTLIST)) != proposal.shortlist_sha256:
        raise ArtifactError(
            f"{desk.out / SHORTLIST}: is not the shortlist that was proposed; it was edited, start a new run"
        )
    try:
        approval = _heard(desk, run, proposal, shortlist)
    except CutOff as cut:
        why = "interrupted at the question"
        cut_off = _written(desk, run, proposal, shortlist, cut.answers, "terminal", why)
        artifacts.write(desk.out, APPROVAL, cut_off)
        raise
    artifacts.write(desk.out, APPROVAL, approval)
    why = f" ({approval.reason})" if approval.reason else ""
    return f"{len(approval.accepted)} of {len(shortlist.shortlisted)} accepted{why}"


def _heard(desk: Desk, run: Run, proposal: Proposal, shortlist: Shortlist) -> Approval:
    ids = [each.candidate.id for each in shortlist.shortlisted]
    if not ids:
        return _written(desk, run, proposal, shortlist, Answers(), "nobody", "nothing was shortlisted")
    if run.ask_only:
        return _written(desk, run, proposal, shortlist, Answers(), "nobody", "intensity light ends after the question")
    if desk.clock() > datetime.fromisoformat(proposal.expires_at):
        why = f"the proposal expired at {proposal.expires_at}; start a new run"
        return _written(desk, run, proposal, shortlist, Answers(), "nobody", why)
    if run.run_kind == "tend":
        why = "a tend run mends open merge requests and asks nobody"
        return _written(desk, run, proposal, shortlist, Answers(accepted=[*repairs(shortlist)]), "auto", why)
    if run.target.forge == "gitlab":
        return _pressed(desk, run, proposal, shortlist)
    if run.auto:
        return _written(desk, run, proposal, shortlist, Answers(accepted=ids), "auto", "")
    if not stdin_is_terminal():
        why = "no terminal to ask on and no --auto, so nothing is accepted"
        return _written(desk, run, proposal, shortlist, Answers(), "nobody", why)
    answers = _asked(desk, shortlist)
    why = "" if answers.accepted else "every candidate was declined or left for later"
    return _written(desk, run, proposal, shortlist, answers, "terminal", why)


def _pressed(desk: Desk, run: Run, proposal: Proposal, shortlist: Shortlist) -> Approval:
    # This job's token is another user's; the job that asked says whose issue is the question.
    forge = reader(run.target, dataclasses.replace(run.config.forge, bot=run.config.forge.bot or proposal.asked_by))
    issue = forge.read_control_issue() if proposal.where == "control_issue" else None
    said = heard(run, proposal, shortlist, by=forge.pressed_by(), issue=issue, live=forge.live_runs())
    answers = Answers(accepted=[*said.accepted], declined=[*said.declined], later=[*said.later])
    how: How = "auto" if run.auto else "manual_job"
    return _written(desk, run, proposal, shortlist, answers, how, said.reason, by=said.by)


def _asked(desk: Desk, shortlist: Shortlist) -> Answers:
    shown = {
        each.candidate.id: artifacts.read_bytes(desk.out, f"triage/{each.candidate.id}.patch").decode(
            "utf-8", "replace"
        )
        for each in shortlist.shortlisted
        if each.preview
    }
    return ask_at_terminal(shortlist, shown, desk.log)


def _until(desk: Desk, run: Run) -> str | None:
    """When a no that is given now ends by itself; None: never."""
    days = run.config.limits.rejected_days
    return None if days is None else stamp(desk.clock() + timedelta(days=days))


def _written(
    desk: Desk,
    run: Run,
    proposal: Proposal,
    shortlist: Shortlist,
    answers: Answers,
    how: How,
    reason: str,
    by: str | None = None,
) -> Approval:
    accepted, deferred = settled(shortlist, answers.accepted)
    until = _until(desk, run)
    declined = (dataclasses.replace(no, until=no.until or until) for no in answers.declined)
    return Approval(
        run_id=run.run_id,
        decided_at=desk.time,
        decided_by=by or _who(how),
        how=how,
        accepted=accepted,
        declined=tuple(declined),
        later=tuple(answers.later),
        deferred=deferred,
        reason=reason,
        shortlist_sha256=proposal.shortlist_sha256,
    )


def _who(how: How) -> str:
    if how == "terminal":
        return user_name()
    return "--auto" if how == "auto" else "nobody"
