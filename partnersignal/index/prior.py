"""The prior: what a supplier of this portfolio shows before its own mail is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from partnersignal.errors import InputError
from partnersignal.index.arrays import SIDES, Floats

# A portfolio is fitted from this many suppliers with this many threads; a smaller one gets the shipped prior.
MIN_SUPPLIERS = 8
MIN_THREADS = 5

# Threads that happen to move both sides in step would claim that their difference is known.
MAX_CORRELATION = 0.9
_FIGURES = ("mu", "tau2", "phi", "phi_unfaded")


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
        Dispersion: variance of a supplier's evidence per unit of evidence, clustered by thread, above 0; of evidence
        that fades as in the run.
    phi_unfaded : float
        The same of evidence that does not fade, as in a window: fading a tag by r divides its variance by r squared
        and the evidence only by r, so the two differ.
    shares : tuple of (str, float)
        How `mu` divides among the signals of the side; adds up to 1.
    """

    mu: float
    tau2: float
    phi: float
    phi_unfaded: float
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
    correlation : float, default 0
        Of the two sides' evidence inside threads, pooled over suppliers, between -`MAX_CORRELATION` and it.
    """

    source: Literal["portfolio", "shipped"]
    suppliers: int
    partner: SidePrior
    vendor: SidePrior
    correlation: float = 0.0

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

    def for_half_life(self, half_life: float) -> Prior:
        """Return the prior with the dispersion that belongs to a view.

        Parameters
        ----------
        half_life : float
            That of the view, in days.

        Returns
        -------
        Prior
            With the unfaded dispersion where nothing fades; else unchanged.
        """
        if not math.isinf(half_life):
            return self
        partner, vendor = (replace(side, phi=side.phi_unfaded) for side in (self.partner, self.vendor))
        return replace(self, partner=partner, vendor=vendor)

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
        values = asdict(self)
        for side in SIDES:
            values[side]["shares"] = dict(values[side]["shares"])
        return values

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
        _require_keys("prior", values, ("source", "suppliers", *SIDES, "correlation"))
        source, suppliers, correlation = values["source"], values["suppliers"], values["correlation"]
        if source not in ("portfolio", "shipped"):
            raise InputError(f"got prior source {source!r}, expected 'portfolio' or 'shipped'; fit the prior again")
        if not isinstance(suppliers, int) or suppliers < 0:
            raise InputError(f"got {suppliers!r} suppliers in a prior, expected a whole number; fit the prior again")
        if not isinstance(correlation, (int, float)) or not abs(correlation) <= MAX_CORRELATION:
            raise InputError(f"got the correlation {correlation!r} in a prior, expected -.9 to .9; fit the prior again")
        partner, vendor = (_side_from_dict(side, values[side]) for side in SIDES)
        return cls(source, suppliers, partner, vendor, float(correlation))


def _side_from_dict(side: str, values: Mapping[str, Any]) -> SidePrior:
    _require_keys(f"{side} prior", values, (*_FIGURES, "shares"))
    figures = [values[name] for name in _FIGURES]
    shares = tuple((str(label), float(share)) for label, share in values["shares"].items())
    if not all(isinstance(figure, (int, float)) and math.isfinite(figure) and figure > 0 for figure in figures):
        raise InputError(f"got {figures} as {', '.join(_FIGURES)} of the {side} prior, expected numbers above 0; fit it again")
    if any(share < 0 for _, share in shares) or abs(math.fsum(share for _, share in shares) - 1) > 1e-9:
        raise InputError(f"got shares of the {side} prior that do not add up to 1; fit the prior again")
    mu, tau2, phi, phi_unfaded = (float(figure) for figure in figures)
    return SidePrior(mu, tau2, phi, phi_unfaded, shares)


def _require_keys(what: str, values: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    if set(values) != set(keys):
        raise InputError(f"got a {what} with {sorted(values)}, expected exactly {sorted(keys)}; fit the prior again")
