"""The limits that attribution keeps on the written set; benchmarks/attribution.py shows it in halves."""

from attribution_set import answers


def test_sentences_reach_the_right_supplier() -> None:
    found = answers()
    assert len(found) > 700
    assert sum(answer.right for answer in found) / len(found) >= 0.95
    assert sum(answer.wrong for answer in found) / len(found) <= 0.02
