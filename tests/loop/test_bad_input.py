"""What people really point it at: each mistake has its exit code and one clear message, and nothing is half done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.repositories import CHECKED, CI, TWO_RULES, branches, clean, commit, git, improve_loop, repository


def test_no_repository(tmp_path: Path) -> None:
    done = improve_loop("run", "--target", tmp_path)
    assert (done.returncode, "not a git repository" in done.stderr) == (2, True)
    done = improve_loop("run", "--target", tmp_path / "nowhere")
    assert (done.returncode, "no such folder" in done.stderr) == (2, True)


def test_an_empty_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    done = improve_loop("run", "--target", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "an empty repository has nothing to improve yet" in done.stderr


def test_a_bare_repository_gets_its_branches(tmp_path: Path) -> None:
    app = repository(tmp_path / "app")
    git(tmp_path, "clone", "-q", "--bare", str(app), "bare.git")
    done = improve_loop("run", "--target", tmp_path / "bare.git", "--auto", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert len(branches(tmp_path / "bare.git")) == 2


def test_a_detached_head_is_a_base_like_any_other(tmp_path: Path) -> None:
    app = repository(tmp_path / "app")
    git(app, "checkout", "-q", "--detach")
    done = improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert len(branches(app)) == 2


def test_a_linked_worktree_and_a_subfolder_lead_to_the_same_repository(tmp_path: Path) -> None:
    app = repository(tmp_path / "app", {"sub/x": "", ".gitlab-ci.yml": CI, ".improve-loop.yml": CHECKED})
    git(app, "worktree", "add", "-q", str(tmp_path / "linked"))
    done = improve_loop("run", "--target", tmp_path / "linked/sub", "--auto", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert len(branches(app)) == 2


def test_a_damaged_index_is_told_and_not_needed(tmp_path: Path) -> None:
    app = repository(tmp_path / "app")
    (app / ".git/index").write_bytes(b"damaged")
    done = improve_loop("preflight", "--target", app, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "warning: working tree: cannot be looked at" in done.stderr
    assert (app / ".git/index").read_bytes() == b"damaged"


def test_a_repository_with_sha256_ids(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    git(tmp_path / "app", "init", "-q", "-b", "main", "--object-format=sha256")
    git(tmp_path / "app", "config", "user.email", "ana@example.invalid")
    git(tmp_path / "app", "config", "user.name", "Ana")
    (tmp_path / "app/.gitlab-ci.yml").write_text(CI)
    (tmp_path / "app/.improve-loop.yml").write_text(CHECKED)
    git(tmp_path / "app", "add", "-A")
    git(tmp_path / "app", "commit", "-q", "-m", "first")
    done = improve_loop("run", "--target", tmp_path / "app", "--auto", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert len(branches(tmp_path / "app")) == 2


def test_no_pipeline_file_is_an_empty_source_with_its_reason(tmp_path: Path) -> None:
    app = repository(tmp_path / "app", {"README.md": "x\n"})
    done = improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out/discover/ci.json").read_text())
    assert found["status"] == "ok_empty"
    assert ".gitlab-ci.yml" in found["reason"]


def test_broken_yaml_is_named_with_its_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    app = repository(tmp_path / "app", {".gitlab-ci.yml": "a: 1\nb: [1\nc: 2\n"})
    done = improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert ".gitlab-ci.yml:3" in done.stderr
    assert (tmp_path / "out/cleanup/report.json").exists()


def test_broken_configuration_stops_before_anything_starts(tmp_path: Path) -> None:
    app = repository(tmp_path / "app", {".improve-loop.yml": "intensity: hevy\nlimit: {}\n"})
    done = improve_loop("run", "--target", app, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "did you mean heavy?" in done.stderr
    assert "did you mean limits?" in done.stderr
    assert not (app / ".git/improve-loop/lock.json").exists()


def test_a_configuration_that_is_a_symlink_is_not_taken_for_none(tmp_path: Path) -> None:
    app = repository(tmp_path / "app", {"policy.yml": "do_not_touch: ['**']\n", ".gitlab-ci.yml": CI})
    (app / ".improve-loop.yml").symlink_to("policy.yml")
    git(app, "add", "-A")
    git(app, "commit", "-q", "-m", "linked")
    done = improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "out")
    assert (done.returncode, "not a plain file" in done.stderr) == (2, True)


def test_a_configuration_under_another_ending_is_not_passed_over(tmp_path: Path) -> None:
    app = repository(tmp_path / "app", {".improve-loop.yaml": "do_not_touch: ['**']\n", ".gitlab-ci.yml": CI})
    done = improve_loop("preflight", "--target", app, "--out", tmp_path / "out")
    assert (done.returncode, "rename it to .improve-loop.yml" in done.stderr) == (2, True)


def test_policy_cannot_be_overridden_by_a_variable(tmp_path: Path) -> None:
    done = improve_loop("run", "--target", repository(tmp_path / "app"), IL_APPROVERS="me", IL_USD="1000")
    assert done.returncode == 2
    assert "IL_APPROVERS: approvers is policy" in done.stderr
    assert "IL_USD: limits.usd is policy" in done.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--domain", "nope"), "no such domain"),
        (("--intensity", "extreme"), "light"),
        (("--local", "--mode", "full"), "--mode full says otherwise"),
        (("--frobnicate",), "No such option"),
    ],
)
def test_wrong_options(tmp_path: Path, args: tuple[str, ...], said: str) -> None:
    done = improve_loop("run", "--target", repository(tmp_path / "app"), "--out", tmp_path / "out", *args)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_phase_without_the_one_before_it(tmp_path: Path) -> None:
    done = improve_loop("triage", "--out", tmp_path)
    assert done.returncode == 3
    assert "run `improve-loop preflight` first" in done.stderr


def test_a_shortlist_edited_after_the_approval_is_refused(tmp_path: Path) -> None:
    app, out = repository(tmp_path / "app"), tmp_path / "out"
    for phase in ("preflight", "discover", "triage", "propose", "approve"):
        start = ("--target", app, "--auto") if phase == "preflight" else ()
        assert improve_loop(phase, *start, "--out", out).returncode == 0
    shortlist = out / "triage/shortlist.json"
    shortlist.write_text(shortlist.read_text().replace('"risk": "low"', '"risk": "high"'))
    done = improve_loop("implement", "--out", out)
    assert done.returncode == 3
    assert "is not the shortlist that was approved" in done.stderr


def test_a_patch_exchanged_after_the_gate_is_not_published(tmp_path: Path) -> None:
    app, out = repository(tmp_path / "app"), tmp_path / "out"
    phases = ("preflight", "discover", "triage", "propose", "approve", "implement", "check", "gate")
    for phase in phases:
        start = ("--target", app, "--auto") if phase == "preflight" else ()
        assert improve_loop(phase, *start, "--out", out).returncode == 0
    for patch in (out / "gate").glob("*.patch"):
        patch.write_bytes(patch.read_bytes().replace(b"+  image:", b"+  imagine:").replace(b"OTHER", b"ANOTHER"))
    done = improve_loop("publish", "--out", out)
    assert done.returncode == 0
    assert "the patch is not the one that the gate judged" in done.stdout
    assert branches(app) == []


def test_a_live_run_is_named_and_the_second_stops_with_75(tmp_path: Path) -> None:
    app = repository(tmp_path / "app")
    assert improve_loop("preflight", "--target", app, "--out", tmp_path / "one").returncode == 0
    run_id = json.loads((tmp_path / "one/preflight/run.json").read_text())["run_id"]
    done = improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "two")
    assert done.returncode == 75
    assert run_id in done.stderr
    assert branches(app) == []


def slow(tmp_path: Path) -> Path:
    checks = TWO_RULES + "checks:\n  - {name: slow, run: [sleep, '60']}\nsandbox: none\n"
    return repository(tmp_path / "app", {".gitlab-ci.yml": CI, ".improve-loop.yml": checks})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_stops_with_130_and_leaves_nothing(tmp_path: Path, number: int) -> None:
    app, out = slow(tmp_path), tmp_path / "out"
    command = [sys.executable, "-m", "improve_loop", "run", "--target", str(app), "--auto", "--out", str(out)]
    with subprocess.Popen(command, env=clean(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_for(out / "implement", lambda: len(list(out.glob("implement/*/change.json"))) == 2)
        wait_for(out, lambda: len(list(out.glob(".scratch/check-*/.gitlab-ci.yml"))) > 0)
        os.kill(process.pid, number)
        _, stderr = process.communicate(timeout=300)
    assert process.returncode == 130, stderr
    assert not (app / ".git/improve-loop/lock.json").exists()
    assert not (out / ".scratch").exists()
    assert not list(out.rglob(".writing-*"))
    assert (out / "cleanup/report.html").exists()
    assert b"Traceback" not in stderr


def wait_for(path: Path, condition: object) -> None:
    """Until the condition holds; the test fails after half a minute."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return
        os.sched_yield()
    raise AssertionError(f"{path}: never came so far")


