"""Labels, comments, re-triggers, or closes and says why. It never merges.

reads:  preflight/run.json, validate/*.json; where this run has them triage/shortlist.json, discover/*.json,
        implement/<id>/review.json and the patch that it is about
writes: ship/<candidate>.json; on the forge labels, comments, a pipeline started again, a merge request closed
exits:  0 · 3 · 75 the forge is away
"""

from __future__ import annotations

from pathlib import Path

from improve_loop.edges import artifacts
from improve_loop.edges.desk import SHORTLIST, Desk
from improve_loop.edges.forge.contract import ForgeReader, ForgeWriter, MergeRequestMoved
from improve_loop.edges.forge.reading import reader
from improve_loop.edges.forge.writing import writer
from improve_loop.model.candidate import Candidate
from improve_loop.model.find import Discovery, Run, Shortlist
from improve_loop.model.forge import BRANCH_PREFIX, MergeRequest
from improve_loop.model.make import Review
from improve_loop.model.tend import Shipment, Validation
from improve_loop.rules.labels import AUTO_MERGEABLE, MAX_REPAIRS, Step, step
from improve_loop.rules.render import remarks, review_summary, ship_comment


def main(desk: Desk) -> str:
    """Acts on each validation, after looking at the head again. Raises LoopError."""
    run = desk.run()
    write, read = writer(run, desk.log.say), reader(run.target, run.config.forge)
    found = artifacts.read_all(desk.out, Validation, "validate", "*.json", run.run_id)
    for validation in found:
        shipment = _shipped(desk, run, validation, read, write)
        artifacts.write(desk.out, f"ship/{validation.candidate}.json", shipment)
        desk.log.say(f"  {shipment.merge_request}: {shipment.action} {shipment.label or ''}; {shipment.reason}")
    return f"{len(found)} looked after"


def _shipped(desk: Desk, run: Run, validation: Validation, read: ForgeReader, write: ForgeWriter) -> Shipment:
    mr = read.merge_request(validation.merge_request)
    if mr.head_sha != validation.head_sha:
        return _shipment(run, validation, _moved())
    if not read.opened_by_us(mr):
        return _shipment(run, validation, _foreign(mr))
    candidate = _candidate(desk.out, run, mr)
    review = _review(desk.out, run, validation.candidate)
    repairs = 0 if run.mode == "none" else MAX_REPAIRS
    next_step = step(
        mr,
        validation.status,
        review=review.decision if review else "not_needed",
        harmless=_harmless(candidate, mr),
        repairs_allowed=repairs,
    )
    comment = ship_comment(next_step, validation)
    try:
        _act(mr, next_step, comment, write)
        if next_step.action != "closed" and not next_step.keep_labels and validation.status != "taken_over":
            _tell_review(desk.out, run, mr, write)
    except MergeRequestMoved:
        return _shipment(run, validation, _moved())
    return _shipment(run, validation, next_step, comment)


def _moved() -> Step:
    return Step(action="left_alone", label=None, reason="its head moved since it was judged", keep_labels=True)


def _foreign(mr: MergeRequest) -> Step:
    """A marker can be copied; the token's user cannot."""
    reason = f"{mr.author} opened it, who is not the loop's user"
    return Step(action="left_alone", label=None, reason=reason, keep_labels=True)


def _act(mr: MergeRequest, todo: Step, comment: str | None, write: ForgeWriter) -> None:
    """Labels first, so that a merge request that is closed already says why at a glance."""
    if todo.keep_labels:
        return
    add = (todo.label,) if todo.label and todo.label not in mr.labels else ()
    remove = todo.removed(mr.labels)
    if add or remove:
        mr = write.set_labels(mr, add, remove)
    if todo.action == "closed":
        write.close(mr, comment or todo.reason)
    elif comment:
        write.comment(mr, "state", comment)
    if todo.action == "retriggered":
        write.retrigger(mr)


def _tell_review(out: Path, run: Run, mr: MergeRequest, write: ForgeWriter) -> None:
    """The review of exactly the patch that was published: remarks on its lines, and one summary, both only once."""
    id = mr.branch.removeprefix(BRANCH_PREFIX)
    review, path = _review(out, run, id), f"implement/{id}/change.patch"
    if review is None or mr.marker is None or not artifacts.exists(out, path):
        return
    patch = artifacts.read_bytes(out, path)
    if artifacts.sha256(patch) != mr.marker.patch_sha256:
        return
    found = remarks(review, patch.decode("utf-8", "replace"))
    unplaced = write.annotate(mr, tuple(one.note for one in found if one.note))
    write.comment(mr, "review", review_summary(review, found, unplaced))


def _candidate(out: Path, run: Run, mr: MergeRequest) -> Candidate | None:
    """What this run knows of it: on the shortlist, or found again and dropped because it is open already."""
    found = [
        each for one in artifacts.read_all(out, Discovery, "discover", "*.json", run.run_id) for each in one.candidates
    ]
    if artifacts.exists(out, SHORTLIST):
        shortlist = artifacts.read(out, Shortlist, SHORTLIST, run.run_id)
        found = [*(each.candidate for each in shortlist.shortlisted), *found]
    fingerprint = mr.marker.fingerprint if mr.marker else None
    id = mr.branch.removeprefix(BRANCH_PREFIX)
    return next((each for each in found if (each.id, each.fingerprint) == (id, fingerprint)), None)


def _harmless(candidate: Candidate | None, mr: MergeRequest) -> bool:
    """Low risk and easily undone, by the shortlist; of an earlier run, what the loop said of it then."""
    if candidate is None:
        return AUTO_MERGEABLE in mr.labels
    return candidate.risk == "low" and candidate.reversibility in ("instant", "easy")


def _review(out: Path, run: Run, id: str) -> Review | None:
    """A recipe's change is proven by its own equality checks and has no review."""
    path = f"implement/{id}/review.json"
    return artifacts.read(out, Review, path, run.run_id) if artifacts.exists(out, path) else None


def _shipment(run: Run, validation: Validation, done: Step, comment: str | None = None) -> Shipment:
    return Shipment(
        run_id=run.run_id,
        candidate=validation.candidate,
        merge_request=validation.merge_request,
        head_sha=validation.head_sha,
        action=done.action,
        label=done.label,
        reason=done.reason,
        comment=comment,
    )
