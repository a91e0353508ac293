"""Conduct: behaviour read from headers. Counts and times an organisation; nothing is kept of single persons."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import CensoredData, ecdf

from partnersignal.errors import InputError
from partnersignal.messages import Party
from partnersignal.suppliers import SupplierDirectory
from partnersignal.suppliers.mailboxes import is_shared_mailbox

FEWEST = 5  # waits, threads, mails: below it, a share or a median is left out
SALES = frozenset({"upselling", "price_pressure"})
_AWAY = timedelta(days=90)  # a contact silent for longer, while others wrote, has left
_OPENS, _CLOSES = 9.0, 17.0
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
        names = [field.name for field in fields(SupplierConduct)]
        return pd.DataFrame([[getattr(each, name) for name in names] for each in self], columns=names)


@dataclass(frozen=True, slots=True)
class _Mail:
    """A mail that a person wrote; who is told as in the directory."""

    message_id: str
    thread: str
    date: datetime  # UTC, without zone
    offset: int
    sender: str
    owner: object
    suppliers: frozenset[int]
    ours: frozenset[str]


def measure_conduct(
    messages: pd.DataFrame, tags: pd.DataFrame, directory: SupplierDirectory, end: datetime | None = None
) -> tuple[SupplierConduct, ...]:
    """Measure the conduct of every supplier that wrote or was written to.

    Parameters
    ----------
    messages : pandas.DataFrame
        The table of messages of a run; texts are not looked at.
    tags : pandas.DataFrame
        Its tags, to tell sales mail.
    directory : SupplierDirectory
        Who is who.
    end : datetime, optional
        UTC; when waiting was last looked at, later mail is left out. By default the last date of the messages.

    Returns
    -------
    tuple of SupplierConduct
        By name. Undated mail and mail with a guessed kind or date is left out.
    """
    mails = _mails(messages, directory)
    last = end.replace(tzinfo=None) if end is not None else max((mail.date for mail in mails), default=_MONDAY)
    mails = [mail for mail in mails if mail.date <= last]
    threads: dict[str, list[_Mail]] = defaultdict(list)
    for mail in mails:
        threads[mail.thread].append(mail)
    sales = _sales_mails(tags)
    waits: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    started: dict[int, list[bool]] = defaultdict(list)
    for thread in threads.values():
        for supplier, wait in _waits(thread, last):
            waits[supplier].append(wait)
        opening = thread[0]
        if isinstance(opening.owner, int):
            name = directory.suppliers[opening.owner].name
            started[opening.owner].append((opening.message_id, name) not in sales)
    written: dict[int, list[_Mail]] = defaultdict(list)
    for mail in mails:
        if isinstance(mail.owner, int):
            written[mail.owner].append(mail)
    found = []
    for number in waits.keys() | started.keys() | written.keys():
        executives = frozenset(directory.suppliers[number].executives)
        found.append(
            SupplierConduct(
                supplier=directory.suppliers[number].name,
                messages=len(written[number]),
                **_replies(waits[number]),
                **_starts(started[number]),
                **_contacts(written[number]),
                **_executives(written[number], threads, executives),
            )
        )
    return tuple(sorted(found, key=lambda each: each.supplier))


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
    answered = [length for length, ended in waits if ended]
    if not answered:
        return None
    curve = ecdf(CensoredData(uncensored=answered, right=[length for length, ended in waits if not ended])).sf
    below = curve.quantiles[np.asarray(curve.probabilities) <= 0.5 + 1e-12]
    return float(below[0]) if len(below) else None


def _mails(messages: pd.DataFrame, directory: SupplierDirectory) -> list[_Mail]:
    """Return the dated mails that people wrote, each once, by date."""
    usable = messages["date_quality"].isin(["ok", "no_zone"]) & messages["date"].notna() & messages["sender"].notna()
    human = (messages["kind"] == "email") & ~messages["bulk"] & (messages["status"] != "duplicate")
    rows = messages[usable & human].sort_values(["date", "message_id"], kind="stable")
    found = []
    columns = ("message_id", "thread_id", "date", "utc_offset", "sender", "recipients")
    for message_id, thread, date, offset, sender, recipients in zip(*(rows[name] for name in columns), strict=True):
        party = Party.parse(sender)
        owners = {to.address: directory.owner(to) for to in map(Party.parse, (recipients or "").split("; ")) if to.address}
        found.append(
            _Mail(
                message_id, thread, date.tz_convert(None).to_pydatetime(warn=False), 0 if pd.isna(offset) else int(offset),
                party.address, directory.owner(party),
                frozenset(owner for owner in owners.values() if isinstance(owner, int)),
                frozenset(address for address, owner in owners.items() if owner == "ours"),
            )
        )  # fmt: skip
    return found


def _sales_mails(tags: pd.DataFrame) -> set[tuple[str, str]]:
    own = tags[tags["signal"].isin(SALES) & (tags["voice"] == "supplier")]
    return set(zip(own["message_id"], own["supplier"], strict=True))


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


def _replies(waits: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    answered = sum(ended for _, ended in waits)
    return {
        "answered": answered,
        "unanswered": len(waits) - answered,
        "reply_hours": median_wait(waits) if len(waits) >= FEWEST else None,
    }


def _starts(started: Sequence[bool]) -> dict[str, Any]:
    plain = sum(started)
    return {
        "threads_started": len(started),
        "started_without_sales": plain,
        "share_without_sales": plain / len(started) if len(started) >= FEWEST else None,
    }


def _contacts(mails: Sequence[_Mail]) -> dict[str, Any]:
    people = [mail for mail in mails if mail.sender and not is_shared_mailbox(mail.sender)]
    dates: dict[str, list[datetime]] = defaultdict(list)
    for mail in people:
        dates[mail.sender].append(mail.date)
    tenures = [(min(each), max(each)) for each in dates.values()]
    first = min((mail.date for mail in mails), default=None)
    last = max((mail.date for mail in mails), default=None)
    days = [(stop - start) / timedelta(days=1) for start, stop in tenures]
    left = sum(last is not None and last - stop >= _AWAY for _, stop in tenures)
    years = sum(days) / _YEAR
    return {
        "contacts": len(tenures),
        "contacts_joined": sum(first is not None and start - first >= _AWAY for start, _ in tenures),
        "contacts_left": left,
        "tenure_days": median(days) if len(days) >= 3 else None,
        "turnover": left / years if years >= 1 else None,
        "main_contact_lasts": _main_contact_lasts(people),
    }


def _main_contact_lasts(people: Sequence[_Mail]) -> bool | None:
    if not people:
        return None
    middle = people[0].date + (people[-1].date - people[0].date) / 2
    halves = [Counter(mail.sender for mail in people if (mail.date > middle) == late) for late in (False, True)]
    if min(half.total() for half in halves) < FEWEST:
        return None
    early, late = (_most(half) for half in halves)
    return bool(early & late)


def _most(counted: Counter[str]) -> set[str]:
    top = max(counted.values())
    return {name for name, number in counted.items() if number == top}


def _executives(mails: Sequence[_Mail], threads: dict[str, list[_Mail]], executives: frozenset[str]) -> dict[str, Any]:
    """Count mail to executives; who answers an executive does not go around anybody."""
    invited = {
        mail.thread: next((each.date for each in threads[mail.thread] if each.sender in executives), None) for mail in mails
    }
    own = [mail for mail in mails if mail.ours and not _after(mail.date, invited[mail.thread])]
    reached = [mail for mail in own if mail.ours & executives]
    if not executives:
        return {"to_us": len(own), "to_executives": None, "only_to_executives": None, "share_to_executives": None}
    return {
        "to_us": len(own),
        "to_executives": len(reached),
        "only_to_executives": sum(mail.ours <= executives for mail in reached),
        "share_to_executives": len(reached) / len(own) if len(own) >= FEWEST else None,
    }


def _after(date: datetime, invited: datetime | None) -> bool:
    return invited is not None and date >= invited
