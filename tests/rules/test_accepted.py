"""Which accepted candidates a slot takes."""

from __future__ import annotations

import pytest

from improve_loop.model.find import Ranked
from improve_loop.phases.accepted import of_slot
from tests.support.builders import candidate

FIVE = tuple(Ranked(rank=rank, score=1.0, candidate=candidate(f"RULE{rank}")) for rank in range(1, 6))


@pytest.mark.parametrize(("slot", "ranks"), [(None, [1, 2, 3, 4, 5]), (1, [1, 3, 5]), (2, [2, 4]), (3, []), (4, [])])
def test_each_candidate_is_taken_by_one_of_two_slots_and_a_spare_slot_takes_none(
    slot: int | None, ranks: list[int]
) -> None:
    assert [each.rank for each in of_slot(FIVE, slot, 2)] == ranks
