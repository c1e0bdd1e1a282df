"""How a run's ceiling is divided before anything is spent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from improve_loop.model.find import LedgerEntry, RunLimits
from improve_loop.rules.budget import Allowance, spent_usd
from improve_loop.rules.model_settings import ModelSettings
from improve_loop.rules.prices import dollars, nanos

SHARES: Mapping[str, float] = {"extract": 0.10, "implement": 0.65}
"""What part of a run's ceiling each phase may use; the rest is never spent by itself."""


def slice_usd(limits: RunLimits, phase: str, *, jobs: int, attempts: int = 1) -> float:
    """A job's static part of the run's ceiling, so that all jobs in all their attempts cannot exceed it.

    `jobs`: how many of this phase run beside each other (domains, or slots); `attempts`: how often one may run.
    """
    whole = int(nanos(limits.usd) * SHARES[phase])
    if phase == "extract":
        whole = min(whole, nanos(limits.usd_reading))
    return dollars(whole // max(1, jobs * attempts))


def shared(allowance: Allowance, settings: ModelSettings, among: int) -> Allowance:
    """With a part of what one job may use of roles and of free models, for each that works in it."""
    return replace(
        allowance,
        seconds=min(allowance.seconds, settings.seconds_per_candidate),
        usd_by_role={role: dollars(nanos(usd) // max(1, among)) for role, usd in settings.usd_by_role.items()},
        free_tokens=settings.free_tokens // max(1, among),
        free_seconds=settings.free_seconds / max(1, among),
    )


def lost_usd(limits: RunLimits, lost: Iterable[str]) -> float:
    """What jobs were allowed that left nothing behind: their phases, one for each job."""
    jobs = {"extract": 1, "implement": limits.slots}
    return sum(slice_usd(limits, phase, jobs=jobs[phase]) for phase in lost)


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
