"""Speed of the gate: a 10 MB patch beside git's own work, a 40-line patch, the worst hostile line. Ratios of one run."""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
from pathlib import Path

from improve_loop.edges.delta import delta_of
from improve_loop.gates import judge
from improve_loop.gates.canaries import canaries_that_passed
from improve_loop.rules.gating.policy import Policy
from improve_loop.rules.gating.scratch import scratch_delta

OPEN = Policy(patch_lines=10**9, patch_files=10**9)
WORDS = [
    "def",
    "return",
    "value",
    "result",
    "item",
    "config",
    "path",
    "user",
    "request",
    "response",
    "index",
    "total",
    "error",
    "list",
    "state",
    "name",
    "check",
    "build",
]


def main() -> None:
    """Prints MB/s of a 10 MB patch, and milliseconds of small and hostile ones."""
    with tempfile.TemporaryDirectory() as folder:
        repo = Path(folder)
        patch = _large_patch(repo)
        started = _cpu_seconds()
        delta = delta_of(repo, "HEAD", patch)
        applied = _cpu_seconds() - started
        started = _cpu_seconds()
        judge(delta, None, OPEN)
        judged = _cpu_seconds() - started
        size = len(patch) / 1e6
        lines = sum(len(file.added) for file in delta.files)
        print(
            f"  {size:.1f} MB patch, {lines} added lines: git {applied:.2f} s of CPU, gates {judged:.2f} s ({size / judged:.1f} MB/s), {judged / applied:.1f}x git's part"
        )
        small = _patch(repo, {"f0.py": _text(random.Random(3), 20)})
        _timed("40-line patch, git and gates, warm", lambda: judge(delta_of(repo, "HEAD", small), None, Policy()))
    _timed("canaries", canaries_that_passed)
    hostile = scratch_delta({}, {"a.py": b"'a' + " * 170_000})
    _timed("hostile line of 1 MB", lambda: judge(hostile, None, OPEN))


def _cpu_seconds() -> float:
    """Processor time of this process and of the git commands it ran: other work on the machine does not count."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _timed(name: str, run: object) -> None:
    assert callable(run)
    run()
    started = _cpu_seconds()
    for _ in range(5):
        run()
    print(f"  {name}: {(_cpu_seconds() - started) * 200:.0f} ms of CPU")


def _text(chance: random.Random, lines: int) -> bytes:
    return "".join(
        f"    {chance.choice(WORDS)}_{chance.randrange(999)} = {chance.choice(WORDS)}({chance.randrange(9999)}, '{chance.choice(WORDS)}')\n"
        for _ in range(lines)
    ).encode()


def _large_patch(repo: Path) -> bytes:
    chance = random.Random(1)
    _git(repo, "init", "-q")
    for number in range(200):
        (repo / f"f{number}.py").write_bytes(_text(chance, 800))
    _git(repo, "add", "-A")
    _git(repo, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "base")
    return _patch(repo, {f"f{number}.py": _text(chance, 400) for number in range(200)})


def _patch(repo: Path, files: dict[str, bytes]) -> bytes:
    for name, content in files.items():
        path = repo / name
        kept = path.read_bytes().splitlines(keepends=True)[:300]
        path.write_bytes(b"".join(kept) + content)
    patch = _git(repo, "diff")
    _git(repo, "checkout", "-q", ".")
    return patch


def _git(repo: Path, *arguments: str) -> bytes:
    return subprocess.run(("git", *arguments), cwd=repo, capture_output=True, check=True).stdout


if __name__ == "__main__":
    main()
