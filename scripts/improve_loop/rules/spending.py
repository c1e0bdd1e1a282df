"""What a run's models cost, from everything that tells of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from improve_loop.model.find import LedgerEntry, Run
from improve_loop.model.gathered import Gathered
from improve_loop.model.tend import ModelUse
from improve_loop.rules.model_settings import may_pay
from improve_loop.rules.slices import lost_usd


def entries(found: Gathered) -> Iterator[LedgerEntry]:
    """Every call once: what artifacts tell, and what only a job's ledger tells because the job was cut off."""
    ledgers = [each.ledger for each in found.extractions]
    ledgers += [each.ledger for each in found.changes] + [each.ledger for each in found.reviews]
    told = Counter(entry for ledger in ledgers for entry in ledger)
    yield from told.elements()
    yield from (Counter(found.ledger) - told).elements()


def unknown_usd(run: Run, found: Gathered, ledger: tuple[LedgerEntry, ...]) -> float:
    """What was set aside for calls that nobody knows the cost of, and for jobs of which nothing was heard."""
    lost = lost_usd(run.limits, found.lost) if may_pay(run.config.models, run.mode) else 0.0
    return lost + sum(entry.reserved_usd for entry in ledger if entry.spent_usd is None)


def by_model(ledger: tuple[LedgerEntry, ...]) -> tuple[ModelUse, ...]:
    """What each model was asked, and for how much."""
    uses = []
    for model in sorted({entry.model for entry in ledger}):
        mine = [entry for entry in ledger if entry.model == model]
        uses.append(
            ModelUse(
                model=model,
                calls=len(mine),
                input_tokens=_sum([entry.input_tokens for entry in mine]),
                output_tokens=_sum([entry.output_tokens for entry in mine]),
                usd=round(sum(entry.reserved_usd if entry.spent_usd is None else entry.spent_usd for entry in mine), 6),
            )
        )
    return tuple(uses)


def _sum(counts: list[int | None]) -> int | None:
    """Unknown as soon as one is."""
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
