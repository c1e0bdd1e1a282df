"""Bad days end like good ones. Some seeds here; `python -m bench faults` plays hundreds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fault_matrix import MOST_STOPS, day


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    return day(tmp_path_factory.mktemp("good"), None).end


@pytest.mark.parametrize("seed", range(8))
def test_a_bad_day_ends_like_a_good_one(tmp_path: Path, good: dict[str, object], seed: int) -> None:
    outcome = day(tmp_path, seed)
    assert outcome.end == good, outcome.name
    assert outcome.lost_unread == [], outcome.name
    assert outcome.theirs_gone == set(), outcome.name
    assert outcome.met, outcome.name
    assert outcome.stops < MOST_STOPS, outcome.name
