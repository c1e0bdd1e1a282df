"""A question to a model, and when what comes back is an answer to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from improve_loop.edges.llm_failures import ModelFailed
from improve_loop.rules.budget import Wanted
from improve_loop.rules.model_settings import ModelChoice
from improve_loop.rules.prices import Usage
from improve_loop.rules.replies import same_model, without_thinking
from improve_loop.rules.usage import cut_short, usage_of

Message = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of which model, for whom, and how long the answer may be."""

    role: str
    messages: Sequence[Message]
    choice: ModelChoice
    max_tokens: int
    schema: Mapping[str, Any] | None = None
    candidate: str | None = None

    @cached_property
    def size(self) -> int:
        """UTF-8 bytes of everything that is sent as prompt."""
        schema = json.dumps(self.schema) if self.schema is not None else ""
        return len(json.dumps([dict(each) for each in self.messages], ensure_ascii=False).encode()) + len(schema)

    @cached_property
    def sha256(self) -> str:
        """Names the question: the same model, messages, schema and ceiling."""
        whole = [self.choice.name, [dict(each) for each in self.messages], self.schema, self.max_tokens]
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()

    def wanted(self, at: str, seconds: float) -> Wanted:
        """The question as the budget sees it."""
        return Wanted(
            at=at,
            role=self.role,
            model=self.choice.name,
            price=self.choice.price,
            prompt_bytes=self.size,
            max_tokens=self.max_tokens,
            seconds=seconds,
            candidate=self.candidate,
            prompt_sha256=self.sha256,
        )


@dataclass(frozen=True, kw_only=True)
class Raw:
    """What came back, before anything is believed."""

    text: str
    finish: str | None
    served_model: str | None
    fallbacks: str | None
    input_tokens: object
    output_tokens: object
    cache_read_tokens: object
    cache_write_tokens: object
    sent_bytes: int

    def usage(self, question: Question) -> Usage | None:
        """What it says it used; None where it says nothing that can be true."""
        return usage_of(
            self.input_tokens,
            self.output_tokens,
            self.cache_read_tokens,
            self.cache_write_tokens,
            prompt_bytes=question.size,
            text_bytes=len(self.text.encode()),
        )


def judged(raw: Raw, question: Question) -> str:
    """The text, if it is whole and from the model that was asked. Raises ModelFailed."""
    endpoint = question.choice.endpoint
    where = f"{question.choice.name} at {endpoint.url}"
    if not same_model(question.choice.model, raw.served_model, endpoint.served_as):
        raise ModelFailed(
            "wrong_model",
            f"{where} answered as {raw.served_model!r}; if that is right add it to "
            f"models.endpoints.{endpoint.name}.served_as",
        )
    if raw.fallbacks not in (None, "0"):
        raise ModelFailed("wrong_model", f"{where}: the proxy fell back to another model; turn its fallbacks off")
    if endpoint.protocol == "openai" and cut_short(raw.input_tokens, question.size):
        raise ModelFailed(
            "cut_short",
            f"{where} read {raw.input_tokens} tokens of a prompt of {question.size} bytes: its context is too small "
            "and it cuts silently; start it with a larger one",
        )
    return _whole(raw, where)


def _whole(raw: Raw, where: str) -> str:
    if raw.finish == "length":
        raise ModelFailed("truncated", f"{where}: the answer was cut off at its token limit")
    if raw.finish is None:
        raise ModelFailed("incomplete", f"{where}: the answer broke off")
    if raw.finish in ("content_filter", "refusal"):
        raise ModelFailed("declined", f"{where} declined to answer")
    text = without_thinking(raw.text)
    if not text.strip():
        raise ModelFailed("empty", f"{where}: the answer is empty")
    return text
