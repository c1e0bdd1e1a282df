"""The door over the real SDK, against a server that shows every fault real ones show."""

from __future__ import annotations

import contextlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from improve_loop.edges.llm import Answer, Door, ModelFailed, NotAllowed
from improve_loop.edges.llm_cache import Cache
from improve_loop.model.find import LedgerEntry
from improve_loop.rules.budget import Allowance, spent_usd
from improve_loop.rules.model_settings import ModelChoice, model_settings
from improve_loop.rules.slices import slice_usd
from tests.llm.support import CLAUDE, KEY, QWEN, Ticking, door, settings
from tests.support import builders
from tests.support.scripted_model import Reply, ScriptedServer, serving
from tests.support.scripted_model.replies import failing, html_page, overflow, rate_limited, thinking, truncated

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say hello."}]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
BOTH = pytest.mark.parametrize("tier", [0, 1], ids=["openai", "anthropic"])


def ask(asking: Door, tier: int = 0, max_tokens: int = 200, **more: Any) -> Answer:
    return asking.ask(
        "implement", MESSAGES, choice=asking.settings.ladder("implement")[tier], max_tokens=max_tokens, **more
    )


def failure(server: ScriptedServer, tier: int = 0, **more: Any) -> tuple[ModelFailed, Door]:
    asking = door(server)
    with pytest.raises(ModelFailed) as caught:
        ask(asking, tier, **more)
    return caught.value, asking


@BOTH
def test_an_answer_comes_back_with_its_cost_and_the_ledger_knows_it(tier: int) -> None:
    with serving([Reply(text="hello", input_tokens=30, output_tokens=5)]) as server:
        asking = door(server)
        answer = ask(asking, tier)
    assert (answer.text, answer.finish) == ("hello", "stop")
    assert answer.usage
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (30, 5)
    assert answer.cost == (0.0 if tier == 0 else pytest.approx(30 * 2e-6 + 5 * 10e-6))
    (entry,) = asking.entries
    assert entry.spent_usd == answer.cost <= entry.reserved_usd
    assert entry.prompt_sha256 == answer.prompt_sha256


@BOTH
def test_one_request_is_sent_with_its_token_limit_and_nothing_the_vendor_rejects(tier: int) -> None:
    with serving([Reply(text='{"a": "b"}')]) as server:
        ask(door(server), tier, schema=SCHEMA)
        (request,) = server.requests
    assert request.body["max_tokens"] == 200
    assert not {"temperature", "top_p", "tools", "tool_choice"} & set(request.body)
    sent = request.headers["x-api-key"] if tier else request.headers["authorization"]
    assert sent == (KEY if tier else f"Bearer {KEY}")
    asked = request.body["output_format"] if tier else request.body["response_format"]["json_schema"]
    assert asked["schema"] == SCHEMA


@BOTH
def test_a_server_that_never_answers_ends_at_the_deadline_and_is_hung_up_on(tier: int) -> None:
    with serving([Reply(fault="hang")]) as server:
        failed, asking = failure(server, tier, seconds=0.4)
        assert server.disconnected.wait(5)
    assert failed.code == "deadline"
    assert asking.entries[0].finish == "deadline"
    assert asking.entries[0].spent_usd is None  # it may have worked, so the reservation stays


@BOTH
def test_a_dripping_answer_ends_at_the_deadline_and_the_generation_with_it(tier: int) -> None:
    with serving([Reply(text="drop", fault="drip")]) as server:
        start = time.monotonic()
        failed, _ = failure(server, tier, seconds=0.6)
        assert time.monotonic() - start < 30  # the drip has no end of its own; loading the client takes some seconds
        assert server.disconnected.wait(5)
    assert failed.code == "deadline"


@BOTH
def test_an_endless_answer_is_stopped_by_its_size(tier: int) -> None:
    with serving([Reply(text="word after word, all of them different enough ", fault="endless")]) as server:
        failed, _ = failure(server, tier, max_tokens=40, seconds=10)
        assert server.disconnected.wait(5)
    assert failed.code == "runaway"
    assert failed.escalates


@BOTH
def test_a_truncated_answer_is_a_failure_that_was_paid(tier: int) -> None:
    with serving([truncated("half of the ans")]) as server:
        failed, asking = failure(server, tier)
    assert failed.code == "truncated"
    assert failed.escalates
    assert asking.entries[0].input_tokens


