"""From sums of exposure and evidence to rates, the latent scale and the interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import erf, stdtrit

from partnersignal.index.arrays import SIGNS, Floats
from partnersignal.index.correction import ErrorCorrection
from partnersignal.index.prior import Prior

# The interval holds this share of true values, on average over suppliers.
COVERAGE = 0.90


@dataclass(frozen=True, slots=True)
class Posterior:
    """What the evidence says about each supplier.

    Attributes
    ----------
    exposure : array of shape (n,)
        A, effective sentences.
    rate : array of shape (2, n)
        q, the shrunk rate of each side.
    secant : array of shape (2, n)
        lambda = D_side / (q - mu), above 0: latent units a unit of rate.
    d : array of shape (n,)
        D = D_partner - D_vendor, the latent scale; 0 is typical, higher is more partner-like.
    sd : array of shape (n,)
        Standard deviation of D, above 0.
    scale : float
        tau_D, the standard deviation of D between suppliers.
    prior : Prior
        The prior as used, with the dispersion that belongs to the view.
    """

    exposure: Floats
    rate: Floats
    secant: Floats
    d: Floats
    sd: Floats
    scale: float
    prior: Prior


def posterior(exposure: Floats, evidence: Floats, prior: Prior, correction: ErrorCorrection) -> Posterior:
    """Shrink the rates of each supplier and place it on the latent scale.

    For each side, with c from `ErrorCorrection.softening`::

        q = (X + kappa mu) / (A + kappa)        D = ln((q + c) / (mu + c))
        tau_D^2 = sum over sides of ln(1 + tau2 / (mu + c)^2)

    Parameters
    ----------
    exposure : array of shape (n,)
        A of each supplier.
    evidence : array of shape (2, n)
        X of each side.
    prior : Prior
        The portfolio, with the dispersion of the view.
    correction : ErrorCorrection
        False alarms.

    Returns
    -------
    Posterior
        Without exposure, D is exactly 0.
    """
    mu, kappa = prior.both("mu")[:, None], prior.both("kappa")[:, None]
    c = correction.softening(prior.both("mu"))[:, None]
    # The same q as above, written so that no exposure gives exactly mu.
    rise = (evidence - exposure * mu) / (exposure + kappa)
    relative = rise / (mu + c)
    ratio = np.divide(np.log1p(relative), relative, out=np.ones_like(relative), where=relative != 0)
    rate = mu + rise
    spread = prior.both("tau2")[:, None] / (mu + c) ** 2
    return Posterior(
        exposure=exposure,
        rate=rate,
        secant=ratio / (mu + c),
        d=SIGNS @ np.log1p(relative),
        sd=np.sqrt(sampling_variance(exposure, rate, prior, correction) + error_variance(rate, prior, correction)),
        scale=float(np.sqrt(np.log1p(spread).sum())),
        prior=prior,
    )


def sampling_variance(exposure: Floats, rate: Floats, prior: Prior, correction: ErrorCorrection) -> Floats:
    """Return the part of the variance of D that more threads would reduce.

    ``sum over sides of ln(1 + v / (q + c)^2)``, ``v = phi q / (A + kappa)``: log-normal matching of a gamma posterior;
    less twice the covariance of the sides, ``ln(1 + r g_P g_N)`` with ``g^2 = z v / (q + c)^2``, z = A / (A + kappa)
    and r the correlation inside threads (for r < 0: ``-ln(1 + |r| g_P g_N)``). Only what was read is correlated, hence z.

    Parameters
    ----------
    exposure : array of shape (n,)
        A.
    rate : array of shape (2, n)
        q.
    prior : Prior
        The portfolio.
    correction : ErrorCorrection
        Gives c.

    Returns
    -------
    array of shape (n,)
        Above 0.
    """
    c = correction.softening(prior.both("mu"))[:, None]
    weight = exposure + prior.both("kappa")[:, None]
    spread = prior.both("phi")[:, None] * rate / weight / (rate + c) ** 2
    return latent_variance(spread, exposure / weight, prior.correlation)


def latent_variance(spread: Floats, known: Floats, correlation: float) -> Floats:
    """Return the variance of D from the relative variances of the two sides.

    Parameters
    ----------
    spread : array of shape (2, n)
        g^2 = v / (q + c)^2.
    known : array of shape (2, n)
        z = A / (A + kappa), 0 to 1.
    correlation : float
        r.

    Returns
    -------
    array of shape (n,)
        Above 0.
    """
    shared = np.sqrt((spread * known).prod(axis=0))
    total: Floats = np.log1p(spread).sum(axis=0) - 2 * np.sign(correlation) * np.log1p(abs(correlation) * shared)
    return total


def error_variance(rate: Floats, prior: Prior, correction: ErrorCorrection) -> Floats:
    """Return the part of the variance of D that comes from false alarms and that no mail reduces.

    ``sum over sides of Var(c) (1/(q + c) - 1/(mu + c))^2 + (omega F / (q + c))^2``.

    Parameters
    ----------
    rate : array of shape (2, n)
        q.
    prior : Prior
        The portfolio.
    correction : ErrorCorrection
        F, Var(c) and omega of each side.

    Returns
    -------
    array of shape (n,)
        0 without a correction.
    """
    mu = prior.both("mu")[:, None]
    c = correction.softening(prior.both("mu"))[:, None]
    common = np.array(correction.variance)[:, None] * (1 / (rate + c) - 1 / (mu + c)) ** 2
    own = (np.array(correction.between) * np.array(correction.false_rate))[:, None] / (rate + c)
    total: Floats = (common + own**2).sum(axis=0)
    return total


def above_typical(d: Floats, scale: float | Floats) -> Floats:
    """Return the index minus 50.

    Parameters
    ----------
    d : array of shape (n,)
        Latent scale.
    scale : float or array of shape (n,)
        tau_D.

    Returns
    -------
    array of shape (n,)
        ``100 Phi(d / scale) - 50``, in [-50, 50], exactly 0 at 0 and without cancellation beside it.
    """
    points: Floats = 50 * erf(d / (scale * np.sqrt(2)))
    return points


def interval(result: Posterior) -> tuple[Floats, Floats]:
    """Return the ends of the 90 % interval of the index.

    Parameters
    ----------
    result : Posterior
        The suppliers. Its prior gives the degrees of freedom: with few suppliers the prior itself is uncertain.

    Returns
    -------
    low, high : array of shape (n,)
        In [0, 100].
    """
    reach = float(stdtrit(result.prior.degrees_of_freedom, 0.5 + COVERAGE / 2)) * result.sd
    return 50 + above_typical(result.d - reach, result.scale), 50 + above_typical(result.d + reach, result.scale)


def points_per_latent(d: Floats, scale: float) -> Floats:
    """Return sigma = (index - 50) / D, the slope of the chord from a typical supplier.

    Parameters
    ----------
    d : array of shape (n,)
        Latent scale.
    scale : float
        tau_D.

    Returns
    -------
    array of shape (n,)
        Points a latent unit, above 0; at D = 0 its limit, the slope of the index there.
    """
    limit = np.full_like(d, 100 / (scale * np.sqrt(2 * np.pi)))
    # Below this the division would underflow, and the chord is the slope to all digits.
    return np.divide(above_typical(d, scale), d, out=limit, where=np.abs(d) > 1e-100)
