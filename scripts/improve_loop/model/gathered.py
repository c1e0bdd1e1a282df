"""Everything that one run wrote, as the report reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from improve_loop.model.ask import Approval, Proposal
from improve_loop.model.candidate import Candidate
from improve_loop.model.find import Discovery, Extraction, LedgerEntry, Shortlist
from improve_loop.model.make import Change, CheckRun, Publication, Review, Verdict
from improve_loop.model.tend import Shipment, Timing, Validation


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """The artifacts of one run; what a phase that never ran would have written is absent."""

    discoveries: tuple[Discovery, ...] = ()
    extractions: tuple[Extraction, ...] = ()
    shortlist: Shortlist | None = None
    proposal: Proposal | None = None
    approval: Approval | None = None
    changes: tuple[Change, ...] = ()
    reviews: tuple[Review, ...] = ()
    checks: tuple[CheckRun, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    publications: tuple[Publication, ...] = ()
    validations: tuple[Validation, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    timings: tuple[Timing, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()  # of the jobs' own ledgers, jobs that were killed among them
    lost: tuple[str, ...] = ()  # phases whose job left no word of its end and no ledger, once for each such job
    patches: Mapping[str, str] = field(default_factory=dict)  # candidate id -> the patch that was judged

    def candidates(self) -> dict[str, Candidate]:
        """The shortlisted candidates by id."""
        return {each.candidate.id: each.candidate for each in self.shortlist.shortlisted} if self.shortlist else {}
