"""kill -9 anywhere, then a run again: the same end state, nothing lost, nothing doubled."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import warm
from tests.support.repositories import ROOT, branches, clean, git, improve_loop, repository

WRITE = "improve_loop.edges.artifacts.write"
FORGE = "improve_loop.edges.forge.local.LocalForge"
PHASES = (
    *("preflight", "discover", "triage", "propose", "approve", "implement"),
    *("check", "gate", "publish", "validate", "ship", "cleanup"),
)
MOMENTS = [
    *(("after", f"improve_loop.phases.{phase}.main", 1) for phase in PHASES),
    *(("before", WRITE, count) for count in (1, 9, 17)),
    ("after", "improve_loop.edges.lock.take", 1),
    ("before", "improve_loop.edges.workshop.make_bundle", 1),
    ("after", f"{FORGE}.publish_branch", 1),
    ("after", f"{FORGE}.open_merge_request", 1),
    ("before", f"{FORGE}.open_merge_request", 2),
    ("before", f"{FORGE}.record_checks", 1),
    ("before", f"{FORGE}.set_labels", 1),
    ("after", f"{FORGE}.write_state", 1),
    ("after", f"{FORGE}.write_state", 2),
]


def killed(when: str, function: str, count: int, *args: str | Path) -> int:
    arguments = [when, function, str(count), "--", *map(str, args)]
    return warm.run(
        "tests.support.killed_run", arguments, env=clean(PYTHONPATH=f"{ROOT / 'scripts'}:{ROOT}")
    ).returncode


def timeless(value: Any) -> Any:
    """The value without its times and the name of the run."""
    if isinstance(value, dict):
        return {
            name: timeless(item)
            for name, item in value.items()
            if name not in ("at", "run_id") and not name.endswith("_at")
        }
    return [timeless(item) for item in value] if isinstance(value, list) else value


def end_state(app: Path) -> dict[str, Any]:
    """All that a run leaves, without times and the names of runs."""
    folder = app / ".git/improve-loop"
    records = {path.name: json.loads(path.read_text()) for path in sorted((folder / "merge-requests").glob("*.json"))}
    state = improve_loop("state", "show", "--target", app).stdout.splitlines()[1:]
    return {
        "heads": git(app, "for-each-ref", "--format=%(objectname) %(refname)", "refs/heads/improve-loop/ci-*"),
        "records": timeless(records),
        "candidates": [line for line in state if not line.startswith("  run")],
        "lock": (folder / "lock.json").exists(),
        "worktrees": git(app, "worktree", "list").count("\n"),
        "main": git(app, "rev-parse", "main"),
        "status": git(app, "status", "--porcelain"),
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("undisturbed")
    app = repository(folder / "app")
    assert improve_loop("run", "--target", app, "--auto", "--out", folder / "out").returncode == 0
    assert len(branches(app)) == 2
    return end_state(app)


@pytest.mark.parametrize(("when", "function", "count"), MOMENTS)
def test_a_run_after_kill_9_comes_to_the_same_end(
    tmp_path: Path, undisturbed: dict[str, Any], when: str, function: str, count: int
) -> None:
    app, out = repository(tmp_path / "app"), tmp_path / "out"
    code = killed(when, function, count, "run", "--target", app, "--auto", "--out", out)
    assert code == -signal.SIGKILL, "the moment was never reached"
    again = improve_loop("run", "--target", app, "--auto", "--out", out)
    assert again.returncode == 0, again.stderr
    assert end_state(app) == undisturbed
    assert not (out / ".scratch").exists()


def heard_and_killed(app: Path, out: Path) -> str:
    """A run that was killed when a human had just declined its first candidate, which is returned."""
    code = killed("after", "improve_loop.phases.approve.main", 1, "run", "--target", app, "--out", out)
    assert code == -signal.SIGKILL
    approval = json.loads((out / "approve/approval.json").read_text())
    shortlist = json.loads((out / "triage/shortlist.json").read_text())
    id = str(shortlist["shortlisted"][0]["candidate"]["id"])
    approval["declined"] = [{"id": id, "reason": "not now", "until": None}]
    (out / "approve/approval.json").write_text(json.dumps(approval))
    return id


@pytest.mark.parametrize("between", ["", "tend", "--dry-run", "killed"])
def test_a_no_that_was_heard_before_the_kill_is_kept(tmp_path: Path, between: str) -> None:
    """Whatever run comes first after it, and whether that one writes it down, has none to write, or is killed too."""
    app, out = repository(tmp_path / "app"), tmp_path / "out"
    id = heard_and_killed(app, out)
    if between == "killed":
        again = ("run", "--target", app, "--out", tmp_path / "between")
        assert killed("after", "improve_loop.phases.preflight.main", 1, *again) == -signal.SIGKILL
    elif between == "tend":
        improve_loop("run", "--target", app, "--out", tmp_path / "between", IL_RUN_KIND="tend")
        shutil.rmtree(out)
    elif between:
        improve_loop("run", "--target", app, between, "--out", tmp_path / "between")
        shutil.rmtree(out)
    last = improve_loop("run", "--target", app, "--auto", "--out", tmp_path / "other")
    assert last.returncode == 0, last.stderr
    assert ("answers given to run" in last.stderr) is (between != "tend")
    assert f"improve-loop/{id}" not in branches(app)
    assert "not now" in improve_loop("state", "show", "--target", app).stdout
    assert not [*(app / ".git/improve-loop/heard").iterdir()]  # who forgets it now is not contradicted


SPENDING = "limits: {usd: 6, usd_per_day: 15}\nmodels: {escalation: claude/claude-sonnet-5-5}\nsandbox: none\n"


@pytest.mark.parametrize("phase", ["extract", "implement"])
def test_what_a_killed_run_was_allowed_is_spent_for_the_next_ones(tmp_path: Path, phase: str) -> None:
    app = repository(tmp_path / "app", {"a.py": "a = 1\n", ".improve-loop.yml": SPENDING})
    task = ("--auto", "--mode", "full", "--task", "Make a ten.", "--target-path", "a.py")
    for number in (1, 2):  # twice, under the same name: each may have spent
        out = tmp_path / f"killed-{number}"
        moment = ("before", f"improve_loop.phases.{phase}.main", 1)
        assert killed(*moment, "run", "--target", app, "--out", out, *task) == -signal.SIGKILL
    if phase == "extract":
        shutil.rmtree(tmp_path / "killed-1")
        (app / ".git/improve-loop/lock.json").unlink()  # as its message advises
        for name in ("looks", "looks-again"):  # a dry run remembers nothing, so the next one must still know
            look = improve_loop("run", "--target", app, "--out", tmp_path / name, "--dry-run")
            assert look.stderr.count("did not finish; $6.00 booked as spent") == 2, look.stderr
    done = improve_loop("run", "--target", app, "--out", tmp_path / "done", *task)
    assert json.loads((tmp_path / "done/preflight/run.json").read_text())["limits"]["usd"] == 3.0
    state = git(app, "show", "improve-loop/state:docs/runtime/improve-loop-state.yaml")
    assert sum(yaml.safe_load(state)["spend_usd_by_day"].values()) == 12.0, done.stderr
    after = improve_loop("run", "--target", app, "--out", tmp_path / "after", *task)
    assert "booked" not in after.stderr
    assert len(list((app / ".git/improve-loop/allowed").iterdir())) == 1  # of the run that has just ended
