"""A person's own request as a candidate: `improve-loop run --task "text" --target-path P`."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Sequence

from improve_loop.errors import UsageError
from improve_loop.model.candidate import Candidate
from improve_loop.model.find import Discovery
from improve_loop.rules.identity import candidate_id, fingerprint
from improve_loop.rules.newfiles import is_creatable
from improve_loop.rules.untrusted import one_line, sanitise

DOMAIN = "task"
MOST_PATHS = 50
MOST_CHARACTERS = 4_000


def task_candidate(
    text: str,
    target_paths: Sequence[str],
    target_repo: str,
    present: Collection[str],
    others: Collection[str] = (),
) -> Candidate:
    """The candidate of a task. `present`: every file of the target, `others`: its symlinks and submodules.

    A folder stands for all that is in it; a path that is not there yet is a file to create. Raises UsageError with
    what to give instead.
    """
    wish = sanitise(text, prose=False).text.strip()
    if not wish:
        raise UsageError("--task is empty; say in a sentence what shall be done")
    if len(wish) > MOST_CHARACTERS:
        raise UsageError(f"--task has {len(wish)} characters, at most {MOST_CHARACTERS}; a small change needs fewer")
    paths = _paths(target_paths, present, others)
    summary = one_line(wish.split("\n")[0], 100)
    subject = one_line(f"{summary} ({', '.join(paths)})", 300)  # the same words for other files are another task
    return Candidate(
        id=candidate_id(DOMAIN, subject),
        source=DOMAIN,
        domain=DOMAIN,
        class_="task",
        subject=subject,
        summary=summary,
        value_for_us="Somebody asked for it.",
        value="high",
        effort_estimate_hours=1.0,
        risk="medium",
        reversibility="easy",
        target_repo=target_repo,
        target_paths=paths,
        fingerprint=fingerprint((wish, *paths)),
        evidence=(),
        brief=wish,
    )


def task_discovery(run_id: str, candidate: Candidate, present: Collection[str]) -> Discovery:
    """The discovery of the domain `task`: its one candidate."""
    new = [path for path in candidate.target_paths if path not in present]
    reason = "; to be created: ".join(["asked for by a person", *filter(None, [", ".join(new)])])
    return Discovery(run_id=run_id, domain=DOMAIN, status="ok", reason=reason, candidates=(candidate,))


def _paths(given: Sequence[str], present: Collection[str], others: Collection[str]) -> tuple[str, ...]:
    if not given:
        raise UsageError("--task needs at least one --target-path: the files that the change may touch")
    files = set(present)
    found: list[str] = []
    for path in given:
        bare = posixpath.normpath(path.strip())
        if bare.startswith(("/", "..", ".git/")) or "\\" in bare or bare in (".", ".git"):
            raise UsageError(f"--target-path {path}: give a path inside the repository, relative to its root")
        below = sorted(each for each in files if each.startswith(f"{bare}/"))
        if path.strip().endswith("/") and not below:
            raise UsageError(f"--target-path {path}: no such folder in the target at its base commit")
        if not below and bare not in files and not is_creatable(bare, {*files, *others}):
            raise UsageError(
                f"--target-path {path}: no such file or folder in the target at its base commit, nor can it be created"
            )
        found += below or [bare]
    if len(set(found)) > MOST_PATHS:
        raise UsageError(f"--target-path: {len(set(found))} files, at most {MOST_PATHS}; name the ones that matter")
    return tuple(dict.fromkeys(found))
