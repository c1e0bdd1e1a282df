"""What is the smallest right change? A recipe where there is one, in a worktree of its own.

reads:  preflight/run.json, preflight/target.bundle, triage/shortlist.json, approve/approval.json
writes: implement/<id>/change.json, implement/<id>/change.patch, implement/<id>/review.json
exits:  0, also when a candidate was given up: its artifact says why · 3 · 5 the budget is spent
"""

from __future__ import annotations

import time
from pathlib import Path

from improve_loop import recipes
from improve_loop.edges import artifacts, patches, workshop
from improve_loop.edges.desk import Desk
from improve_loop.edges.git import git
from improve_loop.edges.parallel import side_by_side
from improve_loop.edges.trees import CommitTree
from improve_loop.model.find import Explanation, Ranked, Run
from improve_loop.model.make import Change, FileChange
from improve_loop.model.plugs import Edited, RecipeResult
from improve_loop.phases.accepted import accepted, of_slot


def main(desk: Desk) -> str:
    """Makes each accepted candidate of this slot, side by side. Raises ArtifactError."""
    run = desk.run()
    mine = of_slot(accepted(desk.out, run), desk.options.slot, run.limits.slots)
    if not mine:
        return "nothing accepted for this slot"
    git_dir = workshop.opened(desk.out, run)
    made = side_by_side(lambda each, stop: _made(desk, run, git_dir, each), mine, run.limits.slots)
    good = sum(change.status == "made" for change in made)
    return f"{good} of {len(mine)} made"


def _made(desk: Desk, run: Run, git_dir: Path, each: Ranked) -> Change:
    """One candidate in one worktree, sparse over the paths that it may touch."""
    id = each.candidate.id
    started = time.monotonic()
    base = run.target.bundle_sha
    keep = desk.options.keep_worktrees
    with (
        workshop.worktree(git_dir, f"implement-{id}", base, each.candidate.target_paths, keep=keep) as folder,
        CommitTree(git_dir, base) as tree,
    ):
        recipe = recipes.RECIPES.get(each.candidate.recipe.name) if each.candidate.recipe else None
        result = recipe.apply(tree, each.candidate) if recipe else None
        change, patch = _judged(run, git_dir, folder, each, result, started)
    if patch:
        artifacts.write_bytes(desk.out, f"implement/{id}/change.patch", patch)
    artifacts.write(desk.out, f"implement/{id}/change.json", change)
    desk.log.say(f"  {id}: {change.status}; {change.reason}")
    return change


def _judged(
    run: Run, git_dir: Path, folder: Path, each: Ranked, result: RecipeResult | None, started: float
) -> tuple[Change, bytes]:
    if result is None:
        return _stopped(run, each, "gave_up", "no recipe makes this change, and no model is configured", started), b""
    if not isinstance(result, Edited):
        status = "nothing_to_do" if type(result).__name__ == "NothingToDo" else "gave_up"
        return _stopped(run, each, status, result.reason, started), b""
    outside = sorted(set(result.files) - set(each.candidate.target_paths))
    if outside:
        return _stopped(run, each, "failed", f"the recipe left its scope: {', '.join(outside)}", started), b""
    tree = _written(git_dir, folder, run.target.bundle_sha, result)
    patch = patches.patch_between(git_dir, run.target.bundle_sha, tree)
    if not patch:
        return _stopped(run, each, "nothing_to_do", "the recipe changes nothing", started), b""
    stat = patches.numstat(git_dir, run.target.bundle_sha, tree)
    files = tuple(FileChange(path=path, added=added, removed=removed) for path, added, removed in stat)
    return _change(run, each, patch, files, result.explanation, started), patch


def _written(git_dir: Path, folder: Path, base: str, result: Edited) -> str:
    """The edited files in the worktree and its index, byte for byte (no filter rewrites them); their tree."""
    for path, content in result.files.items():
        file = folder / path
        if content is None:
            file.unlink(missing_ok=True)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    git(folder, "update-index", "-z", "--index-info", stdin=patches.index_rows(git_dir, base, result.files))
    return git(folder, "write-tree").decode().strip()


def _change(
    run: Run, each: Ranked, patch: bytes, files: tuple[FileChange, ...], told: Explanation, started: float
) -> Change:
    return Change(
        run_id=run.run_id,
        candidate=each.candidate.id,
        status="made",
        reason=f"recipe {each.candidate.recipe.name if each.candidate.recipe else ''}",
        how="recipe",
        base_sha=run.target.bundle_sha,
        patch_sha256=artifacts.sha256(patch),
        files=files,
        explanation=told,
        seconds=round(time.monotonic() - started, 3),
    )


def _stopped(run: Run, each: Ranked, status: str, reason: str, started: float) -> Change:
    return Change(
        run_id=run.run_id,
        candidate=each.candidate.id,
        status="failed" if status == "failed" else "nothing_to_do" if status == "nothing_to_do" else "gave_up",
        reason=reason,
        how="none",
        base_sha=run.target.bundle_sha,
        seconds=round(time.monotonic() - started, 3),
    )
