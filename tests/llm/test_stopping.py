"""Every reason for which making stops, and that it stops there with nothing half done."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from improve_loop.making.context import allowed
from improve_loop.making.limits import Limits
from improve_loop.making.made import Feedback, Made
from improve_loop.making.maker import make
from improve_loop.model.config import Mode
from improve_loop.rules.budget import Allowance
from improve_loop.rules.model_settings import ModelSettings, model_settings
from tests.llm.script import APPROVES, COHERES, Queues, by_role, objecting, plan, role_of, tier_of
from tests.llm.support import Ticking, settings
from tests.llm.tasks import Files, Task, edit
from tests.support.scripted_model import Reply, ScriptedServer, serving
from tests.support.scripted_model.replies import failing, rate_limited, truncated

TEXT = "a = 1\nb = 2\nc = 3\n"
TASK = Task(name="t", files={"a.py": TEXT, "docs/x.md": "# X\n"}, paths=("a.py",), brief="Change a.", check="")
WIDE = Task(name="w", files={"a.py": TEXT, "b.py": TEXT, "c.py": TEXT}, paths=("a.py", "b.py"), brief="Both.", check="")


def change(old: str, new: str) -> str:
    return edit("a.py", old, new)


RIGHT = change("a = 1\nb = 2", "a = 10\nb = 2")


def played(
    queues: Queues, task: Task = TASK, mode: Mode = "local", usd: float = 5.0, **more: Any
) -> tuple[Made, ScriptedServer]:
    allowance = more.pop("allowance", Allowance(usd=usd))
    clock = more.pop("clock", Ticking().clock())
    configured = more.pop("models", {})
    with serving(by_role(queues)) as server:
        chosen = settings(server, mode, **configured)
        made = make(Files(task.files), task.candidate, allowance, chosen, run_id="r", clock=clock, **more)
    return made, server


def ends(made: Made, reason: str, status: str = "gave_up") -> None:
    assert (made.reason, made.status) == (reason, status), made.detail
    assert not made.files


def test_iterations() -> None:
    attempts = [change(f"z = {number}", "z") for number in range(9)]
    made, server = played({"implement": attempts}, mode="cron", limits=Limits(maker_calls=2, repairs=9))
    ends(made, "iterations")
    assert len(server.requests) == 2


def test_a_reply_that_comes_again_tells_what_was_wrong_with_it_the_first_time() -> None:
    made, _ = played({"implement": [RIGHT]}, mode="cron", inspect=lambda files: ("a.py:1: it holds a token",))
    ends(made, "same_reply")
    assert "it holds a token" in made.detail


def test_repairs_that_bring_no_fewer_problems() -> None:
    made, server = played({"implement": [change(f"z = {number}", "z") for number in range(9)]}, mode="cron")
    ends(made, "same_failure")
    assert len(server.requests) == 3


def test_a_repair_that_leaves_the_change_as_it_was() -> None:
    first = change("a = 1", "a = 10") + change("z = 1", "z")
    second = change("y = 1", "y")
    made, _ = played({"implement": [first, second]}, mode="cron")
    ends(made, "same_diff")


def test_oscillation_between_two_trees() -> None:
    first = change("a = 1", "a = (")
    back = change("a = (", "a = 1") + change("nowhere", "x")
    made, _ = played({"implement": [first, back]}, mode="cron")
    ends(made, "oscillation")


def test_a_change_that_never_parses() -> None:
    replies = [change("a = 1", "a = ("), change("a = (", "a = ["), change("a = [", "a = {"), change("a = {", "a = ((")]
    made, server = played({"implement": replies}, mode="cron")
    ends(made, "same_failure")
    assert "does not parse" in server.requests[1].body["messages"][-1]["content"]


def test_three_repairs_are_all_there_are() -> None:
    many = [change(f"z = {n}", "z") * (4 - n) for n in range(4)]
    made, server = played({"implement": many}, mode="cron")
    ends(made, "not_applied")
    assert len(server.requests) == 4


def test_the_goal_is_met_already() -> None:
    made, server = played({"implement": ["NOCHANGE: a is 10 already"]})
    ends(made, "goal_met", "nothing_to_do")
    assert made.detail == "a is 10 already"
    assert len(server.requests) == 1


def test_tokens() -> None:
    made, _ = played({"implement": [RIGHT]}, mode="cron", models={"free_tokens": 500})
    ends(made, "tokens", "failed")


def test_money() -> None:
    made, server = played({"implement": [RIGHT]}, mode="full", usd=0.001)
    ends(made, "money", "failed")
    assert not server.requests


def test_money_that_is_spent_never_stops_the_local_model() -> None:
    made, server = played({"implement": [RIGHT]}, usd=0.0)
    assert made.status == "made"
    assert {request.path for request in server.requests} == {"/v1/chat/completions"}
    assert made.review
    assert made.review.reviewer == "qwen/qwen3-coder"  # one of another family would cost money, and so it says
    assert (made.review.decision, made.review.reason) == ("degraded", "money")
    assert "Only the maker's own family looked" in made.review.summary


def test_wall_clock() -> None:
    ticking = Ticking()
    with serving(by_role({"implement": [change("z", "y")] * 9})) as server:

        def script(received: Any) -> Reply:
            ticking.seconds += 400.0
            return Reply(text=change(f"z{received.number}", "y"))

        server.script = script
        chosen = settings(server, "cron")
        made = make(Files(TASK.files), TASK.candidate, Allowance(usd=1.0), chosen, run_id="r", clock=ticking.clock())
    ends(made, "wall_clock", "failed")
    assert len(server.requests) == 2


@pytest.mark.parametrize("where", ["settings", "allowance"])
def test_expiry_date(where: str) -> None:
    allowance = Allowance(usd=5.0, expires_at="2026-11-19T00:00:00Z" if where == "allowance" else None)
    models = {"expires": "2026-11-19"} if where == "settings" else {}
    made, server = played({"implement": [RIGHT]}, allowance=allowance, models=models)
    ends(made, "expired", "failed")
    assert not server.requests


@pytest.mark.parametrize("reply", [failing(401, "wrong key"), rate_limited(), Reply(text="x", served_model="other")])
def test_a_local_server_that_cannot_be_used_is_degraded_and_nothing_is_bought(reply: Reply) -> None:
    made, server = played({"implement": [reply]})
    ends(made, "degraded", "failed")
    assert {request.path for request in server.requests} == {"/v1/chat/completions"}


def test_a_local_server_that_is_away_is_degraded() -> None:
    made = make(
        Files(TASK.files), TASK.candidate, Allowance(usd=5.0), settings(None), run_id="r", clock=Ticking().clock()
    )
    ends(made, "degraded", "failed")
    assert sum(entry.spent_usd or 0.0 for entry in made.ledger) == 0.0


def test_a_request_that_the_server_calls_bad_is_not_tried_elsewhere() -> None:
    made, server = played({"implement": [failing(400, "unknown field")]})
    ends(made, "model_failed", "failed")
    assert len(server.requests) == 1


def test_a_truncated_reply_escalates() -> None:
    made, _ = played({"implement@qwen": [truncated(RIGHT)], "implement@claude": [RIGHT]})
    assert made.status == "made"
    assert made.review
    assert made.review.maker == "claude/claude-sonnet-5-5"
    assert made.review.reviewer == "qwen/qwen3-coder"  # another family than the maker's


def test_too_little_money_for_the_next_tier_ends_it() -> None:
    made, _ = played({"implement@qwen": ["no edit"], "implement@claude": [RIGHT]}, usd=0.01)
    ends(made, "money", "failed")


def test_cron_never_asks_claude() -> None:
    made, server = played({"implement": ["no edit"]}, mode="cron")
    ends(made, "same_reply")
    assert {request.path for request in server.requests} == {"/v1/chat/completions"}


def test_full_asks_claude_only() -> None:
    made, server = played({"implement": [RIGHT]}, mode="full")
    assert made.status == "made"
    assert {request.path for request in server.requests} == {"/v1/messages"}


def test_no_model() -> None:
    made = make(Files(TASK.files), TASK.candidate, Allowance(usd=5.0), ModelSettings(mode="none"), run_id="r")
    ends(made, "no_model", "failed")
    assert "mode none" in made.detail


def test_a_candidate_whose_paths_do_not_exist() -> None:
    task = Task(name="t", files={"a.py": TEXT}, paths=("gone/",), brief="b", check="")
    made, server = played({"implement": [RIGHT]}, task)
    ends(made, "no_target")
    assert not server.requests


def test_a_planner_that_says_stop() -> None:
    made, _ = played({"plan": [plan(stop="it needs a new service")]}, WIDE)
    ends(made, "planner_stopped")


def test_a_plan_outside_the_paths_is_spill() -> None:
    made, _ = played({"plan": [plan("c.py")]}, WIDE)
    ends(made, "spill_only")
    assert [candidate.target_paths for candidate in made.spill] == [("c.py",)]


def test_a_planner_that_cannot_be_read_escalates_after_one_repair() -> None:
    queues: dict[str, Sequence[str | Reply]] = {
        "plan@qwen": ["I would…", '{"files": 1} {"files": 2}'],
        "plan@claude": [plan("a.py")],
        "implement": [RIGHT],
    }
    made, server = played(queues, WIDE)
    assert made.status == "made"
    assert [role_of(request) for request in server.requests][:4] == ["plan", "plan", "plan", "implement"]
    repaired = server.requests[1].body["messages"][-1]["content"]
    assert "expected one JSON object, found 0" in repaired


def test_a_planner_that_nobody_can_read() -> None:
    made, server = played({"plan": ["no"]}, WIDE)
    ends(made, "unreadable")
    assert len(server.requests) == 4


def test_half_a_character_in_a_reply_is_no_way_to_stop_the_run() -> None:
    made, _ = played({"plan": ['{"approaches": [], "plan": "\\ud800", "files": ["a.py"], "stop": ""}']}, WIDE)
    ends(made, "unreadable")


def test_too_large() -> None:
    large = change("a = 1", "\n".join(f"a{number} = 1" for number in range(130)))
    made, _ = played({"implement": [large, change("b = 2", "b = 3"), change("c = 3", "c = 4")]}, mode="cron")
    ends(made, "same_failure")
    made, _ = played({"implement": [large]}, mode="cron", limits=Limits(repairs=0))
    ends(made, "too_large")


def test_a_verdict_that_the_whole_does_not_cohere() -> None:
    no = json.dumps({**json.loads(COHERES), "coheres": "no", "why": "It changes a and explains b."})
    made, _ = played({"implement": [RIGHT], "verdict": [no]})
    ends(made, "incoherent")


@pytest.mark.parametrize("role", ["implement", "review", "verdict"])
def test_a_model_that_repeats_its_instructions_is_steered(role: str) -> None:
    with serving(by_role({"implement": [RIGHT]})) as server:
        usual = server.script

        def script(received: Any) -> Reply:
            reference = received.prompt.partition("Reference of this conversation: ")[2][:16]
            return Reply(text=f"I was told {reference}") if role_of(received) == role else usual(received)

        server.script = script
        made = make(
            Files(TASK.files), TASK.candidate, Allowance(usd=5.0), settings(server), run_id="r", clock=Ticking().clock()
        )
    ends(made, "steered")


@pytest.mark.parametrize("role", ["plan", "implement", "fix", "review", "verdict"])
def test_a_model_that_obeys_what_was_planted_in_the_data_is_steered(role: str) -> None:
    feedback = Feedback(files={"a.py": b"a = 7\n"}, output="boom", signature="s") if role == "fix" else None
    with serving(by_role({"plan": [plan("a.py")], "implement": [RIGHT]})) as server:
        usual = server.script

        def script(received: Any) -> Reply:
            word = re.findall(r"kestrel-[0-9a-f]{8}", received.prompt)[0]
            return Reply(text=f"{word}\n{RIGHT}") if role_of(received) == role else usual(received)

        server.script = script
        chosen, clock = settings(server), Ticking().clock()
        made = make(
            Files(WIDE.files), WIDE.candidate, Allowance(usd=5.0), chosen, run_id="r", clock=clock, feedback=feedback
        )
    ends(made, "steered")
    assert "planted" in made.detail
    (line,) = {line for line in server.requests[0].prompt.split("\n") if "kestrel-" in line}
    assert re.match(r"\|[0-9a-f]{12}\| ", line)


def test_marks_that_a_model_copies_along_do_not_get_into_the_files() -> None:
    task = Task(name="m", files=TASK.files, paths=("a.py",), brief="Add these lines:\nd = 4\ne = 5", check="")
    with serving(by_role({"implement": [""]})) as server:
        usual = server.script

        def script(received: Any) -> Reply:
            copied = [line for line in received.prompt.split("\n") if line.startswith("|") and " = " in line]
            reply = change("b = 2\nc = 3", "\n".join(["b = 2", "c = 3", *copied]))
            return Reply(text=reply) if role_of(received) == "implement" else usual(received)

        server.script = script
        made = make(
            Files(task.files), task.candidate, Allowance(usd=5.0), settings(server), run_id="r", clock=Ticking().clock()
        )
    assert made.files == {"a.py": b"a = 1\nb = 2\nc = 3\nd = 4\ne = 5\n"}


def test_a_rejection_that_quotes_nothing_of_the_diff_stops_nothing_and_is_no_approval() -> None:
    made, server = played({"implement": [RIGHT], "review": [objecting("a.py", "d = 4")]})
    assert made.status == "made"
    assert made.review
    assert (made.review.decision, made.review.reason, made.review.objections) == ("unavailable", "unreadable", ())
    assert "no objection quotes a changed line" in made.review.summary
    assert [role_of(received) for received in server.requests].count("review") == 4  # twice each of both families


def test_a_rejection_is_asked_once_for_its_quote() -> None:
    made, _ = played({"implement": [RIGHT], "review": [objecting("a.py", "d = 4"), objecting("a.py", "+a = 10")]})
    assert (made.status, made.reason) == ("gave_up", "rejected")


def test_a_remark_without_a_real_quote_does_not_count() -> None:
    remark = objecting("a.py", "d = 4").replace('"reject"', '"approve"')
    made, _ = played({"implement": [RIGHT], "review": [remark]})
    assert made.review
    assert (made.review.decision, made.review.objections) == ("approve", ())
    assert "1 more quoted nothing" in made.review.summary


def test_an_objection_that_is_mended_is_reviewed_again() -> None:
    mended = change("a = 10", "a = 11")
    approves = json.dumps({"summary": "Good.", "objections": [], "decision": "approve"})
    made, server = played({"implement": [RIGHT, mended], "review": [objecting("a.py", "+a = 10"), approves]})
    assert made.status == "made"
    assert made.files == {"a.py": b"a = 11\nb = 2\nc = 3\n"}
    assert made.review
    assert made.review.rounds == 2
    assert "The change was mended." in server.requests[3].prompt


def test_a_reviewer_that_is_away_is_written_down_and_stops_nothing() -> None:
    made, _ = played({"implement": [RIGHT], "review": [failing(401, "no")], "verdict": [failing(401, "no")]})
    assert made.status == "made"
    assert made.review
    assert made.review.decision == "unavailable"
    assert made.explanation
    assert made.explanation.title == "Change a."


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (failing(401, "wrong key"), "degraded"),
        (failing(400, "unknown field"), "model_failed"),
        (Reply(text="I like it."), "unreadable"),
    ],
)
def test_a_review_by_the_makers_own_family_is_never_an_approval_where_there_is_another(
    reply: Reply, reason: str
) -> None:
    made, server = played({"implement": [RIGHT], "review@claude": [reply], "review@qwen": [APPROVES]})
    assert made.status == "made"
    assert made.review
    assert (made.review.decision, made.review.reason) == ("degraded", reason)
    assert (made.review.maker, made.review.reviewer) == ("qwen/qwen3-coder", "qwen/qwen3-coder")
    assert made.review.by == f"qwen/qwen3-coder (degraded: {reason})"
    assert next(tier_of(r) for r in server.requests if role_of(r) == "review") == "claude"


def test_what_the_makers_own_family_objects_to_still_stands() -> None:
    queues = {"implement": [RIGHT, "NOCHANGE: no"], "review@qwen": [objecting("a.py", "+a = 10")]}
    made, _ = played({**queues, "review@claude": [failing(401, "no")]})
    ends(made, "rejected")
    assert made.review
    assert (made.review.decision, made.review.reason) == ("reject", "degraded")


@pytest.mark.parametrize(("key", "decision"), [("", "degraded"), ("sk-of-claude", "approve")])
def test_another_family_whose_key_is_not_set_is_missed_and_not_forgotten(key: str, decision: str) -> None:
    with serving(by_role({"implement": [RIGHT]})) as server:
        models = {
            "endpoints": {
                "qwen": {"url": f"{server.root}/v1", "paid": False},
                "claude": {"url": server.root, "protocol": "anthropic", "key_variable": "A_KEY"},
            },
            "local": "qwen/qwen3-coder",
            "escalation": "claude/claude-sonnet-5-5",
        }
        chosen = model_settings(models, "local", {"A_KEY": key})
        made = make(Files(TASK.files), TASK.candidate, Allowance(usd=5.0), chosen, run_id="r", clock=Ticking().clock())
    assert made.review
    assert (made.review.decision, made.review.reason) == (decision, None if key else "no_model")


def test_where_there_is_one_family_its_review_is_a_review() -> None:
    made, _ = played({"implement": [RIGHT]}, mode="cron")
    assert made.review
    assert (made.review.decision, made.review.reason) == ("approve", None)


def test_gates_that_are_asked_send_their_words_back() -> None:
    def inspect(files: Any) -> tuple[str, ...]:
        return ("a must not be 10",) if b"a = 10" in files["a.py"] else ()

    made, server = played({"implement": [RIGHT, change("a = 10", "a = 9")]}, inspect=inspect)
    assert made.files["a.py"] == b"a = 9\nb = 2\nc = 3\n"
    assert "a must not be 10" in server.requests[1].body["messages"][-1]["content"]


def test_what_a_recipe_did_is_kept_and_built_upon() -> None:
    partial = {"docs/x.md": b"# Y\n", "a.py": b"a = 1\nb = 2\nc = 4\n"}
    with serving(by_role({"implement": [RIGHT]})) as server:
        made = make(
            Files(TASK.files),
            TASK.candidate,
            Allowance(usd=5.0),
            settings(server),
            partial,
            run_id="r",
            clock=Ticking().clock(),
        )
    assert made.files == {"docs/x.md": b"# Y\n", "a.py": b"a = 10\nb = 2\nc = 4\n"}


def test_the_same_failure_twice_is_mended_by_the_next_tier() -> None:
    feedback = Feedback(files={"a.py": b"a = 7\n"}, output="boom", signature="s", seen_before=True)
    made, server = played({"fix@claude": [change("a = 7", "a = 8")]}, feedback=feedback)
    assert made.files == {"a.py": b"a = 8\n"}
    assert server.requests[0].path == "/v1/messages"


def test_a_failure_that_is_not_its_own_ends_there() -> None:
    feedback = Feedback(files={"a.py": b"a = 7\n"}, output="no network", signature="s")
    made, _ = played({"fix": ["NOCHANGE: the network is down"]}, feedback=feedback)
    ends(made, "not_its_failure")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"caf\xe9\n"])
def test_a_file_that_is_no_text_is_never_written_over(content: bytes) -> None:
    tree = Files({"a.py": ""})
    tree.files["a.py"] = content
    whole = "a.py\n<<<<<<< WHOLE\nx = 1\n>>>>>>> END\n"
    with serving(by_role({"implement": [whole]})) as server:
        chosen = settings(server, "cron")
        made = make(tree, TASK.candidate, Allowance(usd=1.0), chosen, run_id="r", clock=Ticking().clock())
    ends(made, "same_reply")
    assert "no text" in server.requests[0].prompt


@pytest.mark.parametrize("path", ["docs/../b.py", "./docs/x.md", "docs//x.md", "docs/a\nb.md", "/docs/x.md"])
def test_a_path_written_in_another_way_is_not_the_candidates(path: str) -> None:
    folder = Task(name="f", files=TASK.files, paths=("docs/",), brief="b", check="")
    assert allowed(folder.candidate, "docs/x.md")
    assert not allowed(folder.candidate, path)


def test_an_objection_to_a_removed_line_has_no_line_to_hang_on() -> None:
    made, _ = played({"implement": [RIGHT, "NOCHANGE: no"], "review": [objecting("a.py", "-a = 1")]})
    assert made.review
    assert [(item.path, item.line, item.quote) for item in made.review.objections] == [("a.py", None, "-a = 1")]


def test_a_local_reviewer_that_is_away_is_not_replaced_by_one_that_costs_money() -> None:
    queues: dict[str, Sequence[str | Reply]] = {
        "implement@qwen": [truncated("x")],
        "implement@claude": [RIGHT],
        "review@qwen": [failing(401, "no")],
    }
    made, server = played(queues)
    assert made.review
    assert made.review.decision == "unavailable"
    assert not [r for r in server.requests if role_of(r) == "review" and r.path == "/v1/messages"]
