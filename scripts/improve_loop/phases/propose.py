"""Shows the shortlist where people look, and puts the run on record.

reads:  preflight/run.json, preflight/state.yaml, triage/shortlist.json
writes: propose/proposal.json; on the forge the control issue and the state
exits:  0 · 3 · 75 the forge is away
"""

from __future__ import annotations

from datetime import timedelta

from improve_loop.edges import artifacts, notify, statefile
from improve_loop.edges.desk import PROPOSAL, SHORTLIST, STATE, Desk, stamp
from improve_loop.edges.environment import stdin_is_terminal, variables
from improve_loop.edges.forge.contract import ForgeWriter
from improve_loop.edges.forge.reading import reader
from improve_loop.edges.forge.writing import writer
from improve_loop.edges.statewriting import update
from improve_loop.model.ask import Proposal
from improve_loop.model.find import Run, Shortlist
from improve_loop.model.forge import ControlIssue
from improve_loop.model.state import RunRecord, State
from improve_loop.rules import control_issue, memory, notice
from improve_loop.rules.model_settings import may_pay
from improve_loop.rules.pressing import job_to_press


def main(desk: Desk) -> str:
    """Puts the question. Raises LoopError."""
    run = desk.run()
    write = writer(run, desk.log.say)
    content = artifacts.read_bytes(desk.out, SHORTLIST)
    shortlist = artifacts.read(desk.out, Shortlist, SHORTLIST, run.run_id)
    record = _record(run, shortlist)
    seen = statefile.load(artifacts.read_bytes(desk.out, STATE).decode(), str(desk.out / STATE))

    def put_on_record(state: State) -> State:
        return memory.started(memory.merged(state, seen), record)

    if not run.dry_run:
        update(reader(run.target, run.config.forge), write, put_on_record, f"Run {run.run_id} asks")
    expires_at = stamp(desk.clock() + timedelta(hours=run.config.approval_hours))
    issue = _asked_on_the_forge(desk, run, shortlist, expires_at, write)
    proposal = Proposal(
        run_id=run.run_id,
        proposed=tuple(each.candidate.id for each in shortlist.shortlisted),
        proposed_at=desk.time,
        expires_at=expires_at,
        where="control_issue" if issue and not run.dry_run else "terminal" if stdin_is_terminal() else "nowhere",
        url=issue.url or None if issue else None,
        asked_by=issue.author if issue else None,
        shortlist_sha256=artifacts.sha256(content),
    )
    artifacts.write(desk.out, PROPOSAL, proposal)
    if run.config.notify.asked and not desk.options.whole_run:  # in one process somebody sits there, or nobody is asked
        wrong = notify.tell(notice.asked(run, shortlist, proposal.url), variables())
        if wrong:
            desk.log.warn(wrong)
    return f"{len(proposal.proposed)} proposed"


def _asked_on_the_forge(
    desk: Desk, run: Run, shortlist: Shortlist, expires_at: str, write: ForgeWriter
) -> ControlIssue | None:
    """A sweep on GitLab asks in the control issue; a tend run asks nobody, and must not replace a sweep's question."""
    if (
        run.target.forge != "gitlab"
        or run.run_kind == "tend"
        or not reader(run.target, run.config.forge).project().issues_enabled
    ):
        return None
    previews = {
        one.candidate.id: artifacts.read_bytes(desk.out, f"triage/{one.candidate.id}.patch").decode("utf-8", "replace")
        for one in shortlist.shortlisted
        if one.preview
    }
    press = job_to_press(reader(run.target, run.config.forge).waiting_jobs(), desk.environment.job_name)
    text = control_issue.text(
        run,
        shortlist,
        previews,
        expires_at=expires_at,
        pipeline_url=desk.environment.pipeline_url,
        job_url=press.url if press else None,
    )
    return write.write_control_issue(text)


def _record(run: Run, shortlist: Shortlist) -> RunRecord:
    """A run that may spend is booked in full until it says what it spent."""
    return RunRecord(
        run_id=run.run_id,
        run_kind=run.run_kind,
        started_at=run.started_at,
        finished_at=None,
        base_sha=run.target.base_sha,
        found=shortlist.found,
        shortlisted=len(shortlist.shortlisted),
        accepted=0,
        published=0,
        green=0,
        spent_usd=0.0,
        reserved_usd=run.limits.usd if may_pay(run.config.models, run.mode) else 0.0,
    )
