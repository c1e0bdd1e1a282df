"""Which model answers which role: `models:` of the configuration and the keys of the environment, settled.

A model is named `endpoint/model`. Each role has a ladder of at most two tiers: `local` first, `escalation` after it,
as the mode allows: `local` both, `full` only escalation, `cron` only local and never Claude, `none` nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from improve_loop.errors import ConfigError
from improve_loop.model.config import Mode
from improve_loop.rules.prices import FREE, Price, builtin, price_of, table
from improve_loop.rules.tracing import Destination, destination, is_near

Role = Literal["extract", "plan", "implement", "review", "verdict", "fix"]
Tier = Literal["local", "escalation"]
ROLES: tuple[Role, ...] = get_args(Role)
TIERS: Mapping[Mode, tuple[Tier, ...]] = {
    "local": ("local", "escalation"),
    "full": ("escalation",),
    "cron": ("local",),
    "none": (),
}
CLAUDE: Mapping[str, Any] = {
    "url": "https://api.anthropic.com",
    "protocol": "anthropic",
    "key_variable": "ANTHROPIC_API_KEY",
}
CLAUDE_MODEL = "claude/claude-sonnet-5-5"
URL_VARIABLE, MODEL_VARIABLE, KEY_VARIABLE = "IL_MODEL_URL", "IL_MODEL", "IL_MODEL_KEY"

NO_MODELS_KEY = ("ACCESS_KEY", "PRIVATE_KEY", "SECRET_KEY")
VENDORS: Mapping[str, str] = {
    "ANTHROPIC_API_KEY": "anthropic.com",
    "OPENAI_API_KEY": "openai.com",
    "MISTRAL_API_KEY": "mistral.ai",
    "DEEPSEEK_API_KEY": "deepseek.com",
    "OPENROUTER_API_KEY": "openrouter.ai",
    "GROQ_API_KEY": "groq.com",
}
"""Variables that lie in many environments, and whose they are: a repository's configuration sends them nowhere else."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A server that speaks one of two protocols."""

    name: str
    url: str
    protocol: Literal["openai", "anthropic"] = "openai"
    key: str | None = field(default=None, repr=False)
    paid: bool = True
    context_tokens: int | None = None  # what the server was configured for; None: not checked
    served_as: tuple[str, ...] = ()  # other names under which it may answer
    json_schema: bool = True  # it can hold an answer to a JSON schema
    temperature: float | None = None
    effort: str | None = None
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 300.0  # deadline of one call


@dataclass(frozen=True, kw_only=True)
class ModelChoice:
    """One rung of a role's ladder."""

    tier: Tier
    endpoint: Endpoint
    model: str
    price: Price

    @property
    def name(self) -> str:
        """`endpoint/model`, as ledgers and people read it."""
        return f"{self.endpoint.name}/{self.model}"

    @property
    def family(self) -> str:
        """The letters that the model's name begins with: qwen, claude, mistral …"""
        return family_of(self.model)


def family_of(model: str) -> str:
    """The letters that a model's name begins with, whatever stands before its last slash."""
    bare = model.rpartition("/")[2].lower()
    return bare[: next((i for i, char in enumerate(bare) if not char.isalpha()), len(bare))]


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """Everything about models that a phase needs."""

    mode: Mode
    ladders: Mapping[str, tuple[ModelChoice, ...]] = field(default_factory=dict)
    usd_by_role: Mapping[str, float] = field(default_factory=dict)
    free_tokens: int = 2_000_000
    free_seconds: float = 7200.0
    seconds_per_candidate: float = 600.0
    expires: str | None = None
    cache_days: int = 0
    trace: Destination | None = None
    keyless: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # role -> models whose key is not set
    missing: tuple[str, ...] = ()  # what was configured and cannot be used, each with what to do

    def ladder(self, role: str) -> tuple[ModelChoice, ...]:
        """The models that may answer this role, the first one first; empty: no model may."""
        return self.ladders.get(role, ())

    @property
    def keys(self) -> tuple[str, ...]:
        """Every secret that this process was given for models."""
        choices = [choice for ladder in self.ladders.values() for choice in ladder]
        told = self.trace.secrets if self.trace else ()
        return tuple(sorted({*told, *(choice.endpoint.key for choice in choices if choice.endpoint.key)}))


