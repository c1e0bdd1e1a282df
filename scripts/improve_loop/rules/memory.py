"""The state between runs: what the forge says became of earlier candidates, and what this run adds."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from improve_loop.model.ask import Approval
from improve_loop.model.candidate import Candidate, Dropped, Lead
from improve_loop.model.find import Shortlist
from improve_loop.model.forge import BRANCH_PREFIX, MergeRequest
from improve_loop.model.make import Change, Publication
from improve_loop.model.state import CandidateRecord, Outcome, Rejection, RunRecord, State

RUNS_KEPT = 60  # the state is read by every run; older runs are in their own reports
SPILL_RULES = ("over-limit", "deferred", "spill")
FILED_KEPT = 50
GAPS_KEPT = 100


def outcome_of(mr: MergeRequest) -> tuple[Outcome, str]:
    """What became of a merge request. A human's commit makes it theirs; not knowing counts as theirs too."""
    if mr.state == "merged":
        return "merged", f"merged {mr.merged_at or ''}".strip()
    if mr.state == "closed":
        return ("shortlisted", "closed by the loop") if mr.closed_by_human is False else ("closed", "closed unmerged")
    if mr.human_commits is not False:
        return "taken_over", "a human commits on its branch"
    return "open", "waits for review"


def reconciled(
    state: State, merge_requests: Iterable[MergeRequest], now: str, unchecked: Collection[str] = ()
) -> State:
    """The state after a look at the forge: what humans merged, closed or took over, and what an unfinished run left.

    `unchecked`: ids of open merge requests whose head no check has seen; they are taken up again.
    """
    records = dict(state.candidates)
    for mr in merge_requests:
        candidate = mr.branch.removeprefix(BRANCH_PREFIX)
        outcome, reason = outcome_of(mr)
        if outcome == "open" and mr.id in unchecked:
            outcome, reason = "shortlisted", "no check has seen its head"
        known = records.get(candidate)
        if known is None and mr.marker is None:
            continue  # not the loop's
        before = known or CandidateRecord(
            domain=candidate.split("-", 1)[0],
            subject=mr.title[:300] or candidate,
            fingerprint=mr.marker.fingerprint if mr.marker else "0" * 64,
            outcome=outcome,
            reason="left by a run that did not finish",
            first_seen=mr.created_at,
            last_seen=now,
        )
        changed = before.outcome != outcome
        records[candidate] = dataclasses.replace(
            before,
            outcome=outcome,
            reason=reason if changed or known is None else before.reason,
            last_seen=(mr.merged_at or mr.closed_at or now) if outcome in ("merged", "closed") else now,
            branch=mr.branch,
            merge_request=mr.id,
            fingerprint=mr.marker.fingerprint if mr.marker else before.fingerprint,
        )
    return dataclasses.replace(state, candidates=records)


def started(state: State, record: RunRecord) -> State:
    """The state with this run on record as not finished; the next preflight books what it left open."""
    runs = tuple(run for run in state.runs if key(run) != key(record))
    return dataclasses.replace(state, runs=(*runs, record)[-RUNS_KEPT:])


def key(run: RunRecord) -> tuple[str, str]:
    """What tells a run from all others: one that was cut off and started again keeps its id, and is another run."""
    return run.run_id, run.started_at


def starts_at(state: State, run_id: str, now: datetime) -> datetime:
    """Now, or the first second after it at which no run of this name began: two may be cut off within one."""
    known = {key(run) for run in state.runs}
    while (run_id, f"{now:%Y-%m-%dT%H:%M:%SZ}") in known:
        now += timedelta(seconds=1)
    return now


def with_unrecorded(state: State, records: Iterable[RunRecord]) -> State:
    """The state with runs that died before they were put on record, to be booked like any unfinished one."""
    known = {key(run) for run in state.runs}
    found = [record for record in records if key(record) not in known]
    runs = sorted((*state.runs, *found), key=lambda run: run.started_at)
    return dataclasses.replace(state, runs=tuple(runs)) if found else state


