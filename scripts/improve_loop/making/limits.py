"""How much one candidate may cost in calls, size and words (facts: more rounds of repair bring nothing)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of one candidate; those of money, tokens and time are the allowance's."""

    maker_calls: int = 6  # plan, edit, three repairs, one escalation
    repairs: int = 3
    answers: int = 3  # to a reviewer who rejects
    files: int = 3
    lines: int = 120  # added and removed
    context_bytes: int = 60_000  # of file contents in one prompt, about 20,000 tokens
    plan_bytes: int = 12_000  # of files that the planner is shown; above that only their names
    reply_tokens: int = 8_000
    object_tokens: int = 2_000