NO_MODELS = ModelSettings(mode="none")


def default_mode(models: Mapping[str, Any], variables: Mapping[str, str]) -> Mode:
    """`local` where a model is configured, else `none`; a key that lies around is no configuration."""
    return "local" if models.get("local") or models.get("escalation") or variables.get(URL_VARIABLE) else "none"


def may_pay(models: Mapping[str, Any], mode: Mode) -> bool:
    """Whether a run in this mode could be billed by anybody, whatever keys it turns out to hold."""
    try:
        settings = model_settings(models, mode, {})
    except ConfigError:
        return True  # nothing is asked as it stands, and it may be mended before the next job
    paid = (choice for ladder in settings.ladders.values() for choice in ladder if choice.endpoint.paid)
    return bool(settings.keyless) or any(paid)


def model_settings(models: Mapping[str, Any], mode: Mode | None, variables: Mapping[str, str]) -> ModelSettings:
    """The settings of a run. Raises ConfigError naming every problem."""
    mode = mode or default_mode(models, variables)
    models = _with_variables(models, mode, variables)
    found: list[str] = []
    keyless: dict[str, tuple[str, ...]] = {}
    prices = {**builtin(), **table(models.get("prices") or {})}
    endpoints = {
        name: _endpoint(name, entry, variables, found) for name, entry in (models.get("endpoints") or {}).items()
    }
    ladders: dict[str, tuple[ModelChoice, ...]] = {
        role: tuple(
            choice
            for tier in TIERS[mode]
            if (choice := _choice(models, role, tier, mode, endpoints, prices, found, keyless))
        )
        for role in ROLES
    }
    if found:
        raise ConfigError("\n".join(f"models: {problem}" for problem in dict.fromkeys(found)))
    names = dict.fromkeys(name for role in ROLES for name in keyless.get(role, ()))
    return ModelSettings(
        mode=mode,
        ladders=ladders,
        keyless=keyless,
        trace=destination(models.get("trace_url"), variables) if mode != "none" else None,
        missing=tuple(f"{name}: its key is not set; set the variable, or remove the model" for name in names),
        **{k: models[k] for k in _PLAIN & {*models}},
    )


_PLAIN = {"usd_by_role", "free_tokens", "free_seconds", "seconds_per_candidate", "expires", "cache_days"}


def _with_variables(models: Mapping[str, Any], mode: Mode, variables: Mapping[str, str]) -> Mapping[str, Any]:
    """The built-in Claude endpoint, and IL_MODEL_URL where the configuration names no local model.

    A variable never replaces what the base commit says: whoever may start a pipeline could send a key elsewhere.
    """
    endpoints = {"claude": dict(CLAUDE), **(models.get("endpoints") or {})}
    whole = {**models, "endpoints": endpoints}
    if mode == "full" and not models.get("escalation"):
        whole["escalation"] = CLAUDE_MODEL
    url = variables.get(URL_VARIABLE)
    if url and not models.get("local"):
        endpoints["local"] = {"url": url, "key_variable": KEY_VARIABLE, "paid": False}
        whole["local"] = f"local/{variables.get(MODEL_VARIABLE, '')}"
        if not variables.get(MODEL_VARIABLE):
            raise ConfigError(
                f"{URL_VARIABLE} is set and {MODEL_VARIABLE} is not; set it to the name of the model there"
            )
        if not is_near(url):
            raise ConfigError(
                f"{URL_VARIABLE}={url}: not on this machine or its network, so it may cost money; write it under "
                "models.endpoints in .improve-loop.yml, with `paid: false` or with prices"
            )
    return whole


