"""Which few are worth a human's minute?

reads:  preflight/run.json, preflight/state.yaml, preflight/target.bundle, discover/*.json, extract/*.json
writes: triage/shortlist.json, triage/shortlist.md, triage/<id>.patch (what a recipe would change)
exits:  0 · 3 an artifact is missing or invalid
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

from improve_loop.edges import artifacts, patches, statefile, workshop
from improve_loop.edges.desk import SHORTLIST, STATE, Desk
from improve_loop.edges.trees import CommitTree
from improve_loop.model.candidate import Candidate, Dropped
from improve_loop.model.find import Discovery, Explanation, Extraction, Preview, Ranked, Run, Shortlist
from improve_loop.model.plugs import Edited, GaveUp, Tree
from improve_loop.rules import triage
from improve_loop.rules.render import shortlist_markdown
from improve_loop.rules.triage import Reason, Scored


@dataclasses.dataclass(frozen=True, kw_only=True)
class Previewed:
    """A candidate that made it, with the tree and patch that its recipe makes (None: only a model can make it)."""

    scored: Scored
    explanation: Explanation | None = None
    tree: str | None = None
    patch: bytes = b""


def main(desk: Desk) -> str:
    """Ranks, drops with reasons, and previews what recipes would change. Raises ArtifactError."""
    run = desk.run()
    git_dir = workshop.opened(desk.out, run)
    state = statefile.load(artifacts.read_bytes(desk.out, STATE).decode(), str(desk.out / STATE))
    found = _candidates(desk.out, run)
    candidates = [*found, *triage.filed(state, run, {each.id for each in found})]
    with CommitTree(git_dir, run.target.bundle_sha) as tree:
        context = triage.Context(run=run, state=state, paths=frozenset(tree.paths()), now=desk.clock())
        ranked, dropped = triage.ranked(candidates, context)
        chosen, more = _chosen(run, ranked, tree, git_dir)
    dropped += more
    shortlist = Shortlist(
        run_id=run.run_id,
        base_sha=run.target.base_sha,
        shortlisted=tuple(_ranked(git_dir, run, chosen)),
        dropped=tuple(sorted(dropped, key=lambda each: (each.rule, -(each.score or 0), each.id))),
        found=len(candidates),
    )
    _write(desk, shortlist, chosen)
    return f"{len(chosen)} of {len(candidates)} shortlisted, {len(dropped)} dropped"


def _candidates(out: Path, run: Run) -> list[Candidate]:
    found = artifacts.read_all(out, Discovery, "discover", "*.json", run.run_id)
    read = artifacts.read_all(out, Extraction, "extract", "*.json", run.run_id)
    return [*(one for each in found for one in each.candidates), *(one for each in read for one in each.candidates)]


def _chosen(run: Run, ranked: Iterable[Scored], tree: Tree, git_dir: Path) -> tuple[list[Previewed], list[Dropped]]:
    """The best that hold up when their recipe is tried, as many as the run may take; the rest spills over."""
    chosen: list[Previewed] = []
    dropped: list[Dropped] = []
    for each in ranked:
        result = _tried(run, each, chosen, tree, git_dir)
        if isinstance(result, Previewed):
            chosen.append(result)
        else:
            dropped.append(triage.dropped(each.candidate, result, each.score))
    return chosen, dropped


def _tried(run: Run, each: Scored, chosen: list[Previewed], tree: Tree, git_dir: Path) -> Previewed | Reason:
    most = run.limits.candidates
    if not most:
        return "over-limit", f"{run.limits.open_merge_requests} merge requests of the loop already wait for review"
    if len(chosen) >= most:
        return "over-limit", f"the shortlist holds {most}; this one comes back next run"
    twin = triage.same_as_chosen(each.candidate, (other.scored.candidate for other in chosen))
    return twin or _preview(run, each, tree, git_dir)


def _preview(run: Run, each: Scored, tree: Tree, git_dir: Path) -> Previewed | Reason:
    candidate = each.candidate
    if candidate.recipe is None:
        return Previewed(scored=each)
    from improve_loop import recipes  # every rule and the reader of pipelines: only where one is tried

    recipe = recipes.RECIPES.get(candidate.recipe.name)
    if recipe is None:
        return "no-such-recipe", f"there is no recipe {candidate.recipe.name}"
    result = recipe.apply(tree, candidate)
    if isinstance(result, GaveUp) and result.partial and run.mode != "none":
        return Previewed(scored=each)  # a model does the rest
    if not isinstance(result, Edited):
        return ("nothing-to-do" if type(result).__name__ == "NothingToDo" else "recipe-gave-up"), result.reason
    outside = sorted(set(result.files) - set(candidate.target_paths))
    if outside:
        return "out-of-scope", f"the recipe would touch {', '.join(outside)}, which the candidate does not name"
    base = run.target.bundle_sha
    made = patches.tree_with(git_dir, base, result.files)
    patch = patches.patch_between(git_dir, base, made)
    if not patch:
        return "nothing-to-do", "the recipe changes nothing"
    return Previewed(scored=each, explanation=result.explanation, tree=made, patch=patch)


def _ranked(git_dir: Path, run: Run, chosen: list[Previewed]) -> Iterable[Ranked]:
    base = run.target.bundle_sha
    for rank, each in enumerate(chosen, 1):
        rivals = [
            other.scored.candidate.id
            for other in chosen
            if other is not each and each.tree and other.tree and _meet(each, other)
            if not patches.merges_cleanly(git_dir, base, each.tree, other.tree)
        ]
        yield Ranked(
            rank=rank,
            score=each.scored.score,
            candidate=each.scored.candidate,
            explanation=each.explanation,
            preview=_described(git_dir, base, each, tuple(rivals)) if each.tree else None,
        )


def _meet(one: Previewed, other: Previewed) -> bool:
    """Changes to different files always merge; asking git is for those that share one."""
    return bool(set(one.scored.candidate.target_paths) & set(other.scored.candidate.target_paths))


def _described(git_dir: Path, base: str, each: Previewed, rivals: tuple[str, ...]) -> Preview:
    assert each.tree is not None
    stat = patches.numstat(git_dir, base, each.tree)
    return Preview(
        patch_sha256=artifacts.sha256(each.patch),
        files=tuple(path for path, _, _ in stat),
        added=sum(added for _, added, _ in stat),
        removed=sum(removed for _, _, removed in stat),
        conflicts_with=rivals,
    )


def _write(desk: Desk, shortlist: Shortlist, chosen: list[Previewed]) -> None:
    shown = {}
    for each in chosen:
        if each.patch:
            id = each.scored.candidate.id
            shown[id] = each.patch.decode("utf-8", "replace")
            artifacts.write_bytes(desk.out, f"triage/{id}.patch", each.patch)
    artifacts.write_bytes(desk.out, "triage/shortlist.md", shortlist_markdown(shortlist, shown).encode())
    artifacts.write(desk.out, SHORTLIST, shortlist)
