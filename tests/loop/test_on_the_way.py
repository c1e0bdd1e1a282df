"""What a run finds and leaves on its way: new files, work outside its paths, gaps, ledgers, and no key anywhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from improve_loop import recipes
from improve_loop.edges import statefile
from improve_loop.model.candidate import Candidate
from improve_loop.model.plugs import GaveUp, RecipeResult, Tree
from tests.llm.script import Queues, by_role, plan, role_of
from tests.llm.tasks import edit
from tests.support.imports import ROOT
from tests.support.in_process import Played, played
from tests.support.repositories import CI, branches, clean, git, repository
from tests.support.scripted_model import Received, Reply, Script, serving
from tests.support.scripted_model.replies import failing, thinking

KEY = "sk-key-of-the-tests-0123456789"
FILES = {"a.py": "a = 1\nb = 2\n", "b.py": "b = 1\n", "docs/x.md": "# X\n", ".improve-loop.yml": "sandbox: none\n"}
RIGHT = edit("a.py", "a = 1", "a = 10")
SPILL = RIGHT + "SPILL[b.py]: b must follow a\nSPILL[gone.py]: nothing is there\n"
NEW = "docs/new.md\n<<<<<<< WHOLE\n# New\n\nIt is new.\n>>>>>>> END\n"


def state_of(app: Path) -> Any:
    text = git(app, "show", "improve-loop/state:docs/runtime/improve-loop-state.yaml")
    return statefile.load(text, "state")


def loaded(folder: Path, pattern: str) -> Any:
    (path,) = folder.glob(pattern)
    return json.loads(path.read_text())


def ran(app: Path, script: Queues | Script, *more: str, paths: tuple[str, ...] = ("a.py",), out: str = "out") -> Played:
    """A run of one task whose model answers by this script, behind a key."""
    given = by_role({"plan": [plan(*paths)], **script}) if not callable(script) else script
    with serving(given) as server:
        task = ["--task", "Make it so.", *(part for path in paths for part in ("--target-path", path))]
        env = {"IL_MODEL_URL": f"{server.root}/v1", "IL_MODEL": "qwen", "IL_MODEL_KEY": KEY, "HOME": str(app.parent)}
        return played("run", "--target", app, "--auto", "--out", app.parent / out, *task, *more, **env)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return repository(tmp_path / "app", FILES)


@pytest.mark.parametrize("path", ["docs/new.md", "brand/new/folder/x.md", "top.md"])
def test_a_task_may_create_the_file_that_it_names(app: Path, path: str) -> None:
    done = ran(app, {"implement": [NEW.replace("docs/new.md", path)]}, paths=(path,))
    (branch,) = branches(app)
    assert git(app, "show", f"{branch}:{path}") == "# New\n\nIt is new.", done.output
    assert git(app, "diff", "--name-only", "main", branch) == path


def test_a_new_file_beside_the_one_that_was_named_is_no_part_of_it(app: Path) -> None:
    ran(app, {"implement": [NEW + NEW.replace("docs/new.md", "docs/evil.md")]}, paths=("docs/new.md",))
    (branch,) = branches(app)
    assert git(app, "diff", "--name-only", "main", branch) == "docs/new.md"


def test_no_new_file_is_made_below_a_symlink(app: Path) -> None:
    (app.parent / "outside").mkdir()
    (app / "link").symlink_to(app.parent / "outside")
    git(app, "add", "-A")
    git(app, "commit", "-qm", "a link")
    done = ran(app, {"implement": [NEW.replace("docs/new.md", "link/new.md")]}, paths=("link/new.md",))
    assert (done.code, "nor can it be created" in done.output) == (2, True)
    assert list((app.parent / "outside").iterdir()) == []


def test_work_outside_the_paths_is_filed_and_the_next_sweep_ranks_it(app: Path) -> None:
    done = ran(app, {"implement": [SPILL]})
    assert done.code == 0, done.output
    (told,) = [one for one in loaded(app.parent, "out/cleanup/report.json")["dropped"] if one["rule"] == "spill"]
    assert "b must follow a" in told["reason"]
    (filed,) = state_of(app).filed
    assert (filed.target_paths, filed.brief.startswith("b must follow a")) == (("b.py",), True)

    ran(app, {"implement": [RIGHT]}, out="second")  # another person's task is looked at alone
    assert loaded(app.parent, "second/triage/shortlist.json")["found"] == 1

    played("run", "--target", app, "--auto", "--out", app.parent / "third", "--mode", "cron", **NO_MODEL)
    (dropped,) = [one for one in loaded(app.parent, "third/triage/shortlist.json")["dropped"] if one["id"] == filed.id]
    assert dropped["rule"] == "needs-a-person"  # what a model asks for is nobody's yes
    assert state_of(app).filed == (filed,)

    played("run", "--target", app, "--out", app.parent / "fourth", "--mode", "cron", **NO_MODEL)
    shortlist = loaded(app.parent, "fourth/triage/shortlist.json")
    assert [one["candidate"]["id"] for one in shortlist["shortlisted"]] == [filed.id]
    approval = loaded(app.parent, "fourth/approve/approval.json")
    assert (approval["accepted"], approval["how"]) == ([], "nobody")


def test_what_the_reviewer_remarks_is_in_the_record_and_in_the_report(app: Path) -> None:
    remark = {"path": "a.py", "quote": "+a = 10", "criterion": "quality", "reason": "Why ten?"}
    review = json.dumps({"summary": "Fine.", "objections": [remark], "decision": "approve"})
    done = ran(app, {"implement": [RIGHT], "review": [review]})
    (branch,) = branches(app)
    shown = played("mr", "show", branch.removeprefix("improve-loop/"), "--target", app)
    assert "a.py:1: **quality**: Why ten?" in shown.output, done.output
    assert "1 remark on lines of the diff" in shown.output
    assert "reviewer, quality `a.py:1`: Why ten?" in (app.parent / "out/cleanup/report.md").read_text()
    assert "What the reviewer remarked" in (app.parent / "out/cleanup/report.html").read_text()


def test_a_gap_is_in_the_report_and_counted_in_the_state(app: Path) -> None:
    gap = {"implement": ["BLOCKING-GAP[kind=network]: the release notes of 2.0"]}
    ran(app, gap)
    ran(app, gap, "--intensity", "heavy", out="second")
    report = loaded(app.parent, "second/cleanup/report.json")
    assert [(each["kind"], each["needed"]) for each in report["gaps"]] == [("network", "the release notes of 2.0")]
    assert "BLOCKING-GAP[kind=network]: the release notes of 2.0" in report["merge_requests"][0]["reason"]
    page = (app.parent / "second/cleanup/report.md").read_text()
    assert "missing: the release notes of 2.0 (network)" in page
    assert [(each.kind, each.count) for each in state_of(app).gaps] == [("network", 2)]


def test_every_call_is_in_the_jobs_ledger_and_the_report_adds_them_up(app: Path) -> None:
    ran(app, {"implement": [RIGHT]})
    lines = [
        json.loads(line) for line in (app.parent / "out/implement/ledger/implement.jsonl").read_text().splitlines()
    ]
    assert [line["entry"]["finish"] for line in lines] == ["open", "stop"] * 4
    assert len({line["call"] for line in lines}) == 4
    assert [line["entry"]["role"] for line in lines[::2]] == ["plan", "implement", "review", "verdict"]
    (use,) = loaded(app.parent, "out/cleanup/report.json")["models"]
    assert use["calls"] == 4
    prompts = loaded(app.parent, "out/implement/*/change.json")["prompts"]
    assert set(prompts) == {"plan", "implement", "review", "verdict"}
    assert loaded(app.parent, "out/implement/*/review.json")["prompts"] == prompts


LOCAL = """\
    qwen: {{url: '{root}/v1', paid: false}}
  local: qwen/qwen
