"""What a report can show beside the index, where the run knows it: each part is left out of the page if it is empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from partnersignal.errors import InputError
from partnersignal.suppliers import Supplier, SupplierDirectory


@dataclass(frozen=True, slots=True)
class SupplierFacts:
    """What the supplier file says about a supplier.

    Attributes
    ----------
    category, criticality : str
        Free text, empty where unknown.
    spend : float or None
        A year, in the user's currency.
    """

    category: str = ""
    spend: float | None = None
    criticality: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, drawn on the time line.

    Attributes
    ----------
    day : date
        When.
    label : str
        What, in a few words: "renewal", "outage".
    supplier : str or None
        Whose; None for everybody's.
    """

    day: date
    label: str
    supplier: str | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A named stretch of time, shaded on the time line.

    Attributes
    ----------
    name : str
        For example "crisis".
    since, until : date or None
        First and last day, both inside; None where open.
    """

    name: str
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class Change:
    """One supplier in two windows.

    Attributes
    ----------
    supplier : str
        Whose.
    before, after : float
        Index in each window, the portfolio's own shift taken out.
    difference, low, high : float
        Points, and their 90 % interval.
    p_rise, p_large : float
        P(rise) and P(abs(change) > 10 points at 50).
    real : bool
        Whether the change is called real.
    enough_evidence : bool
        Whether both windows have enough threads.
    """

    supplier: str
    before: float
    after: float
    difference: float
    low: float
    high: float
    p_rise: float
    p_large: float
    real: bool
    enough_evidence: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two windows compared.

    Attributes
    ----------
    before, after : Window
        The windows.
    portfolio_shift : float or None
        What the whole portfolio moved by, in points; shown apart.
    portfolio_p_rise : float or None
        P(rise) of the portfolio.
    changes : tuple of Change
        One a supplier.
    """

    before: Window
    after: Window
    portfolio_shift: float | None
    portfolio_p_rise: float | None
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of behaviour that is read from headers.

    Attributes
    ----------
    name : str
        For example "median reply time".
    value : float or None
        The supplier's; None where there is too little to tell.
    low, high : float or None
        90 % interval, where there is one.
    portfolio : float or None
        The portfolio's.
    unit : str
        "hours", "%", "people".
    rests_on : str
        For example "41 replies".
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    portfolio: float | None = None
    unit: str = ""
    rests_on: str = ""


@dataclass(frozen=True, slots=True)
class CannotOrWillNot:
    """One behaviour that is lacking, and whether the supplier cannot or will not.

    Attributes
    ----------
    signal : str
        Label.
    verdict : {"cannot", "will not", "unclear"}
        What the evidence speaks for.
    probability : float or None
        Of the verdict.
    reason : str
        In plain words.
    sentences : tuple of (str, int)
        message_id and sentence of the evidence.
    """

    signal: str
    verdict: Literal["cannot", "will not", "unclear"]
    probability: float | None
    reason: str
    sentences: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """A row of ``corrections.csv`` that the run holds already.

    Attributes
    ----------
    message_id : str
        Of the message.
    sentence : int
        Its number in the message.
    signal : str
        Label.
    action : {"strike", "add", "move"}
        Take the tag away, add it, or give it to the supplier named.
    supplier : str
        Whose the tag is after the correction.
    who, when : str
        As noted.
    """

    message_id: str
    sentence: int
    signal: str
    action: Literal["strike", "add", "move"]
    supplier: str
    who: str = ""
    when: str = ""


# message_id, sentence, signal: what a tag is told by.
TagKey = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Sections:
    """Everything optional of a report.

    Attributes
    ----------
    facts : mapping of str to SupplierFacts
        By supplier.
    events : tuple of Event
        For the time lines.
    windows : tuple of Window
        For the time lines.
    comparisons : tuple of Comparison
        For the page that compares windows.
    conduct : mapping of str to tuple of Measure
        By supplier.
    cannot : mapping of str to tuple of CannotOrWillNot
        By supplier.
    marks : mapping of TagKey to tuple of (int, int)
        The deciding words of a tag: code points within its sentence.
    corrections : tuple of Correction
        Those of the run so far.
    """

    facts: Mapping[str, SupplierFacts] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    windows: tuple[Window, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    conduct: Mapping[str, tuple[Measure, ...]] = field(default_factory=dict)
    cannot: Mapping[str, tuple[CannotOrWillNot, ...]] = field(default_factory=dict)
    marks: Mapping[TagKey, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()


def directory_sections(directory: SupplierDirectory) -> Sections:
    """Return what a supplier file knows beside the names.

    Parameters
    ----------
    directory : SupplierDirectory
        Who is who.

    Returns
    -------
    Sections
        Facts, and renewals as events.

    Raises
    ------
    InputError
        If a renewal is no date.
    """
    return Sections(
        facts={each.name: SupplierFacts(each.category, each.spend, each.criticality) for each in directory.suppliers},
        events=tuple(event for each in directory.suppliers for event in _renewals(each)),
    )


def _renewals(supplier: Supplier) -> list[Event]:
    try:
        return [Event(date.fromisoformat(day), "renewal", supplier.name) for day in supplier.renewals]
    except ValueError:
        raise InputError(
            f"got renewals = {list(supplier.renewals)} of {supplier.name}, expected ISO dates like 2026-03-31; correct the file"
        ) from None
