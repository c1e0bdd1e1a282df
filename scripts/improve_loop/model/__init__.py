"""The words of the loop as frozen dataclasses (DESIGN sections 3 and 9).

`candidate` what is found · `find`, `ask`, `make`, `tend` the artifacts of each act · `state` · `config`.
"""

from improve_loop.model.ask import Approval, Proposal
from improve_loop.model.find import Discovery, Extraction, Run, Shortlist
from improve_loop.model.make import Change, CheckRun, Publication, Review, Verdict
from improve_loop.model.tend import Report, Shipment, Timing, Validation

ARTIFACTS = {
    artifact.kind: artifact
    for artifact in (
        Run,
        Discovery,
        Extraction,
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
