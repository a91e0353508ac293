"""Cannot or will not: lapses of a supplier with and without an explanation that it volunteered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

LAPSES = ("unresponsiveness", "broken_promise")
EXPLANATIONS = frozenset({"transparency", "proactive_help"})


@dataclass(frozen=True, slots=True)
class Lapse:
    """A sentence that tells of a lapse.

    Attributes
    ----------
    message_id : str
        Its message.
    sentence : int
        Its number there.
    text : str
        The sentence, empty in a run without quotes.
    date : datetime or None
        Of the message.
    signal : str
        ``unresponsiveness`` or ``broken_promise``.
    explained : bool or None
        Whether the supplier had spoken of its own accord by then; None where a date is missing.
    explanation : str
        What it said last before, empty where nothing.
    """

    message_id: str
    sentence: int
    text: str
    date: Any
    signal: str
    explained: bool | None
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class SupplierLapses:
    """The lapses of one supplier of one kind.

    Attributes
    ----------
    supplier : str
        An organisation.
    signal : str
        ``unresponsiveness`` or ``broken_promise``.
    lapses : tuple of Lapse
        By date.
    """

    supplier: str
    signal: str
    lapses: tuple[Lapse, ...]

    @property
    def explained(self) -> int:
        """Return how many had been explained before or in the same message: cannot."""
        return sum(lapse.explained is True for lapse in self.lapses)

    @property
    def unexplained(self) -> int:
        """Return how many met silence: will not, or nobody knows."""
        return sum(lapse.explained is False for lapse in self.lapses)

    @property
    def unclear(self) -> int:
        """Return how many cannot be put in order, for want of a date."""
        return sum(lapse.explained is None for lapse in self.lapses)


def find_lapses(messages: pd.DataFrame, tags: pd.DataFrame) -> tuple[SupplierLapses, ...]:
    """Tell lapses that the supplier explained from those it did not.

    A lapse is explained where the supplier's own words in the same thread carry a transparency or proactive-help tag,
    in the same message or an earlier one. What it says after the complaint is not volunteered.

    Parameters
    ----------
    messages : pandas.DataFrame
        The table of messages of a run.
    tags : pandas.DataFrame
        Its tags.

    Returns
    -------
    tuple of SupplierLapses
        By supplier, then signal; only where there are lapses.
    """
    thread = dict(zip(messages["message_id"], messages["thread_id"], strict=True))
    relevant = tags[tags["signal"].isin([*LAPSES, *EXPLANATIONS])].sort_values(
        ["date", "message_id", "sentence"], na_position="last", kind="stable"
    )
    said: dict[tuple[str, str], list[Any]] = defaultdict(list)
    told: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for tag in relevant.itertuples():
        if tag.signal in LAPSES:
            told[str(tag.supplier), str(tag.signal)].append(tag)
        elif tag.voice == "supplier":
            said[str(tag.supplier), thread[tag.message_id]].append(tag)
    return tuple(
        SupplierLapses(supplier, signal, tuple(_lapse(tag, said[supplier, thread[tag.message_id]]) for tag in found))
        for (supplier, signal), found in sorted(told.items())
    )


def lapses_table(lapses: Iterable[SupplierLapses]) -> pd.DataFrame:
    """Return the counts as a table.

    Parameters
    ----------
    lapses : iterable of SupplierLapses
        From `find_lapses`.

    Returns
    -------
    pandas.DataFrame
        supplier, signal, explained, unexplained, unclear.
    """
    columns = ["supplier", "signal", "explained", "unexplained", "unclear"]
    return pd.DataFrame([[getattr(each, name) for name in columns] for each in lapses], columns=columns)


def _lapse(tag: Any, said: list[Any]) -> Lapse:
    date = None if pd.isna(tag.date) else tag.date
    before = [each for each in said if each.message_id == tag.message_id or (date is not None and each.date <= date)]
    unclear = not before and any(each.message_id != tag.message_id and (date is None or pd.isna(each.date)) for each in said)
    explanation = before[-1].text if before else ""
    return Lapse(tag.message_id, int(tag.sentence), tag.text, date, tag.signal, None if unclear else bool(before), explanation)
