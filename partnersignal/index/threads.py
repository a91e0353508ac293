"""From messages to threads: saturated exposure and capped evidence."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from partnersignal.index.arrays import SIDES, Bools, Floats, Ints
from partnersignal.index.collecting import MILLION, UNDATED, mass_column
from partnersignal.index.evidence import Evidence
from partnersignal.index.views import View

# Saturation: h = 1 / (1 + RHO L) keeps a thread's exposure under 1 / RHO = 4 effective sentences.
RHO = 0.25
# A thread adds at most this much evidence to a side, times its mean recency.
CAP = 1.0


@dataclass(frozen=True, slots=True)
class Threads:
    """The threads of a view that hold at least one eligible sentence, sorted by supplier.

    Attributes
    ----------
    suppliers : tuple of str
        All suppliers of the evidence, sorted, also those without a thread here.
    supplier : array of int of shape (n_threads,)
        Number of the thread's supplier.
    saturation : array of shape (n_threads,)
        h_t in (0, 1).
    exposure : array of shape (n_threads,)
        A_t in [0, 4), effective sentences.
    evidence : array of shape (2, n_threads)
        X_t of the partner and the vendor side in [0, 1], effective weighted tags.
    mean_recency : array of shape (n_threads,)
        rbar in [0, 1], over the thread's eligible sentences.
    kept : array of shape (2, n_threads)
        f_t in (0, 1], the share of the evidence that the cap leaves.
    rows : array of int of shape (n_messages,)
        Row in the evidence table of each message of these threads.
    thread : array of int of shape (n_messages,)
        Number of the message's thread.
    recency : array of shape (n_messages,)
        r of the message in [0, 1].
    tagged : array of bool of shape (n_messages,)
        Whether the message has a tag whose weight is above 0.
    signal_evidence : dict of str to float
        Capped evidence of all suppliers together, a signal.
    """

    suppliers: tuple[str, ...]
    supplier: Ints
    saturation: Floats
    exposure: Floats
    evidence: Floats
    mean_recency: Floats
    kept: Floats
    rows: Ints
    thread: Ints
    recency: Floats
    tagged: Bools
    signal_evidence: dict[str, float]

    def per_supplier(self, values: Floats | None = None) -> Floats:
        """Sum over the threads of each supplier.

        Parameters
        ----------
        values : array of shape (n_threads,), optional
            What to sum; the number of threads by default.

        Returns
        -------
        array of shape (n_suppliers,)
            Sums in the order of `suppliers`.
        """
        return np.bincount(self.supplier, values, minlength=len(self.suppliers)).astype(np.float64)


def roll_threads(evidence: Evidence, weights: Mapping[str, float], view: View, only: Bools | None = None) -> Threads:
    r"""Group the messages of a view into threads.

    With L eligible sentences of a supplier in a thread, r their recency and e = sum of weight times probability::

        h = 1 / (1 + RHO L)      A = h sum(r)      rbar = A / (h L)      X = min(CAP rbar, h sum(r e))

    The cap does not look at other threads and carries the thread's mean recency; otherwise more evidence could lower
    a side, or a capped thread would not age.

    Parameters
    ----------
    evidence : Evidence
        All messages.
    weights : mapping of str to float
        A weight for every signal.
    view : View
        What counts, and how it ages.
    only : array of bool of shape (n_messages,), optional
        Leaves out further messages.

    Returns
    -------
    Threads
        One row a supplier and thread.
    """
    inside = view.mask(evidence) if only is None else view.mask(evidence) & only
    recency = view.recency(evidence, inside)
    eligible = evidence.numbers("sentences")[inside] > 0
    rows, recency = np.flatnonzero(inside)[eligible], recency[eligible]
    suppliers, supplier_of_row = evidence.codes("supplier")
    thread, supplier = _group(evidence, rows, supplier_of_row[rows])
    n_threads = len(supplier)

    def _total(values: Floats) -> Floats:
        return np.bincount(thread, values, minlength=n_threads).astype(np.float64)

    sentences = evidence.numbers("sentences")[rows].astype(np.float64)
    saturation = 1 / (1 + RHO * _total(sentences))
    exposure = saturation * _total(recency * sentences)
    mean_recency = exposure / (saturation * _total(sentences))
    mass = _weighted(evidence, weights, rows)
    uncapped = np.stack([saturation * _total(recency * mass[side]) for side in range(2)])
    capped = np.minimum(CAP * mean_recency, uncapped)
    kept = np.divide(capped, uncapped, out=np.ones_like(capped), where=uncapped > 0)
    factor = kept[:, thread] * saturation[thread] * recency
    by_signal = {
        signal.label: weights[signal.label]
        * float(factor[SIDES.index(signal.side)] @ (evidence.numbers(mass_column(signal.label))[rows] / MILLION))
        for signal in evidence.signals
    }
    return Threads(
        suppliers=suppliers,
        supplier=supplier,
        saturation=saturation,
        exposure=exposure,
        evidence=capped,
        mean_recency=mean_recency,
        kept=kept,
        rows=rows,
        thread=thread,
        recency=recency,
        tagged=mass.sum(axis=0) > 0,
        signal_evidence=by_signal,
    )


def _weighted(evidence: Evidence, weights: Mapping[str, float], rows: Ints) -> Floats:
    """Return e, the weighted sum of probabilities of each side: shape (2, n_messages)."""
    mass = np.zeros((2, len(rows)))
    for signal in evidence.signals:
        units = evidence.numbers(mass_column(signal.label))[rows]
        mass[SIDES.index(signal.side)] += weights[signal.label] * (units / MILLION)
    return mass


def _group(evidence: Evidence, rows: Ints, supplier: Ints) -> tuple[Ints, Ints]:
    """Return the thread of each row, and the supplier of each thread; a supplier's bulk mail of a month is one thread."""
    id_of_row = evidence.ranks("thread_id")
    months, month = np.unique(_months(evidence.days[rows]), return_inverse=True)
    ids = int(id_of_row.max(initial=-1)) + 1
    group = np.where(evidence.numbers("bulk")[rows] == 1, ids + month, id_of_row[rows])
    width = ids + len(months)
    keys, thread = np.unique(supplier * width + group, return_inverse=True)
    return thread.astype(np.int64), keys // max(width, 1)