"""
NO_MODEL = {"IL_MODEL_URL": "http://127.0.0.1:9/v1", "IL_MODEL": "qwen"}
ONE_RULE = "domains: {ci: {options: {rules_only: [SEC04]}}}\n"
PAID = """\
sandbox: none
models:
  endpoints:
    claude: {{url: '{root}', protocol: anthropic, key_variable: ANTHROPIC_API_KEY}}
"""


def test_a_job_that_is_killed_in_a_call_leaves_what_it_may_have_spent(tmp_path: Path) -> None:
    asked = threading.Event()

    def hangs(received: Received) -> Reply:
        asked.set()
        return Reply(fault="hang")

    with serving(hangs) as server:
        app = repository(tmp_path / "app", {**FILES, ".improve-loop.yml": PAID.format(root=server.root)})
        out = tmp_path / "out"
        task = ("--task", "x", "--target-path", "a.py", "--mode", "full")
        command = [
            sys.executable,
            "-m",
            "improve_loop",
            "run",
            "--target",
            str(app),
            "--auto",
            "--out",
            str(out),
            *task,
        ]
        env = clean(ANTHROPIC_API_KEY=KEY, PYTHONWARNINGS="default", HOME=str(tmp_path))
        running = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert asked.wait(60)
        os.kill(running.pid, signal.SIGKILL)
        running.communicate()
    (line,) = (out / "implement/ledger/implement.jsonl").read_text().splitlines()
    reserved = json.loads(line)["entry"]["reserved_usd"]
    assert reserved > 0
    done = played("cleanup", "--out", out, HOME=str(tmp_path))
    assert done.code == 0, done.output
    report = loaded(out, "cleanup/report.json")
    assert (report["spent_usd"], report["reserved_usd"]) == (0.0, pytest.approx(reserved, abs=1e-6))
    (day,) = state_of(app).spend_usd_by_day.values()
    assert day == pytest.approx(reserved, abs=1e-6)


@pytest.mark.parametrize("fault", ["401", "400", "html", "hang", "cut"])
def test_no_key_is_in_anything_that_a_run_writes_or_says(app: Path, fault: str) -> None:
    def echoes(received: Received) -> Reply:
        """A server that repeats the key wherever it can."""
        headers = {"x-key": KEY}
        if fault in ("hang", "cut"):
            return Reply(text=KEY, fault="hang" if fault == "hang" else "cut")
        kind = "text/html" if fault == "html" else "application/json"
        body = f"<html>{KEY}</html>" if fault == "html" else json.dumps({"error": {"message": f"no, {KEY} is wrong"}})
        return Reply(status=200 if fault == "html" else int(fault), body=body, content_type=kind, headers=headers)

    (app / ".improve-loop.yml").write_text("sandbox: none\nmodels: {seconds_per_candidate: 1}\n")
    git(app, "commit", "-qam", "soon")
    done = ran(app, echoes)
    assert KEY not in done.output
    written = [path for path in app.parent.rglob("*") if path.is_file() and not path.is_symlink()]
    assert not [path for path in written if KEY.encode() in path.read_bytes()]
    assert loaded(app.parent, "out/implement/*/change.json")["status"] in ("failed", "gave_up")


@pytest.mark.parametrize("lone", [False, True])
def test_a_server_as_they_come_makes_a_change(app: Path, lone: bool) -> None:
    """Behind a proxy's key, its URL without /v1, no JSON schema, and its reasoning left in every answer."""
    right = by_role({"plan": [plan("a.py")], "implement": [RIGHT]})

    def script(received: Received) -> Reply:
        if received.headers.get("authorization") != f"Bearer {KEY}":
            return failing(401, "Authentication Error, No api key passed in.")
        if "response_format" in received.body:
            return failing(400, "litellm.BadRequestError: response_format is not supported")
        headers = {"x-litellm-attempted-fallbacks": "0", "x-litellm-model-id": "abc"}
        said = thinking("Hm. {} <<<<<<< SEARCH", right(received).text, lone=lone)
        return replace(said, headers=headers, served_model="hosted_vllm/Qwen/Qwen3-Coder")

    with serving(script) as server:
        env = {"IL_MODEL_URL": server.root, "IL_MODEL": "qwen3-coder", "IL_MODEL_KEY": KEY, "HOME": str(app.parent)}
        task = ("--task", "Make it so.", "--target-path", "a.py", "--out", app.parent / "out")
        done = played("run", "--target", app, "--auto", *task, **env)
    assert loaded(app.parent, "out/implement/*/change.json")["status"] == "made", done.output
    assert len(branches(app)) == 1