@BOTH
def test_an_answer_that_breaks_off_is_no_answer(tier: int) -> None:
    with serving([Reply(text="a long answer " * 40, fault="cut")] * 3) as server:
        failed, asking = failure(server, tier)
    assert (failed.code, failed.escalates) == ("incomplete", False)
    assert [entry.spent_usd for entry in asking.entries] == [None] * 3


@BOTH
def test_missing_usage_keeps_the_reservation(tier: int) -> None:
    with serving([Reply(text="hello", usage=False)]) as server:
        asking = door(server)
        answer = ask(asking, tier)
    assert answer.usage is None
    assert asking.entries[0].spent_usd is None
    assert answer.cost == asking.entries[0].reserved_usd


@BOTH
@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (failing(401, "invalid x-api-key"), "unauthorized"),
        (failing(403, "forbidden"), "unauthorized"),
        (failing(400, "max_tokens: must be positive"), "bad_request"),
        (html_page(), "not_a_model"),
        (failing(404, "model 'qwen3-coder' not found"), "not_a_model"),
    ],
)
def test_what_is_wrong_with_the_endpoint_never_escalates_and_is_not_tried_again(
    tier: int, reply: Reply, code: str
) -> None:
    with serving([reply]) as server:
        failed, _ = failure(server, tier)
        assert len(server.requests) == 1
    assert (failed.code, failed.escalates) == (code, False)


@pytest.mark.parametrize(("tier", "dialect"), [(0, "vllm"), (0, "llama.cpp"), (1, "anthropic")])
def test_a_prompt_that_is_too_long_is_known_in_every_dialect(tier: int, dialect: Any) -> None:
    with serving([overflow(dialect)]) as server:
        failed, asking = failure(server, tier)
    assert (failed.code, failed.escalates) == ("overflow", True)
    assert asking.entries[0].spent_usd == 0.0


@BOTH
def test_a_busy_server_is_asked_again_within_the_deadline_and_each_try_is_booked(tier: int) -> None:
    with serving([rate_limited(3), failing(500, "oops"), Reply(text="hello")]) as server:
        ticking = Ticking()
        asking = Door(settings(server), Allowance(usd=5.0), clock=ticking.clock())
        assert ask(asking, tier).text == "hello"
    assert ticking.waits == [3.0, 4.0]
    assert [entry.finish for entry in asking.entries] == ["rate_limited", "server_error", "stop"]
    assert [entry.spent_usd is None for entry in asking.entries] == [False, True, False]


def test_three_refusals_are_enough() -> None:
    with serving([rate_limited()] * 4) as server:
        failed, _ = failure(server)
        assert len(server.requests) == 3
    assert failed.code == "rate_limited"


def test_nobody_listening_is_unreachable_and_costs_nothing() -> None:
    asking = door(None)
    with pytest.raises(ModelFailed) as caught:
        ask(asking, 1)
    assert (caught.value.code, caught.value.escalates) == ("unreachable", False)
    assert asking.entries[0].spent_usd == 0.0


@BOTH
def test_an_answer_from_another_model_is_refused(tier: int) -> None:
    with serving([Reply(text="hello", served_model="claude-opus-5-5")]) as server:
        failed, asking = failure(server, tier)
    assert failed.code == "wrong_model"
    assert "claude-opus-5-5" in str(failed)
    assert asking.entries[0].spent_usd is None  # its price may be another


def test_a_key_that_the_server_repeats_is_not_cut_in_half_before_it_is_taken_out() -> None:
    with serving([failing(401, f"{'x' * 290} {KEY}")]) as server:
        failed, _ = failure(server)
    assert KEY[:9] not in str(failed)


def test_a_proxy_that_fell_back_is_refused() -> None:
    with serving([Reply(text="hello", headers={"x-litellm-attempted-fallbacks": "1"})]) as server:
        failed, _ = failure(server)
    assert failed.code == "wrong_model"


def test_a_prompt_that_was_cut_without_a_word_is_a_failure() -> None:
    long = [{"role": "user", "content": "words and more words " * 1000}]
    with serving(lambda received: Reply(text="hello"), context_tokens=1000, truncates=True) as server:
        asking = door(server)
        with pytest.raises(ModelFailed) as caught:
            asking.ask("implement", long, choice=asking.settings.ladder("implement")[0], max_tokens=10)
    assert caught.value.code == "cut_short"


