"""A budget that cannot be exceeded: reserve the worst case before a call, settle after, keep it when unknown.

Pure: a `Book` in, a `Book` out; whoever holds it serialises. Money is in nano-dollars inside, dollars in artifacts.
Each job gets a static slice of the run's ceiling, so that no two jobs share a ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from improve_loop.model.find import LedgerEntry
from improve_loop.rules.prices import Price, Usage, cost, dollars, nanos, worst_case

Denial = Literal["money", "role_money", "candidate_money", "tokens", "seconds", "calls", "closed"]

WARN_AT = 0.8
UNKNOWN_TOKENS = 100_000  # more than the longest question and answer of a maker hold

_Counts = Callable[[str, str | None], bool]  # of a role and a candidate


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What one job, or one candidate, may use. Money binds paid models only; tokens and seconds the free ones."""

    usd: float
    usd_by_role: Mapping[str, float] = field(default_factory=dict)
    usd_per_candidate: float | None = None
    free_tokens: int = 2_000_000
    free_seconds: float = 7200.0
    calls: int | None = None
    seconds: float = 600.0  # wall clock of one candidate's making
    expires_at: str | None = None  # RFC 3339; after this no call is made


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A call that someone is about to make."""

    at: str
    role: str
    model: str
    price: Price
    prompt_bytes: int
    max_tokens: int
    seconds: float  # its deadline
    candidate: str | None = None
    prompt_sha256: str | None = None

    @property
    def free(self) -> bool:
        return worst_case(self.price, self.prompt_bytes, self.max_tokens) == 0

    @property
    def tokens(self) -> int:
        return self.prompt_bytes + self.max_tokens


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """What is set aside for a call under way."""

    number: int
    wanted: Wanted
    nano: int


@dataclass(frozen=True, kw_only=True)
class Denied:
    """The call is not made; `limit` says which limit stands against it."""

    limit: Denial
    message: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a call ended. `usage` of None: unknown, so the reservation stays, unless it was `never_billed`."""

    finish: str
    seconds: float
    usage: Usage | None = None
    never_billed: bool = False  # it never reached the model: refused connection, 400, 401, 429 …


@dataclass(frozen=True, kw_only=True)
class Book:
    """One job's ledger: what was settled, what is open, and whether the book is closed for paid calls."""

    allowance: Allowance
    entries: tuple[LedgerEntry, ...] = ()
    open: Mapping[int, Reservation] = field(default_factory=dict)
    free_tokens: int = 0
    free_seconds: float = 0.0
    made: int = 0
    closed: bool = False  # a usage figure exceeded its worst case: the bound is broken, so nothing more is bought

    @property
    def nano(self) -> int:
        """Spent and set aside, nano-dollars."""
        return sum(map(booked, self.entries)) + sum(reservation.nano for reservation in self.open.values())

    @property
    def nearly_spent(self) -> bool:
        """From here on no new work is begun."""
        cap = nanos(self.allowance.usd)
        return cap > 0 and self.nano >= WARN_AT * cap


def booked(entry: LedgerEntry) -> int:
    """Nano-dollars of an entry: what it cost, or what was reserved where nobody knows."""
    return nanos(entry.reserved_usd if entry.spent_usd is None else entry.spent_usd)


def spent_usd(entries: Iterable[LedgerEntry]) -> float:
    """Dollars of some ledger entries, unknown ones in full."""
    return dollars(sum(map(booked, entries)))


def left_of(allowance: Allowance, entries: Sequence[LedgerEntry]) -> Allowance:
    """What is left after these calls, for whoever goes on with the same work."""
    of_role = {role: spent_usd(entry for entry in entries if entry.role == role) for role in allowance.usd_by_role}
    free = [entry for entry in entries if entry.reserved_usd == 0]
    return replace(
        allowance,
        usd=max(0.0, allowance.usd - spent_usd(entries)),
        usd_by_role={role: max(0.0, usd - of_role[role]) for role, usd in allowance.usd_by_role.items()},
        free_tokens=max(0, allowance.free_tokens - sum(map(_tokens_of, free))),
        free_seconds=max(0.0, allowance.free_seconds - sum(entry.seconds for entry in free)),
        seconds=max(0.0, allowance.seconds - sum(entry.seconds for entry in entries)),
    )


def _tokens_of(entry: LedgerEntry) -> int:
    known = entry.input_tokens is not None and entry.output_tokens is not None
    return (entry.input_tokens or 0) + (entry.output_tokens or 0) if known else UNKNOWN_TOKENS


