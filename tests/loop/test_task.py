"""A person's own request, its whole way: asked on the command line, made by a model, gated, on a branch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.llm.script import by_role, role_of
from tests.llm.tasks import edit
from tests.support.repositories import CI, branches, git, improve_loop, repository
from tests.support.scripted_model import ScriptedServer, serving
from tests.support.scripted_model.replies import failing

SCRIPT = "#!/bin/sh\nset -eu\nfile=$1\nwc -l < $file\n"
CONFIG = "sandbox: none\nchecks:\n  - {name: syntax, run: [sh, -n, count.sh]}\n"
RIGHT = edit("count.sh", "file=$1\nwc -l < $file", 'file=$1\nwc -l < "$file"')
QUIET = {"PYTHONWARNINGS": "default"}  # the SDK's own warnings are not what this is about


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return repository(tmp_path / "app", {"count.sh": SCRIPT, ".improve-loop.yml": CONFIG, ".gitlab-ci.yml": CI})


def asked(app: Path, server: ScriptedServer | None, *more: str) -> tuple[str, str, int]:
    url = f"{server.root}/v1" if server else "http://127.0.0.1:9/v1"
    task = ("--task", "Quote the file name in count.sh.", "--target-path", "count.sh")
    out = app.parent / "out"
    done = improve_loop(
        "run", "--target", app, "--auto", "--out", out, *task, *more, IL_MODEL_URL=url, IL_MODEL="qwen", **QUIET
    )
    return done.stdout, done.stderr, done.returncode


def change(app: Path) -> dict[str, object]:
    (path,) = (app.parent / "out/implement").glob("*/change.json")
    loaded: dict[str, object] = json.loads(path.read_text())
    return loaded


def test_a_task_ends_on_a_branch_with_its_review_beside_it(app: Path) -> None:
    with serving(
        by_role({"implement": [RIGHT], "plan": ['{"plan": "", "files": ["count.sh"], "stop": ""}']})
    ) as server:
        stdout, stderr, code = asked(app, server)
    assert code == 0, stderr
    (branch,) = branches(app)
    assert 'wc -l < "$file"' in git(app, "show", f"{branch}:count.sh")
    assert "found 1" in stdout  # the pipeline's own waste is not looked for
    (review,) = (app.parent / "out/implement").glob("*/review.json")
    assert json.loads(review.read_text())["decision"] == "approve"
    ledger = change(app)["ledger"]
    assert isinstance(ledger, list)
    assert [entry["spent_usd"] for entry in ledger] == [0.0] * len(ledger)
    assert len(ledger) == len(server.requests)


def test_a_task_whose_model_is_away_is_degraded_and_green(app: Path) -> None:
    _, stderr, code = asked(app, None)
    assert code == 0, stderr
    assert str(change(app)["reason"]).startswith("degraded")
    assert branches(app) == []


def test_without_a_model_a_task_says_so(app: Path) -> None:
    with serving([failing(500, "never asked")]) as server:
        asked(app, server, "--mode", "none")
        assert not server.requests
    (dropped,) = json.loads((app.parent / "out/triage/shortlist.json").read_text())["dropped"]
    assert "model" in dropped["reason"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--task", "x"), "--target-path"),
        (("--target-path", "count.sh"), "--task"),
        (("--task", "@missing.txt", "--target-path", "count.sh"), "missing.txt"),
    ],
)
def test_a_task_that_cannot_be_is_wrong_usage(app: Path, arguments: tuple[str, ...], message: str) -> None:
    done = improve_loop("run", "--target", app, "--out", app.parent / "out", *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_symlink_in_the_target_leads_no_edit_outside(app: Path) -> None:
    outside = app.parent / "outside.txt"
    outside.write_text("mine\n")
    (app / "link.txt").symlink_to(outside)
    git(app, "add", "-A")
    git(app, "commit", "-qm", "a link")
    whole = "link.txt\n<<<<<<< WHOLE\ntheirs\n>>>>>>> END\n"
    with serving(
        by_role({"implement": [whole], "plan": ['{"plan": "", "files": ["link.txt"], "stop": ""}']})
    ) as server:
        done = improve_loop(
            *(
                "run",
                "--target",
                app,
                "--auto",
                "--out",
                app.parent / "out",
                "--task",
                "x",
                "--target-path",
                "link.txt",
            ),
            IL_MODEL_URL=f"{server.root}/v1",
            IL_MODEL="qwen",
            **QUIET,
        )
    assert (done.returncode, "link.txt: no such file" in done.stderr) == (2, True)
    assert outside.read_text() == "mine\n"
    assert branches(app) == []


BROKEN = edit("count.sh", "file=$1\nwc -l < $file", 'file=$1\nwc -l < "$file')
MENDED = edit("count.sh", 'file=$1\nwc -l < "$file', 'file=$1\nwc -l < "$file"')
PLAN = '{"plan": "", "files": ["count.sh"], "stop": ""}'


def test_a_change_that_fails_a_check_goes_back_to_its_maker(app: Path) -> None:
    with serving(by_role({"plan": [PLAN], "implement": [BROKEN], "fix": [MENDED]})) as server:
        stdout, stderr, code = asked(app, server)
    assert code == 0, stderr
    assert "green 1" in stdout
    (branch,) = branches(app)
    assert 'wc -l < "$file"\n' in git(app, "show", f"{branch}:count.sh") + "\n"
    (prompt,) = [request.prompt for request in server.requests if role_of(request) == "fix"]
    assert "Unterminated" in prompt or "unexpected" in prompt


def test_a_check_that_fails_without_the_change_too_is_not_the_makers(app: Path) -> None:
    (app / ".improve-loop.yml").write_text("sandbox: none\nchecks:\n  - {name: red, run: ['false']}\n")
    git(app, "commit", "-qam", "red")
    with serving(by_role({"plan": [PLAN], "implement": [RIGHT]})) as server:
        asked(app, server)
        assert "fix" not in [role_of(request) for request in server.requests]