SPY = """checks:
  - {name: spy, run: [sh, -c, 'cat /proc/[0-9]*/environ | tr "\\000" "\\n"; true']}
"""


@pytest.mark.parametrize("sandbox", ["none", "auto"])
def test_no_code_of_the_target_sees_the_key_of_the_run_beside_it(app: Path, sandbox: str) -> None:
    """As a process of its own: what was in its environment when it started cannot be taken out again."""
    (app / ".improve-loop.yml").write_text(f"sandbox: {sandbox}\n{SPY}")
    git(app, "commit", "-qam", "a spy")
    with serving(by_role({"implement": [RIGHT], "plan": [plan("a.py")]})) as server:
        env = {"IL_MODEL_URL": f"{server.root}/v1", "IL_MODEL": "qwen", "HOME": str(app.parent)}
        task = ("--task", "Make it so.", "--target-path", "a.py", "--auto", "--out", str(app.parent / "out"))
        done = subprocess.run(
            [sys.executable, "-m", "improve_loop", "run", "--target", str(app), *task],
            env=clean(**env, IL_MODEL_KEY=KEY, PYTHONPATH=str(ROOT / "scripts")),
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    check = loaded(app.parent, "out/check/*.json")
    if sandbox == "none":
        assert (check["status"], "read the model key" in check["reason"]) == ("not_run", True)
    written = [path for path in app.parent.rglob("*") if path.is_file() and not path.is_symlink()]
    assert not [path for path in written if KEY.encode() in path.read_bytes()]
    assert KEY not in done.stdout + done.stderr


def test_the_env_file_of_the_target_changes_nothing(app: Path) -> None:
    (app / ".env").write_text("IL_MODEL_URL=http://evil.example/v1\nOPENAI_API_BASE=http://evil.example\nLEAKED=yes\n")
    git(app, "add", "-A")
    git(app, "commit", "-qm", "env")
    before = Path.cwd()
    os.chdir(app)
    try:
        done = ran(app, {"implement": [RIGHT]})
    finally:
        os.chdir(before)
    assert len(branches(app)) == 1, done.output
    assert "LEAKED" not in os.environ


class Half:
    """A recipe that can do one of two things."""

    NAME = "half"

    @staticmethod
    def apply(tree: Tree, candidate: Candidate) -> RecipeResult:
        before = tree.read(".gitlab-ci.yml") or b""
        done = before.replace(b'"1"', b'"2"')
        return GaveUp(reason=f"half of {candidate.id}", partial={".gitlab-ci.yml": done})


REST = edit(".gitlab-ci.yml", "  script:\n    - pytest", "  script:\n    - tox")


@pytest.mark.parametrize(
    ("replies", "status", "rest"),
    [
        ([REST], "made", "- tox"),
        (["NOCHANGE: that was all"], "made", "- pytest"),  # the recipe's part is the whole change, says the maker
        (["no edit", "none", "no", "never"], "gave_up", ""),  # half a change is none
    ],
)
def test_a_model_goes_on_where_a_recipe_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replies: list[str], status: str, rest: str
) -> None:
    app = repository(tmp_path / "app", {".gitlab-ci.yml": CI, ".improve-loop.yml": f"{ONE_RULE}sandbox: none\n"})
    with serving(by_role({"implement": replies})) as server:
        monkeypatch.setattr(recipes, "RECIPES", dict.fromkeys(recipes.RECIPES, Half))
        done = played("run", "--target", app, "--auto", "--out", tmp_path / "out", "--mode", "none")
        assert "recipe-gave-up" in (tmp_path / "out/triage/shortlist.json").read_text(), done.output
        env = {"IL_MODEL_URL": f"{server.root}/v1", "IL_MODEL": "qwen"}
        done = played("run", "--target", app, "--auto", "--out", tmp_path / "second", **env)
        prompts = {role_of(request): request.prompt for request in server.requests}
    assert "A tool already did a part of it, in .gitlab-ci.yml" in prompts["implement"]
    assert 'OTHER: "2"' in prompts["implement"]
    change = loaded(tmp_path, "second/implement/*/change.json")
    assert (change["status"], change["how"]) == (status, "model" if rest else "none"), done.output
    if not rest:
        assert not branches(app)
        return
    assert '+    OTHER: "2"' in prompts["review"]  # its reviewer sees the recipe's part too
    (branch,) = branches(app)
    assert rest in git(app, "show", f"{branch}:.gitlab-ci.yml"), done.output
    assert 'OTHER: "2"' in git(app, "show", f"{branch}:.gitlab-ci.yml")


