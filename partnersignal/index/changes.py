"""The change of every supplier between two periods, and the portfolio's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from partnersignal.index.arrays import SIGNS, Floats
from partnersignal.index.correction import ErrorCorrection
from partnersignal.index.posterior import above_typical, latent_variance, points_per_latent
from partnersignal.index.prior import MIN_SUPPLIERS, Prior

# Relative variation of a supplier's rate between periods: the least that is assumed, and what is assumed where too few
# suppliers wrote in both periods to measure it.
_MIN_DRIFT, _USUAL_DRIFT, _MAX_DRIFT = 0.15, 0.3, 2.0
# Standard deviations beyond which a supplier counts less for the portfolio's shift.
_HUBER = 1.345


@dataclass(frozen=True, slots=True)
class Changes:
    """Two periods of all suppliers on the latent scale, the portfolio's shift taken out.

    Attributes
    ----------
    d : array of shape (2, n)
        D in each period.
    change : array of shape (n,)
        delta = D_2 - D_1.
    sd : array of shape (n,)
        Its standard deviation, above 0.
    shift : array of shape (2, 2)
        m: the portfolio's rate in each period (first axis) and side over its pooled rate.
    shift_variance : array of shape (2,)
        Variance of ln(m_2 / m_1) of each side.
    drift : array of shape (2,)
        omega_delta of each side: relative standard deviation of a supplier's rate between periods.
    typical, softening : array of shape (2,)
        mu and c of each side.
    """

    d: Floats
    change: Floats
    sd: Floats
    shift: Floats
    shift_variance: Floats
    drift: Floats
    typical: Floats
    softening: Floats
    _rate: Floats
    _pooled: Floats
    _held: Floats
    _weight: Floats
    _scale: float

    def points(self, number: int) -> tuple[tuple[Floats, Floats], float]:
        """Split a supplier's change into points.

        Along the chord, with sigma points a latent unit and lambda latent units a unit of rate: a tag of the second
        period makes ``+/- sigma lambda mass / (m (A + kappa))``, one of the first the same with the other sign.

        Parameters
        ----------
        number : int
            Place of the supplier.

        Returns
        -------
        units : pair of array of shape (2,)
            Points that a unit of evidence of each side makes, of the first and the second period; the first is to be
            taken away.
        rest : float
            Points that come from what its pooled rate would have shown on the exposure of each period.
        """
        d, rate = self.d[:, number], self._rate[:, :, number]
        both = above_typical(d, self._scale)
        slope = points_per_latent(d[:1], self._scale)[0] if d[0] == d[1] else (both[1] - both[0]) / (d[1] - d[0])
        gap = rate[1] - rate[0]
        base = rate[0] + self.softening
        relative = gap / base
        chord = np.divide(np.log1p(relative), relative, out=np.ones_like(relative), where=relative != 0) / base
        earned = SIGNS * slope * chord
        rest = float(earned @ (self._pooled[:, number] * (self._held[1, :, number] - self._held[0, :, number])))
        return (earned / self._weight[0, :, number], earned / self._weight[1, :, number]), rest


def changes_between(
    exposure: Floats, evidence: Floats, prior: Prior, correction: ErrorCorrection, scale: float, *, own_shift: bool
) -> Changes:
    r"""Compare two periods in which nothing fades.

    With q the supplier's pooled rate shrunk as ever, m_w the portfolio's rate in a period over its pooled rate::

        kappa_w = phi / (q m_w omega^2)        q_w = (X_w / m_w + kappa_w q) / (A_w + kappa_w)
        delta = D_2 - D_1,  D_w = sum +- ln((q_w + c) / (mu + c))

    m is a robust mean over suppliers (Huber), each against its own pooled rate.
    omega, how much a supplier's rate differs between periods, is estimated over the portfolio by moments: where
    nothing changes anywhere, every supplier is held at its pooled rate.

    Parameters
    ----------
    exposure : array of shape (2, n)
        A of each supplier in each period.
    evidence : array of shape (2, 2, n)
        X: period, side, supplier.
    prior : Prior
        The run's, with the dispersion of evidence that does not fade.
    correction : ErrorCorrection
        False alarms.
    scale : float
        tau_D.
    own_shift : bool
        Whether the portfolio's own shift is taken out.

    Returns
    -------
    Changes
        Of all suppliers.

    References
    ----------
    Huber (1964), Robust estimation of a location parameter, Ann. Math. Statist. 35(1), 73-101.
    """
    mu, phi, kappa = (prior.both(name)[:, None] for name in ("mu", "phi", "kappa"))
    c = correction.softening(prior.both("mu"))[:, None]
    pooled = (evidence.sum(axis=0) + kappa * mu) / (exposure.sum(axis=0) + kappa)
    drift = np.full(2, _USUAL_DRIFT)
    for _ in range(3):
        precision = 1 / (drift[:, None] ** 2 + phi / (pooled * np.maximum(exposure[:, None], 1e-12)))
        shift = _shift(exposure, evidence, pooled, precision)
        drift = _drift(exposure, evidence / shift[:, :, None], pooled, shift, phi)
    shift_variance = (1 / precision.sum(axis=2)).sum(axis=0) if exposure.size else np.zeros(2)
    m = shift[:, :, None] if own_shift else np.ones((2, 2, 1))
    held = phi / (pooled * m * drift[:, None] ** 2)
    weight = exposure[:, None] + held
    rate = (evidence / m + held * pooled) / weight
    d = np.einsum("b,wbs->ws", SIGNS, np.log((rate + c) / (mu + c)))
    spread = phi * rate / (m * weight) / (rate + c) ** 2
    known = exposure[:, None] / weight
    variance = sum(latent_variance(spread[w], known[w], prior.correlation) for w in range(2))
    moved = 1 / (rate[1] + c) - 1 / (rate[0] + c)
    false = np.array(correction.false_rate) * np.array(correction.between)
    variance = variance + ((np.array(correction.variance) + false**2)[:, None] * moved**2).sum(axis=0)
    if own_shift:
        variance = variance + ((pooled / (pooled + c)) ** 2 * shift_variance[:, None]).sum(axis=0)
    return Changes(
        d=d,
        change=d[1] - d[0],
        sd=np.sqrt(variance),
        shift=shift,
        shift_variance=shift_variance,
        drift=drift,
        typical=mu[:, 0],
        softening=c[:, 0],
        _rate=rate,
        _pooled=pooled,
        _held=held / weight,
        _weight=m * weight,
        _scale=scale,
    )


def _shift(exposure: Floats, evidence: Floats, pooled: Floats, precision: Floats) -> Floats:
    """Return the portfolio's relative rate in each period: the mean over suppliers of X / (A q), by precision.

    Each supplier against its own pooled rate, so that a change in who writes is no shift. By Huber's weights, so that
    a few suppliers who changed a lot are no shift of the portfolio either.
    """
    size = np.maximum(exposure[:, None], 1e-12)
    relative = evidence / (size * pooled)
    weight = np.where(exposure[:, None] > 0, precision, 0.0)
    robust = weight
    for _ in range(10):
        # As if one more supplier, known to 100 %, had not shifted: a side that nobody showed is not infinitely rarer.
        mean: Floats = ((robust * relative).sum(axis=2) + 1) / (robust.sum(axis=2) + 1)
        off = np.abs(relative - mean[:, :, None]) * np.sqrt(precision)
        robust = weight * np.minimum(1, _HUBER / np.maximum(off, _HUBER))
    return mean


def _drift(exposure: Floats, evidence: Floats, pooled: Floats, shift: Floats, phi: Floats) -> Floats:
    """Return omega_delta of each side from the suppliers that wrote in both periods, by moments."""
    both = (exposure > 0).all(axis=0)
    if both.sum() < MIN_SUPPLIERS:
        return np.full(2, _USUAL_DRIFT)
    size, q = exposure[:, both], pooled[:, both]
    gap = evidence[1][:, both] / size[1] - evidence[0][:, both] / size[0]
    noise = phi * q * (1 / (size[0] * shift[0][:, None]) + 1 / (size[1] * shift[1][:, None]))
    excess = (gap**2 / noise - 1).sum(axis=1) / (2 * q**2 / noise).sum(axis=1)
    found: Floats = np.sqrt(np.clip(excess, _MIN_DRIFT**2, _MAX_DRIFT**2))
    return found