def _months(days: Ints) -> Ints:
    """Return the UTC month of each day since 1970-01, `UNDATED` where there is none."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    months[days == UNDATED] = UNDATED
    return months


def thread_names(evidence: Evidence, threads: Threads, start: int, stop: int) -> list[str]:
    """Name some threads; names are looked up where they are shown, for there are too many to hold.

    Parameters
    ----------
    evidence : Evidence
        What the threads were rolled up from.
    threads : Threads
        A view.
    start, stop : int
        The first of its threads to name, and the first not to name.

    Returns
    -------
    list of str
        One a thread; ``bulk:2001-05`` for all bulk mail of a supplier in that UTC month, ``bulk:undated`` without month.
    """
    if stop <= start:
        return []
    # Suppliers are in order, so theirs lie together.
    places, owner = range(len(threads.thread)), lambda place: threads.supplier[threads.thread[place]]
    begin = bisect_left(places, threads.supplier[start], key=owner)
    end = bisect_right(places, threads.supplier[stop - 1], key=owner)
    inside = begin + np.flatnonzero((threads.thread[begin:end] >= start) & (threads.thread[begin:end] < stop))
    _, first = np.unique(threads.thread[inside], return_index=True)
    shown = threads.rows[inside[first]]
    low, high = int(shown.min()), int(shown.max()) + 1
    # A supplier's rows lie together; taking from the whole table would copy it.
    rows = evidence.facts[low:high].take(shown - low)
    names = evidence.texts("thread_id", low, high).take(shown - low).to_pylist()
    days = pc.fill_null(rows["day"], UNDATED).to_numpy().astype(np.int64)
    return [
        name if not bulk else "bulk:undated" if month == UNDATED else f"bulk:{np.datetime64(month, 'M')}"
        for name, bulk, month in zip(names, rows["bulk"].to_pylist(), _months(days).tolist(), strict=True)
    ]