@pytest.mark.parametrize("reply", [thinking("hm", "hello"), thinking("hm", "hello", lone=True)])
def test_reasoning_is_taken_off(reply: Reply) -> None:
    with serving([reply]) as server:
        assert ask(door(server)).text == "hello"


def test_a_reply_of_reasoning_alone_is_empty() -> None:
    with serving([thinking("hm", "")]) as server:
        failed, _ = failure(server)
    assert failed.code == "empty"


def test_cached_tokens_are_priced_as_the_vendor_does() -> None:
    reply = Reply(text="hello", input_tokens=100, output_tokens=50, cache_write_tokens=20, cache_read_tokens=30)
    with serving([reply]) as server:
        answer = ask(door(server), 1)
    assert answer.cost == pytest.approx(100 * 2e-6 + 20 * 2.5e-6 + 30 * 0.2e-6 + 50 * 10e-6)


def test_no_request_is_sent_that_the_allowance_cannot_pay() -> None:
    with serving([Reply(text="hello")]) as server:
        asking = door(server, usd=0.001)
        with pytest.raises(NotAllowed) as caught:
            ask(asking, 1)
        assert caught.value.limit == "money"
        assert not server.requests
        assert ask(asking, 0).text == "hello"  # the free tier is not held by money


def test_after_its_expiry_no_model_is_asked() -> None:
    with serving([Reply(text="hello")]) as server:
        asking = door(server, expires="2026-11-19")
        with pytest.raises(NotAllowed) as caught:
            ask(asking)
        assert not server.requests
    assert caught.value.limit == "expired"


@BOTH
def test_the_key_is_in_no_message_no_ledger_and_no_environment(tier: int, caplog: Any, capfd: Any) -> None:
    with serving([failing(401, f"wrong key {KEY}")]) as server:
        failed, asking = failure(server, tier)
    shown = [str(failed), repr(failed), repr(asking.entries), repr(asking.settings), caplog.text, *capfd.readouterr()]
    assert not [text for text in shown if KEY in text]
    assert KEY not in os.environ.values()


