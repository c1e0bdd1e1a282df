"""The one door to a model: `Door.ask`. Budget, retries, deadline and every check of an answer are on this side of it.

Nothing here imports the SDK until the first call, so a run without a model never loads it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from improve_loop.edges.clock import Clock
from improve_loop.edges.llm_cache import Cache
from improve_loop.edges.llm_failures import AGAIN, DOWN, ModelFailed
from improve_loop.edges.llm_probe import Probed, probed
from improve_loop.edges.llm_question import Message, Question, judged
from improve_loop.edges.llm_trace import Trace
from improve_loop.errors import BudgetSpent
from improve_loop.model.find import LedgerEntry
from improve_loop.rules.budget import (
    Allowance,
    Book,
    Denial,
    Denied,
    Outcome,
    Reservation,
    Wanted,
    opened,
    reserve,
    settle,
)
from improve_loop.rules.model_settings import ModelChoice, ModelSettings
from improve_loop.rules.prices import Usage, cost, dollars

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
]

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
        journal: Callable[[int, LedgerEntry], None] = lambda number, entry: None,
    ) -> None:
        self.settings = settings
        self.clock = clock or Clock()
        self.say = say
        self.cache = cache
        self.journal = journal
        self.trace = trace or Trace(settings.trace)
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
        self._unconstrained: set[str] = set()  # endpoints that do not take a schema

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
        question = Question(
            role=role, messages=messages, choice=choice, max_tokens=max_tokens, schema=schema, candidate=candidate
        )
        kept = self.cache.get(question.sha256) if self.cache else None
        if kept is not None:
            return _from_cache(kept, question)
        answer = self._constrained(question, min(seconds or choice.endpoint.seconds, choice.endpoint.seconds))
        if self.cache:
            self.cache.put(question.sha256, answer.text, answer.served_model)
        return answer

    def _constrained(self, question: Question, seconds: float) -> Answer:
        """With the schema where the server can hold an answer to it; one that cannot is not told of it again."""
        endpoint = question.choice.endpoint
        end = self.clock.monotonic() + seconds
        if question.schema is None or not endpoint.json_schema:
            return self._patiently(question, seconds)
        if endpoint.name not in self._unconstrained:
            try:
                return self._patiently(question, seconds)
            except ModelFailed as failed:
                if not failed.about_schema:
                    raise
                self._unconstrained.add(endpoint.name)
                self.say(f"{question.choice.name} knows no JSON schema; its answers are judged here alone")
        plain = replace(question.choice, endpoint=replace(endpoint, json_schema=False))
        return self._patiently(replace(question, choice=plain), end - self.clock.monotonic())

    def _patiently(self, question: Question, seconds: float) -> Answer:
        """As many tries as the time allows, where the server is busy or broken."""
        end = self.clock.monotonic() + seconds
        for attempt in range(1, TRIES + 1):
            try:
                return self._once(question, end - self.clock.monotonic())
            except ModelFailed as failed:
                pause = min(2.0**attempt if failed.retry_after is None else failed.retry_after, LONGEST_WAIT)
                if failed.code not in AGAIN or attempt == TRIES or pause >= end - self.clock.monotonic():
                    raise
                self.say(f"{question.choice.name}: {failed.code}, again in {pause:.0f} s")
                self.clock.wait(pause)
        raise AssertionError("the last try returns or raises")

    def _once(self, question: Question, seconds: float) -> Answer:
        from improve_loop.edges import llm_sdk

        reservation = self._reserve(question.wanted(self.clock.now(), seconds))
        start = self.clock.monotonic()
        outcome = Outcome(finish="interrupted", seconds=0.0)  # what stands in the ledger if this is torn down
        try:
            raw = llm_sdk.call(question, max(0.1, seconds), self._beat(question.choice))
            took = self.clock.monotonic() - start
            outcome = Outcome(finish=raw.finish or "incomplete", seconds=took, usage=raw.usage(question))
            text = judged(raw, question)
        except ModelFailed as failed:
            took = self.clock.monotonic() - start
            usage = None if failed.code == "wrong_model" else outcome.usage  # another model has another price
            outcome = Outcome(finish=failed.code, seconds=took, usage=usage, never_billed=not failed.billed)
            raise
        finally:
            self._settle(reservation, outcome)
        return _answer(question, text, raw.served_model or "", outcome, reservation)

    def _reserve(self, wanted: Wanted) -> Reservation:
        expires = min(filter(None, (self.settings.expires, self.book.allowance.expires_at)), default=None)
        if expires is not None and wanted.at[: len(expires)] > expires:
            raise NotAllowed("expired", f"models may be asked until {expires}; extend `models.expires`")
        with self._lock:
            got = reserve(self.book, wanted)
            if isinstance(got, Denied):
                raise NotAllowed(got.limit, f"{wanted.role}: {got.message}")
            self.book, reservation = got
        try:
            self.journal(reservation.number, opened(reservation))
        except BaseException:
            self._settle(reservation, Outcome(finish="not_asked", seconds=0.0, never_billed=True), told=False)
            raise
        return reservation

    def _settle(self, reservation: Reservation, outcome: Outcome, *, told: bool = True) -> None:
        with self._lock:
            self.book = settle(self.book, reservation, outcome)
            entry = self.book.entries[-1]
        if told:
            self.journal(reservation.number, entry)
        self.trace.tell(entry)
        if self.book.nearly_spent and not self._warned:
            self._warned = True
            self.say(f"80 % of ${self.book.allowance.usd:.2f} are spent; no new work is begun")

    def _beat(self, choice: ModelChoice) -> Callable[[float], None]:
        return lambda seconds: self.say(f"still waiting for {choice.name} ({seconds:.0f} s)")


def _answer(question: Question, text: str, served: str, outcome: Outcome, reservation: Reservation) -> Answer:
    usage = outcome.usage
    return Answer(
        text=text,
        usage=usage,
        served_model=served,
        finish=outcome.finish,
        cost=dollars(reservation.nano if usage is None else cost(question.choice.price, usage)),
        choice=question.choice,
        seconds=outcome.seconds,
        prompt_sha256=question.sha256,
    )


def _from_cache(kept: Mapping[str, str], question: Question) -> Answer:
    return Answer(
        text=kept["text"],
        usage=None,
        served_model=kept["served_model"],
        finish="cached",
        cost=0.0,
        choice=question.choice,
        seconds=0.0,
        prompt_sha256=question.sha256,
        cached=True,
    )
