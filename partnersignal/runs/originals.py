"""Sentences that a run has from quotes alone, once more mail shows who said them first: they are counted there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from partnersignal.conversations.words import pack, unpack
from partnersignal.runs.prepared import count_exposure
from partnersignal.runs.sentences import find_sentences, the_only
from partnersignal.runs.stored import stored_message, text_or_none
from partnersignal.suppliers import SupplierDirectory


@dataclass
class GivenBack:
    """Goes through the tables of a run, the messages first, and takes out the quotes that are not theirs any more.

    Attributes
    ----------
    directory : SupplierDirectory
        Of the run.
    languages : collection of str
        Those that the model knows.
    orphans : mapping of str to bytes
        What each message is the first to quote by the plan of all mail.
    fixed : collection of str
        Messages to leave alone: corrections name their sentences by number.
    """

    directory: SupplierDirectory
    languages: Collection[str]
    orphans: Mapping[str, bytes]
    fixed: Collection[str]
    # Of messages that change: new numbers of their sentences, and exposure by supplier.
    _numbers: dict[str, dict[int, int]] = field(default_factory=dict)
    _rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def messages(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Find the messages that change.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows of the messages table.

        Returns
        -------
        pandas.DataFrame
            As many. Where the run does not keep the words, nothing changes.
        """
        changes = {place: self._given_back(row) for place, row in enumerate(frame.itertuples(index=False)) if row.orphans}
        if not any(changes.values()):
            return frame
        records = frame.to_dict("records")
        for place, change in changes.items():
            records[place].update(change)
        return _with(frame, records, {name for change in changes.values() for name in change})

    def _given_back(self, row: Any) -> dict[str, Any]:
        kept = pack(np.intersect1d(unpack(row.orphans), unpack(self.orphans.get(row.message_id, b""))))
        if kept == row.orphans or row.message_id in self.fixed or row.status not in ("tagged", "unattributed"):
            return {}
        message = stored_message(row)
        before = find_sentences(message, row.repeats, row.orphans, self.directory)
        if (len(before.sentences), before.quoted) != (row.sentences, row.quoted):
            return {}
        after = find_sentences(message, row.repeats, kept, self.directory)
        number = {(each.start, each.end): each.number for each in after.sentences}
        places = {each.number: number.get((each.start, each.end)) for each in before.sentences}
        self._numbers[row.message_id] = {old: new for old, new in places.items() if new is not None}
        known = text_or_none(row.language) is None or row.language in self.languages
        rows = count_exposure(message, row.thread_id, bool(row.bulk), after.sentences, after.owners, known)
        self._rows[row.message_id] = {each["supplier"]: each for each in rows}
        supplier, voice = the_only(after.owners)
        return {
            "sentences": len(after.sentences), "quoted": after.quoted, "orphans": kept,
            "supplier": supplier, "voice": voice,
            "language": row.language if after.sentences else None,
            "status": "tagged" if any(after.owners) else "unattributed" if after.sentences else "no_new_text",
        }  # fmt: skip

    def tags(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Take out the tags of what is not a message's any more.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows of the tags table.

        Returns
        -------
        pandas.DataFrame
            Those that stay, with their sentences' new numbers.
        """
        if not self._numbers:
            return frame
        keys = zip(frame["message_id"], frame["sentence"], strict=True)
        numbers = [self._numbers[key].get(old, -1) if key in self._numbers else old for key, old in keys]
        numbered = frame.assign(sentence=pd.Series(numbers, frame.index, frame["sentence"].dtype))
        return numbered[numbered["sentence"] >= 0]

    def exposure(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Count what is left of the messages that change.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows of the exposure table.

        Returns
        -------
        pandas.DataFrame
            Without the suppliers of whom nothing is left in a message.
        """
        if not self._rows:
            return frame
        records = frame.to_dict("records")
        left = [self._rows[r["message_id"]].get(r["supplier"]) if r["message_id"] in self._rows else r for r in records]
        counted = [row or record for row, record in zip(left, records, strict=True)]
        return _with(frame, counted, ("voice", "sentences", "ineligible"))[[row is not None for row in left]]


def _with(frame: pd.DataFrame, records: Sequence[Mapping[Any, Any]], names: Iterable[str]) -> pd.DataFrame:
    """Take columns from records, a row each, of the types they had."""
    return frame.assign(**{name: pd.Series([r[name] for r in records], frame.index, frame[name].dtype) for name in names})