def reserve(book: Book, wanted: Wanted) -> tuple[Book, Reservation] | Denied:
    """Sets the worst case of a call aside, or says which limit forbids it."""
    nano = worst_case(wanted.price, wanted.prompt_bytes, wanted.max_tokens)
    denied = _calls(book) or (_free(book, wanted) if wanted.free else _paid(book, wanted, nano))
    if denied:
        return denied
    reservation = Reservation(number=book.made + 1, wanted=wanted, nano=nano)
    return replace(book, open={**book.open, reservation.number: reservation}, made=book.made + 1), reservation


def opened(reservation: Reservation) -> LedgerEntry:
    """The entry of a call under way: if nothing more is heard of it, all that was set aside is spent."""
    return _entry(reservation, Outcome(finish="open", seconds=0.0), None, "open")


def settle(book: Book, reservation: Reservation, outcome: Outcome) -> Book:
    """Replaces a reservation by what the call cost; by itself where that is unknown or cannot be true."""
    spent = _spent(reservation, outcome)
    broken = spent is not None and spent > reservation.nano
    entry = _entry(reservation, outcome, None if broken else spent, "over_reservation" if broken else outcome.finish)
    free = reservation.wanted.free and not outcome.never_billed
    return replace(
        book,
        entries=(*book.entries, entry),
        open={number: other for number, other in book.open.items() if number != reservation.number},
        free_tokens=book.free_tokens + (_tokens(reservation, outcome) if free else 0),
        free_seconds=book.free_seconds + (outcome.seconds if free else 0.0),
        closed=book.closed or broken,
    )


def _calls(book: Book) -> Denied | None:
    limit = book.allowance.calls
    if limit is not None and book.made >= limit:
        return Denied(limit="calls", message=f"{limit} calls were made, as many as are allowed")
    return None


def _free(book: Book, wanted: Wanted) -> Denied | None:
    allowance = book.allowance
    waiting = [reservation.wanted for reservation in book.open.values() if reservation.wanted.free]
    tokens = book.free_tokens + sum(other.tokens for other in waiting) + wanted.tokens
    if tokens > allowance.free_tokens:
        return Denied(limit="tokens", message=f"would use {tokens} of {allowance.free_tokens} tokens of free models")
    seconds = book.free_seconds + sum(other.seconds for other in waiting)
    if seconds >= allowance.free_seconds:
        return Denied(limit="seconds", message=f"free models worked {seconds:.0f} of {allowance.free_seconds:.0f} s")
    return None


def _paid(book: Book, wanted: Wanted, nano: int) -> Denied | None:
    if book.closed:
        return Denied(limit="closed", message="a model said it used more than is possible; nothing more is bought")
    role, mine = book.allowance.usd_by_role.get(wanted.role), wanted.candidate
    limits: list[tuple[Denial, float | None, int]] = [
        ("money", book.allowance.usd, book.nano),
        ("role_money", role, _of(book, lambda other_role, _: other_role == wanted.role)),
        (
            "candidate_money",
            book.allowance.usd_per_candidate if mine else None,
            _of(book, lambda _, other: other == mine),
        ),
    ]
    for limit, usd, used in limits:
        if usd is not None and used + nano > nanos(usd):
            return Denied(
                limit=limit,
                message=f"the call may cost ${dollars(nano):.4f} and ${max(0.0, usd - dollars(used)):.4f} are left "
                f"of ${usd:.2f} ({limit})",
            )
    return None


def _of(book: Book, counts: _Counts) -> int:
    settled = sum(booked(entry) for entry in book.entries if counts(entry.role, entry.candidate))
    waiting = (item for item in book.open.values() if counts(item.wanted.role, item.wanted.candidate))
    return settled + sum(item.nano for item in waiting)


def _spent(reservation: Reservation, outcome: Outcome) -> int | None:
    if outcome.never_billed:
        return 0
    return None if outcome.usage is None else cost(reservation.wanted.price, outcome.usage)


def _tokens(reservation: Reservation, outcome: Outcome) -> int:
    if outcome.usage is None:
        return reservation.wanted.tokens
    return outcome.usage.input_tokens + outcome.usage.output_tokens


def _entry(reservation: Reservation, outcome: Outcome, spent: int | None, finish: str) -> LedgerEntry:
    wanted, usage = reservation.wanted, outcome.usage
    return LedgerEntry(
        at=wanted.at,
        role=wanted.role,
        model=wanted.model,
        candidate=wanted.candidate,
        reserved_usd=dollars(reservation.nano),
        spent_usd=None if spent is None else dollars(spent),
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        seconds=round(outcome.seconds, 3),
        finish=finish,
        prompt_sha256=wanted.prompt_sha256,
    )