def _endpoint(name: str, entry: Mapping[str, Any], variables: Mapping[str, str], found: list[str]) -> Endpoint:
    entry = dict(entry)
    variable = entry.pop("key_variable", None)
    if variable and (not variable.endswith("KEY") or variable.endswith(("SSH_KEY", "GPG_KEY"))):
        found.append(
            f"endpoints.{name}.key_variable: {variable}: give the variable a name that ends in KEY; by that no child "
            "process inherits it"
        )
    if variable and variable.endswith(NO_MODELS_KEY):
        found.append(f"endpoints.{name}.key_variable: {variable}: no model's key has such a name; rename it")
    vendor = VENDORS.get(variable or "")
    if vendor and not _at(entry["url"], vendor):
        found.append(
            f"endpoints.{name}.key_variable: {variable} is the key of {vendor} and goes nowhere else outside of this "
            "network; put the key of another host into a variable of its own"
        )
    key = (variables.get(variable) or None) if variable else None
    url = urlsplit(entry["url"])
    if url.scheme not in ("http", "https") or not url.hostname or url.username or url.password:
        found.append(
            f"endpoints.{name}.url: {url.scheme}://{url.hostname}: give http:// or https:// without a password"
        )
    elif key and url.scheme == "http" and not is_near(entry["url"]):
        found.append(f"endpoints.{name}.url: a key over plain http to {url.hostname}; use https")
    if entry.get("protocol") == "anthropic" and entry.get("temperature") is not None:
        found.append(f"endpoints.{name}.temperature: Claude refuses sampling parameters; remove it")
    entry["url"] = _base(entry["url"], entry.get("protocol", "openai"))
    entry["served_as"] = tuple(entry.get("served_as", ()))
    return Endpoint(name=name, key=key, **entry)


def _at(url: str, domain: str) -> bool:
    """Whether the URL is the domain's, or of this network: a proxy."""
    host = urlsplit(url).hostname or ""
    return host == domain or host.endswith(f".{domain}") or is_near(url)


def _base(url: str, protocol: str) -> str:
    """The base URL as the protocol wants it: for OpenAI's `/v1` where no path is given, for Claude's never."""
    bare = url.rstrip("/")
    for ending in ("/chat/completions", "/messages"):
        bare = bare.removesuffix(ending)
    if protocol == "anthropic":
        return bare.removesuffix("/v1")
    return bare if urlsplit(bare).path else f"{bare}/v1"


def _choice(
    models: Mapping[str, Any],
    role: str,
    tier: Tier,
    mode: Mode,
    endpoints: Mapping[str, Endpoint],
    prices: Mapping[str, Price],
    found: list[str],
    keyless: dict[str, tuple[str, ...]],
) -> ModelChoice | None:
    """One rung, or None where nothing is configured or its key is not there."""
    reference = ((models.get("roles") or {}).get(role) or {}).get(tier) or models.get(tier)
    if not reference:
        return None
    name, _, model = str(reference).partition("/")
    endpoint = endpoints.get(name)
    if endpoint is None or not model:
        found.append(f"{reference!r} ({tier}): expected endpoint/model, with an endpoint of {', '.join(endpoints)}")
        return None
    if mode == "cron" and (endpoint.protocol == "anthropic" or "claude" in model.lower()):
        found.append(f"{reference!r} (local): mode cron uses no Claude; name another model, or use mode local")
        return None
    price = price_of(prices, model) if endpoint.paid else FREE
    if price is None:
        found.append(
            f"{reference!r}: no price is known, and an unpriced model is not paid for; "
            f"add models.prices.{model}, or say endpoints.{name}.paid: false if it costs nothing"
        )
        return None
    if endpoint.key is None and endpoint.protocol == "anthropic":
        keyless[role] = (*keyless.get(role, ()), str(reference))
        return None
    return ModelChoice(tier=tier, endpoint=endpoint, model=model, price=price)
