"""The one door to a model: `Door.ask`. Budget, retries, deadline and every check of an answer are on this side of it.

Nothing here imports the SDK until the first call, so a run without a model never loads it.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from improve_loop.edges.clock import Clock
from improve_loop.edges.llm_cache import Cache
from improve_loop.edges.llm_failures import AGAIN, DOWN, ModelFailed
from improve_loop.edges.llm_probe import Probed, probed
from improve_loop.edges.llm_trace import Trace
from improve_loop.errors import BudgetSpent
from improve_loop.model.find import LedgerEntry
from improve_loop.rules.budget import Allowance, Book, Denial, Denied, Outcome, Reservation, Wanted, reserve, settle
from improve_loop.rules.model_settings import ModelChoice, ModelSettings
from improve_loop.rules.prices import Usage, cost, dollars
from improve_loop.rules.replies import same_model, without_thinking
from improve_loop.rules.usage import cut_short, usage_of

__all__ = [
    "DOWN",
    "Answer",
    "Cache",
    "Door",
    "Message",
    "ModelFailed",
    "NotAllowed",
    "Probed",
    "probed",
    "prompt_sha256",
]

Message = Mapping[str, str]
TRIES = 3  # of one call, where the server is busy or broken
LONGEST_WAIT = 30.0


class NotAllowed(BudgetSpent):
    """The allowance forbids the call; `limit` says which part of it."""

    def __init__(self, limit: Denial | str, message: str) -> None:
        super().__init__(message)
        self.limit = limit


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a model said, and what that cost (dollars; the reservation where the usage is unknown)."""

    text: str
    usage: Usage | None
    served_model: str
    finish: str
    cost: float
    choice: ModelChoice
    seconds: float
    prompt_sha256: str
    cached: bool = False


