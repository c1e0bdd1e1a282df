"""Start-up of a phase against a bare import of its dependencies; triage of 1k, 10k and 100k candidates.

Figures are CPU seconds of the processes, which a busy machine changes less than the clock on the wall.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from improve_loop.cli.verbs import PHASE_VERBS
from improve_loop.edges import artifacts
from improve_loop.edges.desk import RUN
from improve_loop.model.find import Discovery, Run
from tests.support.builders import candidate
from tests.support.repositories import clean, repository
from tests.support.repositories import improve_loop_afresh as improve_loop


def spent() -> float:
    """CPU seconds of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds(action: Callable[[], object], times: int = 5) -> float:
    """The median CPU seconds of several runs."""
    taken = []
    for _ in range(times):
        start = spent()
        action()
        taken.append(spent() - start)
    return statistics.median(taken)


def python(code: str) -> float:
    """Seconds of a fresh interpreter that runs `code`."""
    command = [sys.executable, "-c", code]
    return seconds(lambda: subprocess.run(command, env=clean(), check=True, capture_output=True), times=9)


def start_up(folder: Path) -> None:
    """Each phase with nothing to do, against the imports that any phase needs."""
    bare = python("import yaml, click, fastjsonschema")
    empty = python("pass")
    print(f"interpreter {empty * 1000:.0f} ms, with yaml, click, fastjsonschema {bare * 1000:.0f} ms")
    for phase in PHASE_VERBS:
        # In a folder without a repository and without a run: each loads what it needs, and says what is missing.
        taken = seconds(lambda name=phase: improve_loop(name, "--out", folder / "none", cwd=folder), times=9)  # type: ignore[misc]
        print(f"{phase:<10} says what is missing in {taken * 1000:4.0f} ms = {taken / bare:.2f} x bare import")


def triage(folder: Path) -> None:
    """The whole phase as a process: reading, judging, ranking, writing every dropped candidate with its reason."""
    app = repository(folder / "app")
    before = 0.0
    for count in (1_000, 10_000, 100_000):
        out = folder / f"out-{count}"
        improve_loop("preflight", "--target", app, "--out", out, "--mode", "local")
        run = artifacts.read(out, Run, RUN, None)
        found = tuple(candidate(f"rule {number}", target_repo=run.target.name) for number in range(count))
        discovery = Discovery(run_id=run.run_id, domain="ci", status="ok", reason="", candidates=found)
        artifacts.write(out, "discover/ci.json", discovery)
        start = spent()
        done = improve_loop("triage", "--out", out)
        taken = spent() - start
        assert done.returncode == 0, done.stderr
        kept = json.loads((out / "triage/shortlist.json").read_bytes())
        assert len(kept["dropped"]) + len(kept["shortlisted"]) == count
        growth = f" = {taken / before:.1f} x the row above" if before else ""
        print(f"triage of {count:>7,} candidates: {taken:6.2f} s{growth}")
        before = taken
        (app / ".git/improve-loop/lock.json").unlink()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"peak memory of a phase: {peak} MiB")


def main() -> None:
    """Prints the figures."""
    with tempfile.TemporaryDirectory() as name:
        start_up(Path(name))
        triage(Path(name))