def unfinished_booked(state: State, now: datetime) -> tuple[State, tuple[str, ...]]:
    """Runs that never reached cleanup are closed, their reserved dollars counted as spent, and named."""
    notes = []
    runs = []
    spend = dict(state.spend_usd_by_day)
    for run in state.runs:
        if run.finished_at is None:
            notes.append(
                f"run {run.run_id} of {run.started_at} did not finish; ${run.reserved_usd:.2f} booked as spent"
            )
            day = run.started_at[:10]
            spend[day] = round(spend.get(day, 0.0) + run.reserved_usd, 6)
            run = dataclasses.replace(
                run,
                finished_at=f"{now:%Y-%m-%dT%H:%M:%SZ}",
                spent_usd=run.spent_usd + run.reserved_usd,
                reserved_usd=0.0,
            )
        runs.append(run)
    return dataclasses.replace(state, runs=tuple(runs), spend_usd_by_day=spend), tuple(notes)


def merged(theirs: State, ours: State) -> State:
    """What another run wrote meanwhile, with what this run knows; of two records of one thing the later one holds."""
    records = dict(theirs.candidates)
    for id, record in ours.candidates.items():
        if id not in records or records[id].last_seen <= record.last_seen:
            records[id] = record
    said = {(no.domain, no.subject): no for no in theirs.rejections}
    for no in ours.rejections:
        if (before := said.get((no.domain, no.subject))) is None or before.at <= no.at:
            said[no.domain, no.subject] = no
    runs = {key(run): run for run in theirs.runs}
    for run in ours.runs:
        if key(run) not in runs or runs[key(run)].finished_at is None:
            runs[key(run)] = run
    days = {*theirs.spend_usd_by_day, *ours.spend_usd_by_day}
    spend = {day: max(theirs.spend_usd_by_day.get(day, 0.0), ours.spend_usd_by_day.get(day, 0.0)) for day in days}
    return dataclasses.replace(
        theirs,
        candidates=records,
        rejections=tuple(said.values()),
        runs=tuple(sorted(runs.values(), key=lambda run: run.started_at))[-RUNS_KEPT:],
        spend_usd_by_day=spend,
        leads_seen={**ours.leads_seen, **theirs.leads_seen},
        filed=tuple({each.id: each for each in (*theirs.filed, *ours.filed)}.values()),
        gaps=tuple({(gap.kind, gap.needed): gap for gap in (*theirs.gaps, *ours.gaps)}.values()),
    )


def after_asking(state: State, shortlist: Shortlist, approval: Approval | None) -> State:
    """Rejections with their reasons, and every shortlisted candidate on record."""
    by_id = {each.candidate.id: each.candidate for each in shortlist.shortlisted}
    records = dict(state.candidates)
    rejections = list(state.rejections)
    at = approval.decided_at if approval else ""
    for no in approval.declined if approval else ():
        candidate = by_id[no.id]
        records[no.id] = _recorded(records.get(no.id), candidate, "rejected", no.reason, at)
        rejections = [
            each for each in rejections if (each.domain, each.subject) != (candidate.domain, candidate.subject)
        ]
        rejections.append(
            Rejection(
                domain=candidate.domain,
                subject=candidate.subject,
                fingerprint=candidate.fingerprint,
                reason=no.reason,
                by=approval.decided_by if approval else "",
                at=at,
                until=no.until,
            )
        )
    for id in approval.later if approval else ():
        records[id] = _recorded(records.get(id), by_id[id], "later", "asked again next run", at)
    return dataclasses.replace(state, candidates=records, rejections=tuple(rejections))


def answers(state: State, shortlist: Shortlist, approval: Approval) -> State:
    """Of the state after these answers only what they make of it."""
    after = after_asking(state, shortlist, approval)
    said = {no.id for no in approval.declined} | {*approval.later}
    subjects = {(each.domain, each.subject) for id, each in after.candidates.items() if id in said}
    return State(
        candidates={id: each for id, each in after.candidates.items() if id in said},
        rejections=tuple(no for no in after.rejections if (no.domain, no.subject) in subjects),
    )


