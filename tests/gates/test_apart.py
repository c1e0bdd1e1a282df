"""Two processes judge one change: what the other one says counts only when it ended well."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from improve_loop.gates import apart, judge
from improve_loop.gates.kinds import NAME
from improve_loop.model.finding import GateFinding
from improve_loop.rules.gating.policy import Policy
from improve_loop.rules.gating.scratch import scratch_delta

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux is judged in two processes")
OPEN = Policy(patch_lines=10**9, patch_files=10**9)


def one() -> list[GateFinding]:
    return [NAME.at("one.py", 3, detail="\u202e \udc80")]


def test_both_are_told() -> None:
    here, there = apart.side_by_side(one, lambda: [*one(), NAME.at("two.py")])
    assert list(here) == one()
    assert list(there) == [*one(), NAME.at("two.py")]


@pytest.mark.parametrize("how", [signal.SIGKILL, None])
def test_the_half_of_a_process_that_died_is_judged_here(how: signal.Signals | None) -> None:
    parent = os.getpid()

    def dies() -> list[GateFinding]:
        if os.getpid() != parent:
            os.kill(os.getpid(), how) if how else os._exit(3)
        return one()

    assert list(apart.side_by_side(list, dies)[1]) == one()


def children() -> set[str]:
    """Processes of this one that run or were not waited for; other tests may have some."""
    return {pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


def test_an_error_of_either_half_is_raised_and_leaves_no_process() -> None:
    def fails() -> list[GateFinding]:
        raise ValueError("broken")

    before = children()
    for here, there in ((one, fails), (fails, one)):
        with pytest.raises(ValueError, match="broken"):
            apart.side_by_side(here, there)
        assert children() == before


@pytest.mark.parametrize(
    ("told", "free"),
    [
        ("9.99 8.00 7.00 1/812 4711", True),
        ("0.00 0.00 0.00 9999/9999 4711", False),
        ("nothing of the kind", False),
        (None, False),
    ],
)
def test_a_processor_is_free_when_nothing_else_runs_now(
    told: str | None, free: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "LOAD", tmp_path / "loadavg")
    if told is not None:
        (tmp_path / "loadavg").write_text(told)
    assert apart._is_free() is (free and len(os.sched_getaffinity(0)) > 1)


def test_a_large_change_is_judged_as_a_small_one() -> None:
    bad = {"run.sh": b"rm -r" + b"f /\n", "a.py": b"x = 1  # \xe2\x80\xae\npassword = 'hX7" + b"!kq92Lw'\n"}
    fill = {f"f{number}.py": b"    value = compute(1, 'x')\n" * 20_000 for number in range(3)}
    small, large = scratch_delta({}, bad), scratch_delta({}, {**bad, **fill})
    assert not apart.is_worth_it(small)
    assert judge(large, None, OPEN) == judge(small, None, OPEN) != ()
