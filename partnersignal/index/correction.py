"""What is known about false alarms, as the index needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from partnersignal.index.arrays import Floats

CorrectionSource = Literal["none", "card", "audit"]

# c >= this share of mu: an audit that finds almost only false alarms must not turn the log into a cliff.
_SOFTENING_FLOOR = 0.1


@dataclass(frozen=True, slots=True)
class ErrorCorrection:
    """False alarms of each side; pairs are (partner, vendor).

    Where false alarms come at the same rate F for all suppliers and misses are alike, sensitivity cancels from the
    ratio of a supplier's rate to the portfolio's, and ``c = mu - 2 F`` in ``ln((q + c) / (mu + c))`` is exact.

    Attributes
    ----------
    source : {"none", "card", "audit"}
        Where the figures come from; "none" means uncorrected.
    false_rate : pair of float
        F, weighted false alarms per effective sentence, in the units of the rates.
    variance : pair of float
        Variance of c, that is four times the variance of F: it shrinks with a larger audit.
    between : pair of float
        omega, the variation of F between sources relative to F: it widens the interval and does not shrink with more
        mail.
    """

    source: CorrectionSource
    false_rate: tuple[float, float]
    variance: tuple[float, float]
    between: tuple[float, float]

    @classmethod
    def none(cls) -> ErrorCorrection:
        """Return no correction: c = mu, and no term in the interval.

        Returns
        -------
        ErrorCorrection
            Of source "none".
        """
        return cls("none", (0.0, 0.0), (0.0, 0.0), (0.0, 0.0))

    def softening(self, mu: Floats) -> Floats:
        """Return c of each side.

        Parameters
        ----------
        mu : array of shape (2,)
            The portfolio's rates.

        Returns
        -------
        array of shape (2,)
            ``max(mu - 2 F, mu / 10)``, above 0.
        """
        c: Floats = np.maximum(mu - 2 * np.array(self.false_rate), _SOFTENING_FLOOR * mu)
        return c