def knows(state: State, answers: State) -> bool:
    """Whether the state holds these answers, or later ones about the same."""
    said = {(no.domain, no.subject): no.at for no in state.rejections}
    return all(said.get((no.domain, no.subject), "") >= no.at for no in answers.rejections)


def after_making(
    state: State, candidates: Mapping[str, Candidate], ends: Mapping[str, tuple[Outcome, str]], now: str
) -> State:
    """Accepted candidates with what became of them: open, given up, refused."""
    records = dict(state.candidates)
    for id, (outcome, reason) in ends.items():
        if id in candidates:
            made = _recorded(records.get(id), candidates[id], outcome, reason, now)
            records[id] = dataclasses.replace(made, attempts=made.attempts + 1)
    return dataclasses.replace(state, candidates=records)


def with_publication(state: State, publication: Publication) -> State:
    """The record of a published candidate knows its branch and merge request."""
    record = state.candidates.get(publication.candidate)
    if record is None:
        return state
    link = dataclasses.replace(record, branch=publication.branch, merge_request=publication.merge_request)
    return dataclasses.replace(state, candidates={**state.candidates, publication.candidate: link})


def after_changes(state: State, changes: Iterable[Change]) -> State:
    """Work found on the way is filed until somebody has answered about it; missing capabilities are counted."""
    changes = tuple(changes)
    filed = {each.id: each for each in state.filed if not _answered(state, each.id)}
    filed |= {each.id: each for change in changes for each in change.spill if not _answered(state, each.id)}
    gaps = {(gap.kind, gap.needed): gap for gap in state.gaps}
    for gap in (gap for change in changes for gap in change.gaps):
        known = gaps.pop((gap.kind, gap.needed), None)
        gaps[gap.kind, gap.needed] = dataclasses.replace(gap, count=known.count + 1 if known else 1)
    return dataclasses.replace(state, filed=tuple(filed.values())[-FILED_KEPT:], gaps=tuple(gaps.values())[-GAPS_KEPT:])


def _answered(state: State, id: str) -> bool:
    record = state.candidates.get(id)
    return record is not None and record.outcome not in ("later", "shortlisted")


def _recorded(
    known: CandidateRecord | None, candidate: Candidate, outcome: Outcome, why: str, now: str
) -> CandidateRecord:
    fresh = CandidateRecord(
        domain=candidate.domain,
        subject=candidate.subject,
        fingerprint=candidate.fingerprint,
        outcome=outcome,
        reason=why,
        first_seen=known.first_seen if known else now,
        last_seen=now,
    )
    if known is None:
        return fresh
    return dataclasses.replace(fresh, branch=known.branch, merge_request=known.merge_request, attempts=known.attempts)


def finished(state: State, record: RunRecord, dropped: Iterable[Dropped], leads: Iterable[Lead], now: str) -> State:
    """The state as the run leaves it behind. What was booked for it meanwhile gives way to what it says it spent."""
    runs = tuple(run for run in state.runs if key(run) != key(record))
    booked = sum(run.spent_usd for run in state.runs if key(run) == key(record) and run.finished_at is not None)
    seen = dict(state.leads_seen)
    for lead in leads:
        seen.setdefault(lead.id, now)
    spend = dict(state.spend_usd_by_day)
    if record.spent_usd != booked:
        day = record.started_at[:10]
        spend[day] = round(max(0.0, spend.get(day, 0.0) + record.spent_usd - booked), 6)
    return dataclasses.replace(
        state,
        updated_at=now,
        runs=(*runs, record)[-RUNS_KEPT:],
        spill_over=tuple(each for each in dropped if each.rule in SPILL_RULES)[:100],
        leads_seen=dict(sorted(seen.items())[-2000:]),
        spend_usd_by_day=dict(sorted(spend.items())[-90:]),
    )
