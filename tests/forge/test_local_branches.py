"""The local forge's branches: one commit each, made again the same, and nobody's work touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from improve_loop.edges.forge.contract import BranchMoved, BranchTakenOver, PatchDoesNotApply
from improve_loop.edges.forge.local_branches import BranchCheckedOut, Committer
from improve_loop.edges.git import git
from improve_loop.errors import TryLater, UsageError
from tests.forge.local_repository import BRANCH, CHANGE, ID, KINDS, Target, draft, made


@pytest.fixture
def target(tmp_path: Path) -> Target:
    return made(tmp_path)


def published(target: Target, changes: dict[str, str | None] | None = None) -> str:
    return target.forge().publish_branch(BRANCH, target.base, target.patch(changes or CHANGE), "Change\n\nWhy.\n", None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_branch_is_base_and_patch_in_one_commit_and_nothing_of_the_users_is_touched(
    tmp_path: Path, kind: str
) -> None:
    target = made(tmp_path, kind)
    before = target.touched()
    forge = target.forge()
    head = forge.publish_branch(BRANCH, target.base, target.patch(CHANGE), "Change\n\nWhy.\n", None)
    forge.open_merge_request(draft(target))
    forge.write_state("version: 1\n", None, "State")
    assert target.touched() == before
    assert not list(tmp_path.rglob("hook-ran"))
    assert forge.branch_head(BRANCH) == head
    assert target.git("rev-parse", f"{head}^") == target.base
    assert (
        target.git("show", "-s", "--format=%an <%ae>|%B", head)
        == "improve-loop <improve-loop@localhost>|Change\n\nWhy."
    )
    changed = target.git("diff-tree", "-r", "--name-status", "--no-commit-id", head).splitlines()
    assert changed == ["M\tci.yml", "D\tdocs/read me.md", "A\tnew/file.txt"]
    assert git(target.folder, "cat-file", "blob", f"{head}:ci.yml") == b"image: a\nscript: c  \n"
    assert git(target.folder, "cat-file", "blob", f"{head}:new/file.txt") == b"new\r\n"


def test_the_same_base_and_patch_change_nothing_even_by_another_run(target: Target) -> None:
    head = published(target)
    again = target.forge("run-2")
    assert again.publish_branch(BRANCH, target.base, target.patch(CHANGE), "Change\n\nWhy.\n", head) == head
    target.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    assert published(target) == head


def test_a_new_patch_moves_the_branch_from_the_head_that_the_caller_saw(target: Target) -> None:
    head = published(target)
    patch = target.patch({"ci.yml": "image: d\n"})
    moved = target.forge().publish_branch(BRANCH, target.base, patch, "Change", head)
    assert target.forge().branch_head(BRANCH) == moved != head
    assert target.git("rev-list", "--count", f"{target.base}..{BRANCH}") == "1"


@pytest.mark.parametrize("expected", [None, "0" * 40])
def test_a_branch_that_is_not_where_the_caller_saw_it_is_left(target: Target, expected: str | None) -> None:
    head = published(target)
    with pytest.raises(BranchMoved):
        target.forge().publish_branch(BRANCH, target.base, target.patch({"ci.yml": "image: d\n"}), "Change", expected)
    assert target.forge().branch_head(BRANCH) == head


def test_a_branch_that_is_gone_though_the_caller_saw_it_is_not_made_again(target: Target) -> None:
    head = published(target)
    target.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    with pytest.raises(BranchMoved):
        target.forge().publish_branch(BRANCH, target.base, target.patch({"ci.yml": "image: d\n"}), "Change", head)


def test_a_humans_commit_on_top_makes_the_branch_theirs(target: Target) -> None:
    published(target)
    theirs = target.human_commits({"ci.yml": "image: e\n"}, branch=BRANCH)
    with pytest.raises(BranchTakenOver, match="yours now"):
        target.forge().publish_branch(BRANCH, target.base, target.patch({"ci.yml": "image: d\n"}), "Change", theirs)
    assert target.forge().branch_head(BRANCH) == theirs


def test_an_amended_commit_is_a_humans_even_when_both_commit_under_one_name(target: Target) -> None:
    forge = target.forge(committer=Committer(name="Jo", email="jo@example.com"))
    head = forge.publish_branch(BRANCH, target.base, target.patch(CHANGE), "Change", None)
    forge.open_merge_request(draft(target))
    amended = target.git("commit-tree", f"{head}^{{tree}}", "-p", target.base, "-m", "mine")
    target.git("update-ref", f"refs/heads/{BRANCH}", amended)
    with pytest.raises(BranchTakenOver):
        forge.publish_branch(BRANCH, target.base, target.patch({"ci.yml": "image: d\n"}), "Change", amended)
    assert forge.merge_request(ID).human_commits is True


def test_a_branch_of_this_name_that_the_loop_never_made_is_a_humans(target: Target) -> None:
    target.git("branch", BRANCH)
    with pytest.raises(BranchTakenOver):
        target.forge().publish_branch(BRANCH, target.base, target.patch(CHANGE), "Change", target.base)


def test_without_its_list_of_heads_the_loop_does_not_know_whose_commits_they_are(target: Target) -> None:
    head = published(target)
    target.forge().open_merge_request(draft(target))
    (target.forge().records.folder / "heads" / ID).unlink()
    assert target.forge().merge_request(ID).human_commits is None
    with pytest.raises(BranchTakenOver):
        target.forge().publish_branch(BRANCH, target.base, target.patch({"ci.yml": "image: d\n"}), "Change", head)
    assert published(target) == head  # the same again is no move


@pytest.mark.parametrize(
    "patch",
    [b"", b"not a patch\n", b"--- a/ci.yml\n+++ b/ci.yml\n@@ -1 +1 @@\n-other\n+line\n"],
    ids=["empty", "no patch", "other content"],
)
def test_a_patch_that_does_not_apply_is_refused_and_leaves_no_branch(target: Target, patch: bytes) -> None:
    with pytest.raises(PatchDoesNotApply):
        target.forge().publish_branch(BRANCH, target.base, patch, "Change", None)
    assert target.forge().branch_head(BRANCH) is None


@pytest.mark.parametrize("path", ["../out", ".git/config", "/abs"])
def test_a_patch_that_leads_out_of_the_tree_is_refused(target: Target, path: str) -> None:
    patch = f"diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n"
    with pytest.raises(PatchDoesNotApply):
        target.forge().publish_branch(BRANCH, target.base, patch.encode(), "Change", None)


def test_a_base_that_is_not_here_is_refused(target: Target) -> None:
    with pytest.raises(PatchDoesNotApply, match="not here"):
        target.forge().publish_branch(BRANCH, "1" * 40, target.patch(CHANGE), "Change", None)


@pytest.mark.parametrize("how", ["checked out", "rebasing"])
def test_a_branch_checked_out_somewhere_stays_where_it_is(target: Target, how: str) -> None:
    head = published(target)
    side = target.folder.parent / "side"
    target.git("worktree", "add", "-q", str(side), BRANCH)
    if how == "rebasing":
        git(side, "checkout", "-q", "--detach")
        state = Path(git(side, "rev-parse", "--absolute-git-dir").decode().strip()) / "rebase-merge"
        state.mkdir()
        (state / "head-name").write_text(f"refs/heads/{BRANCH}\n")
    with pytest.raises(BranchCheckedOut, match=r"checked out in .*side"):
        target.forge().publish_branch(BRANCH, target.base, target.patch({"ci.yml": "image: d\n"}), "Change", head)
    assert target.forge().branch_head(BRANCH) == head
    assert published(target) == head  # nothing to move, nothing to refuse


def test_a_working_tree_that_was_deleted_holds_no_branch(target: Target) -> None:
    head = published(target)
    side = target.folder.parent / "side"
    target.git("worktree", "add", "-q", str(side), BRANCH)
    side.rename(target.folder.parent / "elsewhere")
    moved = target.forge().publish_branch(BRANCH, target.base, target.patch({"ci.yml": "image: d\n"}), "Change", head)
    assert moved != head


def test_a_branch_that_leaves_no_room_for_the_loops_is_named(target: Target) -> None:
    target.git("branch", "improve-loop")
    with pytest.raises(UsageError, match="leaves no room, rename it"):
        published(target)


def test_another_git_at_work_on_the_branch_is_waited_for_by_the_caller(target: Target) -> None:
    lock = target.folder / ".git" / "refs" / "heads" / f"{BRANCH}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    with pytest.raises(TryLater, match="another git is at work"):
        published(target)


@pytest.mark.parametrize(
    "branch", ["main", "improve-loop/../main", "improve-loop/State", "improve-loop/state", "improve-loop/", "x"]
)
def test_only_branches_of_the_loop_are_ever_written(target: Target, branch: str) -> None:
    with pytest.raises(UsageError, match="not a branch of the loop"):
        target.forge().publish_branch(branch, target.base, target.patch(CHANGE), "Change", None)