def test_a_days_limit_holds_over_runs_and_never_blocks_the_local_model(tmp_path: Path) -> None:
    day = 0.12
    with serving(lambda received: Reply(text="nothing of use", usage=False)) as server:
        config = PAID.format(root=server.root) + LOCAL.format(root=server.root)
        app = repository(tmp_path / "app", {**FILES, ".improve-loop.yml": f"{config}limits: {{usd_per_day: {day}}}\n"})
        env = {"ANTHROPIC_API_KEY": KEY, "HOME": str(tmp_path)}
        fresh = (
            "--task",
            "Look only.",
            "--target-path",
            "a.py",
            "--out",
            tmp_path / "dry",
            "--dry-run",
            "--mode",
            "full",
        )
        played("run", "--target", app, "--auto", *fresh, **env)
        assert not server.requests  # it could not be counted to the day
        asked = []
        for number in range(4):
            task = (
                "--task",
                f"Make it so, try {number}.",
                "--target-path",
                "a.py",
                "--out",
                tmp_path / f"out-{number}",
            )
            before = len(server.requests)
            done = played("run", "--target", app, "--auto", "--mode", "full", *task, **env)
            assert number or "more that is not known" in done.output, done.output
            asked.append(len(server.requests) - before)
        assert asked[0] > 0
        assert asked[-1] == 0
        (spent,) = state_of(app).spend_usd_by_day.values()
        assert 0.4 * day < spent <= day
        server.script = by_role({"plan": [plan("a.py")], "implement": [RIGHT]})
        done = ran(app, server.script, "--mode", "local", out="free")
    assert len(branches(app)) == 1, done.output
