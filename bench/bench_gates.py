"""Speed of the gate: large patches beside git and gitleaks, a 40-line patch, the worst hostile line. Ratios of one run.

Processor time of this process and of those it starts, where other work on the machine counts little, beside wall-clock
time, where two processes show. Fresh interpreters find their bytecode, as an installed program does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bench.large_patches import git, mixed, random_words
from improve_loop.edges.delta import delta_of
from improve_loop.gates import GATES, apart, judge
from improve_loop.gates.canaries import canaries_that_passed
from improve_loop.model.delta import TreeDelta
from improve_loop.rules.gating.policy import Policy
from improve_loop.rules.gating.scratch import scratch_delta

OPEN = Policy(patch_lines=10**9, patch_files=10**9)
ROUNDS = 3  # the quickest of so many counts
STARTS = 20
DEPENDENCIES = "import ahocorasick, click"
PEAK = (
    "import sys, pathlib; from bench.bench_gates import OPEN; from improve_loop.edges.delta import delta_of;"
    " from improve_loop.gates import judge;"
    " judge(delta_of(pathlib.Path(sys.argv[1]), 'HEAD', pathlib.Path(sys.argv[2]).read_bytes()), None, OPEN)"
)
ASK_PEAK = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], capture_output=True, check=True);"
    " print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


class Spent(NamedTuple):
    """Seconds of the quickest of some runs."""

    wall: float
    cpu: float


def main() -> None:
    """Prints MB/s of two large patches beside gitleaks, and milliseconds of small and hostile ones."""
    for made in (random_words, mixed):
        with tempfile.TemporaryDirectory() as folder:
            _large(Path(folder), made)
    _small()
    _say("canaries", _quickest(canaries_that_passed))
    hostile = scratch_delta({}, {"a.py": b"'a' + " * 170_000})
    _say("hostile line of 1 MB", _quickest(lambda: judge(hostile, None, OPEN)))


def _large(folder: Path, made: Callable[[Path], bytes]) -> None:
    repo = folder / "repo"
    repo.mkdir()
    patch = made(repo)
    size = len(patch) / 1e6
    applied = _quickest(lambda: delta_of(repo, "HEAD", patch))
    judged = _quickest_judged(repo, patch, None)
    alone = _quickest_judged(repo, patch, None, together=False)
    delta = delta_of(repo, "HEAD", patch)
    added = sum(len(line.text) + 1 for file in delta.files for line in file.added) / 1e6
    print(
        f"  {made.__name__}: {size:.1f} MB patch, {added:.1f} MB in {sum(len(file.added) for file in delta.files)} added"
        f" lines: gates {judged.wall:.2f} s, {size / judged.wall:.1f} MB/s of patch (CPU {judged.cpu:.2f});"
        f" in one process {alone.wall:.2f} s, {size / alone.wall:.1f} (CPU {alone.cpu:.2f}, {size / alone.cpu:.1f} MB/s);"
        f" git's part {applied.wall:.2f} s (CPU {applied.cpu:.2f})"
    )
    (folder / "patch").write_bytes(patch)
    print(
        f"    peak memory with git's part {_peak((sys.executable, '-c', PEAK, str(repo), str(folder / 'patch')))} MiB"
    )
    families = {name: _quickest_judged(repo, patch, name).cpu for name in GATES}
    print(
        "    MB/s of patch by family: " + ", ".join(f"{name} {size / max(s, 1e-3):.0f}" for name, s in families.items())
    )
    if shutil.which("gitleaks") is None:
        print("    gitleaks is not on PATH: not compared")
    else:
        scanned, peak = _gitleaks(folder / "added", delta)
        print(
            f"    gitleaks on the same added lines {scanned.wall:.2f} s (CPU {scanned.cpu:.2f}), {peak} MiB: all gates take"
            f" {judged.wall / scanned.wall:.2f} times its wall clock, {alone.cpu / scanned.cpu:.2f} times its CPU;"
            f" secrets alone {families['secrets'] / scanned.cpu:.2f} times its CPU"
        )


def _quickest_judged(repo: Path, patch: bytes, family: str | None, *, together: bool = True) -> Spent:
    """What the gates, or one family, need for a change that nothing was asked of before; `together`: two processes."""
    large, apart.LARGE = apart.LARGE, apart.LARGE if together else sys.maxsize
    best = Spent(1e9, 1e9)
    for _ in range(ROUNDS):
        delta = delta_of(repo, "HEAD", patch)
        run = partial(judge, delta, None, OPEN) if family is None else partial(_told, family, delta)
        best = _better(best, _spent(run))
    apart.LARGE = large
    return best


def _told(family: str, delta: TreeDelta) -> None:
    for _ in GATES[family].findings(delta, None, OPEN):
        pass


def _gitleaks(folder: Path, delta: TreeDelta) -> tuple[Spent, int]:
    """What gitleaks needs for files that hold the added lines, and its peak memory in MiB."""
    for file in delta.files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line.text}\n" for line in file.added), encoding="utf-8", errors="surrogateescape")
    argv = ("gitleaks", "detect", "--no-git", "-s", str(folder), "--exit-code", "0")
    return _quickest(lambda: subprocess.run(argv, capture_output=True, check=True)), _peak(argv)


def _peak(argv: Sequence[str]) -> int:
    """Peak memory of a command in MiB, asked by a small process: a child counts what it was forked from."""
    told = subprocess.run((sys.executable, "-c", ASK_PEAK, *argv), capture_output=True, check=True, text=True).stdout
    return int(told) // 1024


def _small() -> None:
    with tempfile.TemporaryDirectory() as folder:
        repo, patch = Path(folder), Path(folder, "small.patch")
        random_words(repo)
        lines = (repo / "f0.py").read_bytes().splitlines(keepends=True)
        lines[100:120] = [b"    result_%d = build(%d, 'x')\n" % (number, number) for number in range(20)]
        (repo / "f0.py").write_bytes(b"".join(lines))
        patch.write_bytes(git(repo, "diff"))
        warm = _quickest(lambda: _judged(repo, patch.read_bytes()))
        command = ("-m", "improve_loop", "gate", f"--patch={patch}", f"--repo={repo}")
        whole, bare, libraries = (_started(*argv) for argv in (command, ("-c", "pass"), ("-c", DEPENDENCIES)))
    print(
        f"  40-line patch, wall clock (CPU): a fresh process {_ms(whole)}, python alone {_ms(bare)}, with pyahocorasick and"
        f" click {_ms(libraries)}: {(whole.wall - libraries.wall) * 1000:.0f} ms are the gate's and git's;"
        f" git and gates in a warm process {_ms(warm)}"
    )


def _ms(spent: Spent) -> str:
    return f"{spent.wall * 1000:.0f} ({spent.cpu * 1000:.0f}) ms"


def _judged(repo: Path, patch: bytes) -> None:
    judge(delta_of(repo, "HEAD", patch), None, Policy())


def _started(*argv: str) -> Spent:
    """The quickest of some fresh interpreters; the first of them writes the bytecode."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = folder
        run = partial(subprocess.run, (sys.executable, *argv), capture_output=True, check=True, env=environment)
        return _quickest(run, STARTS)


def _spent(run: Callable[[], object]) -> Spent:
    started, before = time.perf_counter(), os.times()
    run()
    wall, after = time.perf_counter() - started, os.times()
    return Spent(wall, sum(after[:4]) - sum(before[:4]))


def _better(one: Spent, other: Spent) -> Spent:
    return Spent(min(one.wall, other.wall), min(one.cpu, other.cpu))


def _quickest(run: Callable[[], object], rounds: int = ROUNDS) -> Spent:
    best = Spent(1e9, 1e9)
    for _ in range(rounds):
        best = _better(best, _spent(run))
    return best


def _say(name: str, spent: Spent) -> None:
    print(f"  {name}: {spent.cpu * 1000:.0f} ms of CPU")


if __name__ == "__main__":
    main()
