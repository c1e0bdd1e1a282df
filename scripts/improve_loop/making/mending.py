"""A change that fails the target's own checks goes back to its maker, at most twice; what was spent adds up."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from improve_loop.making.made import Feedback, Made
from improve_loop.rules.budget import Allowance, left_of
from improve_loop.rules.untrusted import one_line

MOST = 2
_VARYING = re.compile(r"0x[0-9a-f]+|\d+")  # addresses, times, counts: not what makes two failures different


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What a check said of a change."""

    check: str
    output: str

    @property
    def signature(self) -> str:
        """The same for the same failure."""
        return hashlib.sha256(f"{self.check}\n{_VARYING.sub('', self.output[-4_000:])}".encode()).hexdigest()


def until_it_passes(
    made: Made,
    allowance: Allowance,
    again: Callable[[Feedback, Allowance], Made],
    failure_of: Callable[[Mapping[str, bytes | None]], Failure | None],
) -> Made:
    """The change that passes, or the best there is: `check` says what it is worth, and a human decides."""
    seen: set[str] = set()
    for _ in range(MOST):
        failure = failure_of(made.files) if made.status == "made" else None
        if failure is None:
            break
        told = Feedback(
            files=made.files,
            output=failure.output,
            signature=failure.signature,
            seen_before=failure.signature in seen,
        )
        seen.add(failure.signature)
        better = again(told, left_of(allowance, made.ledger))
        made = _joined(made, better)
        if better.status != "made":
            break
    return made


def _joined(before: Made, after: Made) -> Made:
    """The later change where there is one, with everything that both found and spent."""
    kept = after
    if after.status != "made":
        why = f"{before.detail}; a check fails on it, and mending ended ({after.reason}): {after.detail}"
        kept = replace(before, detail=one_line(why, 500))
    spill = {each.id: each for each in (*before.spill, *after.spill)}
    gaps = {(each.kind, each.needed): each for each in (*before.gaps, *after.gaps)}
    return replace(
        kept,
        ledger=(*before.ledger, *after.ledger),
        spill=tuple(spill.values()),
        gaps=tuple(gaps.values()),
        attempts=before.attempts + after.attempts,
        prompts={**before.prompts, **after.prompts},
    )
