"""The index of a portfolio: one number a supplier, with its uncertainty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches

import numpy as np
import pandas as pd

from partnersignal.errors import InputError
from partnersignal.index.correction import ErrorCorrection
from partnersignal.index.evidence import Evidence
from partnersignal.index.fitting import prior_of_threads
from partnersignal.index.posterior import Posterior, posterior
from partnersignal.index.prior import Prior
from partnersignal.index.scores import SupplierScore, supplier_scores
from partnersignal.index.threads import Threads, roll_threads
from partnersignal.index.views import HALF_LIFE, Bulk, View, make_view
from partnersignal.index.weights import resolve_weights

COLUMNS = (
    "supplier",
    "index",
    "low",
    "high",
    "balance",
    "partner_evidence",
    "vendor_evidence",
    "messages",
    "threads",
    "first_date",
    "last_date",
    "enough_evidence",
    "error_correction",
    "coverage",
)


@dataclass(frozen=True, slots=True)
class Index:
    """The scores of all suppliers of a run, and everything they were computed with.

    ``len(index)``, iteration over the scores and ``index["Acme"]`` work.

    Attributes
    ----------
    scores : tuple of SupplierScore
        By index, highest first, then by name.
    prior : Prior
        What the rates are shrunk towards.
    weights : mapping of str to float
        The weight of every signal.
    view : View
        The day from which ages count, half-life, window, and whether bulk mail counts.
    correction : ErrorCorrection
        False alarms.
    evidence : Evidence
        All messages.
    threads : Threads
        The threads of the view.
    posterior : Posterior
        Rates and latent scale, in the order of ``threads.suppliers``.
    """

    scores: tuple[SupplierScore, ...]
    prior: Prior
    weights: Mapping[str, float]
    view: View
    correction: ErrorCorrection
    evidence: Evidence = field(repr=False, compare=False)
    threads: Threads = field(repr=False, compare=False)
    posterior: Posterior = field(repr=False, compare=False)

    @property
    def as_of(self) -> date | None:
        """Return the UTC day from which ages count; None where nothing is dated."""
        return self.view.as_of

    @property
    def half_life(self) -> float:
        """Return the days after which evidence counts half; infinite where nothing fades."""
        return self.view.half_life

    def __len__(self) -> int:
        """Return the number of suppliers."""
        return len(self.scores)

    def __iter__(self) -> Iterator[SupplierScore]:
        """Iterate over the scores, highest index first."""
        return iter(self.scores)

    def __contains__(self, supplier: object) -> bool:
        """Return whether there is a score of this name."""
        return any(score.supplier == supplier for score in self.scores)

    def __getitem__(self, supplier: str) -> SupplierScore:
        """Return the score of a supplier.

        Parameters
        ----------
        supplier : str
            Its name.

        Returns
        -------
        SupplierScore
            Its score.

        Raises
        ------
        InputError
            If there is none of this name; the message names the closest ones.
        """
        for score in self.scores:
            if score.supplier == supplier:
                return score
        by_folded = {score.supplier.casefold(): score.supplier for score in self.scores}
        near = get_close_matches(str(supplier).casefold(), by_folded)
        hint = f"did you mean {' or '.join(repr(by_folded[name]) for name in near)}?" if near else "list index.scores"
        raise InputError(f"got supplier {supplier!r}, expected one of the {len(self)} of this index; {hint}")

    def to_pandas(self) -> pd.DataFrame:
        """Return the table of ``index.csv``.

        Returns
        -------
        pandas DataFrame of shape (n_suppliers, 14)
            The columns of `COLUMNS` in the order of `scores`; what is undefined is missing, dates are UTC days.
        """
        table = pd.DataFrame({name: [getattr(score, name) for score in self.scores] for name in COLUMNS})
        for name in ("supplier", "error_correction"):
            table[name] = table[name].astype("str")
        for name in ("index", "low", "high", "balance", "partner_evidence", "vendor_evidence", "coverage"):
            table[name] = table[name].astype("float64")
        for name in ("first_date", "last_date"):
            table[name] = table[name].astype("datetime64[us]")
        return table.astype({"messages": "int64", "threads": "int64", "enough_evidence": "bool"})


def build_index(
    evidence: Evidence,
    *,
    weights: Mapping[str, float] | None = None,
    prior: Prior | None = None,
    as_of: date | None = None,
    half_life: float | None = None,
    since: date | None = None,
    until: date | None = None,
    bulk: Bulk = "count",
    correction: ErrorCorrection | None = None,
) -> Index:
    """Compute the index of every supplier of the evidence.

    Parameters
    ----------
    evidence : Evidence
        All messages of the run, merged.
    weights : mapping of str to float, optional
        Overrides of the default weights: label to finite weight >= 0. Only ratios within a side matter.
    prior : Prior, optional
        A stored prior, taken as it is: for windows, what-ifs and audits of a run. By default it is fitted, with the
        weights given, to the evidence of all periods.
    as_of : date or datetime, optional
        Day from which ages count (UTC where there is no zone); by default the newest of the evidence, never the
        clock. Later messages are left out.
    half_life : float, optional
        Days after which evidence counts half, above 0 or infinite. By default 365, and infinite inside a window.
    since, until : date or datetime, optional
        First and last UTC day of the window, both inside. Undated messages belong to no window.
    bulk : {"count", "exclude"}, default "count"
        Whether bulk mail counts; a supplier's bulk mail of one UTC month is one thread.
    correction : ErrorCorrection, optional
        False alarms measured by an audit or named by the model card; none by default.

    Returns
    -------
    Index
        With a score for every supplier, exactly 50 where there is no eligible sentence.

    Raises
    ------
    InputError
        If a weight or a setting is not usable, or the prior was made for other signals.
    """
    resolved = resolve_weights(evidence.signals, weights)
    view = make_view(evidence, as_of=as_of, half_life=half_life, since=since, until=until, bulk=bulk)
    threads = roll_threads(evidence, resolved, view)
    if prior is None:
        whole = view.without_window(HALF_LIFE if half_life is None else half_life)
        all_threads = roll_threads(evidence, resolved, whole) if view.windowed else threads
        prior = prior_of_threads(all_threads, evidence.signals, resolved)
    elif prior.shares().keys() != resolved.keys():
        raise InputError("got a prior of other signals than the evidence, expected the same taxonomy; fit it again")
    used = correction or ErrorCorrection.none()
    evidence_sums = np.stack([threads.per_supplier(side) for side in threads.evidence])
    result = posterior(threads.per_supplier(threads.exposure), evidence_sums, prior.for_half_life(view.half_life), used)
    scores = supplier_scores(evidence, view, threads, result, used)
    return Index(scores, prior, resolved, view, used, evidence, threads, result)
