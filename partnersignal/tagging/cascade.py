"""The cascade: the linear model screens, then both decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from partnersignal.tagging.calibration import Floats
from partnersignal.tagging.encoder import EncoderModel
from partnersignal.tagging.folder import ModelConfig
from partnersignal.tagging.linear import LinearModel


@dataclass(frozen=True)
class CascadeModel:
    """Two models in a row.

    Attributes
    ----------
    linear : LinearModel
        Cheap, scores every sentence.
    config : ModelConfig
        Of the linear model.
    encoder : EncoderModel
        Scores what passes the screen.
    share : float
        Of the linear model's log-odds that is added to the encoder's: they err differently.
    screen : float
        A sentence passes if the linear model gives any signal at least this probability.
    silent : float
        Log-odds of a sentence that does not pass.
    """

    linear: LinearModel
    config: ModelConfig
    encoder: EncoderModel
    share: float
    screen: float
    silent: float

    def scores(
        self,
        sentences: Sequence[str],
        voices: Sequence[str],
        previous: Sequence[str] | None = None,
        messages: Sequence[int] | None = None,
    ) -> Floats:
        """Score sentences.

        Parameters
        ----------
        sentences, voices : sequence of str of length n_sentences
            What was said, and by whom.
        previous : sequence of str, optional
            The sentences before.
        messages : sequence of int of length n_sentences, optional
            Number of the message that each stands in; without it each stands alone.

        Returns
        -------
        numpy.ndarray of shape (n_sentences, n_signals)
            The joint log-odds where the encoder was asked, `silent` elsewhere.
        """
        cheap = self.linear.scores(sentences, voices)
        likely = self.config.probabilities(cheap, messages).max(axis=1, initial=0.0)
        passed = np.nonzero(likely >= self.screen)[0].tolist()
        scores = np.full(cheap.shape, self.silent)
        if passed:
            scores[passed] = self.share * cheap[passed] + self.encoder.scores(
                [sentences[i] for i in passed],
                [voices[i] for i in passed],
                [previous[i] for i in passed] if previous is not None else None,
            )
        return scores
