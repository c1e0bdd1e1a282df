"""Which model answers which role, by mode; and everything in a configuration that is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from improve_loop.edges import schemas
from improve_loop.errors import ConfigError
from improve_loop.model.config import Mode
from improve_loop.rules.config import parse
from improve_loop.rules.model_settings import (
    ROLES,
    default_mode,
    may_pay,
    model_settings,
)

NEAR = {"url": "http://127.0.0.1:8000/v1", "paid": False}
BOTH: Mapping[str, Any] = {"endpoints": {"qwen": NEAR}, "local": "qwen/q3", "escalation": "claude/claude-sonnet-5-5"}
KEYS = {"ANTHROPIC_API_KEY": "sk-test"}


def names(mode: Mode | None, models: Mapping[str, Any] = BOTH, role: str = "implement") -> list[str]:
    return [choice.name for choice in model_settings(models, mode, KEYS).ladder(role)]


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        ("local", ["qwen/q3", "claude/claude-sonnet-5-5"]),
        ("full", ["claude/claude-sonnet-5-5"]),
        ("cron", ["qwen/q3"]),
        ("none", []),
    ],
)
def test_the_mode_decides_about_the_ladder(mode: Mode, wanted: list[str]) -> None:
    assert all(names(mode, role=role) == wanted for role in ROLES)


@pytest.mark.parametrize(
    ("mode", "models", "pays"),
    [
        ("none", {"escalation": "claude/claude-sonnet-5-5"}, False),
        ("full", {}, True),  # Claude, by itself
        ("local", {"escalation": "claude/claude-sonnet-5-5"}, True),  # though its key is in another job
        ("local", {"endpoints": {"q": {"url": "http://q.internal/v1", "paid": False}}, "local": "q/m"}, False),
        ("cron", {"escalation": "claude/claude-sonnet-5-5"}, False),
        ("local", {"endpoints": {"q": {"url": "https://q.example/v1"}}, "local": "q/no-price"}, True),  # unknown
        (
            "cron",
            {
                "endpoints": {"q": {"url": "https://q.example/v1"}},
                "local": "q/m",
                "prices": {"m": {"input": 1, "output": 2}},
            },
            True,
        ),
    ],
)
def test_only_who_may_pay_has_money_set_aside(mode: Mode, models: Mapping[str, Any], pays: bool) -> None:
    assert may_pay(models, mode) is pays


def test_a_role_may_have_models_of_its_own() -> None:
    models = {**BOTH, "roles": {"review": {"local": "qwen/mistral-small"}}}
    assert names("local", models, "review") == ["qwen/mistral-small", "claude/claude-sonnet-5-5"]
    assert names("local", models, "plan") == ["qwen/q3", "claude/claude-sonnet-5-5"]


def test_a_key_that_lies_around_is_no_configuration() -> None:
    assert default_mode({}, KEYS) == "none"
    assert model_settings({}, None, KEYS).ladders == dict.fromkeys(ROLES, ())
    assert default_mode(BOTH, {}) == "local"


def test_full_needs_no_configuration_but_the_key() -> None:
    assert names("full", {}) == ["claude/claude-sonnet-5-5"]
    settings = model_settings({}, "full", {})
    assert settings.ladder("plan") == ()
    assert "its key is not set" in settings.missing[0]


def test_the_environment_names_a_local_model_where_the_configuration_names_none() -> None:
    variables = {"IL_MODEL_URL": "http://localhost:11434/v1", "IL_MODEL": "qwen3-coder:30b"}
    (choice,) = model_settings({}, None, variables).ladder("implement")
    assert (choice.name, choice.endpoint.paid) == ("local/qwen3-coder:30b", False)
    (configured, _) = model_settings(BOTH, None, {**variables, **KEYS}).ladder("implement")
    assert configured.endpoint.url == NEAR["url"]  # a variable replaces nothing that the base commit says


@pytest.mark.parametrize(
    "variables",
    [{"IL_MODEL_URL": "https://models.example.com/v1", "IL_MODEL": "m"}, {"IL_MODEL_URL": "http://localhost/v1"}],
)
def test_a_url_of_the_environment_is_near_and_names_its_model(variables: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="IL_MODEL"):
        model_settings({}, None, variables)


@pytest.mark.parametrize(
    ("models", "problem"),
    [
        ({**BOTH, "local": "other/m"}, "expected endpoint/model"),
        ({**BOTH, "escalation": "claude/claude-nova-9"}, "no price is known"),
        ({**BOTH, "endpoints": {"qwen": {"url": NEAR["url"]}}}, "no price is known"),
        ({**BOTH, "endpoints": {"qwen": {**NEAR, "url": "http://user:pw@host/v1"}}}, "without a password"),
        (
            {**BOTH, "endpoints": {"qwen": {**NEAR, "url": "http://far.example.com/v1", "key_variable": "A_KEY"}}},
            "plain http",
        ),
        ({**BOTH, "endpoints": {"qwen": {**NEAR, "protocol": "anthropic", "temperature": 0.1}}}, "sampling"),
    ],
)
def test_what_cannot_be_right_is_refused(models: Mapping[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        model_settings(models, "local", {**KEYS, "A_KEY": "secret"})


@pytest.mark.parametrize("name", ["QWEN_TOKEN", "LITELLM_AUTH", "DEPLOY_SSH_KEY", "GPG_KEY", "key"])
def test_the_name_of_a_key_is_one_by_which_children_are_kept_from_it(name: str) -> None:
    models = {"endpoints": {"q": {**NEAR, "key_variable": name}}}
    with pytest.raises(ConfigError, match=f"{name}: give the variable a name that ends in KEY"):
        model_settings(models, "local", {})


@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "DEPLOY_PRIVATE_KEY", "LANGFUSE_SECRET_KEY"])
def test_a_configuration_cannot_send_what_is_no_model_key(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}: no model's key has such a name"):
        model_settings({"endpoints": {"q": {**NEAR, "key_variable": name}}}, "local", {})


@pytest.mark.parametrize(
    "host", ["https://evil.example", "https://anthropic.com.evil.example", "https://eviltanthropic.com"]
)
def test_a_vendors_key_goes_to_that_vendor_or_stays_on_this_network(host: str) -> None:
    endpoint = {"url": host, "protocol": "anthropic", "key_variable": "ANTHROPIC_API_KEY"}
    with pytest.raises(ConfigError, match="is the key of anthropic"):
        model_settings({"endpoints": {"claude": endpoint}}, "local", KEYS)
    for url in ("https://api.anthropic.com", "http://proxy.internal:4000"):
        assert model_settings({"endpoints": {"claude": {**endpoint, "url": url}}}, "local", KEYS)


def test_cron_refuses_a_local_tier_that_is_claude() -> None:
    with pytest.raises(ConfigError, match="cron"):
        model_settings({**BOTH, "local": "claude/claude-haiku-5-5"}, "cron", KEYS)


def test_a_price_of_the_configuration_is_used() -> None:
    models = {
        "endpoints": {"proxy": {"url": "https://proxy.example/v1"}},
        "local": "proxy/house-model",
        "prices": {"house-model": {"input": 0.3, "output": 1.2}},
    }
    (choice,) = model_settings(models, "local", {}).ladder("plan")
    assert (choice.price.input, choice.price.output) == (300, 1200)


def test_keys_are_not_shown() -> None:
    settings = model_settings(BOTH, "local", KEYS)
    assert settings.keys == ("sk-test",)
    assert "sk-test" not in repr(settings)


def test_the_families_of_models_are_told_by_their_names() -> None:
    models = {**BOTH, "local": "qwen/Qwen/Qwen3-Coder-30B"}
    assert [choice.family for choice in model_settings(models, "local", KEYS).ladder("plan")] == ["qwen", "claude"]


WHOLE = """
models:
  endpoints:
    qwen:
      url: http://qwen.internal:8000/v1
      paid: false
      key_variable: QWEN_KEY
      context_tokens: 32768
      served_as: [/models/qwen.gguf]
      extra_body: {chat_template_kwargs: {enable_thinking: false}}
  local: qwen/qwen3-coder-30b
  escalation: claude/claude-sonnet-5-5
  roles:
    extract: {escalation: claude/claude-haiku-5-5}
  usd_by_role: {review: 0.5}
  prices:
    house-model: {input: 0.3, output: 1.2, long_above: 100000, long_factor: 2}
  free_tokens: 1000000
  expires: "2027-06-30"
"""


def test_a_whole_configuration_goes_through_its_schema() -> None:
    config = parse(WHOLE, "loop.yml", schemas.schema("config"))
    settings = model_settings(config.models, "local", KEYS)
    assert [choice.name for choice in settings.ladder("extract")] == ["qwen/qwen3-coder-30b", "claude/claude-haiku-5-5"]
    assert settings.ladder("plan")[0].endpoint.served_as == ("/models/qwen.gguf",)
    assert (settings.free_tokens, settings.expires, settings.usd_by_role) == (1_000_000, "2027-06-30", {"review": 0.5})


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ("models: {lokal: a/b}", "did you mean local"),
        ("models: {local: nothing}", "models.local"),
        ("models: {endpoints: {q: {url: 'ftp://x'}}}", "models.endpoints.q.url"),
        ("models: {roles: {reviewer: {local: a/b}}}", "did you mean review"),
        ("models: {endpoints: {q: {url: 'http://x', key: sk-secret}}}", "unknown key"),
    ],
)
def test_a_mistake_in_the_configuration_is_named(wrong: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        parse(wrong, "loop.yml", schemas.schema("config"))
