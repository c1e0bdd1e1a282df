"""What a run that did not finish left behind: its answers are kept, its scratch folder is removed, its spend booked."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from improve_loop.edges import artifacts, lock, outbox, statefile
from improve_loop.edges.desk import RUN
from improve_loop.edges.exclusive import replace_file
from improve_loop.errors import LoopError
from improve_loop.model.ask import Approval
from improve_loop.model.find import Run, Shortlist
from improve_loop.model.state import State
from improve_loop.rules import memory

FOLDER = "heard"  # beside the lock: answers that no state knows yet, a file for each run that was killed with them


def booked(state: State, gone: lock.Holder | None, now: datetime, folder: Path | None) -> tuple[State, list[str]]:
    """The state with what was left, and what to tell about it. `folder` is that of the lock, where there is one."""
    state, found = memory.unfinished_booked(state, now)
    notes = list(found)
    if gone and folder:
        notes.append(f"run {gone.run_id} of {gone.started_at} on {gone.host} is gone; its lock was taken over")
        _keep(state, Path(gone.out), folder)
        scratch = outbox.scratch_of(gone.out)
        if scratch:
            shutil.rmtree(scratch, ignore_errors=True)
    for path, answers in _kept(folder) if folder else ():
        if not memory.knows(state, answers):
            state = memory.merged(state, answers)
            notes.append(f"answers given to run {path.stem} were kept")
    return state, notes


def settle(folder: Path, state: State) -> None:
    """Takes the answers away that this state, which was written, knows."""
    for path, answers in _kept(folder):
        if memory.knows(state, answers):
            path.unlink(missing_ok=True)


def _keep(state: State, out: Path, folder: Path) -> None:
    """A human's no outlives the run that heard it, and any later one that ends before it writes it down."""
    try:
        run = artifacts.read(out, Run, RUN, None)
        shortlist = artifacts.read(out, Shortlist, "triage/shortlist.json", run.run_id)
        approval = artifacts.read(out, Approval, "approve/approval.json", run.run_id)
    except LoopError:
        return  # it never got so far as to hear an answer
    answers = memory.answers(state, shortlist, approval)
    if answers.rejections:
        replace_file(folder / FOLDER / f"{run.run_id}.yaml", statefile.dump(answers).encode())


def _kept(folder: Path) -> Iterator[tuple[Path, State]]:
    for path in sorted((folder / FOLDER).glob("*.yaml")):
        yield path, statefile.load(path.read_text(), str(path))
