"""Conduct: behaviour read from headers. Counts and times an organisation; nothing is kept of single persons."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from partnersignal.errors import InputError
from partnersignal.headers import Header, Mails
from partnersignal.messages import Party
from partnersignal.suppliers import SupplierDirectory
from partnersignal.suppliers.mailboxes import is_shared_mailbox

Ints = NDArray[np.int64]
FEWEST = 5  # waits, threads, mails: below it, a share or a median is left out
_MICROSECOND, _DAY = timedelta(microseconds=1), 86_400_000_000
_AWAY = 90 * _DAY  # a contact silent for longer, while others wrote, has left
_OPENS, _CLOSES = 9.0, 17.0
_EPOCH = datetime(1970, 1, 1)
_MONDAY = datetime(1970, 1, 5)
_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class SupplierConduct:
    """What the headers of its mail show of a supplier; definitions and limits are in ``docs/conduct.md``.

    Attributes
    ----------
    supplier : str
        An organisation, never a person.
    messages : int
        Mails from it that people wrote: no bulk or automatic mail, each once.
    answered, unanswered : int
        Times that we waited for it, and it wrote back or has not so far.
    reply_hours : float or None
        Kaplan-Meier median of the waits, in working hours; None below 5 waits, or where fewer than half were answered.
    threads_started : int
        Threads that it opened.
    started_without_sales : int
        Those whose opening mail has neither an upselling nor a price-pressure tag.
    share_without_sales : float or None
        Their share; None below 5 threads.
    contacts : int
        People who wrote for it; shared mailboxes are not counted.
    contacts_joined, contacts_left : int
        First seen 90 days or more after its first mail; last seen 90 days or more before its last one.
    tenure_days : float or None
        Median days between first and last mail of a contact; None below 3 contacts.
    turnover : float or None
        Contacts who left, a year of one contact's time; None below one such year.
    main_contact_lasts : bool or None
        Whether who wrote most in the first half of the time did so in the second; None below 5 mails in either.
    to_us : int
        Its mails to us, outside threads in which an executive had written before.
    to_executives, only_to_executives : int or None
        Those that an executive got, and those that an executive and nobody else of ours got; None where the supplier
        file names no executives.
    share_to_executives : float or None
        Share of `to_executives` in `to_us`; None below 5 mails.
    """

    supplier: str
    messages: int
    answered: int
    unanswered: int
    reply_hours: float | None
    threads_started: int
    started_without_sales: int
    share_without_sales: float | None
    contacts: int
    contacts_joined: int
    contacts_left: int
    tenure_days: float | None
    turnover: float | None
    main_contact_lasts: bool | None
    to_us: int
    to_executives: int | None
    only_to_executives: int | None
    share_to_executives: float | None


@dataclass(frozen=True, slots=True)
class Conduct:
    """The conduct of a portfolio: ``len``, iteration and ``conduct["Acme"]`` work.

    Attributes
    ----------
    suppliers : tuple of SupplierConduct
        By name.
    """

    suppliers: tuple[SupplierConduct, ...]

    def __len__(self) -> int:
        """Return the number of suppliers."""
        return len(self.suppliers)

    def __iter__(self) -> Iterator[SupplierConduct]:
        """Iterate over the suppliers, by name."""
        return iter(self.suppliers)

    def __getitem__(self, supplier: str) -> SupplierConduct:
        """Return the conduct of one supplier.

        Parameters
        ----------
        supplier : str
            Its name.

        Returns
        -------
        SupplierConduct
            Its conduct.

        Raises
        ------
        InputError
            If there is none of this name.
        """
        found = next((each for each in self.suppliers if each.supplier == supplier), None)
        if found is None:
            raise InputError(
                f"got supplier {supplier!r}, expected one of the {len(self)} with mail; list run.conduct().suppliers"
            )
        return found

    def to_pandas(self) -> pd.DataFrame:
        """Return the table of ``conduct.csv``.

        Returns
        -------
        pandas.DataFrame
            A row a supplier, the attributes as columns; missing where None.
        """
        names = [each.name for each in fields(SupplierConduct)]
        return pd.DataFrame([[getattr(each, name) for name in names] for each in self], columns=names)


@dataclass(frozen=True, slots=True)
class _Mail:
    """A mail that a person wrote; who is told as in the directory."""

    date: datetime
    offset: int
    sender: str
    owner: object
    suppliers: frozenset[int]
    ours: frozenset[str]


@dataclass(slots=True)
class _Tally:
    """What is kept of one supplier's mails: numbers only."""

    executives: frozenset[str]
    answered: array[float] = field(default_factory=lambda: array("d"))
    unanswered: array[float] = field(default_factory=lambda: array("d"))
    started: int = 0
    started_without_sales: int = 0
    # Of each mail: its place among all by date, its date in microseconds, and who wrote it (-1 is no person).
    places: array[int] = field(default_factory=lambda: array("q"))
    dates: array[int] = field(default_factory=lambda: array("q"))
    people: array[int] = field(default_factory=lambda: array("q"))
    to_us: int = 0
    to_executives: int = 0
    only_to_executives: int = 0


