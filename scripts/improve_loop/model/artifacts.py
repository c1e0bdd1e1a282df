"""Every kind of artifact and its dataclass."""

from improve_loop.model.ask import Approval, Proposal
from improve_loop.model.find import Discovery, Extraction, LedgerLine, Run, Shortlist
from improve_loop.model.make import Change, CheckRun, Publication, Review, Verdict
from improve_loop.model.tend import Report, Shipment, Timing, Validation

ARTIFACTS = {
    artifact.kind: artifact
    for artifact in (
        Run,
        Discovery,
        Extraction,
        LedgerLine,
        Shortlist,
        Proposal,
        Approval,
        Change,
        Review,
        CheckRun,
        Verdict,
        Publication,
        Validation,
        Shipment,
        Timing,
        Report,
    )
}
