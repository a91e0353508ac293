"""The index over time: what it would have been on earlier days."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from partnersignal.index import Index, SupplierScore, build_index
from partnersignal.index.views import HALF_LIFE

_POINTS = 36
_POINTS_LARGE = 12  # each point rolls all messages up again
_LARGE = 300_000


def history(index: Index) -> dict[str, dict[str, Any]]:
    """Return the index of every supplier at the ends of months.

    Each point is the index as of that day with all mail until then, older mail fading; the prior is the run's.

    Parameters
    ----------
    index : Index
        Of the run.

    Returns
    -------
    dict of str to dict
        By supplier: ``day``, ``index``, ``low``, ``high``, ``enough``, each a list.
    """
    lines: dict[str, dict[str, Any]] = {
        score.supplier: {"day": [], "index": [], "low": [], "high": [], "enough": []} for score in index
    }
    half_life = index.half_life if math.isfinite(index.half_life) else HALF_LIFE
    for day in _days(index):
        for score in _scores(index, day, half_life):
            if score.messages:
                line = lines[score.supplier]
                line["day"].append((day - date(1970, 1, 1)).days)
                for name in ("index", "low", "high"):
                    line[name].append(round(getattr(score, name), 1))
                line["enough"].append(int(score.enough_evidence))
    return lines


def _scores(index: Index, day: date, half_life: float) -> Sequence[SupplierScore]:
    """Return the scores as of a day, without the index they are of: two of them at once would be the peak of a report."""
    return build_index(
        index.evidence, weights=index.weights, prior=index.prior, as_of=day, half_life=half_life,
        bulk=index.view.bulk, correction=index.correction,
    ).scores  # fmt: skip


def _days(index: Index) -> list[date]:
    """Return month ends between the first message and the day of the index, thinned from the end."""
    firsts = [score.first_date for score in index if score.first_date]
    if not firsts or index.as_of is None:
        return []
    ends = [*_month_ends(min(firsts), index.as_of), index.as_of]
    most = _POINTS_LARGE if len(index.evidence) > _LARGE else _POINTS
    step = math.ceil(len(ends) / most)
    return ends[::-1][::step][::-1]


def _month_ends(first: date, last: date) -> Iterator[date]:
    year, month = first.year, first.month
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        end = date(year, month, 1) - timedelta(days=1)
        if end >= last:
            return
        yield end
