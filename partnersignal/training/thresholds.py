"""Calibration and thresholds, from scores of sentences the model was not trained on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from partnersignal.tagging.calibration import Calibration, Floats

FEWEST = 30  # positives below which a label's own threshold is drawn towards all labels' (grants_tagger#112)
_NEVER = 1.0


def calibrate(scores: Floats, truth: NDArray[np.bool_], scored: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Fit Platt scaling for each label.

    Parameters
    ----------
    scores : numpy.ndarray of shape (n_sentences, n_signals)
        Out-of-fold log-odds.
    truth : numpy.ndarray of bool of the same shape
        Labels.
    scored : numpy.ndarray of bool of the same shape
        False where readers differed.

    Returns
    -------
    slope, intercept : numpy.ndarray of shape (n_signals,)
        A label without positives gets a slope of 1 and an intercept that keeps it silent.
    """
    n_signals = scores.shape[1]
    slope, intercept = np.ones(n_signals), np.full(n_signals, -30.0)
    for k in range(n_signals):
        rows = scored[:, k]
        if truth[rows, k].sum() >= 2:
            fitted = LogisticRegression(C=1e3).fit(scores[rows, k : k + 1], truth[rows, k])
            slope[k], intercept[k] = max(float(fitted.coef_[0, 0]), 1e-3), float(fitted.intercept_[0])
    return slope, intercept


def choose_thresholds(
    probabilities: Floats,
    truth: NDArray[np.bool_],
    scored: NDArray[np.bool_],
    ordinary: NDArray[np.bool_],
    false_alarms: Floats,
) -> Floats:
    """Choose a threshold for each label: the best F1, but never more false alarms in ordinary mail than allowed.

    Parameters
    ----------
    probabilities : numpy.ndarray of shape (n_sentences, n_signals)
        Out-of-fold and calibrated.
    truth, scored : numpy.ndarray of bool of the same shape
        As in `calibrate`.
    ordinary : numpy.ndarray of bool of shape (n_sentences,)
        Sentences of documents in which nothing is labelled: what fills real mailboxes. Real mail is
        nearly all of this kind, so the false alarms there, not those among dense supplier talk,
        are what an index would see.
    false_alarms : numpy.ndarray of shape (n_signals,)
        Largest share of ordinary sentences that may be given the label.

    Returns
    -------
    numpy.ndarray of shape (n_signals,)
        Probabilities. A label with fewer than 30 positives is drawn towards the median of the others.
    """
    n_signals = probabilities.shape[1]
    chosen = np.full(n_signals, _NEVER)
    support = np.array([int(truth[scored[:, k], k].sum()) for k in range(n_signals)])
    best = np.array([_best_f1(probabilities[scored[:, k], k], truth[scored[:, k], k]) for k in range(n_signals)])
    trusted = best[support >= FEWEST]
    middle = float(np.median(trusted)) if len(trusted) else 0.5
    for k in range(n_signals):
        if support[k] < 2:
            continue
        share = min(1.0, support[k] / FEWEST)
        own = share * best[k] + (1 - share) * middle
        chosen[k] = max(own, _floor(probabilities[ordinary & scored[:, k], k], false_alarms[k]))
    return np.minimum(chosen, _NEVER)


def _best_f1(probabilities: Floats, truth: NDArray[np.bool_]) -> float:
    positives = int(truth.sum())
    if not positives:
        return _NEVER
    order = np.argsort(-probabilities, kind="stable")
    ranked = probabilities[order]
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + positives)
    # Cut only between different probabilities; where F1 is as good, the higher threshold.
    last = np.append(ranked[1:] < ranked[:-1], True)
    place = int(np.argmax(np.where(last, f1, -1.0)))
    below = ranked[place + 1] if place + 1 < len(ranked) else 0.0
    return float((ranked[place] + below) / 2)


def _floor(probabilities: Floats, allowed: float) -> float:
    """Return the lowest threshold that at most a share of sentences reaches."""
    if not len(probabilities):
        return 0.0
    ranked = np.sort(probabilities)[::-1]
    place = int(np.floor(allowed * len(ranked)))
    return float(np.nextafter(ranked[place], 2.0)) if place < len(ranked) else 0.0


def make_calibration(
    scores: Floats, truth: NDArray[np.bool_], scored: NDArray[np.bool_], ordinary: NDArray[np.bool_], false_alarms: Floats
) -> Calibration:
    """Calibrate and choose thresholds from out-of-fold scores.

    Parameters
    ----------
    scores, truth, scored, ordinary, false_alarms : numpy.ndarray
        As in `calibrate` and `choose_thresholds`.

    Returns
    -------
    Calibration
        For the model trained on everything.
    """
    slope, intercept = calibrate(scores, truth, scored)
    fitted = Calibration(slope, intercept, np.full(scores.shape[1], _NEVER))
    thresholds = choose_thresholds(fitted.probabilities(scores), truth, scored, ordinary, false_alarms)
    return Calibration(slope, intercept, thresholds)
