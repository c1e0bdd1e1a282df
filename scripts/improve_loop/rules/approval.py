"""What was accepted, once conflicts between the accepted are settled."""

from __future__ import annotations

from collections.abc import Collection

from improve_loop.model.ask import Deferred
from improve_loop.model.find import Ranked, Shortlist


def settled(shortlist: Shortlist, wanted: Collection[str]) -> tuple[tuple[str, ...], tuple[Deferred, ...]]:
    """(accepted, deferred), by rank: of two that do not merge side by side, the lower one waits for a later run."""
    accepted: list[Ranked] = []
    deferred: list[Deferred] = []
    for each in shortlist.shortlisted:
        if each.candidate.id in wanted:
            rival = next((other for other in accepted if _conflict(each, other)), None)
            if rival:
                because = (
                    f"does not merge beside {rival.candidate.id}, which ranks higher; it comes back in the next run"
                )
                deferred.append(Deferred(id=each.candidate.id, because=because))
            else:
                accepted.append(each)
    return tuple(each.candidate.id for each in accepted), tuple(deferred)


def _conflict(one: Ranked, other: Ranked) -> bool:
    """Two changes without previews may meet in any file that both may touch: unknown is never yes."""
    if one.preview and other.preview:
        return other.candidate.id in one.preview.conflicts_with or one.candidate.id in other.preview.conflicts_with
    return bool(set(one.candidate.target_paths) & set(other.candidate.target_paths))
