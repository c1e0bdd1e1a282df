"""One candidate's whole way, on a real repository, through the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.repositories import (
    CHECKED,
    CI,
    TWO_RULES,
    branches,
    commit,
    git,
    improve_loop,
    improve_loop_afresh,
    repository,
)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return repository(tmp_path / "app")


def report(out: Path) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((out / "cleanup/report.json").read_text())
    return loaded


def test_a_run_leaves_small_explained_branches_and_a_report_and_touches_nothing_else(app: Path, tmp_path: Path) -> None:
    (app / "unsaved.txt").write_text("mine")
    (app / ".gitlab-ci.yml").write_text(CI + "# not committed\n")
    before = git(app, "status", "--porcelain"), git(app, "rev-parse", "HEAD"), (app / ".git/index").read_bytes()
    done = improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "published 2, green 2" in done.stdout
    made = branches(app)
    assert [name.split("/")[1].rsplit("-", 1)[0] for name in made] == ["ci-pip04", "ci-sec04"]
    assert "CI_DEBUG_TRACE" not in git(app, "show", f"{made[1]}:.gitlab-ci.yml")
    assert git(app, "diff", "--name-only", "main", made[1]) == ".gitlab-ci.yml"
    assert git(app, "log", "--format=%an", f"main..{made[0]}") == "Ana"
    assert before == (
        git(app, "status", "--porcelain"),
        git(app, "rev-parse", "HEAD"),
        (app / ".git/index").read_bytes(),
    )
    assert git(app, "worktree", "list").count("\n") == 0
    assert not (app / ".git/improve-loop/lock.json").exists()
    assert not (tmp_path / "out/.scratch").exists()
    assert "<html" in (tmp_path / "out/cleanup/report.html").read_text()


def test_a_second_run_changes_nothing_and_says_why(app: Path, tmp_path: Path) -> None:
    improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "one")
    heads = git(app, "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads/improve-loop/ci-*")
    done = improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "two")
    assert done.returncode == 0, done.stderr
    assert heads == git(app, "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads/improve-loop/ci-*")
    dropped = report(tmp_path / "two")["dropped"]
    assert {each["rule"] for each in dropped} == {"already-open"}  # type: ignore[attr-defined]
    assert "Turn off CI_DEBUG_TRACE" in done.stdout


def test_without_a_terminal_and_without_auto_nothing_is_accepted_and_it_says_so(app: Path, tmp_path: Path) -> None:
    done = improve_loop("run", "--target", app, "--out", tmp_path / "out", stdin="y\ny\n")
    assert done.returncode == 0
    assert "no terminal to ask on and no --auto" in done.stdout
    assert branches(app) == []


def test_a_dry_run_shows_everything_and_changes_nothing_in_the_repository(app: Path, tmp_path: Path) -> None:
    refs = git(app, "for-each-ref")
    done = improve_loop("run", "--target", app, "--auto", "--dry-run", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert git(app, "for-each-ref") == refs
    assert not (app / ".git/improve-loop/merge-requests").exists()
    assert len(list((tmp_path / "out/gate").glob("*.patch"))) == 2


def test_the_same_commit_makes_the_same_bytes_in_another_clone_and_another_process(app: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", str(app), str(tmp_path / "elsewhere/deep/app"))
    for name, folder, seed in (("one", app, "1"), ("two", app, "2"), ("three", tmp_path / "elsewhere/deep/app", "3")):
        arguments = ("run", "--target", folder, "--auto", "--dry-run", "--out", tmp_path / name)
        done = improve_loop_afresh(*arguments, PYTHONHASHSEED=seed)
        assert done.returncode == 0, done.stderr
    same = sorted(str(path.relative_to(tmp_path / "one")) for path in (tmp_path / "one").rglob("*.patch"))
    assert len(same) == 6
    for path in ["triage/shortlist.json", "triage/shortlist.md", *same]:
        for other in ("two", "three"):
            assert (tmp_path / "one" / path).read_bytes() == (tmp_path / other / path).read_bytes(), (other, path)


def test_a_preview_and_the_change_are_the_same_bytes(app: Path, tmp_path: Path) -> None:
    improve_loop("run", "--target", app, "--auto", "--dry-run", "--out", tmp_path / "out")
    for preview in (tmp_path / "out/triage").glob("*.patch"):
        assert preview.read_bytes() == (tmp_path / "out/implement" / preview.stem / "change.patch").read_bytes()


def test_no_checks_is_missing_and_never_green(tmp_path: Path) -> None:
    app = repository(tmp_path / "app", {".gitlab-ci.yml": CI, ".improve-loop.yml": TWO_RULES})
    done = improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "out")
    assert "published 2, green 0" in done.stdout
    outcomes = {each["outcome"] for each in report(tmp_path / "out")["merge_requests"]}  # type: ignore[attr-defined]
    assert outcomes == {"missing"}


def test_a_change_that_fails_the_targets_checks_is_refused(tmp_path: Path) -> None:
    checks = TWO_RULES + "checks:\n  - {name: keeps, run: [grep, -q, CI_DEBUG_TRACE, .gitlab-ci.yml]}\nsandbox: none\n"
    app = repository(tmp_path / "app", {".gitlab-ci.yml": CI, ".improve-loop.yml": checks})
    done = improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert [name.split("/")[1].rsplit("-", 1)[0] for name in branches(app)] == ["ci-pip04"]
    refused = [each for each in report(tmp_path / "out")["merge_requests"] if each["outcome"] == "refused"]  # type: ignore[attr-defined]
    assert "keeps" in refused[0]["reason"]


def test_intensity_light_ends_after_the_question(app: Path, tmp_path: Path) -> None:
    done = improve_loop("run", "--target", app, "--auto", "--intensity", "light", "--out", tmp_path / "out")
    assert done.returncode == 0
    assert "intensity light ends after the question" in done.stdout
    assert branches(app) == []


def test_what_a_human_closed_is_not_opened_again(app: Path, tmp_path: Path) -> None:
    improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "one")
    id = branches(app)[0].split("/")[1]
    assert improve_loop("mr", "close", id, "--target", app, "--reason", "we like it so").returncode == 0
    improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "two")
    rules = {each["id"]: each["rule"] for each in report(tmp_path / "two")["dropped"]}  # type: ignore[attr-defined]
    assert rules[id] == "closed"


def test_a_branch_with_a_humans_commit_is_left_alone(app: Path, tmp_path: Path) -> None:
    improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "one")
    branch = branches(app)[0]
    git(app, "checkout", "-q", branch)
    head = commit(app, {"notes.md": "mine\n"}, "a human's")
    git(app, "checkout", "-q", "main")
    commit(app, {".gitlab-ci.yml": CI.replace("3.12", "3.13")}, "the pipeline moves on")
    done = improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "two")
    assert done.returncode == 0, done.stderr
    assert git(app, "rev-parse", branch) == head
    rules = {each["id"]: each["rule"] for each in report(tmp_path / "two")["dropped"]}  # type: ignore[attr-defined]
    assert rules[branch.split("/")[1]] == "taken-over"


def test_when_the_target_moves_on_the_merge_request_is_updated_in_place(app: Path, tmp_path: Path) -> None:
    improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "one")
    before = {name: git(app, "rev-parse", name) for name in branches(app)}
    commit(app, {".gitlab-ci.yml": CI.replace("3.12", "3.13")}, "the pipeline moves on")
    done = improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "two")
    assert done.returncode == 0, done.stderr
    assert sorted(before) == branches(app)
    pip04 = next(name for name in before if "pip04" in name)
    assert git(app, "rev-parse", pip04) != before[pip04]
    assert git(app, "rev-parse", f"{pip04}^") == git(app, "rev-parse", "main")


def test_the_phases_one_by_one_come_to_the_same_end(app: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert improve_loop("preflight", "--target", app, "--auto", "--out", out).returncode == 0
    phases = ("discover", "triage", "propose", "approve", "implement", "check", "gate", "publish", "validate", "ship")
    for phase in (*phases, "cleanup"):
        done = improve_loop(phase, "--out", out)
        assert done.returncode == 0, (phase, done.stderr)
    assert len(branches(app)) == 2
    assert not (app / ".git/improve-loop/lock.json").exists()
    assert report(out)["funnel"] == {"found": 2, "shortlisted": 2, "accepted": 2, "published": 2, "green": 2}


def test_an_excluded_zone_is_kept_out_with_its_reason(tmp_path: Path) -> None:
    memory = "improve-loop: exclude source=ci/SEC04 because ops reads the trace\n"
    files = {".gitlab-ci.yml": CI, ".improve-loop.yml": CHECKED + "memory_files: [notes.md]\n", "notes.md": memory}
    app = repository(tmp_path / "app", files)
    improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "out")
    dropped = report(tmp_path / "out")["dropped"]
    assert [(each["subject"], each["rule"], each["reason"]) for each in dropped] == [  # type: ignore[attr-defined]
        ("SEC04", "excluded", "ops reads the trace (notes.md:1)")
    ]


def test_a_hub_plays_one_run_per_target_and_one_that_fails_never_hides_the_rest(tmp_path: Path) -> None:
    app = repository(tmp_path / "app")
    targets = f"targets:\n  - url: {tmp_path}/nowhere\n  - url: {app}\n"
    hub = repository(tmp_path / "hub", {".improve-loop.yml": targets})
    done = improve_loop("run", "--auto", "--out", tmp_path / "out", cwd=hub)
    assert done.returncode == 2
    assert f"error: {tmp_path}/nowhere: " in done.stderr
    assert "1 of 2 targets did not end well" in done.stderr
    assert len(branches(app)) == 2
    assert (tmp_path / "out/app/cleanup/report.html").exists()
