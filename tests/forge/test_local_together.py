"""The local forge when two are at work at once, and when one is killed at its worst moment."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from improve_loop.errors import TryLater
from improve_loop.model.forge import STATE_BRANCH
from tests.forge.local_repository import BRANCH, CHANGE, ID, Target, draft, made
from tests.support.imports import PACKAGE

RUN = """
import os, signal, sys
from pathlib import Path
from improve_loop.model.make import CheckedCommand
from tests.forge.local_repository import BRANCH, CHANGE, ID, Target, draft
seen = 0
def count(event, arguments):
    global seen
    ours = event == "subprocess.Popen" and {"update-ref", "commit-tree"} & set(arguments[1])
    writes = event == "os.rename" or bool(ours)
    seen += writes
    if writes and seen == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
target = Target(folder=Path(sys.argv[1]), work=Path(sys.argv[1]))
base, patch, wanted = target.base, target.patch(CHANGE), draft(target)
forge = target.forge()
sys.addaudithook(count)
head = forge.publish_branch(BRANCH, base, patch, "Change", forge.branch_head(BRANCH))
forge.open_merge_request(wanted)
forge.record_checks(ID, head, (CheckedCommand(name="unit", status="passed"),))
state = forge.read_state()
forge.write_state("version: 1\\n", state.revision, "State")
"""


@pytest.fixture
def target(tmp_path: Path) -> Target:
    return made(tmp_path)


def play(target: Target, killed_at: int) -> int:
    path = os.pathsep.join((str(PACKAGE.parent), str(PACKAGE.parents[1])))
    return subprocess.run(
        [sys.executable, "-c", RUN, str(target.folder), str(killed_at)],
        env={"PATH": os.environ["PATH"], "HOME": str(target.folder.parent), "PYTHONPATH": path},
        check=False,
    ).returncode


def end_state(target: Target) -> object:
    """What is there in the end, but for the moments at which it was written."""
    forge = target.forge()
    record = forge.records.path(ID).read_text()
    tree = target.git("rev-parse", f"{STATE_BRANCH}^{{tree}}")
    count = target.git("rev-list", "--count", STATE_BRANCH)
    left = [path.name for path in forge.records.folder.rglob(".writing-*")]
    return record, tree, count, forge.branch_head(BRANCH), forge.records.heads(ID), left


def test_killed_at_any_step_a_second_run_comes_to_the_same_end(tmp_path: Path) -> None:
    whole = made(tmp_path / "whole")
    assert play(whole, 0) == 0
    steps, code = 0, -9
    while code == -9:
        steps += 1
        target = made(tmp_path / str(steps))
        code = play(target, steps)
        assert play(target, 0) == 0
        assert end_state(target) == end_state(whole), f"killed at step {steps}"
    assert code == 0
    assert steps > 6


def test_a_humans_no_is_not_lost_between_the_writes_of_a_run(target: Target) -> None:
    head = target.forge().publish_branch(BRANCH, target.base, target.patch(CHANGE), "Change", None)
    mr = target.forge().open_merge_request(draft(target))
    with ThreadPoolExecutor(8) as crowd:
        comments = [crowd.submit(target.forge().comment, mr, f"key-{number}", "text") for number in range(12)]
        no = crowd.submit(target.forge().human_closes, ID, "not worth it", "jo")
        labels = [crowd.submit(target.forge().set_labels, mr, (f"label-{number}",), ()) for number in range(12)]
    errors = [done.exception() for done in comments] + [done.exception() for done in labels] + [no.exception()]
    assert errors == [None] * 25
    record = target.forge().record(ID)
    assert (record.state, record.closed_by_human, record.head_sha) == ("closed", True, head)
    assert len(record.comments) == 13
    assert len(record.labels) == 13


def test_of_many_that_write_the_state_at_once_exactly_one_wins(target: Target) -> None:
    first = target.forge().write_state("version: 1\n", None, "First")

    def write(number: int) -> bool:
        try:
            target.forge().write_state(f"version: 1\nrun: {number}\n", first, f"Run {number}")
        except TryLater:
            return False
        return True

    with ThreadPoolExecutor(8) as crowd:
        won = list(crowd.map(write, range(8)))
    assert won.count(True) == 1
    assert target.forge().read_state().text == f"version: 1\nrun: {won.index(True)}\n"
    assert target.git("rev-list", "--count", STATE_BRANCH) == "2"
