"""What is the smallest right change? A recipe where there is one, else a model and its reviewer.

reads:  preflight/run.json, preflight/target.bundle, triage/shortlist.json, approve/approval.json
writes: implement/<id>/change.json, implement/<id>/change.patch, implement/<id>/review.json, implement/ledger/*.jsonl
exits:  0, also when a candidate was given up: its artifact says why · 3 · 5 the budget is spent
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from threading import Event

from improve_loop.edges import artifacts, patches, workshop
from improve_loop.edges.desk import Desk
from improve_loop.edges.environment import variables
from improve_loop.edges.git import git
from improve_loop.edges.ledger import LedgerFile
from improve_loop.edges.parallel import side_by_side
from improve_loop.edges.trees import CommitTree
from improve_loop.errors import BudgetSpent
from improve_loop.making.made import Made
from improve_loop.model.find import Ranked, Run
from improve_loop.model.make import Change, FileChange
from improve_loop.model.plugs import Edited, NothingToDo, Tree
from improve_loop.phases.accepted import accepted, of_slot
from improve_loop.rules.budget import Allowance
from improve_loop.rules.newfiles import in_the_way
from improve_loop.rules.slices import candidate_allowance, shared, slice_usd


def main(desk: Desk) -> str:
    """Makes each accepted candidate of this slot, side by side. Raises ArtifactError, BudgetSpent."""
    run = desk.run()
    slot = desk.options.slot
    mine = of_slot(accepted(desk.out, run), slot, run.limits.slots)
    if not mine:
        return "nothing accepted for this slot"
    git_dir = workshop.opened(desk.out, run)
    slots = run.limits.slots if slot else 1
    whole = slice_usd(run.limits, "implement", jobs=slots, attempts=desk.environment.attempts)
    allowance = candidate_allowance(run.limits, whole, among=len(mine))
    made = side_by_side(
        lambda each, stop: _one(desk, run, git_dir, each, allowance, len(mine), stop), mine, run.limits.slots
    )
    good = sum(change.status == "made" for change in made)
    spent = [change.candidate for change in made if change.reason.startswith("money: ")]
    if spent:
        raise BudgetSpent(f"the budget did not reach for {', '.join(spent)}; {good} of {len(mine)} made")
    return f"{good} of {len(mine)} made"


def _one(desk: Desk, run: Run, git_dir: Path, each: Ranked, allowance: Allowance, among: int, stop: Event) -> Change:
    """One candidate in one worktree, sparse over the paths that it may touch."""
    id, base = each.candidate.id, run.target.bundle_sha
    started = time.monotonic()
    keep = desk.options.keep_worktrees
    paths = each.candidate.target_paths
    with (
        workshop.worktree(git_dir, f"implement-{id}", base, paths, keep=keep) as folder,
        CommitTree(git_dir, base) as tree,
    ):
        made = _made(desk, run, git_dir, each, tree, allowance, among, stop)
        change, patch = _judged(run, git_dir, folder, each, made)
    change = dataclasses.replace(change, seconds=round(time.monotonic() - started, 3))
    if patch:
        artifacts.write_bytes(desk.out, f"implement/{id}/change.patch", patch)
    if made.review:
        artifacts.write(desk.out, f"implement/{id}/review.json", made.review)
    artifacts.write(desk.out, f"implement/{id}/change.json", change)
    desk.log.say(f"  {id}: {change.status}; {change.reason}")
    return change


def _made(
    desk: Desk, run: Run, git_dir: Path, each: Ranked, tree: CommitTree, allowance: Allowance, among: int, stop: Event
) -> Made:
    """By a recipe where there is one; a model is asked only for what no recipe can do, its part already done."""
    candidate, done = each.candidate, dict[str, bytes | None]()
    blocked = next(
        (path for path in map(partial(in_the_way, taken=tree.entries), candidate.target_paths) if path), None
    )
    if blocked:
        return Made(status="gave_up", reason="no_target", detail=f"{blocked} is no folder, so no file can be below it")
    if candidate.recipe:
        made, done = _by_recipe(each, tree)
        if not done or run.mode == "none":
            return made
    if run.mode == "none":
        return Made(status="gave_up", reason="no_model", detail="no recipe makes this change, and the run has no model")
    # Imported here: a run of recipes starts without the machinery of models.
    from improve_loop.making.maker import make
    from improve_loop.making.mending import until_it_passes
    from improve_loop.phases.trying import failure_of
    from improve_loop.rules.model_settings import model_settings

    settings = model_settings(run.config.models, run.mode, variables())
    allowance = shared(allowance, settings, among)
    refusals = partial(_refusals, run, git_dir, each)
    ask = partial(
        make, tree, candidate, partial=done, settings=settings, run_id=run.run_id, say=desk.log.say, inspect=refusals
    )
    book = LedgerFile(desk.out, desk.ledger("implement"), run.run_id)
    made = ask(allowance, journal=book.journal())
    if not (desk.options.whole_run and run.config.checks):
        return made  # in a pipeline no code of the target runs beside a model key: a tend run looks again
    tried = partial(failure_of, run, git_dir, candidate.id, stop=stop, exposed=not settings.keys)
    return until_it_passes(made, allowance, lambda told, left: ask(left, feedback=told, journal=book.journal()), tried)


def _refusals(run: Run, git_dir: Path, each: Ranked, files: Mapping[str, bytes | None]) -> tuple[str, ...]:
    """What the gates would refuse in these files, told to the maker while it can still mend it; `gate` decides."""
    from improve_loop.phases.gate import findings_of

    base = run.target.bundle_sha
    patch = patches.patch_between(git_dir, base, patches.tree_with(git_dir, base, files))
    found = findings_of(run, git_dir, each, patch)[0] if patch else ()
    refused = [one for one in found if one.severity == "refuse"]
    return tuple(f"{one.path}:{one.line or 1}: {one.reason}; {one.advice}" for one in refused)


def _by_recipe(each: Ranked, tree: Tree) -> tuple[Made, dict[str, bytes | None]]:
    """What a recipe makes; where it gives up, what it could do of it."""
    assert each.candidate.recipe is not None
    from improve_loop import recipes  # as above: only where one is applied

    name = each.candidate.recipe.name
    recipe = recipes.RECIPES.get(name)
    if recipe is None:
        return Made(status="failed", reason="no_target", detail=f"there is no recipe {name}"), {}
    result = recipe.apply(tree, each.candidate)
    if isinstance(result, Edited):
        told = result.explanation
        detail = f"recipe {name}"
        made = Made(status="made", reason="done", detail=detail, how="recipe", files=result.files, explanation=told)
        return made, {}
    if isinstance(result, NothingToDo):
        return Made(status="nothing_to_do", reason="goal_met", detail=result.reason), {}
    return Made(status="gave_up", reason="not_valid", detail=result.reason), dict(result.partial)


def _judged(run: Run, git_dir: Path, folder: Path, each: Ranked, made: Made) -> tuple[Change, bytes]:
    """The change as an artifact: whoever made it, its bytes are git's, and its scope is the shortlist's."""
    change = Change(
        run_id=run.run_id,
        candidate=each.candidate.id,
        status=made.status,
        reason=made.detail if made.reason == "done" else f"{made.reason}: {made.detail}",
        how=made.how if made.status == "made" else "none",
        base_sha=run.target.bundle_sha,
        explanation=made.explanation,
        attempts=max(1, made.attempts),
        spill=made.spill,
        gaps=made.gaps,
        ledger=made.ledger,
        prompts=made.prompts,
    )
    if made.status != "made":
        return change, b""
    outside = sorted(set(made.files) - set(each.candidate.target_paths))
    if outside:
        reason = f"the change left its scope: {', '.join(outside)}"
        return dataclasses.replace(change, status="failed", reason=reason, how="none"), b""
    linked = [path for path in made.files if (folder / path).is_symlink()]
    if linked:
        reason = f"{linked[0]} is a symlink: writing it would write somewhere else"
        return dataclasses.replace(change, status="failed", reason=reason, how="none"), b""
    tree = _written(git_dir, folder, run.target.bundle_sha, made)
    patch = patches.patch_between(git_dir, run.target.bundle_sha, tree)
    if not patch:
        return dataclasses.replace(change, status="nothing_to_do", reason="goal_met: nothing changes", how="none"), b""
    stat = patches.numstat(git_dir, run.target.bundle_sha, tree)
    files = tuple(FileChange(path=path, added=added, removed=removed) for path, added, removed in stat)
    return dataclasses.replace(change, patch_sha256=artifacts.sha256(patch), files=files), patch


def _written(git_dir: Path, folder: Path, base: str, made: Made) -> str:
    """The edited files in the worktree and its index, byte for byte (no filter rewrites them); their tree."""
    for path, content in made.files.items():
        file = folder / path
        if content is None:
            file.unlink(missing_ok=True)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    git(folder, "update-index", "-z", "--index-info", stdin=patches.index_rows(git_dir, base, made.files))
    return git(folder, "write-tree").decode().strip()