def test_the_environment_cannot_redirect_a_call(monkeypatch: Any, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ANTHROPIC_API_BASE=http://127.0.0.1:9\nOPENAI_API_BASE=http://127.0.0.1:9\n")
    monkeypatch.chdir(tmp_path)
    for name in ("ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL", "OPENAI_API_BASE", "OPENAI_BASE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving([Reply(text="one"), Reply(text="two")]) as server:
        asking = door(server)
        assert [ask(asking, tier).text for tier in (0, 1)] == ["one", "two"]


def test_answers_are_kept_by_their_question_and_age(tmp_path: Path) -> None:
    now = [0.0]
    with serving([Reply(text="one"), Reply(text="two")]) as server:
        cache = Cache(tmp_path / "kept", days=2, clock=lambda: now[0])
        asking = Door(settings(server), Allowance(usd=5.0), clock=Ticking().clock(), cache=cache)
        assert [ask(asking).text for _ in range(2)] == ["one", "one"]
        assert len(asking.entries) == 1
        now[0] = 2 * 86_400.0
        assert ask(asking).text == "two"


def test_extra_fields_reach_a_local_server() -> None:
    with serving([Reply(text="hello")]) as server:
        asking = door(server)
        choice: ModelChoice = asking.settings.ladder("fix")[0]
        extra = {"chat_template_kwargs": {"enable_thinking": False}}
        told = replace(choice, endpoint=replace(choice.endpoint, extra_body=extra, temperature=0.2, json_schema=False))
        asking.ask("fix", MESSAGES, choice=told, max_tokens=10, schema=SCHEMA)
        (request,) = server.requests
    assert request.body["chat_template_kwargs"] == {"enable_thinking": False}
    assert request.body["temperature"] == 0.2
    assert "response_format" not in request.body


@pytest.mark.parametrize(
    "refusal",
    [
        failing(400, "Unrecognized request argument supplied: response_format"),
        failing(400, "output_format: Extra inputs are not permitted"),
        Reply(
            status=422, body='{"detail": [{"loc": ["body", "response_format"], "msg": "extra fields not permitted"}]}'
        ),
        Reply(status=400, body='{"object": "error", "message": "guided decoding is not available"}'),
    ],
)
@BOTH
def test_a_server_that_knows_no_schema_is_asked_without_one_from_then_on(tier: int, refusal: Reply) -> None:
    with serving([refusal, Reply(text='{"a": "b"}'), Reply(text='{"a": "c"}')]) as server:
        asking = door(server)
        said = [ask(asking, tier, schema=SCHEMA).text for _ in range(2)]
    assert said == ['{"a": "b"}', '{"a": "c"}']
    constrained = [bool({"response_format", "output_format", "output_config"} & {*r.body}) for r in server.requests]
    assert constrained == [True, False, False]
    assert asking.entries[0].spent_usd == 0.0


def test_a_request_that_is_bad_in_another_way_is_not_sent_again() -> None:
    with serving([failing(400, "unknown field: foo")] * 2) as server:
        failed, _ = failure(server, schema=SCHEMA)
    assert (failed.code, len(server.requests)) == ("bad_request", 1)


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
@BOTH
def test_a_base_url_is_understood_however_it_is_written(tier: int, path: str) -> None:
    with serving([Reply(text="hello")]) as server:
        ends = path.replace("chat/completions", "messages") if tier else path
        url = f"{server.root}{ends}"
        endpoints = {
            "qwen": {"url": url, "paid": False, "key_variable": "A_KEY"},
            "claude": {"url": url, "protocol": "anthropic", "key_variable": "A_KEY"},
        }
        models = {"endpoints": endpoints, "local": QWEN, "escalation": CLAUDE}
        asking = Door(model_settings(models, "local", {"A_KEY": KEY}), Allowance(usd=1.0), clock=Ticking().clock())
        assert ask(asking, tier).text == "hello"
    (request,) = server.requests
    assert request.path == ("/v1/messages" if tier else "/v1/chat/completions")
    assert KEY in (request.headers["x-api-key"] if tier else request.headers["authorization"])


def test_a_base_url_with_a_path_of_its_own_keeps_it() -> None:
    with serving([Reply(text="hello")]) as server:
        models = {"endpoints": {"q": {"url": f"{server.root}/team/llm/", "paid": False}}, "local": "q/m"}
        ask(Door(model_settings(models, "local", {}), Allowance(usd=1.0), clock=Ticking().clock()))
    assert server.requests[0].path == "/team/llm/chat/completions"


def test_effort_is_sent_to_claude_in_its_own_words() -> None:
    with serving([Reply(text="hello")]) as server:
        asking = door(server)
        choice = asking.settings.ladder("fix")[1]
        told = replace(choice, endpoint=replace(choice.endpoint, effort="low"))
        asking.ask("fix", MESSAGES, choice=told, max_tokens=10)
        (request,) = server.requests
    assert request.body["output_config"] == {"effort": "low"}


def test_calls_beside_each_other_share_one_budget() -> None:
    with serving(lambda received: Reply(text="hello", usage=False)) as server:
        asking = door(server, usd=0.03)
        with ThreadPoolExecutor(max_workers=6) as pool:
            tried = [pool.submit(ask, asking, 1) for _ in range(12)]
        refused = [task for task in tried if isinstance(task.exception(), NotAllowed)]
        assert len(server.requests) == 12 - len(refused)
    assert 0 < len(refused) < 12
    assert sum(entry.reserved_usd for entry in asking.entries) <= 0.03


def test_two_slots_with_one_cent_left_between_them_spend_no_more_than_it() -> None:
    limits = replace(builders.limits(), usd=0.01, usd_per_candidate=0.01)
    each = slice_usd(limits, "implement", jobs=2)

    def slot(server: ScriptedServer) -> tuple[LedgerEntry, ...]:
        mine = door(server, usd=each, mode="full", escalation="claude/claude-haiku-5-5")
        choice = mine.settings.ladder("implement")[0]
        with contextlib.suppress(NotAllowed):
            while True:
                mine.ask("implement", [{"role": "user", "content": "hello " * 50}], choice=choice, max_tokens=1_000)
        return mine.entries

    silent = serving(lambda received: Reply(text="hello", usage=received.number % 2 == 0))
    with silent as server, ThreadPoolExecutor(2) as pool:
        ledgers = list(pool.map(slot, [server, server]))
    assert all(len(ledger) >= 3 for ledger in ledgers)
    assert 0.002 < spent_usd(entry for ledger in ledgers for entry in ledger) <= 0.01
