"""The linear model as a scikit-learn estimator over texts, for pipelines, grids and cross-validation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from partnersignal.errors import InputError
from partnersignal.messages import VOICES
from partnersignal.tagging.calibration import Bools, Floats
from partnersignal.training.features import Counts, count_features
from partnersignal.training.linear import LinearFit, fit_linear
from partnersignal.training.splits import Rows, group_folds
from partnersignal.training.thresholds import make_calibration


# scikit-learn has no types of its own.
class SignalClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Multi-label classifier of sentences: the linear model, calibrated, with a threshold a label.

    Parameters
    ----------
    voice : str, default "supplier"
        Who speaks in the texts.
    strength : float, default 10
        Inverse penalty.
    folds : int, default 5
        Folds for calibration and thresholds.
    class_weight : {None, "balanced"}, default None
        Whether positives of rare labels count more.
    random_state : int, default 13
        Of folds and solver.

    Attributes
    ----------
    classes_ : numpy.ndarray of shape (n_labels,)
        Labels, or column numbers where `y` was a matrix.
    model_ : LinearModel
        Weights.
    calibration_ : Calibration
        Probabilities and thresholds.
    """

    def __init__(
        self,
        *,
        voice: str = "supplier",
        strength: float = 10.0,
        folds: int = 5,
        class_weight: str | None = None,
        random_state: int = 13,
    ) -> None:
        self.voice = voice
        self.strength = strength
        self.folds = folds
        self.class_weight = class_weight
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array = True, True, False
        tags.target_tags.multi_output = tags.classifier_tags.multi_label = True
        tags.target_tags.two_d_labels = True
        return tags

    def fit(self, X: Iterable[str], y: Any, groups: Sequence[str] | None = None) -> SignalClassifier:  # noqa: N803 (scikit-learn's name)
        """Learn from labelled texts.

        Parameters
        ----------
        X : iterable of str of length n_texts
            Sentences.
        y : array of shape (n_texts, n_labels), or sequence of str or of collections of str
            Indicators, or the labels of each text.
        groups : sequence of str, optional
            What calibration folds must not split.

        Returns
        -------
        SignalClassifier
            This one.

        Raises
        ------
        InputError
            If a text is no str, the lengths differ, the voice is unknown or there are too few texts.
        """
        texts = _texts(X)
        if self.voice not in VOICES:
            raise InputError(f"got the voice {self.voice!r}, expected one of {', '.join(VOICES)}")
        truth, self.classes_ = _indicators(y)
        if len(texts) != len(truth):
            raise InputError(f"got {len(texts)} texts and {len(truth)} rows of labels, expected as many of each")
        if len(texts) < 2:
            raise InputError(f"got {len(texts)} texts, expected at least 2")
        scored = np.ones_like(truth)
        counts = count_features(texts, [self.voice] * len(texts))
        scores = np.zeros(truth.shape)
        names = list(groups) if groups is not None else [str(number) for number in range(len(texts))]
        for rest, held in group_folds(names, self.folds, self.random_state):
            scores[held] = self._fit_part(counts, rest, truth).scores(held)
        everything = np.ones(truth.shape[1], dtype=bool)
        nowhere = np.zeros(len(texts), dtype=bool)
        self.calibration_ = make_calibration(scores, truth, scored, nowhere, [(everything, 1.0)])
        self.model_ = self._fit_part(counts, np.arange(len(texts)), truth).model()
        return self

    def _fit_part(self, counts: Counts, rows: Rows, truth: Bools) -> LinearFit:
        balanced = self.class_weight == "balanced"
        return fit_linear(
            counts, rows, truth, np.ones_like(truth), strength=self.strength, seed=self.random_state, balanced=balanced
        )

    def predict_proba(self, X: Iterable[str]) -> Floats:  # noqa: N803 (scikit-learn's name)
        """Give the probability of each label.

        Parameters
        ----------
        X : iterable of str of length n_texts
            Sentences.

        Returns
        -------
        numpy.ndarray of shape (n_texts, n_labels)
            Calibrated; columns as in `classes_`.
        """
        check_is_fitted(self)
        texts = _texts(X)
        return self.calibration_.probabilities(self.model_.scores(texts, [self.voice] * len(texts)))

    def predict(self, X: Iterable[str]) -> NDArray[np.int64]:  # noqa: N803
        """Give the labels at or above their thresholds.

        Parameters
        ----------
        X : iterable of str of length n_texts
            Sentences.

        Returns
        -------
        numpy.ndarray of int of shape (n_texts, n_labels)
            Indicators; columns as in `classes_`.
        """
        return np.asarray(self.predict_proba(X) >= self.calibration_.threshold, dtype=np.int64)

    def score(self, X: Iterable[str], y: Any, sample_weight: Any = None) -> float:  # noqa: N803
        """Compute the micro-averaged F1: exact matches say little of rare labels.

        Parameters
        ----------
        X : iterable of str of length n_texts
            Sentences.
        y : as in `fit`
            Labels.
        sample_weight : array of shape (n_texts,), optional
            Weights of texts.

        Returns
        -------
        float
            Between 0 and 1.
        """
        from sklearn.metrics import f1_score

        predicted = self.predict(X)
        truth = _indicators(y, self.classes_)[0]
        return float(f1_score(truth, predicted, average="micro", sample_weight=sample_weight, zero_division=0.0))


def _texts(given: Iterable[str]) -> list[str]:
    if isinstance(given, str):
        raise InputError("got one text, expected a list of texts")
    texts = [str(each) if isinstance(each, np.str_) else each for each in given]
    for each in texts:
        if not isinstance(each, str):
            raise InputError(f"got a text of type {type(each).__name__}, expected str")
    return texts


def _indicators(y: Any, classes: NDArray[Any] | None = None) -> tuple[Bools, NDArray[Any]]:
    """Turn labels into a matrix and the names of its columns."""
    if y is None:
        raise InputError("got no y, expected the labels of each text; requires y to be passed")
    array = y.to_numpy() if hasattr(y, "to_numpy") else y
    if hasattr(array, "ndim") and array.ndim == 2:
        return np.asarray(array, dtype=bool), np.arange(array.shape[1])
    rows = [{each} if isinstance(each, str | int | float | np.generic) else set(each) for each in array]
    names = sorted(set().union(*rows)) if classes is None else classes.tolist()
    return np.array([[name in row for name in names] for row in rows], dtype=bool).reshape(len(rows), len(names)), np.array(
        names
    )
