"""Comparing periods: what changed in a supplier's behaviour, in the portfolio, or only in the luck of the draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from partnersignal.errors import InputError
from partnersignal.index.arrays import SIGNS, Bools, Floats
from partnersignal.index.changes import Changes, changes_between
from partnersignal.index.collecting import UNDATED
from partnersignal.index.counted import counted_tags
from partnersignal.index.index import Index, build_index
from partnersignal.index.posterior import above_typical
from partnersignal.index.prior import MIN_THREADS
from partnersignal.index.threads import Threads, roll_threads
from partnersignal.index.views import View, as_day

By = Literal["month", "quarter", "year"]

# A change is called real from this probability of being more than 10 points at 50, and of its direction.
REAL = 0.95
LARGE_POINTS = 10.0
_Z90 = float(ndtri(0.95))
# Days around a renewal in which a supplier has a reason to be at its best, and half a year.
NEAR, HALF_YEAR = 90, 182
_COLUMNS = (
    "supplier", "first", "second", "index_first", "index_second", "change", "change_low", "change_high", "p_rise", "p_large",
    "real", "threads_first", "threads_second",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two or three periods of one run, side by side.

    Attributes
    ----------
    names : tuple of str
        The periods, in order.
    table : pandas DataFrame
        A row a supplier and pair of periods: supplier, first, second (names); index_first, index_second (0-100, the
        portfolio's own shift taken out) and change, their difference; change_low and change_high, its 90 % interval with
        the first period held where it is; p_rise; p_large, the probability that the change is more than 10 points at 50;
        real (p_large from .95, and p_rise from .95 or up to .05: a change that might go
        either way is not known, however large); threads_first, threads_second; enough_evidence (5
        threads in both). Largest change first.
    shift : pandas DataFrame
        What the portfolio as a whole did: a row a pair of periods with first, second, change (points that a typical
        supplier would have moved), p_rise, and partner and vendor, by which factor the rates of each side grew.
    index : Index
        The run's index, whose prior and correction are used.
    spans : tuple of (date or None, date or None)
        First and last day of each period, both inside, None where open; empty where periods are no stretches of time.
    """

    names: tuple[str, ...]
    table: pd.DataFrame = field(repr=False)
    shift: pd.DataFrame = field(repr=False)
    index: Index = field(repr=False)
    _rolled: tuple[Threads, ...] = field(repr=False)
    _pairs: Mapping[tuple[str, str], Changes] = field(repr=False)
    spans: tuple[tuple[date | None, date | None], ...] = ()

    def to_pandas(self) -> pd.DataFrame:
        """Return the table.

        Returns
        -------
        pandas DataFrame
            `table`.
        """
        return self.table

    def sentences(self, supplier: str, tags: pd.DataFrame, first: str | None = None, second: str | None = None) -> pd.DataFrame:
        """Return the sentences that made a change.

        Parameters
        ----------
        supplier : str
            Whose.
        tags : pandas DataFrame
            The tags that the evidence was collected from.
        first, second : str, optional
            Names of periods; the first and the last by default.

        Returns
        -------
        pandas DataFrame
            period, message_id, sentence, text, signal, probability and contribution (points of the change), largest
            first; the last row, without a sentence, is what the difference in exposure alone makes. They add up to the
            change.

        Raises
        ------
        InputError
            If the supplier or a period is unknown.
        """
        self.index[supplier]
        pair = (first or self.names[0], second or self.names[-1])
        if pair not in self._pairs:
            known = ", ".join(f"{a} and {b}" for a, b in self._pairs)
            raise InputError(f"got the periods {pair[0]!r} and {pair[1]!r}, expected one of: {known}")
        number = self._rolled[0].suppliers.index(supplier)
        found, (units, rest) = [], self._pairs[pair].points(number)
        for place, (name, sign) in enumerate(zip(pair, (-1.0, 1.0), strict=True)):
            threads = self._rolled[self.names.index(name)]
            lines = counted_tags(self.index.evidence, threads, self.index.weights, tags, [supplier])
            lines["contribution"] = sign * units[place][lines["side"].to_numpy()] * lines["mass"].to_numpy()
            found.append(lines.assign(period=name))
        table = pd.concat(found, ignore_index=True)
        table["size"] = -table["contribution"].abs()
        table = table.sort_values(["size", "message_id", "sentence", "signal"], ignore_index=True)
        shown = ["period", "message_id", "sentence", *(["text"] if "text" in table.columns else []), "signal", "probability"]
        table = table[[*shown, "contribution"]].astype({"sentence": "Int64"})
        expected = pd.DataFrame({"signal": ["(expected from the exposure)"], "contribution": [rest]})
        return pd.concat([table, expected], ignore_index=True)


