"""The limits that attribution keeps on the written sets; benchmarks/attribution.py shows them in halves."""

from pathlib import Path

import pytest
from attribution_set import FOLDER, FRESH, answers


@pytest.mark.parametrize(("folder", "fewest"), [(FOLDER, 700), (FRESH, 265)])
@pytest.mark.parametrize("half", [0, 1])
def test_sentences_reach_the_right_supplier(folder: Path, fewest: int, half: int) -> None:
    everything = answers(folder)
    assert len(everything) > fewest
    found = [answer for answer in everything if answer.case % 2 == half]
    assert sum(answer.right for answer in found) / len(found) >= 0.95
    assert sum(answer.wrong for answer in found) / len(found) <= 0.02
