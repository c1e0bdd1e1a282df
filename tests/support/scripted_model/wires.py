"""Both protocols: a reply as the bytes of an event stream, or as one JSON document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.support.scripted_model.replies import Reply

Chunk = dict[str, Any]
PIECE = 48  # characters of text in one event


def openai_events(reply: Reply, model: str, tokens: tuple[int, int]) -> Iterator[bytes]:
    """Server-sent events of `/v1/chat/completions`."""
    for position in range(0, len(reply.text), PIECE):
        yield _data(_chunk(model, {"content": reply.text[position : position + PIECE]}, None))
    yield _data(_chunk(model, {}, reply.finish))
    if reply.usage:
        yield _data({**_chunk(model, {}, None), "choices": [], "usage": _openai_usage(reply, tokens)})
    yield b"data: [DONE]\n\n"


def openai_document(reply: Reply, model: str, tokens: tuple[int, int]) -> bytes:
    """The same, unstreamed."""
    choice = {"index": 0, "finish_reason": reply.finish, "message": {"role": "assistant", "content": reply.text}}
    document: Chunk = {"id": "scripted", "object": "chat.completion", "created": 1, "model": model, "choices": [choice]}
    if reply.usage:
        document["usage"] = _openai_usage(reply, tokens)
    return json.dumps(document).encode()


def anthropic_events(reply: Reply, model: str, tokens: tuple[int, int]) -> Iterator[bytes]:
    """Server-sent events of `/v1/messages`."""
    usage = _anthropic_usage(reply, tokens)
    message = {"id": "scripted", "type": "message", "role": "assistant", "content": [], "model": model, "usage": usage}
    yield _event({"type": "message_start", "message": message})
    yield _event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
    for position in range(0, len(reply.text), PIECE):
        delta = {"type": "text_delta", "text": reply.text[position : position + PIECE]}
        yield _event({"type": "content_block_delta", "index": 0, "delta": delta})
    yield _event({"type": "content_block_stop", "index": 0})
    stop = "max_tokens" if reply.finish == "length" else "end_turn"
    spent = {"output_tokens": tokens[1]} if reply.usage else {}
    yield _event({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": spent})
    yield _event({"type": "message_stop"})


def anthropic_document(reply: Reply, model: str, tokens: tuple[int, int]) -> bytes:
    """The same, unstreamed."""
    return json.dumps(
        {
            "id": "scripted",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [{"type": "text", "text": reply.text}],
            "stop_reason": "max_tokens" if reply.finish == "length" else "end_turn",
            "usage": {**_anthropic_usage(reply, tokens), **({"output_tokens": tokens[1]} if reply.usage else {})},
        }
    ).encode()


def _chunk(model: str, delta: Chunk, finish: str | None) -> Chunk:
    choice = {"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": finish}
    return {"id": "scripted", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [choice]}


def _openai_usage(reply: Reply, tokens: tuple[int, int]) -> Chunk:
    usage: Chunk = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
    if reply.cache_read_tokens:
        usage["prompt_tokens_details"] = {"cached_tokens": reply.cache_read_tokens}
    return usage


def _anthropic_usage(reply: Reply, tokens: tuple[int, int]) -> Chunk:
    if not reply.usage:
        return {}
    return {
        "input_tokens": tokens[0],
        "output_tokens": 1,
        "cache_read_input_tokens": reply.cache_read_tokens,
        "cache_creation_input_tokens": reply.cache_write_tokens,
    }


def _data(payload: Chunk) -> bytes:
    return f"data: {json.dumps(payload)}\n\n".encode()


def _event(payload: Chunk) -> bytes:
    return f"event: {payload['type']}\ndata: {json.dumps(payload)}\n\n".encode()
