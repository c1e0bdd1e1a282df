"""One call through the LiteLLM SDK, with every default of it that cannot be trusted turned off.

Settings of the environment come before the import: without them it downloads a price list and a header list, and
loads the `.env` of whatever folder it finds above it, which in a target repository is somebody else's.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import threading
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from improve_loop.edges.llm_failures import Code, ModelFailed
from improve_loop.edges.llm_question import Question, Raw
from improve_loop.edges.llm_wire import Wire
from improve_loop.rules.model_settings import ModelChoice

SETTINGS = {
    "LITELLM_MODE": "PRODUCTION",  # no load_dotenv()
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # "1" does not work
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_TELEMETRY": "False",
}
BYTES_PER_TOKEN = 24  # an answer of more bytes than this for each token it may have is a runaway


class _Quiet:
    """Warnings off while any call is under way: the SDK's own deprecations are nobody's here. For many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._filters = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.simplefilter("ignore")

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._filters.__exit__(None, None, None)


_QUIET = _Quiet()


@cache
def sdk() -> Any:
    """The SDK, imported at the first call (2 s)."""
    os.environ.update(SETTINGS)
    collecting = gc.isenabled()
    gc.disable()  # what 2,600 modules make stays: a collector that walks it as it grows finds nothing
    try:
        import litellm
    except ImportError:
        raise ModelFailed(
            "not_installed", "the model client is not installed; install improve-loop[llm], or use --mode none"
        ) from None
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
    litellm.suppress_debug_info = True
    litellm.drop_params = False
    litellm.telemetry = False
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "httpx", "openai"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return litellm


def call(question: Question, seconds: float, beat: Callable[[float], None]) -> Raw:
    """One request, no retry. Raises ModelFailed; the message never holds the key."""
    litellm, choice = sdk(), question.choice
    with _QUIET, Wire(seconds, beat) as wire:
        text: list[str] = []
        size, finish, usage = 0, None, None
        try:
            stream = litellm.completion(**_arguments(question, seconds, wire))
            for chunk in stream:
                usage = getattr(chunk, "usage", None) or usage
                for part in chunk.choices[:1]:
                    finish = part.finish_reason or finish
                    piece = part.delta.content or ""
                    text.append(piece)
                    size += len(piece.encode("utf-8", "replace"))
                if size > BYTES_PER_TOKEN * question.max_tokens + 1_000:
                    wire.cut("runaway")
                    break
        except ModelFailed:
            raise
        except Exception as error:  # the SDK raises anything, bare Exception included
            raise _failure(choice, wire, error) from None
        if wire.cut_for or "html" in wire.headers.get("content-type", ""):
            raise _failure(choice, wire, None)
        whole = "".join(text).encode("utf-8", "replace").decode()  # half a character cannot be sent or written
        return _raw(whole, finish, usage, wire)


def _arguments(question: Question, seconds: float, wire: Wire) -> dict[str, Any]:
    choice, endpoint = question.choice, question.choice.endpoint
    arguments: dict[str, Any] = {
        "model": f"{endpoint.protocol}/{choice.model}",
        "messages": [dict(message) for message in question.messages],
        "max_tokens": question.max_tokens,  # the SDK's own default is up to 128,000
        "api_base": endpoint.url,
        "api_key": endpoint.key or "none",
        "client": _client(choice, wire),
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_retries": 0,
        "num_retries": 0,
        "timeout": seconds + 1.0,
    }
    if question.schema is not None and endpoint.json_schema:
        named = {"name": "answer", "schema": dict(question.schema), "strict": True}
        arguments["response_format"] = {"type": "json_schema", "json_schema": named}
    if endpoint.temperature is not None:
        arguments["temperature"] = endpoint.temperature
    if endpoint.effort is not None:
        arguments["reasoning_effort"] = endpoint.effort
    if endpoint.extra_body:
        arguments["extra_body"] = dict(endpoint.extra_body)
    return arguments


