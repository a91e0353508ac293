"""Bootstrap intervals of the figures of each signal."""

import numpy as np
from sklearn.metrics import average_precision_score

from partnersignal.labels import LabelledSentence
from partnersignal.signals import default_signals
from partnersignal.training.intervals import _average_precisions, bootstrap_intervals

SIGNALS = default_signals()[:2]
ONE, OTHER = (signal.label for signal in SIGNALS)


def world(number: int, size: int, right: bool) -> tuple[list[LabelledSentence], list[list[float]]]:
    """A group in which each third sentence is a positive, found or missed throughout."""
    said = [
        LabelledSentence(f"{number}.{k}", "supplier", frozenset({ONE} if k % 3 == 0 else ()), f"w{number}") for k in range(size)
    ]
    return said, [[0.9 if bool(each.labels) == right else 0.1, 0.2] for each in said]


def test_groups_that_differ_give_wide_intervals_and_like_ones_none() -> None:
    for kinds, width in (([True] * 8, 0.0), ([True, False] * 4, 0.2)):
        parts = [world(number, 30, right) for number, right in enumerate(kinds)]
        sentences = [each for said, _ in parts for each in said]
        p = np.array([row for _, rows in parts for row in rows])
        found = bootstrap_intervals(p, np.array([0.5, 0.5]), sentences, SIGNALS)
        assert OTHER not in found  # no positive
        for name in ("precision", "recall", "f1", "average_precision"):
            low, high = found[ONE][name]
            assert 0 <= low <= high <= 1
            assert high - low == 0 if width == 0 else high - low > width, (name, low, high)


def test_few_groups_have_no_intervals_and_what_readers_differ_on_is_left_out() -> None:
    sentences, p = world(1, 30, True)
    assert bootstrap_intervals(np.array(p), np.array([0.5, 0.5]), sentences, SIGNALS) == {}
    for number in range(4, 7):  # four groups with positives are too few, a fifth comes below
        said, rows = world(number, 30, True)
        sentences, p = [*sentences, *said], [*p, *rows]
    assert bootstrap_intervals(np.array(p), np.array([0.5, 0.5]), sentences, SIGNALS) == {}
    unsure = [LabelledSentence(f"u{k}", "supplier", frozenset(), "w2", ignore=None) for k in range(30)]
    more, q = world(3, 30, True)
    p += [[0.9, 0.2]] * 30 + q  # false alarms, if they counted
    found = bootstrap_intervals(np.array(p), np.array([0.5, 0.5]), [*sentences, *unsure, *more], SIGNALS)
    assert found[ONE]["precision"] == (1.0, 1.0)


def test_average_precision_of_each_draw_is_scikit_learns() -> None:
    draw = np.random.default_rng(3)
    p, truth = draw.random(300).round(1), draw.random(300) < 0.2  # many score alike
    weights = draw.multinomial(300, np.full(300, 1 / 300), size=5).astype(float)
    expected = [average_precision_score(truth, p, sample_weight=each) for each in weights]
    np.testing.assert_allclose(_average_precisions(p, truth, weights, np.arange(300)), expected, rtol=1e-9)
    assert np.isnan(_average_precisions(p, np.zeros(300, bool), weights, np.arange(300))).all()
