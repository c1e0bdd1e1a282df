"""The target's checks on a change that is not yet an artifact, where one process plays all phases.

Only in a sandbox that hides this process, for it holds model keys. The phase `check` runs them again, and that counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from threading import Event

from improve_loop.edges import sandbox, workshop
from improve_loop.making.mending import Failure
from improve_loop.model.find import Run

CONFINED = ("bubblewrap", "namespaces")


def failure_of(
    run: Run, git_dir: Path, name: str, files: Mapping[str, bytes | None], stop: Event, *, exposed: bool
) -> Failure | None:
    """The first check that fails on these files and not without them. `exposed`: no secret is there to be seen."""
    if not exposed and (run.config.sandbox == "none" or sandbox.working_sandbox()[0] is None):
        return None
    failed = _failed(run, git_dir, f"try-{name}", files, stop)
    return failed if failed and not _failed(run, git_dir, f"untried-{name}", {}, stop, only=failed.check) else None


def _failed(
    run: Run, git_dir: Path, name: str, files: Mapping[str, bytes | None], stop: Event, *, only: str | None = None
) -> Failure | None:
    checks = [check for check in run.config.checks if only in (None, check.name)]
    with workshop.worktree(git_dir, name, run.target.bundle_sha, None, keep=False) as folder:
        _write(folder, files)
        for check in checks:
            ran = sandbox.run(
                check.run, folder, check.timeout_seconds, run.config.sandbox, readable=[git_dir], stop=stop
            )
            if ran.status in ("failed", "timed_out"):
                return Failure(check=check.name, output=f"{check.name}: {ran.reason or ran.status}\n{ran.output_tail}")
    return None


def _write(folder: Path, files: Mapping[str, bytes | None]) -> None:
    for path, content in files.items():
        file = folder / path
        if content is None:
            file.unlink(missing_ok=True)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
