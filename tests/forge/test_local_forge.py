"""The local forge: merge requests, what humans do to them, checks as pipelines, state and control issue."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from improve_loop.edges import lock
from improve_loop.edges.forge.contract import (
    BranchTakenOver,
    ForgeReader,
    ForgeWriter,
    MergeRequestMoved,
    StateConflict,
)
from improve_loop.edges.forge.local import LocalForge
from improve_loop.edges.forge.local_branches import BranchCheckedOut
from improve_loop.edges.forge.local_records import SCHEMA
from improve_loop.edges.git import git, open_repository
from improve_loop.errors import ArtifactError, UsageError
from improve_loop.model.forge import STATE_BRANCH, STATE_PATH, MergeRequest
from improve_loop.model.local import LocalMergeRequest
from improve_loop.model.make import CheckedCommand, CheckStatus
from tests.contract.test_schemas import differences
from tests.forge.local_repository import BRANCH, CHANGE, HUMAN, ID, KINDS, NOW, Target, draft, made


@pytest.fixture
def target(tmp_path: Path) -> Target:
    return made(tmp_path)


def opened(target: Target, changes: dict[str, str | None] | None = None) -> MergeRequest:
    forge = target.forge()
    head = forge.branch_head(BRANCH)
    forge.publish_branch(BRANCH, target.base, target.patch(changes or CHANGE), "Change", head)
    return forge.open_merge_request(draft(target))


def test_it_is_both_halves_of_the_contract(target: Target) -> None:
    reader: ForgeReader = target.forge()
    writer: ForgeWriter = target.forge()
    assert reader.pressed_by() is None
    assert writer.read_control_issue() is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_merge_request_is_opened_once_and_read_back(tmp_path: Path, kind: str) -> None:
    target = made(tmp_path, kind)
    mr = opened(target)
    assert (mr.id, mr.state, mr.labels, mr.human_commits) == (ID, "opened", ("improve-loop",), False)
    assert mr.marker == draft(target).marker
    assert opened(target) == mr
    assert target.forge().merge_request(ID) == mr
    assert target.forge().merge_request_of(BRANCH) == mr
    assert target.forge().open_merge_requests() == (mr,)


def test_a_second_run_brings_title_and_head_up_to_date_and_keeps_labels_and_comments(target: Target) -> None:
    mr = opened(target)
    forge = target.forge("run-2")
    forge.set_labels(mr, ("team::a",), ())
    forge.comment(mr, "green", "All passed.")
    head = forge.publish_branch(BRANCH, target.base, target.patch({"ci.yml": "image: d\n"}), "Change", mr.head_sha)
    now = forge.update_merge_request(mr, draft(target, title="Better", labels=("improve-loop",)))
    assert (now.title, now.head_sha, now.labels) == ("Better", head, ("improve-loop", "team::a"))
    assert [comment.text for comment in forge.record(ID).comments] == ["All passed."]


def test_labels_are_added_and_removed_one_by_one_and_never_on_another_head(target: Target) -> None:
    mr = opened(target)
    forge = target.forge()
    labelled = forge.set_labels(mr, ("loop::green", "improve-loop"), ("loop::red",))
    assert labelled.labels == ("improve-loop", "loop::green")
    assert forge.set_labels(labelled, (), ("loop::green",)).labels == ("improve-loop",)
    target.human_commits({"ci.yml": "image: e\n"}, branch=BRANCH)
    with pytest.raises(MergeRequestMoved):
        forge.set_labels(mr, ("loop::green",), ())
    with pytest.raises(MergeRequestMoved):
        forge.close(mr, "Outdated.")


def test_a_comment_of_one_key_is_replaced(target: Target) -> None:
    mr = opened(target)
    forge = target.forge()
    forge.comment(mr, "checks", "red")
    forge.comment(mr, "checks", "green")
    forge.comment(mr, "other", "hello")
    assert [(each.key, each.text) for each in forge.record(ID).comments] == [("checks", "green"), ("other", "hello")]


@pytest.mark.parametrize("kind", ["plain", "bare", "sha256"])
@pytest.mark.parametrize("how", ["merge commit", "fast-forward", "rebase", "squash with other work", "by content"])
def test_a_change_that_is_in_the_base_is_merged_whether_or_not_its_branch_is_still_there(
    tmp_path: Path, kind: str, how: str
) -> None:
    target = made(tmp_path, kind)
    opened(target)
    merged(target, how)
    assert target.forge().merge_request(ID).state == "merged"
    assert target.forge().open_merge_requests() == ()
    target.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    gone = target.forge().merge_request(ID)
    assert (gone.state, gone.closed_by_human) == ("merged", None)
    assert gone.merged_at is not None


def merged(target: Target, how: str) -> None:
    """The change gets into main, the way a human would do it in a clone."""
    clone = target.folder.parent / "merging"
    git(target.folder.parent, "clone", "-q", str(target.folder), str(clone))
    if how != "fast-forward":
        (clone / "src" / "main.py").write_text("zero\none\ntwo\nthree\n")
        git(clone, *HUMAN, "commit", "-qam", "meanwhile")
    if how in ("merge commit", "fast-forward"):
        git(
            clone,
            *HUMAN,
            "merge",
            "-q",
            *(["--ff-only"] if how == "fast-forward" else ["--no-edit"]),
            f"origin/{BRANCH}",
        )
    elif how == "rebase":
        git(clone, *HUMAN, "cherry-pick", f"origin/{BRANCH}")
        (clone / "ci.yml").write_text("image: later\n")
        git(clone, *HUMAN, "commit", "-qam", "later")
    elif how == "squash with other work":
        git(clone, *HUMAN, "cherry-pick", "--no-commit", f"origin/{BRANCH}")
        (clone / "src" / "main.py").write_text("other work\n")
        git(clone, *HUMAN, "commit", "-qam", "squashed")
        (clone / "new" / "file.txt").write_text("later\n")
        git(clone, *HUMAN, "commit", "-qam", "later")
    else:
        git(clone, "checkout", "-q", f"origin/{BRANCH}", "--", "ci.yml")
        git(clone, *HUMAN, "commit", "-qm", "one half")
        git(clone, "rm", "-q", "docs/read me.md")
        git(clone, "checkout", "-q", f"origin/{BRANCH}", "--", "new/file.txt")
        git(clone, *HUMAN, "commit", "-qm", "the other half")
    git(target.folder, "fetch", "-q", "--update-head-ok", str(clone), "+HEAD:refs/heads/main")


def test_half_of_a_change_in_the_base_is_not_merged(target: Target) -> None:
    opened(target)
    target.human_commits({"ci.yml": "image: a\nscript: c  \n"})
    assert target.forge().merge_request(ID).state == "opened"


def test_a_change_of_mode_alone_is_told_apart(target: Target) -> None:
    patch = b"diff --git a/ci.yml b/ci.yml\nold mode 100644\nnew mode 100755\n"
    target.forge().publish_branch(BRANCH, target.base, patch, "Change", None)
    assert target.forge().open_merge_request(draft(target)).state == "opened"


def test_a_change_merged_on_the_remote_is_known_after_a_fetch(target: Target) -> None:
    mr = opened(target)
    target.git("update-ref", "refs/remotes/origin/main", str(mr.head_sha))
    assert target.forge().merge_request(ID).state == "merged"


def test_a_branch_that_a_human_resets_to_the_base_is_theirs_and_not_merged(target: Target) -> None:
    opened(target)
    target.git("update-ref", f"refs/heads/{BRANCH}", target.base)
    mr = target.forge().merge_request(ID)
    assert (mr.state, mr.human_commits) == ("opened", True)


def test_a_branch_that_a_human_deletes_is_closed_by_a_human_and_never_made_again(target: Target) -> None:
    opened(target)
    target.git("branch", "-D", BRANCH)
    forge = target.forge()
    mr = forge.merge_request(ID)
    assert (mr.state, mr.closed_by_human, forge.open_merge_requests()) == ("closed", True, ())
    with pytest.raises(BranchTakenOver, match="a human closed it"):
        forge.publish_branch(BRANCH, target.base, target.patch(CHANGE), "Change", None)
    with pytest.raises(BranchTakenOver, match="a human closed it"):
        forge.open_merge_request(draft(target))
    with pytest.raises(BranchTakenOver, match="a human closed it"):
        forge.update_merge_request(mr, draft(target))
    assert forge.branch_head(BRANCH) is None


def test_what_became_of_it_is_remembered_when_git_has_forgotten_the_commit(target: Target) -> None:
    opened(target)
    merged(target, "rebase")
    target.git("branch", "-D", BRANCH)
    target.git("reflog", "expire", "--expire=now", "--all")
    target.git("gc", "-q", "--prune=now")
    assert target.forge().branches.commit(target.forge().record(ID).head_sha) is None
    assert target.forge().merge_request(ID).state == "merged"
    target.forge().write_state("version: 1\n", None, "State")
    assert target.forge().record(ID).state == "merged"


def test_a_humans_no_holds_and_can_be_taken_back(target: Target) -> None:
    mr = opened(target)
    closed = target.forge().human_closes(ID, "not worth it", "jo")
    assert (closed.state, closed.closed_by_human) == ("closed", True)
    assert target.forge().record(ID).comments[-1].text == "jo: not worth it"
    with pytest.raises(BranchTakenOver):
        target.forge().publish_branch(BRANCH, target.base, target.patch({"ci.yml": "x\n"}), "Change", mr.head_sha)
    reopened = target.forge().human_reopens(ID)
    assert (reopened.state, reopened.closed_by_human, reopened.closed_at) == ("opened", None, None)


def test_a_deleted_branch_comes_back_when_its_no_is_taken_back(target: Target) -> None:
    mr = opened(target)
    target.git("branch", "-D", BRANCH)
    assert target.forge().human_reopens(ID).state == "opened"
    assert target.forge().branch_head(BRANCH) == mr.head_sha


def test_a_no_taken_back_lets_the_loop_try_again_even_when_the_commit_is_gone(target: Target) -> None:
    opened(target)
    target.git("branch", "-D", BRANCH)
    target.git("reflog", "expire", "--expire=now", "--all")
    target.git("gc", "-q", "--prune=now")
    mr = target.forge().human_reopens(ID)
    assert (mr.state, mr.closed_by_human) == ("closed", False)
    assert opened(target).state == "opened"


def test_what_the_loop_itself_closed_it_may_open_again(target: Target) -> None:
    mr = opened(target)
    closed = target.forge().close(mr, "The base has changed.")
    assert (closed.state, closed.closed_by_human) == ("closed", False)
    assert target.forge().record(ID).comments[-1].text == "The base has changed."
    assert opened(target, {"ci.yml": "image: d\n"}).state == "opened"


def test_there_is_nothing_to_close_or_reopen_in_what_is_merged(target: Target) -> None:
    opened(target)
    merged(target, "fast-forward")
    with pytest.raises(UsageError, match="already merged"):
        target.forge().human_closes(ID, "no", "jo")
    with pytest.raises(UsageError, match="already merged"):
        target.forge().human_reopens(ID)


def check(name: str, status: CheckStatus) -> CheckedCommand:
    return CheckedCommand(name=name, status=status)


@pytest.mark.parametrize(
    ("statuses", "pipeline", "jobs"),
    [
        (("passed", "passed"), "success", ["success", "success"]),
        (("passed", "failed"), "failed", ["success", "failed"]),
        (("timed_out", "not_run"), "failed", ["failed", "skipped"]),
        (("passed", "not_run"), "skipped", ["success", "skipped"]),
    ],
)
def test_checks_are_the_pipeline_of_exactly_their_head(
    target: Target, statuses: tuple[CheckStatus, ...], pipeline: str, jobs: list[str]
) -> None:
    mr = opened(target)
    forge = target.forge()
    assert forge.pipelines_of(mr) == ()
    forge.record_checks(ID, str(mr.head_sha), tuple(check(f"c{at}", each) for at, each in enumerate(statuses)))
    (seen,) = forge.pipelines_of(mr)
    assert (seen.status, seen.head_sha, [job.status for job in seen.jobs]) == (pipeline, mr.head_sha, jobs)
    assert [job.name for job in seen.jobs] == ["c0", "c1"]
    assert forge.pipelines_of(replace(mr, head_sha="1" * 40)) == ()


def test_no_command_is_no_pipeline(target: Target) -> None:
    mr = opened(target)
    target.forge().record_checks(ID, str(mr.head_sha), ())
    assert target.forge().pipelines_of(mr) == ()


@pytest.mark.parametrize("kind", KINDS)
def test_state_is_written_by_compare_and_swap(tmp_path: Path, kind: str) -> None:
    target = made(tmp_path, kind)
    forge, other = target.forge(), target.forge("run-2")
    assert (forge.read_state().text, forge.read_state().revision) == (None, None)
    first = forge.write_state("version: 1\n", None, "First")
    assert other.read_state().text == "version: 1\n"
    assert other.write_state("version: 1\n", first, "Same") == first
    second = other.write_state("version: 1\nruns: []\n", first, "Second")
    for stale in (None, first):
        with pytest.raises(StateConflict):
            forge.write_state("version: 1\nlost: update\n", stale, "Stale")
    with pytest.raises(StateConflict):
        forge.write_state("version: 1\n", first, "Stale but the same")
    assert forge.read_state().revision == second
    assert target.git("ls-tree", "-r", "--name-only", STATE_BRANCH) == STATE_PATH
    assert target.git("log", "--format=%s", STATE_BRANCH).splitlines() == ["Second", "First"]


def test_other_files_on_the_state_branch_stay_and_a_file_in_the_way_gives_way(target: Target) -> None:
    forge = target.forge()
    tree = forge.branches.tree_with(None, "README.md", b"what this is\n")
    readme = forge.branches.write(tree, None, "By hand", "@0 +0000")
    tree = forge.branches.tree_with(readme, "docs", b"in the way\n")
    target.git("update-ref", f"refs/heads/{STATE_BRANCH}", forge.branches.write(tree, readme, "By hand", "@0 +0000"))
    assert forge.read_state().text is None
    forge.write_state("version: 1\n", forge.read_state().revision, "First")
    assert target.git("ls-tree", "-r", "--name-only", STATE_BRANCH).splitlines() == ["README.md", STATE_PATH]


def test_a_state_branch_that_is_checked_out_stays_and_says_where(target: Target) -> None:
    forge = target.forge()
    first = forge.write_state("version: 1\n", None, "First")
    target.git("worktree", "add", "-q", str(target.folder.parent / "looking"), STATE_BRANCH)
    with pytest.raises(BranchCheckedOut, match=r"checked out in .*looking"):
        forge.write_state("version: 1\nruns: []\n", first, "Second")


def test_the_control_issue_is_a_file_that_both_may_write(target: Target) -> None:
    forge = target.forge()
    issue = forge.write_control_issue("- [x] one\n")
    Path(issue.url.removeprefix("file://")).write_text("- [ ] one\n")
    seen = forge.read_control_issue()
    assert seen is not None
    assert seen.text == "- [ ] one\n"


def test_a_live_run_is_the_other_one_that_holds_the_lock(target: Target) -> None:
    forge = target.forge("run-2")
    assert forge.live_runs() == ()
    holder = lock.holder_here("run-1", NOW, timedelta(hours=1), Path("/o"), Path("/s"), by_verbs=False)
    lock.take(forge.records.folder, holder, NOW)
    assert [run.id for run in forge.live_runs()] == ["run-1"]
    assert target.forge("run-1").live_runs() == ()
    assert replace(forge, clock=lambda: NOW + timedelta(hours=1)).live_runs() == ()


@pytest.mark.parametrize(
    ("kind", "branch"), [("plain", "main"), ("bare", "main"), ("linked worktree", "feature"), ("detached", "HEAD")]
)
def test_the_project_says_where_changes_go(tmp_path: Path, kind: str, branch: str) -> None:
    assert made(tmp_path, kind).forge().project().default_branch == branch


def test_an_empty_repository_has_no_default_branch(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert LocalForge(repository=open_repository(tmp_path)).project().default_branch is None
    with pytest.raises(UsageError, match="nothing to improve yet"):
        LocalForge(repository=open_repository(tmp_path)).fetch_base(tmp_path, None)


def test_a_branch_of_the_loops_own_is_never_where_changes_go(target: Target) -> None:
    opened(target)
    target.git("checkout", "-q", BRANCH)
    assert target.forge().project().default_branch == "main"


@pytest.mark.parametrize("kind", KINDS)
def test_the_base_is_fetched_as_one_commit_without_history(tmp_path: Path, kind: str) -> None:
    target = made(tmp_path, kind)
    if kind not in ("dirty", "detached", "sparse"):
        target.human_commits({"ci.yml": "image: second\n"})
    bare = tmp_path / "copy.git"
    git(
        tmp_path,
        "init",
        "-q",
        "--bare",
        f"--object-format={target.git('rev-parse', '--show-object-format')}",
        str(bare),
    )
    branch, sha = target.forge().fetch_base(bare, None)
    assert sha == target.base
    assert branch == target.forge().project().default_branch
    assert git(bare, "rev-list", "--count", sha) == b"1\n"


def test_records_are_judged_by_a_schema_that_says_what_the_dataclass_says(target: Target) -> None:
    opened(target)
    path = target.forge().records.path(ID)
    plain = json.loads(path.read_text())
    assert differences(SCHEMA, LocalMergeRequest) == []
    wrongs: tuple[object, ...] = (plain | {"state": "open"}, plain | {"more": 1}, [])
    for wrong in wrongs:
        path.write_text(json.dumps(wrong))
        with pytest.raises(ArtifactError, match=f"{ID}.json: .*mend it, or remove it"):
            target.forge().merge_request(ID)


def test_an_unknown_merge_request_is_named(target: Target) -> None:
    assert target.forge().merge_request_of(BRANCH) is None
    for id in (ID, "../../x"):
        with pytest.raises(UsageError, match="improve-loop mr list"):
            target.forge().merge_request(id)


def test_a_copy_of_a_record_is_no_merge_request_and_a_renamed_one_is_refused(target: Target) -> None:
    opened(target)
    record = target.forge().records.path(ID)
    record.with_name(f"{ID} copy.json").write_bytes(record.read_bytes())
    assert [each.id for each in target.forge().open_merge_requests()] == [ID]
    record.with_name("ci-other-1.json").write_bytes(record.read_bytes())
    with pytest.raises(ArtifactError, match=f"it is the record of {ID}"):
        target.forge().open_merge_requests()


def test_a_record_that_is_nested_without_end_is_refused(target: Target) -> None:
    opened(target)
    target.forge().records.path(ID).write_text("[" * 100_000)
    with pytest.raises(ArtifactError, match="not JSON"):
        target.forge().open_merge_requests()
