"""Whether a model can be used: it answers, under its own name, and does not cut long prompts without a word."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from improve_loop.edges.llm_failures import ModelFailed
from improve_loop.errors import BudgetSpent
from improve_loop.rules.model_settings import ModelChoice

if TYPE_CHECKING:
    from improve_loop.edges.llm import Door

Verdict = Literal["ok", "down", "wrong", "unknown"]
UNTOLD = 25_000  # tokens that a server must read which does not say how many it can: a maker's files and rules
LONGEST = 350_000  # tokens that a probe sends at most: a context of 256 ki and a quarter
TOLD_AS = ("max_model_len", "context_length", "max_context_length", "context_window")
_WORD = " the"  # one token in every tokenizer that was looked at
SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class Probed:
    """What was seen of one model. `context`: tokens that the server says it has; None: it does not say."""

    choice: ModelChoice
    answers: Verdict
    detail: str
    context: int | None = None
    long_prompts: Verdict = "unknown"
    long_detail: str = ""


def probed(door: Door, choice: ModelChoice, *, role: str = "extract") -> Probed:
    """One short call, a look at the list of models, and for a free model one prompt longer than its context."""
    question = [{"role": "user", "content": "Answer with the one word: ready"}]
    try:
        answer = door.ask(role, question, choice=choice, max_tokens=500, seconds=SECONDS)
    except ModelFailed as failed:
        return Probed(choice=choice, answers="down", detail=str(failed))
    told = _told(choice)
    long_prompts, long_detail = _long(door, choice, told, role)
    return Probed(
        choice=choice,
        answers="ok",
        detail=f"answered in {answer.seconds:.1f} s as {answer.served_model}",
        context=told,
        long_prompts=long_prompts,
        long_detail=long_detail,
    )


def _long(door: Door, choice: ModelChoice, told: int | None, role: str) -> tuple[Verdict, str]:
    """Asks for more than the context holds: an honest server refuses, or reads all of it and says so."""
    context = choice.endpoint.context_tokens or told
    if choice.endpoint.paid:
        return "unknown", "not tried, for it would be paid"
    words = context + context // 4 if context else UNTOLD
    if words > LONGEST:
        return "unknown", f"a prompt longer than {context} tokens is too large to try"
    try:
        door.ask(role, [{"role": "user", "content": _WORD * words}], choice=choice, max_tokens=1, seconds=SECONDS)
    except ModelFailed as failed:
        if failed.code == "overflow":
            return "ok", f"refuses more than its context ({context} tokens)" if context else f"refuses {words} tokens"
        if failed.code == "cut_short":
            return "wrong", str(failed)
        if failed.code not in ("truncated", "empty"):  # it was given one token to answer with
            return "unknown", str(failed)
    except BudgetSpent as denied:
        return "unknown", f"not tried: {denied}"
    read = door.entries[-1].input_tokens
    if read is None:
        return "unknown", "it does not say how much of a long prompt it read"
    if read < 0.9 * words:
        return "wrong", f"it read {read} tokens of about {words} and said nothing: start it with a larger context"
    return "ok", f"read {read} tokens" + (f", more than the {context} it was configured for" if context else "")


def _told(choice: ModelChoice) -> int | None:
    """The context that the server's list of models names, where it names one."""
    if choice.endpoint.protocol != "openai":
        return None
    import httpx

    headers = {"authorization": f"Bearer {choice.endpoint.key}"} if choice.endpoint.key else {}
    try:
        reply = httpx.get(f"{choice.endpoint.url.rstrip('/')}/models", headers=headers, timeout=10)
        rows = reply.json()["data"]
        alone = rows[0] if len(rows) == 1 else {}  # a server of one model may call it otherwise
        mine: Mapping[str, Any] = next((row for row in rows if row.get("id") == choice.model), alone)
    except (httpx.HTTPError, json.JSONDecodeError, KeyError, IndexError, TypeError, AttributeError):
        return None
    sizes = (mine.get(name) for name in TOLD_AS)
    return next((size for size in sizes if isinstance(size, int) and size > 0), None)
