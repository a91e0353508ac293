"""Calibration and thresholds, from scores of sentences the model was not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.linear_model import LogisticRegression

from partnersignal.tagging.calibration import Bools, Calibration, Floats

FEWEST = 30  # positives below which a label's own threshold is drawn towards all labels' (grants_tagger#112)
_FEWEST_TO_DECIDE = 2
_NEVER = 1.0


def calibrate(
    scores: Floats, truth: Bools, scored: Bools, talk: Floats | None = None, listens: Bools | None = None
) -> tuple[Floats, Floats, Floats]:
    """Fit Platt scaling for each label, with how the rest of a message sounds as two more variables.

    Parameters
    ----------
    scores : numpy.ndarray of shape (n_sentences, n_signals)
        Out-of-fold log-odds.
    truth : numpy.ndarray of bool of the same shape
        Labels.
    scored : numpy.ndarray of bool of the same shape
        False where readers differed.
    talk : numpy.ndarray of shape (n_sentences, 2), optional
        From `talk_around`.
    listens : numpy.ndarray of bool of shape (n_signals, 2), optional
        Which columns of `talk` count for a label; all unless given.

    Returns
    -------
    slope, intercept : numpy.ndarray of shape (n_signals,)
        A label without positives gets a slope of 1 and an intercept that keeps it silent.
    surroundings : numpy.ndarray of shape (n_signals, 2)
        A label with fewer than 30 positives that stand in a message with others learns nothing from its surroundings.
    """
    n_signals = scores.shape[1]
    talk = np.zeros((len(scores), 2)) if talk is None else talk
    listens = np.ones((n_signals, 2), dtype=bool) if listens is None else listens
    slope, intercept, surroundings = np.ones(n_signals), np.full(n_signals, -30.0), np.zeros((n_signals, 2))
    for k in range(n_signals):
        rows = scored[:, k]
        if truth[rows, k].sum() >= 2:
            # Labels given sentence by sentence stand alone: they say nothing of surroundings.
            told = (truth[rows, k] & talk[rows].any(axis=1)).sum() >= FEWEST
            heard = np.nonzero(told & listens[k])[0]
            x = np.column_stack([scores[rows, k], talk[rows][:, heard]])
            fitted = LogisticRegression(C=1e3).fit(x, truth[rows, k])
            slope[k], intercept[k] = max(float(fitted.coef_[0, 0]), 1e-3), float(fitted.intercept_[0])
            surroundings[k, heard] = fitted.coef_[0, 1:]
    return slope, intercept, surroundings


def choose_thresholds(
    probabilities: Floats, truth: Bools, scored: Bools, ordinary: Bools, sides: Sequence[tuple[Bools, float]]
) -> Floats:
    """Choose thresholds: the best F1 over the signals of a side that keeps its false alarms in ordinary mail rare.

    For each side the sum of F1 is maximised under a limit on the sum of false alarms, by a Lagrange
    multiplier: a signal that costs many false alarms for little F1 gives way first.

    Parameters
    ----------
    probabilities : numpy.ndarray of shape (n_sentences, n_signals)
        Out-of-fold and calibrated.
    truth, scored : numpy.ndarray of bool of the same shape
        As in `calibrate`.
    ordinary : numpy.ndarray of bool of shape (n_sentences,)
        Sentences of ordinary mail, in which hardly anything is labelled. Real mail is nearly all of this
        kind, so the false alarms there, not those among dense supplier talk, are what an index would see.
    sides : sequence of (numpy.ndarray of bool of shape (n_signals,), float)
        For each side its columns, and the share of ordinary sentences that may be given a tag of it.

    Returns
    -------
    numpy.ndarray of shape (n_signals,)
        Probabilities. A label with fewer than 30 positives is drawn towards the median of the others,
        upwards only; one with fewer than 2 is never given.
    """
    curves = [_curve(probabilities[:, k], truth[:, k], scored[:, k], ordinary) for k in range(truth.shape[1])]
    chosen = np.full(truth.shape[1], _NEVER)
    for columns, allowed in sides:
        members = {int(k): curve for k in np.nonzero(columns)[0] if (curve := curves[k]) is not None}
        chosen[list(members)] = _under_limit(list(members.values()), allowed)
    support = (truth & scored).sum(axis=0)
    trusted = chosen[(support >= FEWEST) & (chosen < _NEVER)]
    middle = float(np.median(trusted)) if len(trusted) else 0.5
    share = np.minimum(1.0, support / FEWEST)
    return np.asarray(np.maximum(chosen, share * chosen + (1 - share) * middle))


@dataclass(frozen=True)
class _Curve:
    """What each possible threshold of a signal gives: F1, and false alarms in ordinary mail."""

    threshold: Floats
    f1: Floats
    alarms: Floats


def _curve(probabilities: Floats, truth: Bools, scored: Bools, ordinary: Bools) -> _Curve | None:
    p, y, plain = probabilities[scored], truth[scored], (ordinary & ~truth)[scored]
    if y.sum() < _FEWEST_TO_DECIDE:
        return None
    order = np.argsort(-p, kind="stable")
    ranked = p[order]
    cut = np.nonzero(np.append(ranked[1:] < ranked[:-1], True))[0]  # only between different probabilities
    f1 = 2 * np.cumsum(y[order]) / (np.arange(1, len(order) + 1) + y.sum())
    alarms = np.cumsum(plain[order]) / max(1, int(plain.sum()))
    below = np.append(ranked[1:], 0.0)
    # The first choice is never to give the signal.
    threshold = np.append(_NEVER, ((ranked + below) / 2)[cut])
    return _Curve(threshold, np.append(0.0, f1[cut]), np.append(0.0, alarms[cut]))


def _under_limit(curves: Sequence[_Curve], allowed: float) -> list[float]:
    """Find the smallest multiplier whose choice keeps to the limit, by bisection."""

    def choose(multiplier: float) -> list[int]:
        return [int(np.argmax(curve.f1 - multiplier * curve.alarms)) for curve in curves]

    def alarms(places: list[int]) -> float:
        return float(sum(curve.alarms[place] for curve, place in zip(curves, places, strict=True)))

    low, high = 0.0, 1e6
    if alarms(choose(low)) > allowed:
        for _ in range(60):
            middle = np.sqrt(max(low, 1e-6) * high)
            low, high = (middle, high) if alarms(choose(middle)) > allowed else (low, middle)
        low = high
    return [float(curve.threshold[place]) for curve, place in zip(curves, choose(low), strict=True)]


def make_calibration(
    scores: Floats,
    truth: Bools,
    scored: Bools,
    ordinary: Bools,
    sides: Sequence[tuple[Bools, float]],
    talk: Floats | None = None,
    listens: Bools | None = None,
) -> Calibration:
    """Calibrate and choose thresholds from out-of-fold scores.

    Parameters
    ----------
    scores : numpy.ndarray of shape (n_sentences, n_signals)
        Log-odds.
    truth, scored : numpy.ndarray of bool of shape (n_sentences, n_signals)
        As in `calibrate`.
    ordinary : numpy.ndarray of bool of shape (n_sentences,)
    sides : sequence of (numpy.ndarray of bool of shape (n_signals,), float)
        As in `calibrate` and `choose_thresholds`.
    talk : numpy.ndarray of shape (n_sentences, 2), optional
    listens : numpy.ndarray of bool of shape (n_signals, 2), optional
        As in `calibrate`.

    Returns
    -------
    Calibration
        For the model trained on everything.
    """
    slope, intercept, surroundings = calibrate(scores, truth, scored, talk, listens)
    fitted = Calibration(slope, intercept, np.full(scores.shape[1], _NEVER), surroundings)
    return replace(fitted, threshold=choose_thresholds(fitted.probabilities(scores, talk), truth, scored, ordinary, sides))
