"""How sure the figures of each signal are: a bootstrap over groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import average_precision_score

from partnersignal.labels import LabelledSentence
from partnersignal.signals import Signal
from partnersignal.tagging.calibration import Bools, Floats
from partnersignal.training.evaluation import truth_matrix

ROUNDS = 200
FEWEST_GROUPS = 5  # with positives: of fewer a bootstrap knows nothing
LEVEL = 0.9
Interval = tuple[float, float]


def bootstrap_intervals(
    probabilities: Floats,
    thresholds: Floats,
    sentences: Sequence[LabelledSentence],
    signals: Sequence[Signal],
    seed: int = 13,
) -> dict[str, dict[str, Interval]]:
    """Draw the groups again and again, with replacement, and see how far the figures move.

    Sentences of one group (a world, a thread) are alike, so whole groups are drawn: intervals over single sentences
    would be too narrow (Field and Welsh 2007, the cluster bootstrap).

    Parameters
    ----------
    probabilities : numpy.ndarray of shape (n_sentences, n_signals)
        Out of fold.
    thresholds : numpy.ndarray of shape (n_signals,)
        Decision thresholds.
    sentences : sequence of LabelledSentence of length n_sentences
        What readers said.
    signals : sequence of Signal of length n_signals
        Columns.
    seed : int, default 13
        Of the draws.

    Returns
    -------
    dict
        By label, for ``precision``, ``recall``, ``f1`` and ``average_precision`` the lower and upper end of the 90 %
        percentile interval; nothing for a label with positives in fewer than 5 groups.
    """
    names, group = np.unique([sentence.group for sentence in sentences], return_inverse=True)
    draws = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), size=ROUNDS).astype(float)
    truth, scored = truth_matrix(sentences, [signal.label for signal in signals])
    return {
        signal.label: _intervals(probabilities[rows, k], thresholds[k], truth[rows, k], draws[:, group[rows]])
        for k, signal in enumerate(signals)
        if len(np.unique(group[(rows := scored[:, k]) & truth[:, k]])) >= FEWEST_GROUPS
    }


def _intervals(p: Floats, threshold: float, truth: Bools, weights: Floats) -> dict[str, Interval]:
    given = p >= threshold
    hits, all_given, actual = (weights @ each.astype(float) for each in (given & truth, given, truth))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = {"precision": hits / all_given, "recall": hits / actual, "f1": 2 * hits / (all_given + actual)}
    held = actual > 0
    found["average_precision"] = np.array(
        [
            average_precision_score(truth, p, sample_weight=each) if ok else np.nan
            for each, ok in zip(weights, held, strict=True)
        ]
    )
    return {name: _ends(values) for name, values in found.items() if not np.isnan(values).all()}


def _ends(values: Floats) -> Interval:
    low, high = np.nanquantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
