"""What is known about false alarms, as the index needs it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

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

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON.

        Returns
        -------
        dict
            Read back by `from_dict`.
        """
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ErrorCorrection:
        """Read what `to_dict` wrote.

        Parameters
        ----------
        values : mapping
            Exactly its keys.

        Returns
        -------
        ErrorCorrection
            An equal one.
        """
        figures = (tuple(map(float, values[name])) for name in ("false_rate", "variance", "between"))
        (f1, f2), (v1, v2), (b1, b2) = figures
        return cls(values["source"], (f1, f2), (v1, v2), (b1, b2))

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


def variation_between(false_alarms: Sequence[float], sentences: Sequence[float]) -> float:
    """Return omega: how much the rate of false alarms differs between sources, relative to its mean.

    By moments, with f_s false alarms in n_s sentences and r = sum(f) / sum(n)::

        omega^2 = sum((f_s - n_s r)^2 S/(S-1) - n_s r) / sum((n_s r)^2),  at least 0

    False alarms that come in clusters inside a source count as variation between sources: rather too wide than too
    narrow.

    Parameters
    ----------
    false_alarms : sequence of float
        Sentences wrongly flagged, a source, by a model that was not fitted on it.
    sentences : sequence of float
        Sentences without the label, a source.

    Returns
    -------
    float
        0 and above; 0 where there are fewer than two sources or no false alarm.
    """
    found, size = np.asarray(false_alarms, dtype=np.float64), np.asarray(sentences, dtype=np.float64)
    if len(found) < 2 or not found.sum() > 0:
        return 0.0
    expected = size * (found.sum() / size.sum())
    scatter = (found - expected) ** 2 * len(found) / (len(found) - 1)
    return math.sqrt(max(float((scatter - expected).sum() / (expected**2).sum()), 0.0))
