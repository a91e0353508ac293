"""The limits that attribution keeps on the written sets; benchmarks/attribution.py shows them in halves."""

from pathlib import Path

import pytest
from attribution_set import BLIND, FOLDER, FRESH, answers


@pytest.mark.parametrize(("folder", "fewest"), [(FOLDER, 700), (FRESH, 265)])
@pytest.mark.parametrize("half", [0, 1])
def test_sentences_reach_the_right_supplier(folder: Path, fewest: int, half: int) -> None:
    everything = answers(folder)
    assert len(everything) > fewest
    found = [answer for answer in everything if answer.case % 2 == half]
    assert sum(answer.right for answer in found) / len(found) >= 0.95
    assert sum(answer.wrong for answer in found) / len(found) <= 0.02


def test_the_blind_set_is_not_lost_ground() -> None:
    """Written by somebody who saw no rule: 86.1 % right at first sight (benchmarks/results/attribution.md)."""
    found = answers(BLIND)
    assert len(found) == 273
    assert sum(answer.right for answer in found) / len(found) >= 0.895
    assert sum(answer.wrong for answer in found) / len(found) <= 0.075