def compare_periods(index: Index, cuts: Sequence[date], names: Sequence[str] | None = None) -> Comparison:
    """Compare the periods before, between and after one or two days.

    Parameters
    ----------
    index : Index
        The run's index; its prior, weights, correction and choice about bulk mail are used. Its window is the outer
        bound of the periods.
    cuts : sequence of date
        One or two days: each begins a period.
    names : sequence of str, optional
        Names of the periods; by default "before" and "after", or "before", "during", "after".

    Returns
    -------
    Comparison
        Every pair of periods. Nothing fades inside a period.

    Raises
    ------
    InputError
        If there are not one or two days in order, or not a name a period.
    """
    days = [day for day in (as_day("cut", cut) for cut in cuts) if day is not None]
    if len(days) not in (1, 2) or any(a >= b for a, b in pairwise(days)):
        raise InputError(f"got {len(days)} cuts, expected one or two days in order: each begins a period; name them in order")
    given = tuple(names) if names is not None else (("before", "after") if len(days) == 1 else ("before", "during", "after"))
    if len(given) != len(days) + 1 or len(set(given)) != len(given):
        raise InputError(
            f"got {len(given)} names, expected {len(days) + 1} different ones, one a period; name every period once"
        )
    flat = _flat(index.view)
    starts = [index.view.since, *days]
    ends = [*(day - timedelta(days=1) for day in days), index.view.until]
    spans = tuple(zip(starts, ends, strict=True))
    views = [replace(flat, since=since, until=until) for since, until in spans]
    # Undated mail belongs to no period, not even to one that is open on a side: every one has a cut as a bound.
    rolled = tuple(roll_threads(index.evidence, index.weights, view) for view in views)
    return replace(_compare(index, given, rolled, own_shift=True), spans=spans)


def compare_renewals(index: Index, renewals: Mapping[str, Sequence[date]], near: int = NEAR) -> Comparison:
    """Compare each supplier's behaviour around its renewals with the rest of the year: partners stay after the deal.

    Parameters
    ----------
    index : Index
        The run's index.
    renewals : mapping of str to sequence of date
        Days of renewal of each supplier; suppliers without one are left out.
    near : int, default 90
        Days before and after a renewal that count as near it.

    Returns
    -------
    Comparison
        Of "rest of year" (further than `near` from every renewal, and within 182 days of one) and "near renewal". The
        portfolio's shift is not taken out: the seasons are each supplier's own.

    Raises
    ------
    InputError
        If `near` is no number of days below half a year, or no supplier of the index has a renewal.
    """
    if not 0 < near < HALF_YEAR:
        raise InputError(f"got near={near}, expected days from 1 to {HALF_YEAR - 1}; 90 is usual")
    suppliers, owner = index.evidence.codes("supplier")
    days = index.evidence.days
    distance = np.full(len(days), UNDATED, dtype=np.int64)
    for number, name in enumerate(suppliers):
        own = owner == number
        for renewal in renewals.get(name, ()):
            day = as_day("renewal", renewal)
            if day is not None:
                distance[own] = np.minimum(distance[own], np.abs(days[own] - (day - date(1970, 1, 1)).days))
    distance[days == UNDATED] = UNDATED
    if not (distance <= HALF_YEAR).any():
        raise InputError('got no mail within half a year of a renewal, expected renewals = ["2025-03-31"] in the supplier file')
    masks: list[Bools] = [(distance > near) & (distance <= HALF_YEAR), distance <= near]
    rolled = tuple(roll_threads(index.evidence, index.weights, _flat(index.view), mask) for mask in masks)
    compared = _compare(index, ("rest of year", "near renewal"), rolled, own_shift=False)
    told = compared.table[compared.table["supplier"].isin([name for name in suppliers if renewals.get(name)])]
    return replace(compared, table=told.reset_index(drop=True))


