"""Everything that a run has written so far, for the report; a phase that never ran simply left nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from improve_loop.edges import artifacts, ledger
from improve_loop.model.ask import Approval, Proposal
from improve_loop.model.find import Discovery, Extraction, Run, Shortlist
from improve_loop.model.gathered import Gathered
from improve_loop.model.make import Change, CheckRun, Publication, Review, Verdict
from improve_loop.model.tend import Shipment, Timing, Validation

T = TypeVar("T")


def gather(out: Path, run: Run, *, in_jobs: bool = False, again: tuple[str, ...] = ()) -> Gathered:
    """Reads what there is. Raises ArtifactError for what is there and cannot be trusted.

    `in_jobs`: each phase was a job of its own, which GitLab starts whatever became of the others; one whose runner
    died uploaded nothing. `again`: phases with a model whose job somebody retried, once for each attempt that is gone.
    """
    id = run.run_id
    timings = [each for folder in sorted(out.glob("*/timing")) for each in _all(out, Timing, folder, id)]
    discoveries = artifacts.read_all(out, Discovery, "discover", "*.json", id)
    approval = _one(out, Approval, "approve/approval.json", id)
    jobs = ["extract"] if any(each.items for each in discoveries) else []
    jobs += [f"implement-{slot}" for slot in range(1, run.limits.slots + 1)] if approval and approval.accepted else []
    return Gathered(
        discoveries=discoveries,
        extractions=artifacts.read_all(out, Extraction, "extract", "*.json", id),
        shortlist=_one(out, Shortlist, "triage/shortlist.json", id),
        proposal=_one(out, Proposal, "propose/proposal.json", id),
        approval=approval,
        changes=artifacts.read_all(out, Change, "implement", "*/change.json", id),
        reviews=artifacts.read_all(out, Review, "implement", "*/review.json", id),
        checks=artifacts.read_all(out, CheckRun, "check", "*.json", id),
        verdicts=artifacts.read_all(out, Verdict, "gate", "*.json", id),
        publications=artifacts.read_all(out, Publication, "publish", "*.json", id),
        validations=artifacts.read_all(out, Validation, "validate", "*.json", id),
        shipments=artifacts.read_all(out, Shipment, "ship", "*.json", id),
        timings=tuple(sorted(timings, key=lambda each: (each.started_at, each.phase))),
        patches=_patches(out),
        ledger=ledger.entries(out, id),
        lost=(
            *(job.partition("-")[0] for job in jobs if in_jobs and not _heard_of(out, job)),
            *(phase for phase in again if any(job.startswith(phase) for job in jobs)),
        ),
    )


def _all(out: Path, cls: type[T], folder: Path, run_id: str) -> tuple[T, ...]:
    return artifacts.read_all(out, cls, str(folder.relative_to(out)), "*.json", run_id)


def _one(out: Path, cls: type[T], path: str, run_id: str) -> T | None:
    return artifacts.read(out, cls, path, run_id) if artifacts.exists(out, path) else None


def _heard_of(out: Path, job: str) -> bool:
    phase = job.partition("-")[0]
    return artifacts.exists(out, f"{phase}/timing/{job}.json") or artifacts.exists(out, f"{phase}/ledger/{job}.jsonl")


def _patches(out: Path) -> dict[str, str]:
    return {
        path.stem: artifacts.read_bytes(out, str(path.relative_to(out))).decode("utf-8", "replace")
        for path in sorted((out / "gate").glob("*.patch"))
    }
