"""The cascade: the linear model screens, the encoder decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from partnersignal.tagging.calibration import Calibration, Floats
from partnersignal.tagging.encoder import EncoderModel
from partnersignal.tagging.linear import LinearModel


@dataclass(frozen=True)
class CascadeModel:
    """Two models in a row.

    Attributes
    ----------
    linear : LinearModel
        Cheap, scores every sentence.
    calibration : Calibration
        Of the linear model.
    encoder : EncoderModel
        Scores what passes the screen.
    screen : float
        A sentence passes if the linear model gives any signal at least this probability.
    silent : float
        Log-odds of a sentence that does not pass.
    """

    linear: LinearModel
    calibration: Calibration
    encoder: EncoderModel
    screen: float
    silent: float

    def scores(self, sentences: Sequence[str], voices: Sequence[str], previous: Sequence[str] | None = None) -> Floats:
        """Score sentences.

        Parameters
        ----------
        sentences, voices : sequence of str of length n_sentences
            What was said, and by whom.
        previous : sequence of str, optional
            The sentences before.

        Returns
        -------
        numpy.ndarray of shape (n_sentences, n_signals)
            The encoder's log-odds where it was asked, `silent` elsewhere.
        """
        cheap = self.calibration.probabilities(self.linear.scores(sentences, voices))
        passed = np.nonzero(cheap.max(axis=1, initial=0.0) >= self.screen)[0].tolist()
        scores = np.full(cheap.shape, self.silent)
        if len(passed):
            scores[passed] = self.encoder.scores(
                [sentences[i] for i in passed],
                [voices[i] for i in passed],
                [previous[i] for i in passed] if previous is not None else None,
            )
        return scores
