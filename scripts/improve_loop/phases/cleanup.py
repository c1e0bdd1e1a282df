"""Reports, remembers, tells people, and gives the lock back.

reads:  every artifact of the run
writes: cleanup/report.json, .md, .html; the state on the forge
exits:  0 · 3 · 75 the forge is away
"""

from __future__ import annotations

import shutil

from improve_loop.edges import artifacts, leftovers, notify, statefile
from improve_loop.edges.desk import BUNDLE, PROPOSAL, STATE, Desk
from improve_loop.edges.environment import variables
from improve_loop.edges.forge.reading import reader
from improve_loop.edges.forge.writing import writer
from improve_loop.edges.gathering import gather
from improve_loop.edges.release import lock_folder, release
from improve_loop.edges.statewriting import update
from improve_loop.model.find import Run
from improve_loop.model.gathered import Gathered
from improve_loop.model.state import Outcome, RunRecord, State
from improve_loop.model.tend import Report
from improve_loop.rules import memory, notice
from improve_loop.rules.render import report_html, report_markdown
from improve_loop.rules.reporting import report_of

REPORT = "cleanup/report.json"


def main(desk: Desk) -> str:
    """Writes the report and the state, removes the scratch folder, releases the lock. Raises LoopError."""
    run = desk.run()
    remembered = False
    try:
        in_jobs = desk.environment.in_gitlab and not desk.options.whole_run
        again = reader(run.target, run.config.forge).earlier_attempts() if in_jobs else ()
        gathered = gather(desk.out, run, in_jobs=in_jobs, again=again)
        report = report_of(run, gathered, desk.time)
        for phase in gathered.lost:
            desk.log.warn(
                f"a job of {phase}, or an attempt of it, left no word of what it spent; all that it was allowed counts"
            )
        if not run.dry_run:
            _remember(desk, run, gathered, report)
        remembered = True
        artifacts.write_bytes(desk.out, "cleanup/report.md", report_markdown(report).encode())
        artifacts.write_bytes(desk.out, "cleanup/report.html", report_html(report).encode())
        artifacts.write(desk.out, REPORT, report)
        wrong = notify.tell(notice.ended(report) if run.config.notify.ended else None, variables())
        if wrong:
            desk.log.warn(wrong)
    finally:
        _tidy(desk)
        # The next run finds answers that were not written down by the lock of the process that heard them.
        if remembered or not desk.options.whole_run:
            release(run)
    return f"report in {desk.out / 'cleanup'}"


def _tidy(desk: Desk) -> None:
    if desk.options.keep_worktrees:
        desk.log.warn(f"worktrees are left in {desk.scratch}")
        return
    shutil.rmtree(desk.scratch, ignore_errors=True)
    if desk.options.whole_run:
        (desk.out / BUNDLE).unlink(missing_ok=True)  # as large as the target, which is still there


def _remember(desk: Desk, run: Run, gathered: Gathered, report: Report) -> None:
    record = _record(run, report)
    seen = statefile.load(artifacts.read_bytes(desk.out, STATE).decode(), str(desk.out / STATE))

    def after_this_run(state: State) -> State:
        now = report.finished_at
        if not artifacts.exists(desk.out, PROPOSAL):  # nobody asked, so nobody wrote down what preflight found either
            state = memory.merged(state, seen)
        if gathered.shortlist:
            state = memory.after_asking(state, gathered.shortlist, gathered.approval)
        state = memory.after_making(state, gathered.candidates(), _ends(gathered), now)
        state = memory.after_changes(state, gathered.changes)
        for publication in gathered.publications:
            state = memory.with_publication(state, publication)
        return memory.finished(state, record, report.dropped, report.leads, now)

    write = writer(run, desk.log.say)
    state = update(reader(run.target, run.config.forge), write, after_this_run, f"Run {run.run_id} ended")
    if run.target.forge == "local":
        leftovers.settle(lock_folder(run.target), state)


def _record(run: Run, report: Report) -> RunRecord:
    return RunRecord(
        run_id=run.run_id,
        run_kind=run.run_kind,
        started_at=run.started_at,
        finished_at=report.finished_at,
        base_sha=run.target.base_sha,
        found=report.funnel.found,
        shortlisted=report.funnel.shortlisted,
        accepted=report.funnel.accepted,
        published=report.funnel.published,
        green=report.funnel.green,
        spent_usd=round(report.spent_usd + report.reserved_usd, 6),  # what nobody knows counts in full
    )


def _ends(gathered: Gathered) -> dict[str, tuple[Outcome, str]]:
    """What became of each accepted candidate in this run; the last phase that spoke decides."""
    ends: dict[str, tuple[Outcome, str]] = {}
    for change in gathered.changes:
        if change.status != "made":
            ends[change.candidate] = ("gave_up", change.reason)
    for verdict in gathered.verdicts:
        if verdict.decision == "refused":
            ends[verdict.candidate] = ("refused", verdict.reason)
    for publication in gathered.publications:
        if publication.status in ("opened", "updated", "unchanged"):
            ends[publication.candidate] = ("open", "waits for review")
    return ends
