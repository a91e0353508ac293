"""Which part of the evidence counts, and how it ages."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal, get_args

import numpy as np
import pandas as pd

from partnersignal.errors import InputError
from partnersignal.index.arrays import Bools, Floats
from partnersignal.index.collecting import UNDATED
from partnersignal.index.evidence import Evidence

Bulk = Literal["count", "exclude"]

# Days after which evidence counts half. A shorter one throws away most of two years' evidence: docs/index.md.
HALF_LIFE = 365.0
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class View:
    """The part of the evidence that an index looks at.

    Attributes
    ----------
    as_of : date or None
        UTC day from which ages count; later messages are left out. None where nothing is dated.
    half_life : float
        Days after which evidence counts half; infinite where nothing fades.
    since, until : date or None
        First and last UTC day of the window, both inside; None where open.
    bulk : {"count", "exclude"}
        Whether bulk mail counts.
    """

    as_of: date | None
    half_life: float = HALF_LIFE
    since: date | None = None
    until: date | None = None
    bulk: Bulk = "count"

    @property
    def windowed(self) -> bool:
        """Return whether the view is limited to a window."""
        return self.since is not None or self.until is not None

    def without_window(self, half_life: float) -> View:
        """Return the same view over all periods.

        Parameters
        ----------
        half_life : float
            Days after which evidence counts half there.

        Returns
        -------
        View
            Same day, same choice about bulk mail.
        """
        return replace(self, since=None, until=None, half_life=half_life)

    def mask(self, evidence: Evidence) -> Bools:
        """Return which messages the view covers.

        Parameters
        ----------
        evidence : Evidence
            All messages.

        Returns
        -------
        array of bool of shape (n_messages,)
            Undated messages belong to no window, and to every view without one.
        """
        days = evidence.days
        dated = days != UNDATED
        inside = np.ones(len(days), dtype=bool)
        if self.as_of is not None:
            inside &= ~dated | (days <= _day(self.as_of))
        if self.since is not None:
            inside &= dated & (days >= _day(self.since))
        if self.until is not None:
            inside &= dated & (days <= _day(self.until))
        if self.bulk == "exclude":
            inside &= evidence.numbers("bulk") == 0
        return inside

    def recency(self, evidence: Evidence, inside: Bools) -> Floats:
        """Return how much each message of the view counts for its age, r = 2^(-age / half-life).

        Parameters
        ----------
        evidence : Evidence
            All messages.
        inside : array of bool of shape (n_messages,)
            The view's `mask`.

        Returns
        -------
        array of shape (n_messages inside,)
            In [0, 1]; undated messages get the mean over the dated eligible sentences of the view.
        """
        days, sentences = evidence.days[inside], evidence.numbers("sentences")[inside]
        dated = days != UNDATED
        fade = np.ones(len(days))
        if self.as_of is not None:
            fade[dated] = np.exp2(-(_day(self.as_of) - days[dated]) / self.half_life)
        total = int(sentences[dated].sum())
        if total:
            fade[~dated] = (fade[dated] * sentences[dated]).sum() / total
        return fade


def make_view(
    evidence: Evidence,
    *,
    as_of: date | None = None,
    half_life: float | None = None,
    since: date | None = None,
    until: date | None = None,
    bulk: Bulk = "count",
) -> View:
    """Check the settings of a view and fill in what is left open.

    Parameters
    ----------
    evidence : Evidence
        Gives the newest day.
    as_of : date or datetime, optional
        Day from which ages count; the newest of the evidence by default, never the clock. A time without zone is UTC.
    half_life : float, optional
        Days, above 0; infinite for none. By default `HALF_LIFE`, and none inside a window.
    since, until : date or datetime, optional
        First and last UTC day that counts.
    bulk : {"count", "exclude"}, default "count"
        Whether bulk mail counts.

    Returns
    -------
    View
        With every setting resolved.

    Raises
    ------
    InputError
        If a setting is not usable.
    """
    if bulk not in get_args(Bulk):
        raise InputError(f"got bulk={bulk!r}, expected 'count' or 'exclude'; choose one")
    if half_life is not None and not half_life > 0:
        raise InputError(f"got half_life={half_life!r}, expected days above 0; use math.inf for evidence that never fades")
    first, last, now = as_day("since", since), as_day("until", until), as_day("as_of", as_of)
    if first and last and first > last:
        raise InputError(f"got since={first} after until={last}, expected a window in order; swap them")
    if half_life is None:
        half_life = math.inf if first or last else HALF_LIFE
    days = evidence.days
    days = days[days != UNDATED]
    if now is None and len(days):
        now = day_to_date(int(days.max()))
    return View(now, float(half_life), first, last, bulk)


def day_to_date(day: int) -> date:
    """Return the date of a day since 1970-01-01.

    Parameters
    ----------
    day : int
        Days, may be negative.

    Returns
    -------
    date
        In UTC.
    """
    return _EPOCH + timedelta(days=day)


def _day(value: date) -> int:
    return (value - _EPOCH).days


def as_day(name: str, value: date | None) -> date | None:
    """Return the UTC day of a date or time.

    Parameters
    ----------
    name : str
        What it is, for the error.
    value : date, datetime or None
        A time without zone is UTC.

    Returns
    -------
    date or None
        None where there is none.

    Raises
    ------
    InputError
        If it is no date.
    """
    if value is None:
        return None
    if not isinstance(value, date) or pd.isna(value):
        raise InputError(f"got {name}={value!r}, expected a date; use datetime.date or datetime.datetime")
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).date()
    return value