def trend(index: Index, by: By = "quarter") -> pd.DataFrame:
    """Follow every supplier through time.

    Parameters
    ----------
    index : Index
        The run's index; its prior, weights and correction are used, and its window.
    by : {"month", "quarter", "year"}, default "quarter"
        Length of a period.

    Returns
    -------
    pandas DataFrame
        A row a supplier and period in which it wrote: supplier, since, until (days, both inside), index, low, high,
        balance, threads, enough_evidence. Nothing fades inside a period, and 50 is typical of the whole run.

    Raises
    ------
    InputError
        If `by` is none of the three.
    """
    months = {"month": 1, "quarter": 3, "year": 12}.get(by)
    if months is None:
        raise InputError(f"got by={by!r}, expected month, quarter or year; choose one")
    inside = index.view.mask(index.evidence) & (index.evidence.days != UNDATED)
    day = index.evidence.days[inside].astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    rows = []
    for number in np.unique(day // months).tolist():
        start, end = (np.datetime64(number * months + k, "M").astype("datetime64[D]").item() for k in (0, months))
        since, until = max(start, index.view.since or start), min(end - timedelta(days=1), index.view.until or end)
        part = build_index(
            index.evidence, weights=index.weights, prior=index.prior, as_of=index.as_of, since=since, until=until,
            bulk=index.view.bulk, correction=index.correction,
        )  # fmt: skip
        shown = ("index", "low", "high", "balance", "threads", "enough_evidence")
        rows += [(s.supplier, since, until, *(getattr(s, name) for name in shown)) for s in part if s.threads]
    table = pd.DataFrame(rows, columns=["supplier", "since", "until", *shown] if rows else ["supplier", "since", "until"])
    return table.sort_values(["supplier", "since"], ignore_index=True)


def _flat(view: View) -> View:
    return replace(view, half_life=float("inf"))


def _compare(index: Index, names: tuple[str, ...], rolled: tuple[Threads, ...], own_shift: bool) -> Comparison:
    exposure = np.stack([threads.per_supplier(threads.exposure) for threads in rolled])
    evidence = np.stack([[threads.per_supplier(side) for side in threads.evidence] for threads in rolled])
    count = [threads.per_supplier().astype(int) for threads in rolled]
    prior, scale = index.prior.for_half_life(float("inf")), index.posterior.scale
    large = float(ndtri(0.5 + LARGE_POINTS / 100)) * scale
    frames, shifts, pairs = [], [], {}
    for i in range(len(names)):
        for j in range(i + 1, len(names)):
            made = changes_between(exposure[[i, j]], evidence[[i, j]], prior, index.correction, scale, own_shift=own_shift)
            pairs[names[i], names[j]] = made
            points = 50 + above_typical(made.d, scale)
            # Above 0 at its lower end exactly where p_rise is above .95.
            ends = [above_typical(made.d[1] + side * _Z90 * made.sd, scale) + 50 - points[0] for side in (-1, 1)]
            p_rise = ndtr(made.change / made.sd)
            p_large = ndtr((made.change - large) / made.sd) + ndtr((-made.change - large) / made.sd)
            real = (p_large >= REAL) & (np.maximum(p_rise, 1 - p_rise) >= REAL)
            columns = (points[0], points[1], points[1] - points[0], *ends, p_rise, p_large, real, count[i], count[j])
            frame = pd.DataFrame(dict(zip(_COLUMNS[3:], columns, strict=True)))
            frame.insert(0, "supplier", pd.Series(rolled[0].suppliers, dtype="str"))
            frame.insert(1, "first", names[i])
            frame.insert(2, "second", names[j])
            frames.append(frame)
            shifts.append((names[i], names[j], *_shift(made, scale)))
    table = pd.concat(frames, ignore_index=True)
    table["enough_evidence"] = table[["threads_first", "threads_second"]].min(axis=1) >= MIN_THREADS
    table["size"] = -table["change"].abs()
    table = table.sort_values(["size", "supplier", "first", "second"], ignore_index=True).drop(columns="size")
    shift = pd.DataFrame(shifts, columns=["first", "second", "change", "p_rise", "partner", "vendor"])
    return Comparison(names, table, shift, index, rolled, pairs)


def _shift(made: Changes, scale: float) -> tuple[float, ...]:
    """Return how far a typical supplier would have moved with the portfolio, P(rise), and the growth of each side."""
    mu, c = made.typical, made.softening
    growth: Floats = made.shift[1] / made.shift[0]
    d = SIGNS @ np.log((mu * made.shift + c) / (mu + c)).T
    sd = float(np.sqrt(((mu / (mu + c)) ** 2 * made.shift_variance).sum()))
    points = above_typical(d, scale)
    p_rise = float(ndtr((d[1] - d[0]) / sd)) if sd > 0 else 0.5
    return float(points[1] - points[0]), p_rise, float(growth[0]), float(growth[1])
