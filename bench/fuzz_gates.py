"""A coverage-guided fuzz run of the gates: `python -m bench.fuzz_gates [SECONDS]`.

Needs atheris (`pip install atheris`), which the project does not depend on. Half of the inputs are files before and
after, which every family judges; the other half are patch bytes, which git applies to a small repository first. What
counts as a finding: an exception, a judgement that takes longer than `SLOW` seconds of processor time, or a patch that
passes although git makes another tree of it than was judged.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SECONDS = 600  # of a whole run
SLOW = 2.0  # seconds of processor time for an input of at most MAX_INPUT bytes
MAX_INPUT = 4_096
_PATHS = (
    "a.py", "run.sh", ".gitlab-ci.yml", "package.json", "tests/test_a.py", "a.test.js", "x.sql", "pyproject.toml",
    "a_test.go", "package-lock.json", "main.tf", "Dockerfile", "go.mod", "a.md", ".github/workflows/a.yml", "Makefile",
    "a.env", "src/lib.rs", "A.cs", "tests/ATest.php", "k8s/a.yaml", "requirements.txt", "Cargo.toml", "a.ps1",
    ".pre-commit-config.yaml", "x.key", "mix.exs", "pubspec.yaml", "environment.yml", "Chart.yaml", "Pipfile",
    "a.gradle",
)  # fmt: skip


def main() -> None:
    """Fuzz for so many seconds; ends with an error where something was found (the input stands in a `crash-*` file)."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["improve_loop"]):
        judged = _target(atheris)
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    options = [f"-max_total_time={seconds}", f"-max_len={MAX_INPUT}", "-timeout=30", "-rss_limit_mb=4096"]
    seeds = Path(tempfile.mkdtemp(prefix="fuzz-gates-"))
    _write_seeds(seeds)
    atheris.Setup([sys.argv[0], *options, str(seeds)], judged)
    atheris.Fuzz()


def _target(atheris: Any) -> Any:
    """What is called with every input."""
    from improve_loop.edges.delta import PatchRefused, delta_of
    from improve_loop.gates import judge
    from improve_loop.rules.gating.patch import header_findings
    from improve_loop.rules.gating.policy import Policy, Scope
    from improve_loop.rules.gating.scratch import scratch_delta
    from tests.gates.repository import git, repository

    root = Path(tempfile.mkdtemp(prefix="fuzz-gates-"))
    repo = repository(
        root / "repo", {"app.py": b"one\ntwo\n", "tests/test_a.py": b"def test_a():\n    assert f() == 1\n"}
    )

    def files(data: bytes) -> None:
        given = atheris.FuzzedDataProvider(data)
        path = _PATHS[given.ConsumeIntInRange(0, len(_PATHS) - 1)]
        scope = Scope(target_paths=("**",), class_="ci") if given.ConsumeBool() else None
        before, after = given.ConsumeBytes(given.ConsumeIntInRange(0, MAX_INPUT)), given.ConsumeBytes(MAX_INPUT)
        judge(scratch_delta({path: before} if before else {}, {path: after}, {}), scope, Policy())

    def patch(data: bytes) -> None:
        refused = next(iter(header_findings(data)), None)
        try:
            delta = delta_of(repo, "HEAD", data)
        except PatchRefused:
            return
        found = judge(delta, None, Policy())
        if refused is None and not any(item.severity == "refuse" for item in found):
            git(repo, "read-tree", "HEAD")
            git(repo, "apply", "--cached", "--whitespace=nowarn", "-", stdin=data)
            if git(repo, "write-tree").decode().strip() != delta.result_tree:
                raise AssertionError("git makes another tree of a patch that passed")

    def once(data: bytes) -> None:
        started = time.process_time()
        (patch if data[:1] == b"p" else files)(data[1:])
        if time.process_time() - started > SLOW:
            raise AssertionError(f"slow: {time.process_time() - started:.1f} s")

    return once


def _write_seeds(folder: Path) -> None:
    """The labelled patches as inputs to start from, and one patch."""
    from tests.gates.labelled import credentials, destructive, steering, weakened

    modules = (credentials, destructive, steering, weakened)
    for number, patch in enumerate(patch for module in modules for patch in module.PATCHES):
        path, text = next(iter(patch.after.items()), ("", ""))
        if path in _PATHS:
            after = text.encode("utf-8", "surrogateescape")[: MAX_INPUT // 2]
            (folder / str(number)).write_bytes(b"f" + after + bytes((0, 1, _PATHS.index(path))))
    (folder / "patch").write_bytes(
        b"pdiff --git a/app.py b/app.py\n--- a/app.py\n+++ b/app.py\n@@ -1,2 +1,2 @@\n-one\n+eins\n two\n"
    )


if __name__ == "__main__":
    main()