def measure_conduct(mails: Mails, directory: SupplierDirectory, end: datetime | None = None) -> tuple[SupplierConduct, ...]:
    """Measure the conduct of every supplier that wrote or was written to.

    Parameters
    ----------
    mails : Mails
        Of a run, sorted.
    directory : SupplierDirectory
        Who is who.
    end : datetime, optional
        UTC; when waiting was last looked at, later mail is left out. By default the last date of the mails.

    Returns
    -------
    tuple of SupplierConduct
        By name.
    """
    last = (end.replace(tzinfo=None) if end is not None else mails.last) or _EPOCH
    tallies: dict[int, _Tally] = {}

    def _tally(number: int) -> _Tally:
        if number not in tallies:
            tallies[number] = _Tally(frozenset(directory.suppliers[number].executives))
        return tallies[number]

    people: dict[str, int] = {}
    for headers in mails.threads():
        seen = [header for header in headers if header.date <= last]
        thread = [_mail(header, directory) for header in seen]
        for supplier, (wait, ended) in _waits(thread, last):
            (_tally(supplier).answered if ended else _tally(supplier).unanswered).append(wait)
        if thread and isinstance(thread[0].owner, int):
            opener = _tally(thread[0].owner)
            opener.started += 1
            opener.started_without_sales += directory.suppliers[thread[0].owner].name not in seen[0].sells_for
        for header, mail in zip(seen, thread, strict=True):
            if isinstance(mail.owner, int):
                tally = _tally(mail.owner)
                person = mail.sender and not is_shared_mailbox(mail.sender)
                tally.places.append(header.place)
                tally.dates.append((mail.date - _EPOCH) // _MICROSECOND)
                tally.people.append(people.setdefault(mail.sender, len(people)) if person else -1)
        _count_executives(thread, tallies)
    found = [_conduct(directory.suppliers[number].name, tally) for number, tally in tallies.items()]
    return tuple(sorted(found, key=lambda each: each.supplier))


def _conduct(supplier: str, tally: _Tally) -> SupplierConduct:
    waits = [*((wait, True) for wait in tally.answered), *((wait, False) for wait in tally.unanswered)]
    order = np.argsort(np.array(tally.places))
    return SupplierConduct(
        supplier=supplier,
        messages=len(tally.places),
        answered=len(tally.answered),
        unanswered=len(tally.unanswered),
        reply_hours=median_wait(waits) if len(waits) >= FEWEST else None,
        threads_started=tally.started,
        started_without_sales=tally.started_without_sales,
        share_without_sales=tally.started_without_sales / tally.started if tally.started >= FEWEST else None,
        **_contacts(np.array(tally.dates, dtype=np.int64)[order], np.array(tally.people, dtype=np.int64)[order]),
        **_executives(tally),
    )


def working_hours(start: datetime, stop: datetime, offset: int = 0) -> float:
    """Count working hours: Monday to Friday, 9 to 17 o'clock. Holidays are not known.

    Parameters
    ----------
    start, stop : datetime
        UTC, without zone.
    offset : int, default 0
        Minutes from UTC of the place whose clock counts, throughout.

    Returns
    -------
    float
        Hours, 0 where `stop` is not after `start`.
    """
    shift = timedelta(minutes=offset)
    return max(0.0, _worked(stop + shift) - _worked(start + shift))


def _worked(moment: datetime) -> float:
    """Return the working hours from a Monday long ago to a moment."""
    seconds = (moment - _MONDAY).total_seconds()
    day = math.floor(seconds / 86_400)
    week, weekday = divmod(day, 7)
    full = _CLOSES - _OPENS
    today = min(max((seconds - day * 86_400) / 3_600 - _OPENS, 0.0), full) if weekday < 5 else 0.0
    return week * 5 * full + min(weekday, 5) * full + today


def median_wait(waits: Sequence[tuple[float, bool]]) -> float | None:
    """Return the Kaplan-Meier median of waits.

    Parameters
    ----------
    waits : sequence of (float, bool)
        Length, and whether it ended with an answer.

    Returns
    -------
    float or None
        Smallest length at which no more than half are still waiting; None where the curve stays above one half.

    References
    ----------
    Kaplan and Meier (1958), Nonparametric estimation from incomplete observations, JASA 53.
    """
    from scipy.stats import CensoredData, ecdf  # takes 0.6 s to import, and no worker needs it

    answered = [length for length, ended in waits if ended]
    if not answered:
        return None
    curve = ecdf(CensoredData(uncensored=answered, right=[length for length, ended in waits if not ended])).sf
    below = curve.quantiles[np.asarray(curve.probabilities) <= 0.5 + 1e-12]
    return float(below[0]) if len(below) else None


def _mail(header: Header, directory: SupplierDirectory) -> _Mail:
    party = Party.parse(header.sender)
    owners = {to.address: directory.owner(to) for to in map(Party.parse, header.recipients.split("; ")) if to.address}
    return _Mail(
        header.date, header.offset, party.address, directory.owner(party),
        frozenset(owner for owner in owners.values() if isinstance(owner, int)),
        frozenset(address for address, owner in owners.items() if owner == "ours"),
    )  # fmt: skip


def _waits(thread: Sequence[_Mail], last: datetime) -> list[tuple[int, tuple[float, bool]]]:
    """Return how long we waited in one thread, for whom.

    A wait starts with our first mail to one supplier that it has not answered and ends with its next mail. What we
    write last, once it has answered, closes a thread ("thanks"), unless we write again: that is chasing.
    """
    found = []
    open_since: dict[int, list[_Mail]] = {}
    heard: set[int] = set()
    for mail in thread:
        if isinstance(mail.owner, int):
            waiting = open_since.pop(mail.owner, None)
            if waiting:
                found.append((mail.owner, (working_hours(waiting[0].date, mail.date, waiting[0].offset), True)))
            heard.add(mail.owner)
        elif mail.owner == "ours" and len(mail.suppliers) == 1:
            open_since.setdefault(next(iter(mail.suppliers)), []).append(mail)
    for supplier, waiting in open_since.items():
        if supplier not in heard or len(waiting) > 1:
            found.append((supplier, (working_hours(waiting[0].date, last, waiting[0].offset), False)))
    return found


def _contacts(dates: Ints, people: Ints) -> dict[str, Any]:
    """Count the people of a supplier, given its mails by date."""
    known = people >= 0
    own = dates[known]
    _, first, who = np.unique(people[known], return_index=True, return_inverse=True)
    start, stop = own[first], np.zeros(len(first), dtype=np.int64)
    stop[who] = own  # the last one stays
    # By first mail: the sum of the days depends on their order.
    days = (((stop - start) / _DAY)[np.argsort(first)]).tolist()
    left = int((dates[-1] - stop >= _AWAY).sum()) if len(dates) else 0
    years = sum(days) / _YEAR
    return {
        "contacts": len(days),
        "contacts_joined": int((start - dates[0] >= _AWAY).sum()) if len(dates) else 0,
        "contacts_left": left,
        "tenure_days": median(days) if len(days) >= 3 else None,
        "turnover": left / years if years >= 1 else None,
        "main_contact_lasts": _main_contact_lasts(own, who),
    }


def _main_contact_lasts(dates: Ints, who: Ints) -> bool | None:
    if not len(dates):
        return None
    late = dates > dates[0] + round((dates[-1] - dates[0]) / 2)
    halves = [np.bincount(who[half], minlength=who.max() + 1) for half in (~late, late)]
    if min(half.sum() for half in halves) < FEWEST:
        return None
    early, later = (half == half.max() for half in halves)
    return bool((early & later).any())


def _count_executives(thread: Sequence[_Mail], tallies: Mapping[int, _Tally]) -> None:
    """Count mail to executives; who answers an executive does not go around anybody."""
    invited: dict[int, datetime | None] = {}
    for mail in thread:
        if not isinstance(mail.owner, int) or not mail.ours:
            continue
        tally = tallies[mail.owner]
        if mail.owner not in invited:
            invited[mail.owner] = next((each.date for each in thread if each.sender in tally.executives), None)
        if _after(mail.date, invited[mail.owner]):
            continue
        tally.to_us += 1
        if mail.ours & tally.executives:
            tally.to_executives += 1
            tally.only_to_executives += mail.ours <= tally.executives


def _executives(tally: _Tally) -> dict[str, Any]:
    if not tally.executives:
        return {"to_us": tally.to_us, "to_executives": None, "only_to_executives": None, "share_to_executives": None}
    return {
        "to_us": tally.to_us,
        "to_executives": tally.to_executives,
        "only_to_executives": tally.only_to_executives,
        "share_to_executives": tally.to_executives / tally.to_us if tally.to_us >= FEWEST else None,
    }


def _after(date: datetime, invited: datetime | None) -> bool:
    return invited is not None and date >= invited
