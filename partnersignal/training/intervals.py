"""How sure the figures of each signal are: a bootstrap over groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from partnersignal.labels import LabelledSentence
from partnersignal.signals import Signal
from partnersignal.tagging.calibration import Bools, Floats
from partnersignal.training.evaluation import truth_matrix
from partnersignal.training.splits import Rows, bootstrap_weights

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
    draws = bootstrap_weights(len(names), ROUNDS, seed)
    truth, scored = truth_matrix(sentences, [signal.label for signal in signals])
    return {
        signal.label: _intervals(probabilities[rows, k], thresholds[k], truth[rows, k], draws, group[rows])
        for k, signal in enumerate(signals)
        if len(np.unique(group[(rows := scored[:, k]) & truth[:, k]])) >= FEWEST_GROUPS
    }


def _intervals(p: Floats, threshold: float, truth: Bools, draws: Floats, group: Rows) -> dict[str, Interval]:
    given = p >= threshold
    hits, all_given, actual = (
        draws @ np.bincount(group[rows], minlength=draws.shape[1]) for rows in (given & truth, given, truth)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        found = {"precision": hits / all_given, "recall": hits / actual, "f1": 2 * hits / (all_given + actual)}
    found["average_precision"] = _average_precisions(p, truth, draws, group)
    return {name: _ends(values) for name, values in found.items() if not np.isnan(values).all()}


def _average_precisions(p: Floats, truth: Bools, draws: Floats, group: Rows) -> Floats:
    """Return the average precision of each draw; as scikit-learn's, which sorts anew for each. nan without a positive."""
    order = np.argsort(-p, kind="stable")
    cut = np.nonzero(np.append(np.diff(p[order]) != 0, True))[0]  # the last of each that score alike
    ranked, right = group[order], truth[order]
    # A draw at a time: all at once, 200,000 sentences took 2.4 GB.
    return np.array([_average_precision(draw[ranked], right, cut) for draw in draws])


def _average_precision(weights: Floats, right: Bools, cut: Rows) -> float:
    given, hits = np.cumsum(weights)[cut], np.cumsum(weights * right)[cut]
    with np.errstate(invalid="ignore", divide="ignore"):
        return float((np.diff(hits, prepend=0.0) * np.nan_to_num(hits / given)).sum() / hits[-1])


def _ends(values: Floats) -> Interval:
    low, high = np.nanquantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
