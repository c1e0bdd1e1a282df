"""What the scripted server may answer: a text, or one of the faults that real servers show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Fault = Literal["hang", "drip", "endless", "cut"]
Dialect = Literal["vllm", "llama.cpp", "anthropic"]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer. Token counts of None are estimated from the bytes, as an honest server would count them."""

    text: str = ""
    finish: Literal["stop", "length"] = "stop"
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    usage: bool = True  # False: the server does not say what it used
    served_model: str | None = None  # None: the model that was asked for
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    body: str | None = None  # sent as it is, instead of the protocol's own shape
    content_type: str = "application/json"
    fault: Fault | None = None


def failing(status: int, message: str, **headers: str) -> Reply:
    """An error in the shape that both protocols share: `{"error": {"message": …}}`."""
    kind = {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limit_error"}.get(status, "api_error")
    body = json.dumps({"type": "error", "error": {"type": kind, "message": message, "code": status}})
    return Reply(status=status, body=body, headers={name.replace("_", "-"): text for name, text in headers.items()})


def rate_limited(seconds: int = 0) -> Reply:
    return failing(429, "Too many requests", retry_after=str(seconds))


def overflow(dialect: Dialect) -> Reply:
    """The prompt is longer than the context, as each server words it."""
    if dialect == "vllm":
        return failing(
            400, "This model's maximum context length is 4096 tokens. However, your messages resulted in 9000 tokens."
        )
    if dialect == "anthropic":
        return failing(400, "prompt is too long: 250000 tokens > 200000 maximum")
    message = "the request exceeds the available context size, try increasing it"
    error = {"code": 400, "message": message, "type": "exceed_context_size_error", "n_prompt_tokens": 9000}
    return Reply(status=400, body=json.dumps({"error": error}))


def html_page() -> Reply:
    """A login page with status 200, as a proxy in the way sends it."""
    return Reply(body="<html><body>Please sign in</body></html>", content_type="text/html")


def truncated(text: str) -> Reply:
    return Reply(text=text, finish="length")


def thinking(thought: str, text: str, *, lone: bool = False) -> Reply:
    """Reasoning left in the text; `lone`: with a closing tag only, as some chat templates do."""
    return Reply(text=f"{'' if lone else '<think>'}{thought}</think>\n\n{text}")


def reply_of(plain: Mapping[str, Any]) -> Reply:
    """A reply from JSON, as the command reads it."""
    return Reply(**plain)
