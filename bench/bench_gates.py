"""Speed of the gate: large patches beside git and gitleaks, a 40-line patch, the worst hostile line. Ratios of one run.

All figures are processor time of this process and of those it starts, so other work on the machine counts little.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.large_patches import git, mixed, random_words
from improve_loop.edges.delta import delta_of
from improve_loop.gates import GATES, judge
from improve_loop.gates.canaries import canaries_that_passed
from improve_loop.model.delta import TreeDelta
from improve_loop.rules.gating.policy import Policy
from improve_loop.rules.gating.scratch import scratch_delta

OPEN = Policy(patch_lines=10**9, patch_files=10**9)
ROUNDS = 3  # the quickest of so many counts
STARTS = 10
DEPENDENCIES = "import ahocorasick, click, hashlib, json, pathlib, subprocess, tempfile"


def main() -> None:
    """Prints MB/s of two large patches beside gitleaks, and milliseconds of small and hostile ones."""
    for made in (random_words, mixed):
        with tempfile.TemporaryDirectory() as folder:
            _large(Path(folder), made)
    _small()
    _told("canaries", _quickest(canaries_that_passed))
    hostile = scratch_delta({}, {"a.py": b"'a' + " * 170_000})
    _told("hostile line of 1 MB", _quickest(lambda: judge(hostile, None, OPEN)))


def _large(folder: Path, made: Callable[[Path], bytes]) -> None:
    repo = folder / "repo"
    repo.mkdir()
    patch = made(repo)
    size = len(patch) / 1e6
    applied = _quickest(lambda: delta_of(repo, "HEAD", patch))
    judged = _quickest_judged(repo, patch, None)
    delta = delta_of(repo, "HEAD", patch)
    added = sum(len(line.text) + 1 for file in delta.files for line in file.added) / 1e6
    print(
        f"  {made.__name__}: {size:.1f} MB patch, {added:.1f} MB in {sum(len(file.added) for file in delta.files)} added"
        f" lines: gates {judged:.2f} s, {size / judged:.1f} MB/s of patch, {added / judged:.1f} of added text;"
        f" git's part {applied:.2f} s"
    )
    families = {name: _quickest_judged(repo, patch, name) for name in GATES}
    print(
        "    MB/s of patch by family: " + ", ".join(f"{name} {size / max(s, 1e-3):.0f}" for name, s in families.items())
    )
    if shutil.which("gitleaks") is None:
        print("    gitleaks is not on PATH: not compared")
    else:
        scanned = _gitleaks(folder / "added", delta)
        print(
            f"    gitleaks on the same added lines {scanned:.2f} s: all gates take {judged / scanned:.2f} times that,"
            f" secrets alone {families['secrets'] / scanned:.2f}"
        )


def _quickest_judged(repo: Path, patch: bytes, family: str | None) -> float:
    """Seconds that the gates, or one family, need for a change that nothing was asked of before."""
    best = 1e9
    for _ in range(ROUNDS):
        delta = delta_of(repo, "HEAD", patch)
        started = _cpu_seconds()
        _ = judge(delta, None, OPEN) if family is None else list(GATES[family].findings(delta, None, OPEN))
        best = min(best, _cpu_seconds() - started)
    return best


def _gitleaks(folder: Path, delta: TreeDelta) -> float:
    """Seconds that gitleaks needs for files that hold the added lines."""
    for file in delta.files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line.text}\n" for line in file.added), encoding="utf-8", errors="surrogateescape")
    argv = ("gitleaks", "detect", "--no-git", "-s", str(folder), "--exit-code", "0")
    return _quickest(lambda: subprocess.run(argv, capture_output=True, check=True))


def _small() -> None:
    with tempfile.TemporaryDirectory() as folder:
        repo, patch = Path(folder), Path(folder, "small.patch")
        random_words(repo)
        lines = (repo / "f0.py").read_bytes().splitlines(keepends=True)
        lines[100:120] = [b"    result_%d = build(%d, 'x')\n" % (number, number) for number in range(20)]
        (repo / "f0.py").write_bytes(b"".join(lines))
        patch.write_bytes(git(repo, "diff"))
        warm = _quickest(lambda: _judged(repo, patch.read_bytes())) * 1000
        command = ("-m", "improve_loop", "gate", f"--patch={patch}", f"--repo={repo}")
        whole, bare, libraries = (_started(*argv) for argv in (command, ("-c", "pass"), ("-c", DEPENDENCIES)))
    print(
        f"  40-line patch: a fresh process {whole:.0f} ms (python alone {bare:.0f} ms, with the libraries that the gate"
        f" imports {libraries:.0f} ms); git and gates in a warm one {warm:.0f} ms"
    )


def _judged(repo: Path, patch: bytes) -> None:
    judge(delta_of(repo, "HEAD", patch), None, Policy())


def _started(*argv: str) -> float:
    """Milliseconds of the quickest of some fresh interpreters."""
    import resource

    def spent() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    best = 1e9
    for _ in range(STARTS):
        started = spent()
        subprocess.run((sys.executable, *argv), capture_output=True, check=True)
        best = min(best, spent() - started)
    return best * 1000


def _cpu_seconds() -> float:
    """Processor time of this process and of the git commands it ran: other work on the machine does not count."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _quickest(run: Callable[[], object]) -> float:
    best = 1e9
    for _ in range(ROUNDS):
        started = _cpu_seconds()
        run()
        best = min(best, _cpu_seconds() - started)
    return best


def _told(name: str, seconds: float) -> None:
    print(f"  {name}: {seconds * 1000:.0f} ms of CPU")


if __name__ == "__main__":
    main()