def test_a_url_is_cloned_once_and_its_branches_stay_there(tmp_path: Path) -> None:
    app = repository(tmp_path / "app")
    env = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_STATE_HOME": str(tmp_path / "state")}
    for _ in range(2):
        done = improve_loop("run", "--target", f"file://{app}", "--auto", **env)
        assert done.returncode == 0, done.stderr
    (clone,) = (tmp_path / "cache/improve-loop/targets").glob("*.git")
    assert len(branches(clone)) == 2
    assert branches(app) == []


def test_a_url_that_leads_nowhere(tmp_path: Path) -> None:
    done = improve_loop("run", "--target", f"file://{tmp_path}/no", HOME=str(tmp_path))
    assert done.returncode == 2
    assert "check the URL" in done.stderr


def test_a_user_who_allows_no_bare_repository_by_accident_may_name_one(tmp_path: Path) -> None:
    app = repository(tmp_path / "app")
    git(tmp_path, "clone", "-q", "--bare", str(app), "bare.git")
    careful = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.bareRepository", "GIT_CONFIG_VALUE_0": "explicit"}
    homes = {
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    for target in (str(tmp_path / "bare.git"), f"file://{app}"):
        done = improve_loop("run", "--target", target, "--auto", "--out", tmp_path / "out", **careful, **homes)
        assert (done.returncode, "published 2" in done.stdout) == (0, True), done.stderr


def test_two_runs_that_clone_one_url_at_once_both_find_it_whole(tmp_path: Path) -> None:
    app = repository(tmp_path / "app")
    env = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_STATE_HOME": str(tmp_path / "state")}
    with ThreadPoolExecutor(2) as crowd:
        outs = [tmp_path / "one", tmp_path / "two"]
        asked = [
            crowd.submit(improve_loop, "run", "--target", f"file://{app}", "--dry-run", "--out", out, **env)
            for out in outs
        ]
        done = [each.result() for each in asked]
    assert {each.returncode for each in done} <= {0, 75}, [each.stderr for each in done]
    assert 0 in {each.returncode for each in done}
    assert all("found 2" in each.stdout for each in done if each.returncode == 0)
    (clone,) = (tmp_path / "cache").glob("improve-loop/targets/*.git")
    git(clone, "fsck", "--strict")


def test_worktrees_that_are_kept_are_told_where(tmp_path: Path) -> None:
    app, out = repository(tmp_path / "app"), tmp_path / "out"
    done = improve_loop("run", "--target", app, "--auto", "--dry-run", "--keep-worktrees", "--out", out)
    assert f"worktrees are left in {out / '.scratch'}" in done.stdout + done.stderr
    assert list(out.glob(".scratch/implement-*/.gitlab-ci.yml"))
    improve_loop("run", "--target", app, "--auto", "--dry-run", "--out", out)
    assert not (out / ".scratch").exists()
    assert not (out / "preflight/target.bundle").exists()


def test_what_was_killed_leaves_no_scratch_folder_for_ever(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    old, new = temporary / "improve-loop-scratch-old", temporary / "improve-loop-scratch-new"
    for folder in (old / "inside", new):
        folder.mkdir(parents=True)
    os.utime(old, (1_700_000_000, 1_700_000_000))
    improve_loop(
        "run", "--target", repository(tmp_path / "app"), "--dry-run", "--out", tmp_path / "out", TMPDIR=str(temporary)
    )
    assert list(temporary.iterdir()) == [new]


def with_submodule(app: Path) -> None:
    library = repository(app.parent / "library", {"x": "1"})
    git(app, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library), "libs/one")
    commit(app, {}, "a submodule")


def with_large_files_elsewhere(app: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12345\n"
    commit(app, {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "a.bin": pointer}, "large")
    for name, value in (("smudge", "false"), ("clean", "false"), ("required", "true")):
        git(app, "config", f"filter.lfs.{name}", value)


def with_names_that_differ_by_case(app: Path) -> None:
    commit(app, {name: name for name in ("README", "readme", ".GITLAB-CI.yml")}, "twins")


@pytest.mark.parametrize("add", [with_submodule, with_large_files_elsewhere, with_names_that_differ_by_case])
def test_a_repository_with_odd_entries_is_improved_and_they_stay(tmp_path: Path, add: Callable[[Path], None]) -> None:
    app = repository(tmp_path / "app")
    add(app)
    done = improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "out")
    assert (done.returncode, "published 2, green 2" in done.stdout) == (0, True), done.stderr
    for branch in branches(app):
        assert git(app, "diff", "--name-only", "main", branch) == ".gitlab-ci.yml"


def test_a_pipeline_file_that_is_a_link_is_not_followed_and_it_says_so(tmp_path: Path) -> None:
    app = repository(tmp_path / "app", {"real.yml": CI})
    (app / ".gitlab-ci.yml").symlink_to("real.yml")
    commit(app, {}, "a link")
    done = improve_loop("run", "--target", app, "--auto", "--dry-run", "--out", tmp_path / "out")
    assert "no plain file .gitlab-ci.yml at" in done.stdout
