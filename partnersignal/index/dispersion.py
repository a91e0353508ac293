"""Moments of one side over the portfolio: mean rate, spread between suppliers, dispersion inside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from partnersignal.index.arrays import Bools, Floats, Ints
from partnersignal.index.prior import MAX_CORRELATION

# Suppliers are never taken to be more alike than this (standard deviation over mean).
_MIN_SPREAD = 0.15
_MAX_SPREAD = 20.0
# Threads that happen to be exactly alike would claim certainty.
_MIN_DISPERSION = 0.01
# Effective sentences under which a supplier has faded away and has no rate to speak of.
_NO_EXPOSURE = 1e-9


@dataclass(frozen=True, slots=True)
class SideFit:
    """Moments of one side.

    Attributes
    ----------
    mu, tau2, phi, phi_unfaded : float
        As in `SidePrior`.
    suppliers : int
        Suppliers with at least two threads, which the fit rests on.
    """

    mu: float
    tau2: float
    phi: float
    phi_unfaded: float
    suppliers: int


def fit_side(supplier: Ints, exposure: Floats, evidence: Floats, recency: Floats, n: int) -> SideFit:
    """Fit one side by moments.

    With X_s, A_s the sums of a supplier over its T threads and y_s = X_s / A_s::

        phi = sum_s T/(T-1) sum_t (X_t - A_t y_s)^2 / sum_s X_s
        (mu, tau2): Paule-Mandel on y_s with variances phi mu / A_s;  tau >= .15 mu

    The dispersion is clustered by thread because sentences of a thread are alike. The variances rest on exposure
    alone, so that a supplier is not shrunk less for having been lucky.

    Parameters
    ----------
    supplier : array of int of shape (n_threads,)
        Number of each thread's supplier.
    exposure, evidence : array of shape (n_threads,)
        A_t and X_t.
    recency : array of shape (n_threads,)
        rbar_t, which takes the ageing out of both.
    n : int
        Number of suppliers.

    Returns
    -------
    SideFit
        Where the side was never found: a mean of half a unit of evidence over all exposure, dispersion 1 and the
        smallest spread, which leaves every supplier next to the mean.

    References
    ----------
    Paule and Mandel (1982), Consensus values and weighting factors, J. Res. NBS 87(5), 377-385.
    """
    count = np.bincount(supplier, minlength=n)
    total_exposure: Floats = np.bincount(supplier, exposure, minlength=n).astype(np.float64)
    total_evidence = np.bincount(supplier, evidence, minlength=n)
    # One thread says nothing about how threads differ.
    used = (count >= 2) & (total_exposure > _NO_EXPOSURE)
    size, weight = total_exposure[used], float(total_evidence[used].sum())
    if not weight > 0:
        mu = 0.5 / max(float(size.sum()), 1.0)
        return SideFit(mu, (_MIN_SPREAD * mu) ** 2, 1.0, 1.0, len(size))
    phi = _dispersion(supplier, exposure, evidence, used)
    fresh_exposure, fresh_evidence = (
        np.divide(values, recency, out=np.zeros_like(values), where=recency > 0) for values in (exposure, evidence)
    )
    phi_unfaded = _dispersion(supplier, fresh_exposure, fresh_evidence, used)
    mu, tau2 = _paule_mandel(total_evidence[used] / size, size, phi, weight / float(size.sum()))
    return SideFit(mu, tau2, phi, phi_unfaded, len(size))


def _dispersion(supplier: Ints, exposure: Floats, evidence: Floats, used: Bools) -> float:
    """Return the variance of the suppliers' evidence per unit of evidence."""
    own = _residuals(supplier, exposure, evidence, used)
    total = np.bincount(supplier, evidence, minlength=len(used))[used].sum()
    return max(_scatter(supplier, own, own, used) / float(total), _MIN_DISPERSION)


def fit_correlation(supplier: Ints, exposure: Floats, evidence: Floats, n: int) -> float:
    """Return how the two sides go together inside threads, pooled over suppliers.

    With e_t = X_t - A_t y_s of each side and S_ab = sum_s T/(T-1) sum_t e_t^a e_t^b: ``S_PN / sqrt(S_PP S_NN)``.

    Parameters
    ----------
    supplier : array of int of shape (n_threads,)
        Number of each thread's supplier.
    exposure : array of shape (n_threads,)
        A_t.
    evidence : array of shape (2, n_threads)
        X_t of both sides.
    n : int
        Number of suppliers.

    Returns
    -------
    float
        Between -`MAX_CORRELATION` and it; 0 where a side was never found.
    """
    used = (np.bincount(supplier, minlength=n) >= 2) & (np.bincount(supplier, exposure, minlength=n) > _NO_EXPOSURE)
    partner, vendor = (_residuals(supplier, exposure, side, used) for side in evidence)
    pairs = ((partner, partner), (vendor, vendor), (partner, vendor))
    own, other, both = (_scatter(supplier, a, b, used) for a, b in pairs)
    if not own * other > 0:
        return 0.0
    return float(np.clip(both / np.sqrt(own * other), -MAX_CORRELATION, MAX_CORRELATION))


def _residuals(supplier: Ints, exposure: Floats, evidence: Floats, used: Bools) -> Floats:
    """Return the evidence of each thread beyond its supplier's rate."""
    n = len(used)
    total_exposure, total_evidence = (np.bincount(supplier, values, minlength=n) for values in (exposure, evidence))
    rate = np.divide(total_evidence, total_exposure, out=np.zeros(n), where=used)
    beyond: Floats = evidence - exposure * rate[supplier]
    return beyond


def _scatter(supplier: Ints, a: Floats, b: Floats, used: Bools) -> float:
    """Return the sum of products of residuals over the suppliers used, each with its lost degree of freedom."""
    count = np.bincount(supplier, minlength=len(used))[used]
    products = np.bincount(supplier, a * b, minlength=len(used))[used]
    return float((count / (count - 1) * products).sum())


def _paule_mandel(y: Floats, size: Floats, phi: float, mu: float) -> tuple[float, float]:
    """Alternate between the mean given the spread and the spread given the mean."""
    tau2 = (_MIN_SPREAD * mu) ** 2
    for _ in range(100):
        weight = 1 / (tau2 + phi * mu / size)
        mu = float((weight * y).sum() / weight.sum())
        new = _spread(y, phi * mu / size, (_MIN_SPREAD * mu) ** 2, (_MAX_SPREAD * mu) ** 2)
        if abs(new - tau2) < 1e-12 * mu * mu:
            break
        tau2 = new
    return mu, new


def _spread(y: Floats, variance: Floats, low: float, high: float) -> float:
    """Solve sum (y - ybar)^2 / (tau2 + V) = n - 1 for tau2 by bisection; the sum falls in tau2."""

    def excess(tau2: float) -> float:
        weight = 1 / (tau2 + variance)
        mean = (weight * y).sum() / weight.sum()
        return float((weight * (y - mean) ** 2).sum()) - (len(y) - 1)

    if excess(low) <= 0:
        return low
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return 0.5 * (low + high)