def _client(choice: ModelChoice, wire: Wire) -> Any:
    """The SDK's own kind of client around our connection."""
    if choice.endpoint.protocol == "anthropic":
        from litellm.llms.custom_httpx.http_handler import HTTPHandler

        return HTTPHandler(client=wire.client)
    import openai

    return openai.OpenAI(
        api_key=choice.endpoint.key or "none", base_url=choice.endpoint.url, http_client=wire.client, max_retries=0
    )


def _raw(text: str, finish: str | None, usage: Any, wire: Wire) -> Raw:
    # The SDK invents usage and an end where the server gave none.
    told = usage if wire.told_usage and wire.finished else None
    details = getattr(told, "prompt_tokens_details", None)
    return Raw(
        text=text,
        finish=finish if wire.finished else None,
        served_model=wire.served_model,
        fallbacks=wire.headers.get("x-litellm-attempted-fallbacks"),
        input_tokens=getattr(told, "prompt_tokens", None),
        output_tokens=getattr(told, "completion_tokens", None),
        cache_read_tokens=getattr(details, "cached_tokens", None),
        cache_write_tokens=getattr(details, "cache_creation_tokens", None),
        sent_bytes=wire.sent_bytes,
    )


def _failure(choice: ModelChoice, wire: Wire, error: Exception | None) -> ModelFailed:
    code = _code(wire, error)
    said = _said(wire, error, choice.endpoint.key)
    return ModelFailed(
        code,
        f"{choice.name} at {choice.endpoint.url}: {code}{f' (HTTP {wire.status})' if wire.status else ''}"
        f"{f': {said}' if said else ''}; {ADVICE.get(code, 'see `improve-loop llm check`')}",
        retry_after=_seconds(wire.headers.get("retry-after")),
        billed=_billed(code, wire),
    )


def _billed(code: Code, wire: Wire) -> bool | None:
    """Whether the vendor may have worked; None: as that code usually is."""
    if code == "unreachable":
        return wire.connected
    return False if wire.status is not None and 400 <= wire.status < 500 else None


ADVICE: Mapping[Code, str] = {
    "deadline": "give it more `seconds`, or a smaller prompt",
    "unauthorized": "check the key and its variable",
    "unreachable": "start it, or check its URL",
    "overflow": "start it with a larger context, or name fewer and smaller files",
}


def _code(wire: Wire, error: Exception | None) -> Code:
    """The wire knows better than the exception, which is often of the wrong class."""
    if wire.cut_for == "deadline":
        return "deadline"
    if wire.cut_for == "runaway":
        return "runaway"
    kind = type(error).__name__
    if wire.status is None:
        return "unreachable" if kind not in _OURS else "bad_request"
    if kind == "ContextWindowExceededError" or (wire.status == 400 and _overflowed(wire)):
        return "overflow"
    if wire.status in (401, 403):
        return "unauthorized"
    if wire.status == 429:
        return "rate_limited"
    if wire.status == 413:
        return "overflow"
    if wire.status in (404, 405):
        return "not_a_model"
    if wire.status >= 500 or wire.status in (408, 409, 425):
        return "server_error"
    if wire.status >= 300:
        return "bad_request"
    if "html" in wire.headers.get("content-type", ""):
        return "not_a_model"
    return "runaway" if "repeat" in str(error).lower() else "incomplete"


_OURS = ("UnsupportedParamsError", "BadRequestError", "TypeError", "ValueError", "NotFoundError")


def _overflowed(wire: Wire) -> bool:
    body = wire.body.lower()
    return any(sign in body for sign in (b"context length", b"context size", b"prompt is too long", b"context_length"))


def _said(wire: Wire, error: Exception | None, key: str | None) -> str:
    """The server's own words, short and on one line; the key is taken out first, for half of one is no longer seen."""
    try:
        plain = json.loads(wire.body)
        said = next(plain[name] for name in ("error", "message", "detail") if plain.get(name))
        words = str(said["message"] if isinstance(said, dict) else said)
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        words = type(error).__name__ if error else ""
    words = words.replace(key, "***") if key else words
    return "".join(char for char in " ".join(words.split()) if char.isprintable())[:300]


def _seconds(text: str | None) -> float | None:
    """Retry-After as seconds; a date is not worth waiting for."""
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None
