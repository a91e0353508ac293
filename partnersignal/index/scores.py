"""The score of one supplier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from partnersignal.index.collecting import UNDATED
from partnersignal.index.correction import CorrectionSource, ErrorCorrection
from partnersignal.index.evidence import Evidence
from partnersignal.index.posterior import Posterior, above_typical, interval
from partnersignal.index.prior import MIN_THREADS
from partnersignal.index.threads import Threads
from partnersignal.index.views import View, day_to_date

# Beside 5 threads, a supplier needs so many messages with a counted tag, or so many threads.
_MIN_TAGGED_MESSAGES = 3
_MANY_THREADS = 30


@dataclass(frozen=True, slots=True)
class SupplierScore:
    """How partner-like one supplier behaves, and what that rests on.

    Attributes
    ----------
    supplier : str
        An organisation, never a person.
    index : float
        0 to 100, higher is more partner-like; 50 is typical of the portfolio, 84 one standard deviation better.
    low, high : float
        90 % interval of the index; uncorrected (`error_correction` "none") it does not cover false alarms.
    balance : float or None
        Partner share of the weighted evidence, 0 to 1; None where there is no evidence.
    partner_evidence, vendor_evidence : float
        Weighted, saturated, capped and faded sums P and V.
    messages, threads : int
        Those with at least one eligible sentence in the view.
    first_date, last_date : date or None
        UTC days of the earliest and latest of these messages; None where none is dated.
    enough_evidence : bool
        5 threads, and 3 messages with a counted tag or 30 threads. Without it show no rank, and the number only
        inside its interval.
    error_correction : {"none", "card", "audit"}
        Where the correction for false alarms comes from.
    coverage : float or None
        Eligible share of the supplier's sentences in the view, 0 to 1; None where there is no sentence.
    d, sd : float
        The index before it is mapped to 0-100, and its standard deviation: differences of suppliers are judged here.
    """

    supplier: str
    index: float
    low: float
    high: float
    balance: float | None
    partner_evidence: float
    vendor_evidence: float
    messages: int
    threads: int
    first_date: date | None
    last_date: date | None
    enough_evidence: bool
    error_correction: CorrectionSource
    coverage: float | None
    d: float
    sd: float


def supplier_scores(
    evidence: Evidence, view: View, threads: Threads, result: Posterior, correction: ErrorCorrection
) -> tuple[SupplierScore, ...]:
    """Put together the scores of all suppliers.

    Parameters
    ----------
    evidence : Evidence
        All messages.
    view : View
        What counts.
    threads : Threads
        The view's threads.
    result : Posterior
        Of the threads' suppliers.
    correction : ErrorCorrection
        False alarms.

    Returns
    -------
    tuple of SupplierScore
        By index, highest first, then by name.
    """
    low, high = interval(result)
    index = 50 + above_typical(result.d, result.scale)
    partner, vendor = (threads.per_supplier(side) for side in threads.evidence)
    n_threads = threads.per_supplier()
    supplier = threads.supplier[threads.thread]
    n_messages = np.bincount(supplier, minlength=len(threads.suppliers))
    n_tagged = np.bincount(supplier[threads.tagged], minlength=len(threads.suppliers))
    dates = _dates(evidence, threads)
    coverage = _coverage(evidence, view)
    scores = [
        SupplierScore(
            supplier=name,
            index=float(index[s]),
            low=float(low[s]),
            high=float(high[s]),
            balance=float(partner[s] / (partner[s] + vendor[s])) if partner[s] + vendor[s] > 0 else None,
            partner_evidence=float(partner[s]),
            vendor_evidence=float(vendor[s]),
            messages=int(n_messages[s]),
            threads=int(n_threads[s]),
            first_date=dates[s][0],
            last_date=dates[s][1],
            enough_evidence=bool(
                n_threads[s] >= MIN_THREADS and (n_tagged[s] >= _MIN_TAGGED_MESSAGES or n_threads[s] >= _MANY_THREADS)
            ),
            error_correction=correction.source,
            coverage=coverage[s],
            d=float(result.d[s]),
            sd=float(result.sd[s]),
        )
        for s, name in enumerate(threads.suppliers)
    ]
    return tuple(sorted(scores, key=lambda score: (-score.index, score.supplier)))


def _dates(evidence: Evidence, threads: Threads) -> list[tuple[date | None, date | None]]:
    """Return the first and last day of each supplier's messages."""
    days, supplier = evidence.days[threads.rows], threads.supplier[threads.thread]
    dated = days != UNDATED
    first = np.full(len(threads.suppliers), UNDATED, dtype=np.int64)
    last = np.full(len(threads.suppliers), -UNDATED, dtype=np.int64)
    np.minimum.at(first, supplier[dated], days[dated])
    np.maximum.at(last, supplier[dated], days[dated])
    return [(None, None) if a > b else (day_to_date(int(a)), day_to_date(int(b))) for a, b in zip(first, last, strict=True)]


def _coverage(evidence: Evidence, view: View) -> list[float | None]:
    """Return the eligible share of each supplier's sentences, None where it has none in the view."""
    inside = view.mask(evidence)
    suppliers, supplier = evidence.codes("supplier")
    eligible, ineligible = (
        np.bincount(supplier[inside], evidence.numbers(column)[inside], minlength=len(suppliers))
        for column in ("sentences", "ineligible")
    )
    return [float(a / (a + b)) if a + b else None for a, b in zip(eligible, ineligible, strict=True)]
