"""What a run that did not finish left behind: its answers are kept, its scratch folder is removed, its spend booked."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from improve_loop.edges import artifacts, lock, outbox
from improve_loop.edges.desk import RUN
from improve_loop.errors import LoopError
from improve_loop.model.ask import Approval
from improve_loop.model.find import Run, Shortlist
from improve_loop.model.state import State
from improve_loop.rules import memory


def booked(state: State, gone: lock.Holder | None, now: datetime) -> tuple[State, list[str]]:
    """The state with what was left, and what to tell about it."""
    state, found = memory.unfinished_booked(state, now)
    notes = list(found)
    if gone:
        notes.append(f"run {gone.run_id} of {gone.started_at} on {gone.host} is gone; its lock was taken over")
        state, heard = _heard(state, Path(gone.out))
        notes += heard
        scratch = outbox.scratch_of(gone.out)
        if scratch:
            shutil.rmtree(scratch, ignore_errors=True)
    return state, notes


def _heard(state: State, out: Path) -> tuple[State, list[str]]:
    """A human's no outlives the run that heard it, even one that was killed before it could write it down."""
    try:
        run = artifacts.read(out, Run, RUN, None)
        shortlist = artifacts.read(out, Shortlist, "triage/shortlist.json", run.run_id)
        approval = artifacts.read(out, Approval, "approve/approval.json", run.run_id)
    except LoopError:
        return state, []  # it never got so far as to hear an answer
    if not approval.declined:
        return state, []
    return memory.after_asking(state, shortlist, approval), [f"answers given to run {run.run_id} were kept"]
