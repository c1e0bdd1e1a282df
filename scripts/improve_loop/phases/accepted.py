"""What was accepted, read the same way by every phase that acts on it. Missing, foreign or edited means no."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from improve_loop.edges import artifacts
from improve_loop.edges.desk import APPROVAL, SHORTLIST
from improve_loop.errors import ArtifactError
from improve_loop.model.ask import Approval
from improve_loop.model.find import Ranked, Run, Shortlist


def accepted(out: Path, run: Run) -> tuple[Ranked, ...]:
    """The accepted candidates by rank, with scope and class as the shortlist has them. Raises ArtifactError."""
    shortlist = artifacts.read(out, Shortlist, SHORTLIST, run.run_id)
    approval = artifacts.read(out, Approval, APPROVAL, run.run_id)
    if artifacts.sha256(artifacts.read_bytes(out, SHORTLIST)) != approval.shortlist_sha256:
        raise ArtifactError(
            f"{out / SHORTLIST}: is not the shortlist that was approved; it was edited, start a new run"
        )
    by_id = {each.candidate.id: each for each in shortlist.shortlisted}
    unknown = [id for id in approval.accepted if id not in by_id]
    if unknown:
        raise ArtifactError(f"{out / APPROVAL}: $.accepted: {unknown[0]} is not on the shortlist; run approve again")
    return tuple(by_id[id] for id in approval.accepted)


def of_slot(ranked: tuple[Ranked, ...], slot: int | None, slots: int) -> tuple[Ranked, ...]:
    """Slot k of n takes every n-th, from the k-th; no slot takes all, a spare one (k > n) none."""
    if slot is None:
        return ranked
    return ranked[slot - 1 :: slots] if slot <= slots else ()


def changed(out: Path, ranked: tuple[Ranked, ...]) -> Iterator[Ranked]:
    """Those that `implement` has an artifact for; one that stopped there simply has none."""
    return (each for each in ranked if artifacts.exists(out, f"implement/{each.candidate.id}/change.json"))
