"""From a run's artifacts to its report: what was found, where each candidate ended, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from improve_loop.model.candidate import Candidate, Dropped, Lead
from improve_loop.model.find import Ranked, Run
from improve_loop.model.gathered import Gathered
from improve_loop.model.make import Change, Publication, Review, Verdict
from improve_loop.model.state import Gap
from improve_loop.model.tend import (
    Answer,
    Funnel,
    Report,
    ReportedAnswer,
    ReportedApproval,
    ReportedMergeRequest,
    ReportedOutcome,
    Shipment,
    SourceReport,
    Validation,
)
from improve_loop.rules import spending

T = TypeVar("T", Change, Publication, Verdict, Review, Validation, Shipment)


def report_of(run: Run, found: Gathered, now: str, url: str | None = None) -> Report:
    """The report of a run that may have stopped anywhere: what is missing is told as not reached."""
    merge_requests = tuple(_merge_requests(run, found))
    ledger = tuple(spending.entries(found))
    return Report(
        run_id=run.run_id,
        run_kind=run.run_kind,
        started_at=run.started_at,
        finished_at=now,
        target=run.target,
        mode=run.mode,
        intensity=run.intensity,
        dry_run=run.dry_run,
        funnel=_funnel(found, merge_requests),
        merge_requests=merge_requests,
        dropped=(*(found.shortlist.dropped if found.shortlist else ()), *_deferred(found), *_filed(found)),
        leads=tuple(_leads(found)),
        findings=tuple(finding for each in found.discoveries for finding in each.findings),
        sources=tuple(_sources(found)),
        health=run.health,
        phases=found.timings,
        spent_usd=round(sum(entry.spent_usd or 0.0 for entry in ledger), 6),
        limit_usd=run.limits.usd if run.mode != "none" else 0.0,
        reserved_usd=round(spending.unknown_usd(run, found, ledger), 6),
        url=url,
        approval=_approval(run, found),
        answers=tuple(_answers(found)),
        models=spending.by_model(ledger),
        gaps=tuple(_gaps(found)),
    )


def _leads(found: Gathered) -> Iterator[Lead]:
    for discovery in found.discoveries:
        yield from discovery.leads
    for extraction in found.extractions:
        yield from extraction.leads


def _funnel(found: Gathered, merge_requests: tuple[ReportedMergeRequest, ...]) -> Funnel:
    published = {each.candidate for each in found.publications if each.status in ("opened", "updated", "unchanged")}
    green = sum(each.outcome == "green" and each.candidate in published for each in merge_requests)
    return Funnel(
        found=found.shortlist.found if found.shortlist else sum(len(each.candidates) for each in found.discoveries),
        shortlisted=len(found.shortlist.shortlisted) if found.shortlist else 0,
        accepted=len(found.approval.accepted) if found.approval else 0,
        published=len(published),
        green=green,
    )


def _sources(found: Gathered) -> Iterator[SourceReport]:
    for each in found.discoveries:
        yield SourceReport(
            domain=each.domain,
            status=each.status,
            reason=each.reason,
            candidates=len(each.candidates),
            leads=len(each.leads),
            findings=len(each.findings),
            problems=each.problems,
            retry_at=each.retry_at,
        )


def _deferred(found: Gathered) -> Iterator[Dropped]:
    """Accepted and put off: with the others that did not make it, so that nothing vanishes between two runs."""
    ranked = {each.candidate.id: each for each in found.shortlist.shortlisted} if found.shortlist else {}
    for each in found.approval.deferred if found.approval else ():
        one = ranked[each.id]
        yield Dropped(
            id=each.id,
            domain=one.candidate.domain,
            subject=one.candidate.subject,
            summary=one.candidate.summary,
            rule="deferred",
            reason=each.because,
            score=one.score,
        )


def _filed(found: Gathered) -> Iterator[Dropped]:
    """Work that a maker saw outside its candidate's paths: a candidate of its own, which the next sweep ranks."""
    for change in found.changes:
        for each in change.spill:
            yield Dropped(
                id=each.id,
                domain=each.domain,
                subject=each.subject,
                summary=each.summary,
                rule="spill",
                reason=f"filed; the next sweep ranks it. {each.value_for_us}",
                score=None,
            )


def _approval(run: Run, found: Gathered) -> ReportedApproval | None:
    if run.run_kind == "tend":
        return None
    heard, asked = found.approval, found.proposal
    return ReportedApproval(
        how=heard.how if heard else None,
        decided_by=heard.decided_by if heard else None,
        decided_at=heard.decided_at if heard else None,
        reason=heard.reason if heard else "",
        url=asked.url if asked else None,
        expires_at=asked.expires_at if asked else None,
    )


