"""How a run's ceiling is divided before anything is spent, and what counts of a run that died."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from improve_loop.model.find import LedgerEntry, RunLimits
from improve_loop.model.state import RunRecord
from improve_loop.rules.budget import Allowance, spent_usd
from improve_loop.rules.prices import dollars, nanos

SHARES: Mapping[str, float] = {"extract": 0.10, "implement": 0.65}
"""What part of a run's ceiling each phase may use; the rest is never spent by itself."""


def slice_usd(limits: RunLimits, phase: str, *, jobs: int, attempts: int = 1) -> float:
    """A job's static part of the run's ceiling, so that all jobs in all their attempts cannot exceed it.

    `jobs`: how many of this phase run beside each other (domains, or slots); `attempts`: how often one may run.
    """
    return dollars(int(nanos(limits.usd) * SHARES[phase]) // max(1, jobs * attempts))


def candidate_allowance(
    limits: RunLimits,
    slot_usd: float,
    spent: Iterable[LedgerEntry] = (),
    *,
    among: int = 1,
    expires_at: str | None = None,
) -> Allowance:
    """What one candidate of a slot may use: its own ceiling, or its share of what the slot has left.

    `among`: how many candidates share that at the same time. `spent`: what others of the slot have used before.
    """
    left = max(0, nanos(slot_usd) - nanos(spent_usd(spent)))
    return Allowance(
        usd=min(limits.usd_per_candidate, dollars(left // max(1, among))),
        seconds=limits.seconds_per_candidate,
        expires_at=expires_at,
    )


def ceiling_usd(run_usd: float, day_usd: float | None, spent_today_usd: float) -> float:
    """A run's ceiling under the limit of the day; dollars."""
    return run_usd if day_usd is None else max(0.0, min(run_usd, day_usd - spent_today_usd))


def booked_in_full(record: RunRecord, ceiling: float) -> RunRecord:
    """A run that never reached cleanup: nobody knows what it spent, so all it was allowed counts."""
    return replace(record, reserved_usd=max(0.0, ceiling - record.spent_usd))
