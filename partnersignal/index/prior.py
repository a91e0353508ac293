"""The prior: what a supplier of this portfolio shows before its own mail is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np

from partnersignal.errors import InputError
from partnersignal.index.dispersion import SideFit, fit_side
from partnersignal.index.evidence import Evidence
from partnersignal.index.threads import Threads, roll_threads
from partnersignal.index.views import HALF_LIFE, Bulk, make_view
from partnersignal.index.weights import SIDES, Floats, resolve_weights
from partnersignal.signals import Signal

# A portfolio is fitted from this many suppliers with this many threads; a smaller one gets the shipped prior.
MIN_SUPPLIERS = 8
MIN_THREADS = 5


@dataclass(frozen=True, slots=True)
class SidePrior:
    """The prior of one side.

    Attributes
    ----------
    mu : float
        Mean rate: weighted tags per effective sentence, above 0.
    tau2 : float
        Variance of the rate between suppliers, above 0.
    phi : float
        Dispersion: variance of a supplier's evidence per unit of evidence, clustered by thread, above 0.
    shares : tuple of (str, float)
        How `mu` divides among the signals of the side; adds up to 1.
    """

    mu: float
    tau2: float
    phi: float
    shares: tuple[tuple[str, float], ...]

    @property
    def kappa(self) -> float:
        """Return phi mu / tau2: how many effective sentences the prior weighs."""
        return self.phi * self.mu / self.tau2


@dataclass(frozen=True, slots=True)
class Prior:
    """Both sides' priors: fitted once a run over all periods, stored with it, frozen for windows and what-ifs.

    Attributes
    ----------
    source : {"portfolio", "shipped"}
        Fitted to the suppliers, or the constants for a small portfolio.
    suppliers : int
        Suppliers that the fit rests on; 0 for the shipped one.
    partner, vendor : SidePrior
        The sides.
    """

    source: Literal["portfolio", "shipped"]
    suppliers: int
    partner: SidePrior
    vendor: SidePrior

    @property
    def degrees_of_freedom(self) -> int:
        """Return those of the interval's t quantile: suppliers - 1, or as for the smallest portfolio fitted."""
        return max(self.suppliers, MIN_SUPPLIERS) - 1

    def both(self, name: Literal["mu", "tau2", "phi", "kappa"]) -> Floats:
        """Return a figure of both sides.

        Parameters
        ----------
        name : str
            Name of the attribute of `SidePrior`.

        Returns
        -------
        array of shape (2,)
            Partner, vendor.
        """
        return np.array([getattr(self.partner, name), getattr(self.vendor, name)])

    def shares(self) -> dict[str, float]:
        """Return the share of every signal in its side's mean rate.

        Returns
        -------
        dict of str to float
            Label to share.
        """
        return dict(self.partner.shares) | dict(self.vendor.shares)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can hold without loss.

        Returns
        -------
        dict
            Read back by `from_dict`.
        """
        sides = {side: getattr(self, side) for side in SIDES}
        return {
            "source": self.source,
            "suppliers": self.suppliers,
            **{
                name: {"mu": side.mu, "tau2": side.tau2, "phi": side.phi, "shares": dict(side.shares)}
                for name, side in sides.items()
            },
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Prior:
        """Read what `to_dict` wrote.

        Parameters
        ----------
        values : mapping
            Exactly the keys of `to_dict`.

        Returns
        -------
        Prior
            An equal prior.

        Raises
        ------
        InputError
            If a key is unknown or missing, or a value is out of range.
        """
        _require_keys("prior", values, ("source", "suppliers", *SIDES))
        source, suppliers = values["source"], values["suppliers"]
        if source not in ("portfolio", "shipped"):
            raise InputError(f"got prior source {source!r}, expected 'portfolio' or 'shipped'; fit the prior again")
        if not isinstance(suppliers, int) or suppliers < 0:
            raise InputError(f"got {suppliers!r} suppliers in a prior, expected a whole number; fit the prior again")
        return cls(source, suppliers, *(_side_from_dict(side, values[side]) for side in SIDES))


def shipped_prior(signals: tuple[Signal, ...], weights: Mapping[str, float]) -> Prior:
    """Return the prior for portfolios of fewer than 8 suppliers with 5 threads.

    Both sides have mean .03, standard deviation .03 and dispersion .3 (kappa 10): round figures of the simulated
    portfolios in docs/index.md, which give means of .02 to .05, relative deviations of .5 to 1.35 and dispersions of
    .2 to .3 a side at a half-life of 365 days. The sides are alike on purpose: no tag of either side then says nothing
    either way, and the index stays at 50. They are not measured on real portfolios.

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
    sides = (SidePrior(0.03, 0.0009, 0.3, _shares(side, signals, weights, {})) for side in SIDES)
    return Prior("shipped", 0, *sides)


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
    fits: list[SideFit] = [
        fit_side(threads.supplier, threads.exposure, threads.evidence[side], len(threads.suppliers))
        for side in range(2)
    ]
    sides = (
        SidePrior(fit.mu, fit.tau2, fit.phi, _shares(side, signals, weights, threads.signal_evidence))
        for side, fit in zip(SIDES, fits, strict=True)
    )
    return Prior("portfolio", fits[0].suppliers, *sides)


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


def _side_from_dict(side: str, values: Mapping[str, Any]) -> SidePrior:
    _require_keys(f"{side} prior", values, ("mu", "tau2", "phi", "shares"))
    figures = [values[name] for name in ("mu", "tau2", "phi")]
    shares = tuple((str(label), float(share)) for label, share in values["shares"].items())
    if not all(isinstance(figure, (int, float)) and math.isfinite(figure) and figure > 0 for figure in figures):
        raise InputError(f"got {figures} as mu, tau2, phi of the {side} prior, expected numbers above 0; fit it again")
    if any(share < 0 for _, share in shares) or abs(math.fsum(share for _, share in shares) - 1) > 1e-9:
        raise InputError(f"got shares of the {side} prior that do not add up to 1; fit the prior again")
    return SidePrior(*(float(figure) for figure in figures), shares)


def _require_keys(what: str, values: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    if set(values) != set(keys):
        raise InputError(f"got a {what} with {sorted(values)}, expected exactly {sorted(keys)}; fit the prior again")
