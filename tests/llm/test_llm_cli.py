"""`llm check` and `llm call` as a person uses them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from improve_loop.cli.llm import llm
from improve_loop.edges.llm import ModelFailed, NotAllowed
from improve_loop.errors import ConfigError, TryLater, UsageError
from tests.support.scripted_model import Reply, ScriptedServer, serving
from tests.support.scripted_model.replies import failing

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("IL_MODEL_URL", "IL_MODEL", "IL_MODEL_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def local(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IL_MODEL_URL", f"{server.root}/v1")
    monkeypatch.setenv("IL_MODEL", "qwen3-coder")


def run(*arguments: str, **more: Any) -> Result:
    return CliRunner().invoke(llm, arguments, **more)


def config(server: ScriptedServer, **endpoint: Any) -> Path:
    whole = {"url": f"{server.root}/v1", "paid": False, **endpoint}
    path = Path("loop.yml")
    path.write_text(json.dumps({"models": {"endpoints": {"qwen": whole}, "local": "qwen/qwen3-coder"}}))
    return path


def test_check_names_the_model_of_each_role_and_its_context(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda received: Reply(text="ready"), context_tokens=4096) as server:
        local(server, monkeypatch)
        result = run("check")
        assert server.gets == ["/v1/models"]
    assert result.exit_code == 0, result.output
    assert "review     local/qwen3-coder" in result.output
    assert "4096 tokens of context" in result.output
    assert "refuses more than its context" in result.output


def test_check_finds_a_server_that_cuts_long_prompts() -> None:
    with serving(lambda received: Reply(text="ready"), context_tokens=4096, truncates=True) as server:
        result = run("check", "--config", str(config(server, context_tokens=8192)))
    assert isinstance(result.exception, ConfigError)
    assert "cuts long prompts silently" in str(result.exception)


def test_check_finds_a_server_that_cuts_nearly_all() -> None:
    with serving(lambda received: Reply(text="ready"), context_tokens=4096, truncates=True) as server:
        result = run("check", "--config", str(config(server, context_tokens=32768)))
    assert isinstance(result.exception, ConfigError), result.output


def test_check_finds_a_server_that_cuts_only_a_little() -> None:
    with serving(lambda received: Reply(text="ready"), context_tokens=6000, truncates=True) as server:
        result = run("check", "--config", str(config(server, context_tokens=8192)))
    assert isinstance(result.exception, ConfigError)


def test_check_believes_a_context_that_is_larger_than_configured() -> None:
    with serving(lambda received: Reply(text="ready")) as server:
        result = run("check", "--config", str(config(server, context_tokens=2048)))
    assert result.exit_code == 0, result.output
    assert "more than the 2048" in result.output


def test_check_says_unknown_where_it_cannot_tell() -> None:
    with serving(lambda received: Reply(text="ready", usage=False)) as server:
        result = run("check", "--config", str(config(server, context_tokens=2048)))
    assert "long prompts unknown" in result.output


def test_check_does_not_take_another_models_context_for_this_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda received: Reply(text="ready"), context_tokens=4096) as server:
        server.others = ("another",)
        local(server, monkeypatch)
        result = run("check")
    assert "says nothing of its context; long prompts ok: refuses 25000 tokens" in result.output


def test_check_finds_a_server_that_cuts_and_does_not_say_where(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda received: Reply(text="ready"), context_tokens=4096, truncates=True) as server:
        server.others = ("another",)  # as Ollama, whose list of models names no context
        local(server, monkeypatch)
        result = run("check")
    assert isinstance(result.exception, ConfigError), result.output
    assert "of a prompt of" in result.output


def test_check_says_unknown_where_the_context_is_too_large_to_fill() -> None:
    with serving(lambda received: Reply(text="ready")) as server:
        result = run("check", "--config", str(config(server, context_tokens=1_000_000)))
        assert len(server.requests) == 1
    assert "long prompts unknown: a prompt longer than 1000000 tokens" in result.output


def test_check_says_unknown_of_a_server_that_it_may_not_fill_because_it_is_paid() -> None:
    price = {"input": 1.0, "output": 1.0, "cache_write": 1.0, "cache_read": 1.0}
    with serving(lambda received: Reply(text="ready"), context_tokens=4096, truncates=True) as server:
        path = config(server, context_tokens=8192, paid=True)
        models = json.loads(path.read_text())["models"]
        path.write_text(json.dumps({"models": {**models, "prices": {"qwen3-coder": price}}}))
        result = run("check", "--config", str(path))
        assert len(server.requests) == 1
    assert "long prompts unknown: not tried" in result.output


def test_check_says_unknown_where_free_tokens_do_not_reach_for_a_long_prompt() -> None:
    with serving(lambda received: Reply(text="ready")) as server:
        path = config(server, context_tokens=8192)
        models = json.loads(path.read_text())["models"]
        path.write_text(json.dumps({"models": {**models, "free_tokens": 5_000}}))
        result = run("check", "--config", str(path))
    assert result.exit_code == 0, result.output
    assert "long prompts unknown: not tried" in result.output


def test_check_of_a_model_that_does_not_answer_is_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([failing(401, "wrong key")]) as server:
        local(server, monkeypatch)
        result = run("check")
    assert isinstance(result.exception, TryLater)
    assert "unauthorized" in result.output


def test_check_without_a_model_says_what_to_set() -> None:
    assert isinstance(run("check").exception, ConfigError)


def test_call_prints_the_answer_and_what_it_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([Reply(text="hello", input_tokens=9, output_tokens=2)] * 3) as server:
        local(server, monkeypatch)
        Path("question.md").write_text("Say hello.")
        results = [run("call", "Say hello.", "--ledger", "spent.jsonl"), run("call", "@question.md")]
        results.append(run("call", "-", input="Say hello."))
        assert [request.body["messages"][0]["content"] for request in server.requests] == ["Say hello."] * 3
    assert [result.stdout for result in results] == ["hello\n"] * 3
    assert "9 + 2 tokens, $0.00000" in results[0].stderr
    assert json.loads(Path("spent.jsonl").read_text())["role"] == "implement"


def test_call_is_held_by_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-nothing")
    result = run("call", "x", "--mode", "full", "--usd", "0.001")
    assert isinstance(result.exception, NotAllowed)
    assert result.exception.exit_code == 5


def test_call_without_a_model_or_a_file_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(run("call", "x").exception, UsageError)
    monkeypatch.setenv("IL_MODEL_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("IL_MODEL", "m")
    assert isinstance(run("call", "@missing.md").exception, UsageError)
    assert isinstance(run("call", "x").exception, ModelFailed)


def test_the_scripted_model_is_a_command_that_answers_from_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "talk"
    folder.mkdir()
    (folder / "reply-1.txt").write_text("from the folder")
    command = [sys.executable, "-u", "-m", "tests.support.scripted_model", "--folder", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().split()[-1]
        talk = {"endpoints": {"q": {"url": url, "paid": False}}, "local": "q/m"}
        (tmp_path / "c.yml").write_text(json.dumps({"models": talk}))
        result = run("call", "Hello?", "--config", str(tmp_path / "c.yml"))
        process.terminate()
    assert result.stdout == "from the folder\n"
    assert json.loads((folder / "request-1.json").read_text())["body"]["messages"][0]["content"] == "Hello?"
