"""Training the linear model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from partnersignal.tagging.calibration import Bools, Floats
from partnersignal.tagging.linear import LinearModel
from partnersignal.training.features import Counts, Features, fit_features
from partnersignal.training.splits import Rows

_TOLERANCE = 2.0  # of the dual gradient; 5 to 10 passes over the sentences, and as good as twice as many


@dataclass(frozen=True)
class LinearFit:
    """A linear model and the counts it was fitted on.

    Attributes
    ----------
    features : Features
        What it looks at.
    coef : numpy.ndarray of shape (n_features, n_signals)
        Weights.
    intercept : numpy.ndarray of shape (n_signals,)
        Biases.
    """

    features: Features
    coef: Floats
    intercept: Floats

    def scores(self, rows: Rows) -> Floats:
        """Score sentences that were counted.

        Parameters
        ----------
        rows : numpy.ndarray of int of shape (n_rows,)
            Which.

        Returns
        -------
        numpy.ndarray of shape (n_rows, n_signals)
            Log-odds, not calibrated.
        """
        return np.asarray(self.features.of(rows) @ self.coef, dtype=np.float64) + self.intercept

    def model(self) -> LinearModel:
        """Return the model that reads text.

        Returns
        -------
        LinearModel
            Gives the same scores.
        """
        return LinearModel(self.features.vocabularies(), self.coef, self.intercept)


def fit_linear(
    counts: Counts, rows: Rows, truth: Bools, scored: Bools, *, strength: float = 10.0, seed: int = 13, balanced: bool = False
) -> LinearFit:
    """Fit one regularised logistic regression a signal.

    Parameters
    ----------
    counts : Counts
        Of all sentences.
    rows : numpy.ndarray of int of shape (n_rows,)
        Sentences to learn from.
    truth, scored : numpy.ndarray of bool of shape (n_sentences, n_signals)
        Labels, and where they count, of all sentences.
    strength : float, default 10
        Inverse of the L2 penalty (C of scikit-learn).
    seed : int, default 13
        Of the solver.
    balanced : bool, default False
        Whether the positives of a signal count as much as its negatives together.

    Returns
    -------
    LinearFit
        Raw scores only: calibrate them out of fold.
    """
    features, x = fit_features(counts, rows)
    coef = np.zeros((x.shape[1], truth.shape[1]), dtype=np.float32)
    intercept = np.full(truth.shape[1], -10.0)
    for k in range(truth.shape[1]):
        y, counted = truth[rows, k], scored[rows, k]
        if len(np.unique(y[counted])) < 2:
            continue  # nothing to learn: the signal stays silent
        # Coordinate descent in the dual takes a fifth of the time of the primal solver.
        solver = LogisticRegression(
            C=strength, solver="liblinear", dual=True, tol=_TOLERANCE, max_iter=1_000, random_state=seed,
            class_weight="balanced" if balanced else None,
        )  # fmt: skip
        fitted = solver.fit(x, y, counted.astype(float))
        coef[:, k] = fitted.coef_[0]
        intercept[k] = float(fitted.intercept_[0])
    return LinearFit(features, _rounded(coef), intercept)


def _rounded(coef: Floats) -> Floats:
    """Round as the file does, so that a model scores the same before and after saving."""
    return np.asarray(coef.astype(np.float16).astype(np.float32))