class Door:
    """Asks models on behalf of one job, whose ledger it keeps. Safe to share between threads."""

    def __init__(
        self,
        settings: ModelSettings,
        allowance: Allowance,
        *,
        clock: Clock | None = None,
        say: Callable[[str], None] = lambda line: None,
        cache: Cache | None = None,
        trace: Trace | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock or Clock()
        self.say = say
        self.cache = cache
        self.trace = trace or Trace(settings.trace_url)
        self.book = Book(
            allowance=replace(
                allowance,
                free_tokens=min(allowance.free_tokens, settings.free_tokens),
                free_seconds=min(allowance.free_seconds, settings.free_seconds),
                usd_by_role={**settings.usd_by_role, **allowance.usd_by_role},
            )
        )
        self._lock = threading.Lock()
        self._warned = False

    @property
    def entries(self) -> tuple[LedgerEntry, ...]:
        """The ledger so far."""
        return self.book.entries

    def ask(
        self,
        role: str,
        messages: Sequence[Message],
        *,
        choice: ModelChoice,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
        seconds: float | None = None,
        candidate: str | None = None,
    ) -> Answer:
        """One answer, whole and from the model that was asked.

        `seconds` is the wall clock for all tries together; None: what the endpoint allows one call.
        Raises NotAllowed when the allowance forbids it, ModelFailed when no answer came.
        """
        end = self.clock.monotonic() + min(seconds or choice.endpoint.seconds, choice.endpoint.seconds)
        digest = prompt_sha256(choice, messages, schema, max_tokens)
        kept = self.cache.get(digest) if self.cache else None
        if kept is not None:
            return _from_cache(kept, choice, digest)
        for attempt in range(1, TRIES + 1):
            left = end - self.clock.monotonic()
            try:
                answer = self._once(role, messages, choice, max_tokens, schema, left, candidate, digest)
            except ModelFailed as failed:
                pause = min(failed.retry_after or 2.0**attempt, LONGEST_WAIT) if failed.retry_after != 0 else 0.0
                if failed.code not in AGAIN or attempt == TRIES or pause >= end - self.clock.monotonic():
                    raise
                self.say(f"{choice.name}: {failed.code}, again in {pause:.0f} s")
                self.clock.wait(pause)
            else:
                if self.cache:
                    self.cache.put(digest, answer.text, answer.served_model)
                return answer
        raise AssertionError("the last try returns or raises")

    def _once(
        self,
        role: str,
        messages: Sequence[Message],
        choice: ModelChoice,
        max_tokens: int,
        schema: Mapping[str, Any] | None,
        seconds: float,
        candidate: str | None,
        digest: str,
    ) -> Answer:
        from improve_loop.edges import llm_sdk

        size = prompt_bytes(messages, schema)
        reservation = self._reserve(
            Wanted(
                at=self.clock.now(),
                role=role,
                model=choice.name,
                price=choice.price,
                prompt_bytes=size,
                max_tokens=max_tokens,
                seconds=seconds,
                candidate=candidate,
                prompt_sha256=digest,
            )
        )
        start = self.clock.monotonic()
        outcome = Outcome(finish="interrupted", seconds=0.0)  # what stands in the ledger if this is torn down
        try:
            raw = llm_sdk.call(choice, messages, schema, max_tokens, max(0.1, seconds), self._beat(choice))
            usage = usage_of(
                raw.input_tokens,
                raw.output_tokens,
                raw.cache_read_tokens,
                raw.cache_write_tokens,
                prompt_bytes=size,
                text_bytes=len(raw.text.encode()),
            )
            took = self.clock.monotonic() - start
            outcome = Outcome(finish=raw.finish or "incomplete", seconds=took, usage=usage)
            text = _judged(raw, usage, choice, size)
        except ModelFailed as failed:
            took = self.clock.monotonic() - start
            outcome = replace(outcome, finish=failed.code, seconds=took, never_billed=not failed.billed)
            raise
        finally:
            self._settle(reservation, outcome)
        spent = reservation.nano if usage is None else cost(choice.price, usage)
        return Answer(
            text=text,
            usage=usage,
            served_model=raw.served_model or "",
            finish=outcome.finish,
            cost=dollars(spent),
            choice=choice,
            seconds=took,
            prompt_sha256=digest,
        )

    def _reserve(self, wanted: Wanted) -> Reservation:
        expires = min(filter(None, (self.settings.expires, self.book.allowance.expires_at)), default=None)
        if expires is not None and wanted.at[: len(expires)] > expires:
            raise NotAllowed("expired", f"models may be asked until {expires}; extend `models.expires`")
        with self._lock:
            got = reserve(self.book, wanted)
            if isinstance(got, Denied):
                raise NotAllowed(got.limit, f"{wanted.role}: {got.message}")
            self.book, reservation = got
            return reservation

    def _settle(self, reservation: Reservation, outcome: Outcome) -> None:
        with self._lock:
            self.book = settle(self.book, reservation, outcome)
        self.trace.tell(self.book.entries[-1])
        if self.book.nearly_spent and not self._warned:
            self._warned = True
            self.say(f"80 % of ${self.book.allowance.usd:.2f} are spent; no new work is begun")

    def _beat(self, choice: ModelChoice) -> Callable[[float], None]:
        return lambda seconds: self.say(f"still waiting for {choice.name} ({seconds:.0f} s)")


def prompt_bytes(messages: Sequence[Message], schema: Mapping[str, Any] | None) -> int:
    """UTF-8 bytes of everything that is sent as prompt."""
    return len(json.dumps([dict(message) for message in messages], ensure_ascii=False).encode()) + (
        len(json.dumps(schema)) if schema is not None else 0
    )


def prompt_sha256(
    choice: ModelChoice, messages: Sequence[Message], schema: Mapping[str, Any] | None, max_tokens: int
) -> str:
    """Names a question: the same model, messages, schema and ceiling."""
    whole = [choice.name, [dict(message) for message in messages], schema, max_tokens]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _judged(raw: Any, usage: Usage | None, choice: ModelChoice, size: int) -> str:
    """The text, if it is whole and from the model that was asked. Raises ModelFailed."""
    where = f"{choice.name} at {choice.endpoint.url}"
    if not same_model(choice.model, raw.served_model, choice.endpoint.served_as):
        raise ModelFailed(
            "wrong_model",
            f"{where} answered as {raw.served_model!r}; if that is right add it to "
            f"models.endpoints.{choice.endpoint.name}.served_as",
        )
    if raw.fallbacks not in (None, "0"):
        raise ModelFailed("wrong_model", f"{where}: the proxy fell back to another model; turn its fallbacks off")
    if usage and not choice.endpoint.protocol == "anthropic" and cut_short(usage, size):
        raise ModelFailed(
            "cut_short",
            f"{where} read {usage.input_tokens} tokens of a prompt of {size} bytes: its context is too small and it "
            "cuts silently; start it with a larger one",
        )
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


def _from_cache(kept: Mapping[str, str], choice: ModelChoice, digest: str) -> Answer:
    return Answer(
        text=kept["text"],
        usage=None,
        served_model=kept["served_model"],
        finish="cached",
        cost=0.0,
        choice=choice,
        seconds=0.0,
        prompt_sha256=digest,
        cached=True,
    )
