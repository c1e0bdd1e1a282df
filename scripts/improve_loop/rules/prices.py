"""What a model call costs, in whole nano-dollars (1e-9 USD), so that sums are exact.

Prices are ours (`prices.toml`, or `models.prices` in the configuration): the SDK's own figures are None for an
unknown model, 0.0 for an unpriced one, and up to 8 times too high with cached prompts.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

NANO = 1_000_000_000
HIDDEN_TOKENS = 2_000
"""Input tokens that a vendor may add to a prompt of ours (chat template, schema instructions)."""

_DATED = re.compile(r"-\d{8}$")


@dataclass(frozen=True, kw_only=True)
class Price:
    """Nano-dollars per token. `long_factor` multiplies all of them when the prompt exceeds `long_above` tokens."""

    input: int
    output: int
    cache_write: int
    cache_read: int
    long_above: int | None = None
    long_factor: int = 1


FREE = Price(input=0, output=0, cache_write=0, cache_read=0)


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Tokens of one call. `input_tokens` includes those read from and written to the vendor's cache."""

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0


@cache
def builtin() -> Mapping[str, Price]:
    """The table that the package carries."""
    return table(tomllib.loads((files("improve_loop") / "prices.toml").read_text()))


def table(plain: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Price]:
    """Prices from dollars per million tokens; a missing cache price takes the dearer of input and 1.25 times it."""
    return {model: _price(entry) for model, entry in plain.items()}


def price_of(prices: Mapping[str, Price], model: str) -> Price | None:
    """The price of a model by its name, also with a date behind it; None: unknown, and so refused."""
    return prices.get(model) or prices.get(_DATED.sub("", model))


def worst_case(price: Price, prompt_bytes: int, max_tokens: int) -> int:
    """Nano-dollars that a call can cost at most: a byte-level tokenizer makes at most one token of a byte."""
    tokens = prompt_bytes + HIDDEN_TOKENS
    factor = price.long_factor if price.long_above is not None and tokens > price.long_above else 1
    return factor * (tokens * max(price.input, price.cache_write) + max_tokens * price.output)


def cost(price: Price, usage: Usage) -> int:
    """Nano-dollars of a call as its usage tells."""
    fresh = max(0, usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens)
    factor = price.long_factor if price.long_above is not None and usage.input_tokens > price.long_above else 1
    return factor * (
        fresh * price.input
        + usage.cache_read_tokens * price.cache_read
        + usage.cache_write_tokens * price.cache_write
        + usage.output_tokens * price.output
    )


def dollars(nano: int) -> float:
    """For artifacts and people."""
    return nano / NANO


def nanos(usd: float) -> int:
    """The whole nano-dollars nearest to an amount of an artifact."""
    return round(usd * NANO)


def _price(entry: Mapping[str, Any]) -> Price:
    write = entry.get("cache_write", 1.25 * entry["input"])
    return Price(
        input=_per_token(entry["input"]),
        output=_per_token(entry["output"]),
        cache_write=_per_token(write),
        cache_read=_per_token(entry.get("cache_read", entry["input"])),
        long_above=entry.get("long_above"),
        long_factor=entry.get("long_factor", 1),
    )


def _per_token(usd_per_million: float) -> int:
    return math.ceil(round(usd_per_million * 1000, 6))
