"""Fitting the prior to a portfolio, and the constants for one too small to fit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date

from partnersignal.index.arrays import SIDES
from partnersignal.index.dispersion import fit_correlation, fit_side
from partnersignal.index.evidence import Evidence
from partnersignal.index.prior import MIN_SUPPLIERS, MIN_THREADS, Prior, SidePrior
from partnersignal.index.threads import Threads, roll_threads
from partnersignal.index.views import HALF_LIFE, Bulk, make_view
from partnersignal.index.weights import resolve_weights
from partnersignal.signals import Signal


def shipped_prior(signals: tuple[Signal, ...], weights: Mapping[str, float]) -> Prior:
    """Return the prior for portfolios of fewer than 8 suppliers with 5 threads.

    Both sides have mean .035, standard deviation .04 and dispersion .3, .45 unfaded: round figures of the simulated
    portfolios in docs/index.md, which give means of .02 to .05, relative deviations of .5 to 1.35 and dispersions of
    .2 to .3 a side at a half-life of 365 days, .35 to .45 unfaded. The sides are alike on purpose: no tag of either
    side then says nothing either way, and the index stays at 50. They are not measured on real portfolios.

    Parameters
    ----------
    signals : tuple of Signal
        The taxonomy.
    weights : mapping of str to float
        Weights in use; the mean rate divides among the signals in proportion.

    Returns
    -------
    Prior
        Of source "shipped".
    """
    partner, vendor = (SidePrior(0.035, 0.0016, 0.3, 0.45, _shares(side, signals, weights, {})) for side in SIDES)
    return Prior("shipped", 0, partner, vendor)


def fit_prior(
    evidence: Evidence,
    *,
    weights: Mapping[str, float] | None = None,
    as_of: date | None = None,
    half_life: float = HALF_LIFE,
    bulk: Bulk = "count",
) -> Prior:
    """Fit the prior to a portfolio, over all periods.

    Parameters
    ----------
    evidence : Evidence
        All messages of the run.
    weights : mapping of str to float, optional
        Overrides of the default weights.
    as_of : date or datetime, optional
        Day from which ages count; the newest of the evidence by default.
    half_life : float, default 365
        Days after which evidence counts half.
    bulk : {"count", "exclude"}, default "count"
        Whether bulk mail counts.

    Returns
    -------
    Prior
        Of source "portfolio", or "shipped" where fewer than 8 suppliers have 5 threads.

    Raises
    ------
    InputError
        If a weight or a setting is not usable.
    """
    resolved = resolve_weights(evidence.signals, weights)
    view = make_view(evidence, as_of=as_of, half_life=half_life, bulk=bulk)
    return prior_of_threads(roll_threads(evidence, resolved, view), evidence.signals, resolved)


def prior_of_threads(threads: Threads, signals: tuple[Signal, ...], weights: Mapping[str, float]) -> Prior:
    """Fit the prior to threads that are rolled up already.

    Parameters
    ----------
    threads : Threads
        All threads of the run, without a window.
    signals : tuple of Signal
        The taxonomy.
    weights : mapping of str to float
        The weights that the threads were rolled up with.

    Returns
    -------
    Prior
        As `fit_prior`.
    """
    if (threads.per_supplier() >= MIN_THREADS).sum() < MIN_SUPPLIERS:
        return shipped_prior(signals, weights)
    fits = [
        fit_side(threads.supplier, threads.exposure, evidence, threads.mean_recency, len(threads.suppliers))
        for evidence in threads.evidence
    ]
    partner, vendor = (
        SidePrior(fit.mu, fit.tau2, fit.phi, fit.phi_unfaded, _shares(side, signals, weights, threads.signal_evidence))
        for side, fit in zip(SIDES, fits, strict=True)
    )
    together = fit_correlation(threads.supplier, threads.exposure, threads.evidence, len(threads.suppliers))
    return Prior("portfolio", fits[0].suppliers, partner, vendor, together)


def _shares(
    side: str, signals: tuple[Signal, ...], weights: Mapping[str, float], found: Mapping[str, float]
) -> tuple[tuple[str, float], ...]:
    """Divide a side's mean rate as its evidence divides, or as its weights where nothing was found."""
    labels = [signal.label for signal in signals if signal.side == side]
    amounts = [found.get(label, 0.0) for label in labels]
    if not math.fsum(amounts) > 0:
        amounts = [weights[label] for label in labels]
    total = math.fsum(amounts)
    return tuple((label, amount / total) for label, amount in zip(labels, amounts, strict=True))
