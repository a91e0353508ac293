"""Training the linear model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from partnersignal.tagging.calibration import Bools, Floats
from partnersignal.tagging.linear import LinearModel, fit_features, make_vectorizers


def fit_linear(
    sentences: Sequence[str], voices: Sequence[str], truth: Bools, scored: Bools, *, strength: float = 10.0, seed: int = 13,
    balanced: bool = False,
) -> LinearModel:  # fmt: skip
    """Fit one regularised logistic regression a signal.

    Parameters
    ----------
    sentences, voices : sequence of str of length n_sentences
        What was said, and by whom.
    truth, scored : numpy.ndarray of bool of shape (n_sentences, n_signals)
        Labels, and where they count.
    strength : float, default 10
        Inverse of the L2 penalty (C of scikit-learn).
    seed : int, default 13
        Of the solver.
    balanced : bool, default False
        Whether the positives of a signal count as much as its negatives together.

    Returns
    -------
    LinearModel
        Raw scores only: calibrate them out of fold.
    """
    small = len(sentences) < 2_000
    vectorizers = make_vectorizers(1 if small else 2, 1 if small else 3)
    x = fit_features(vectorizers, sentences, voices)
    coef = np.zeros((x.shape[1], truth.shape[1]), dtype=np.float32)
    intercept = np.full(truth.shape[1], -10.0)
    for k in range(truth.shape[1]):
        rows = np.nonzero(scored[:, k])[0]
        y = truth[rows, k]
        if not y.any() or y.all():
            continue  # nothing to learn: the signal stays silent
        solver = LogisticRegression(
            C=strength, solver="liblinear", random_state=seed, class_weight="balanced" if balanced else None
        )
        fitted = solver.fit(x[rows], y)
        coef[:, k] = fitted.coef_[0]
        intercept[k] = float(fitted.intercept_[0])
    return LinearModel(vectorizers, _rounded(coef), intercept)


def _rounded(coef: Floats) -> Floats:
    """Round as the file does, so that a model scores the same before and after saving."""
    return np.asarray(coef.astype(np.float16).astype(np.float32))
