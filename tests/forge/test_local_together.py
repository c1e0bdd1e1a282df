"""The local forge when two are at work at once, and when one is killed at its worst moment."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from improve_loop.errors import TryLater
from improve_loop.model.forge import STATE_BRANCH
from tests.forge.local_repository import BRANCH, CHANGE, ID, Target, draft, made
from tests.support import warm


@pytest.fixture
def target(tmp_path: Path) -> Target:
    return made(tmp_path)


def play(target: Target, killed_at: int) -> int:
    env = {"PATH": os.environ["PATH"], "HOME": str(target.folder.parent)}
    return warm.run("tests.forge.killed_forge", [str(target.folder), str(killed_at)], env=env).returncode


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
