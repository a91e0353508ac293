"""From a model's raw scores to calibrated probabilities and decisions."""

from __future__ import annotations

from dataclasses import dataclass, field

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
        probability = 1 / (1 + exp(-(slope * score + intercept + surroundings . talk))); Platt (1999), with two more
        variables.
    threshold : numpy.ndarray of shape (n_signals,)
        Probability from which a sentence is given the signal.
    surroundings : numpy.ndarray of shape (n_signals, 2) or (1, 2)
        Weights of how the rest of the message sounds (`talk_around`); 0 unless given.
    """

    slope: Floats
    intercept: Floats
    threshold: Floats
    surroundings: Floats = field(default_factory=lambda: np.zeros((1, 2)))

    def probabilities(self, scores: Floats, talk: Floats | None = None) -> Floats:
        """Calibrate raw scores.

        Parameters
        ----------
        scores : numpy.ndarray of shape (n_sentences, n_signals)
            Log-odds as the model gives them.
        talk : numpy.ndarray of shape (n_sentences, 2), optional
            How the rest of each one's message sounds; without it each stands alone.

        Returns
        -------
        numpy.ndarray of shape (n_sentences, n_signals)
            Between 0 and 1; within a signal the order of sentences with the same talk stays.
        """
        logits = scores * self.slope + self.intercept
        if talk is not None:
            logits = logits + talk @ self.surroundings.T
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -30.0, 30.0))))
