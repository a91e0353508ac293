"""From a model's raw scores to calibrated probabilities and decisions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Calibration:
    """Platt scaling and a threshold for each signal.

    Attributes
    ----------
    slope, intercept : numpy.ndarray of shape (n_signals,)
        probability = 1 / (1 + exp(-(slope * score + intercept))); Platt (1999).
    threshold : numpy.ndarray of shape (n_signals,)
        Probability from which a sentence is given the signal.
    """

    slope: Floats
    intercept: Floats
    threshold: Floats

    def probabilities(self, scores: Floats) -> Floats:
        """Calibrate raw scores.

        Parameters
        ----------
        scores : numpy.ndarray of shape (n_sentences, n_signals)
            Log-odds as the model gives them.

        Returns
        -------
        numpy.ndarray of shape (n_sentences, n_signals)
            Between 0 and 1; the order of sentences within a signal stays.
        """
        logits = np.clip(scores * self.slope + self.intercept, -30.0, 30.0)
        return np.asarray(1.0 / (1.0 + np.exp(-logits)))
