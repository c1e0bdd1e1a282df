"""Every reason for which making stops, met by a whole run of a person's task, and told in its artifact and report."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest

from improve_loop.making.made import Reason
from tests.llm.script import COHERES, Queues, by_role, objecting, plan
from tests.llm.tasks import edit
from tests.support.in_process import Played, played
from tests.support.repositories import branches, repository
from tests.support.scripted_model import Reply, serving
from tests.support.scripted_model.replies import failing, truncated

TEXT = "a = 1\nb = 2\nc = 3\n"
PLAN = plan("a.py")
CONFIG = "sandbox: none\n"


def change(old: str, new: str) -> str:
    return edit("a.py", old, new)


RIGHT = change("a = 1\nb = 2", "a = 10\nb = 2")
INCOHERENT = json.dumps({**json.loads(COHERES), "coheres": "no", "why": "It changes a and explains b."})
FAILS = "checks:\n  - {name: one, run: [grep, -q, 'a = 1$', a.py]}\n"  # as the file is, and not as it becomes
LARGE = change("a = 1", "\n".join(f"a{number} = 1" for number in range(130)))


@dataclass(frozen=True, kw_only=True)
class Case:
    """A script of replies, and the reason for which it ends."""

    reason: str
    queues: Queues
    status: str = "gave_up"
    config: str = ""
    arguments: tuple[str, ...] = ()
    code: int = 0


CASES = [
    Case(reason="made by qwen/qwen3-coder; review: approve", status="made", queues={"implement": [RIGHT]}),
    Case(reason="goal_met: a is 10", status="nothing_to_do", queues={"implement": ["NOCHANGE: a is 10 already"]}),
    Case(reason="same_reply", queues={"implement": [change("z", "y")]}),
    Case(reason="same_failure", queues={"implement": [change(f"z = {n}", "z") for n in range(9)]}),
    Case(
        reason="same_diff", queues={"implement": [change("a = 1", "a = 10") + change("z", "y"), change("y = 1", "y")]}
    ),
    Case(
        reason="oscillation",
        queues={"implement": [change("a = 1", "a = ("), change("a = (", "a = 1") + change("no", "x")]},
    ),
    Case(reason="not_applied", queues={"implement": [change(f"z = {n}", "z") * (4 - n) for n in range(4)]}),
    Case(
        reason="not_valid",
        queues={
            "implement": [
                *(change(f"z = {n}", "z") * (4 - n) for n in range(2)),
                change("z = 9", "z"),
                change("a = 1", "a = ("),
            ]
        },
    ),
    Case(
        reason="too_large",
        queues={"implement": [*(change(f"z = {n}", "z") * (4 - n) for n in range(2)), change("z = 9", "z"), LARGE]},
    ),
    Case(
        reason="iterations",
        queues={
            "implement@qwen": [change(f"z = {n}", "z") * (4 - n) for n in range(4)],
            "implement@claude": ["nothing yet", "nothing at all"],
        },
        config="escalation",
    ),
    Case(
        reason="gap",
        queues={"implement": ["BLOCKING-GAP[kind=network]: the release notes of 2.0"]},
    ),
    Case(reason="planner_stopped", queues={"plan": [plan(stop="it needs a new service")]}),
    Case(reason="spill_only", queues={"implement": [edit("b.py", "b = 1\n", "b = 2\n")]}),
    Case(
        reason="rejected",
        queues={"implement": [RIGHT, "NOCHANGE: it is right"], "review": [objecting("a.py", "+a = 10")]},
    ),
    Case(reason="incoherent", queues={"implement": [RIGHT], "verdict": [INCOHERENT]}),
    Case(reason="unreadable", queues={"plan": ["no"]}),
    Case(reason="steered", queues={"implement": [RIGHT]}),
    Case(reason="tokens", status="failed", queues={}, config="  free_tokens: 500\n"),
    Case(
        reason="money",
        status="failed",
        queues={"implement": [RIGHT]},
        config="limits",
        arguments=("--mode", "full"),
        code=5,
    ),
    Case(
        reason="wall_clock",
        status="failed",
        queues={"plan": [Reply(fault="hang")]},
        config="  seconds_per_candidate: 1\n",
    ),
    Case(reason="expired", status="failed", queues={}, config='  expires: "2020-01-01"\n'),
    Case(reason="degraded", status="failed", queues={"plan": [failing(401, "wrong key")]}),
    Case(reason="no_model", status="failed", queues={}, arguments=("--mode", "local")),
    Case(
        reason="made by qwen/qwen3-coder; review: approve; a check fails on it, and mending ended (not_its_failure)",
        status="made",
        queues={"implement": [RIGHT], "fix": ["NOCHANGE: the check is about something else"]},
        config="checks",
    ),
    Case(reason="model_failed", status="failed", queues={"plan": [failing(400, "unknown field")]}),
    Case(reason="model_failed", status="failed", queues={"implement": [truncated(RIGHT)]}),
]


class Bench:
    """A small repository, and runs of one task on it in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "out"

    def settings(self, root: str, case: Case) -> str:
        escalation = case.config == "escalation" or "full" in case.arguments
        if case.reason == "no_model":
            return CONFIG
        lines = [CONFIG, FAILS if case.config == "checks" else "", "models:\n  endpoints:\n"]
        lines.append(f"    qwen: {{url: '{root}/v1', paid: false, seconds: 20}}\n")
        if escalation:
            lines.append(f"    claude: {{url: '{root}', protocol: anthropic, key_variable: CLAUDE_KEY, seconds: 20}}\n")
            lines.append("  escalation: claude/claude-sonnet-5-5\n")
        lines.append("  local: qwen/qwen3-coder\n")
        lines.append(case.config if case.config.startswith("  ") else "")
        lines.append("limits: {usd: 0.001}\n" if case.config == "limits" else "")
        return "".join(lines)

    def play(self, case: Case) -> Played:
        with serving(by_role({"plan": [PLAN], **case.queues})) as server:
            if case.reason == "steered":
                server.script = lambda received: Reply(text=received.prompt[received.prompt.index("kestrel-") :][:20])
            files = {"a.py": TEXT, "b.py": "b = 1\n", ".improve-loop.yml": self.settings(server.root, case)}
            app = repository(self.folder / "app", files)
            task = ("--task", "Make a ten.", "--target-path", "a.py")
            return played(
                "run", "--target", app, "--auto", "--out", self.out, *task, *case.arguments, CLAUDE_KEY="sk-of-claude"
            )

    def change(self) -> Any:
        (path,) = self.out.glob("implement/*/change.json")
        return json.loads(path.read_text())

    def report(self) -> Any:
        return json.loads((self.out / "cleanup/report.json").read_text())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.reason[:20] or case.status)
def test_a_run_ends_for_this_reason(bench: Bench, case: Case) -> None:
    done = bench.play(case)
    made = bench.change()
    assert (made["status"], made["reason"].startswith(case.reason)) == (case.status, True), made["reason"]
    assert done.code == case.code, done.output
    assert len(branches(bench.folder / "app")) == (case.status == "made" and case.config != "checks")
    (told,) = bench.report()["merge_requests"]
    assert case.status == "made" or told["reason"] == made["reason"]


def test_every_reason_is_met_by_a_run_here() -> None:
    met = {word for case in CASES for word in re.findall(r"[a-z_]+", case.reason)}
    others = {"no_target", "done"}  # test_review_on_gitlab.py, an issue that names a path below a symlink; and a change
    assert {*get_args(Reason)} <= met | others