def _answers(found: Gathered) -> Iterator[ReportedAnswer]:
    told = dict(_told(found))
    for each in found.shortlist.shortlisted if found.shortlist else ():
        answer, reason, until = told.get(each.candidate.id, ("unanswered", "", None))
        yield ReportedAnswer(
            candidate=each.candidate.id,
            rank=each.rank,
            score=each.score,
            title=each.explanation.title if each.explanation else each.candidate.summary,
            summary=each.candidate.summary,
            answer=answer,
            reason=reason,
            until=until,
        )


def _told(found: Gathered) -> Iterator[tuple[str, tuple[Answer, str, str | None]]]:
    heard = found.approval
    if heard is None:
        return
    yield from ((id, ("accepted", "", None)) for id in heard.accepted)
    yield from ((id, ("later", "", None)) for id in heard.later)
    yield from ((no.id, ("declined", no.reason, no.until)) for no in heard.declined)
    yield from ((each.id, ("deferred", each.because, None)) for each in heard.deferred)


def _by_candidate(items: tuple[T, ...]) -> Mapping[str, T]:
    return {each.candidate: each for each in items}


def _merge_requests(run: Run, found: Gathered) -> Iterator[ReportedMergeRequest]:
    """Every accepted candidate, by rank, then open merge requests of earlier runs that were looked after."""
    ranked = {each.candidate.id: each for each in found.shortlist.shortlisted} if found.shortlist else {}
    accepted = found.approval.accepted if found.approval else ()
    others = [each.candidate for each in found.validations if each.candidate not in accepted]
    for id in (*accepted, *others):
        yield _merge_request(run, found, id, ranked.get(id))


def _merge_request(run: Run, found: Gathered, id: str, ranked: Ranked | None) -> ReportedMergeRequest:
    change = _by_candidate(found.changes).get(id)
    verdict = _by_candidate(found.verdicts).get(id)
    publication = _by_candidate(found.publications).get(id)
    validation = _by_candidate(found.validations).get(id)
    shipment = _by_candidate(found.shipments).get(id)
    check = {each.candidate: each for each in found.checks}.get(id)
    outcome, reason = _outcome(change, verdict, publication, validation)
    candidate: Candidate | None = ranked.candidate if ranked else None
    told = change.explanation if change else None
    review = _by_candidate(found.reviews).get(id)
    return ReportedMergeRequest(
        candidate=id,
        merge_request=_link(publication, validation),
        url=publication.url if publication else (validation.url or None) if validation else None,
        branch=f"improve-loop/{id}",
        title=told.title if told else candidate.summary if candidate else (validation and validation.title) or id,
        summary=candidate.summary if candidate else "a merge request of an earlier run",
        outcome=outcome,
        label=shipment.label if shipment else None,
        reason=reason,
        explanation=told,
        patch=found.patches.get(id, ""),
        check_status=check.status if check else "not_run",
        usd=round(sum(entry.spent_usd or 0.0 for entry in spending.entries(found) if entry.candidate == id), 6),
        domain=candidate.domain if candidate else "",
        source=candidate.source if candidate else "",
        value=candidate.value if candidate else None,
        risk=candidate.risk if candidate else None,
        reversibility=candidate.reversibility if candidate else None,
        how=change.how if change else "none",
        made_by=_made_by(candidate, change, found, id),
        reviewed_by=review.by if review else "",
        head_sha=validation.head_sha if validation else publication.head_sha if publication else None,
        seconds=change.seconds if change else 0.0,
        evidence=candidate.evidence if candidate else (),
        files=change.files if change else (),
        checks=check.results if check else (),
        gate_findings=verdict.findings if verdict else (),
        objections=review.objections if review else (),
        jobs=validation.jobs if validation else (),
    )


def _link(publication: Publication | None, validation: Validation | None) -> str | None:
    if publication and publication.merge_request:
        return publication.merge_request
    return validation.merge_request if validation else None


def _made_by(candidate: Candidate | None, change: Change | None, found: Gathered, id: str) -> str:
    if change is None or change.how == "none":
        return ""
    if change.how == "recipe":
        return candidate.recipe.name if candidate and candidate.recipe else ""
    review = _by_candidate(found.reviews).get(id)
    return review.maker or "" if review else ""


def _outcome(
    change: Change | None, verdict: Verdict | None, publication: Publication | None, validation: Validation | None
) -> tuple[ReportedOutcome, str]:
    """How far it came: the last phase that spoke decides."""
    if validation:
        return validation.status, validation.reason
    if publication and publication.status != "not_published":
        return "published", publication.reason
    if verdict and verdict.decision == "refused":
        return "refused", verdict.reason
    if change and change.status != "made":
        return change.status, change.reason
    if verdict and verdict.decision == "undecided":
        return "undecided", verdict.reason
    if publication:
        return "not_published", publication.reason
    return "not_made", "the run stopped before this was published"


def _gaps(found: Gathered) -> Iterator[Gap]:
    for change in found.changes:
        yield from change.gaps
