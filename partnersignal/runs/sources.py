"""What index and report are made of, read from the tables of a run some suppliers or messages at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import pandas as pd
import pyarrow.compute as pc

from partnersignal.index import Evidence, Explanation, Index, explain_all
from partnersignal.index.collecting import EXPOSURE_COLUMNS, TAG_COLUMNS
from partnersignal.memory import give_back
from partnersignal.report import Thread
from partnersignal.runs.stored import Stored
from partnersignal.signals import Signal

_HELD = 16_384  # rows of the suppliers that are counted or explained together, or a sixteenth, for each part is a pass
_MOST_PASSES = 16  # about: suppliers are not divided
_TAGS = (
    "message_id", "sentence", "start", "end", "text", "supplier", "voice", "signal", "probability", "date", "bulk",
)  # fmt: skip


@dataclass(frozen=True)
class StoredSources:
    """What a report looks up in the tables of a run; duplicate messages are left out.

    Attributes
    ----------
    stored : Stored
        The tables.
    """

    stored: Stored

    def _messages(self, columns: Sequence[str], key: str, values: Collection[str]) -> pd.DataFrame:
        rows = self.stored.select("messages", ["message_id", "status", *columns], key, values)
        return rows[rows["status"] != "duplicate"].drop_duplicates("message_id")

    def words(self, column: Literal["text", "subject"], message_ids: Collection[str]) -> Iterator[tuple[str, str]]:
        """Read the texts or the subjects of some messages.

        Parameters
        ----------
        column : {"text", "subject"}
            What to read.
        message_ids : collection of str
            Whose.

        Yields
        ------
        tuple of str
            Message and words, each message once.
        """
        seen: set[str] = set()
        for batch in self.stored.matching("messages", ["message_id", "status", column], "message_id", message_ids):
            for message_id, status, words in zip(*(each.to_pylist() for each in batch.columns), strict=True):
                if status != "duplicate" and message_id not in seen:
                    seen.add(message_id)
                    yield message_id, words or ""

    def threads(self, thread_ids: Collection[str]) -> dict[str, Thread]:
        """Tell what some threads are.

        Parameters
        ----------
        thread_ids : collection of str
            Which; those that no message is in are left out.

        Returns
        -------
        dict of str to Thread
            By thread.
        """
        rows = self._messages(["thread_id", "subject", "date"], "thread_id", thread_ids)
        threads = rows.sort_values(["date", "message_id"]).groupby("thread_id")
        found = threads.agg(
            subject=("subject", "first"), messages=("message_id", "size"), first=("date", "min"), last=("date", "max")
        )
        return {
            str(name): Thread("" if pd.isna(subject) else str(subject), int(messages), first, last)
            for name, subject, messages, first, last in found.itertuples()
        }

    def headers(self) -> pd.DataFrame:
        """Read who wrote to whom.

        Returns
        -------
        pandas.DataFrame
            sender, recipients, supplier and voice, each combination once.
        """
        columns = ["sender", "recipients", "supplier", "voice"]
        return pd.read_parquet(self.stored.folder / "messages.parquet", columns=columns).drop_duplicates()

    def worded(self) -> bool:
        """Tell whether the run holds the words of its tags.

        Returns
        -------
        bool
            True also where nothing is tagged.
        """
        tags = False
        for batch in self.stored.batches("tags", ["text"]):
            tags |= batch.num_rows > 0
            if pc.any(pc.not_equal(batch["text"], "")).as_py():
                return True
        return not tags


@dataclass(frozen=True)
class Explanations:
    """The account of every supplier's index, in the order of the index, made of some suppliers' tags at a time.

    Attributes
    ----------
    index : Index
        Of the run.
    stored : Stored
        Where the tags are.
    """

    index: Index
    stored: Stored

    def __len__(self) -> int:
        """Return the number of suppliers."""
        return len(self.index)

    def __iter__(self) -> Iterator[Explanation]:
        """Iterate over the suppliers."""
        if len(self._parts) == 1:
            yield from self._all
            return
        for part in self._parts:
            yield from self._explained(part)

    @cached_property
    def _all(self) -> tuple[Explanation, ...]:
        return self._explained(self._parts[0])

    def _explained(self, suppliers: Sequence[str]) -> tuple[Explanation, ...]:
        return explain_all(self.index, self.stored.select("tags", _TAGS, "supplier", suppliers), suppliers)

    @cached_property
    def _parts(self) -> list[list[str]]:
        return list(in_parts([score.supplier for score in self.index], count_suppliers(self.stored, "tags")))


def read_evidence(stored: Stored, signals: Sequence[Signal]) -> Evidence:
    """Count the tables of a run, some suppliers at a time, reading only the columns that count.

    Parameters
    ----------
    stored : Stored
        The tables.
    signals : sequence of Signal
        The taxonomy that the tags were made with.

    Returns
    -------
    Evidence
        What the index is built from.
    """
    counts = count_suppliers(stored, "exposure") + count_suppliers(stored, "tags")
    parts = [_collect(stored, part, signals) for part in in_parts(sorted(counts), counts)]
    return Evidence.of_suppliers(parts, signals)


def _collect(stored: Stored, suppliers: Sequence[str], signals: Sequence[Signal]) -> Evidence:
    exposure, tags = (
        stored.select(table, columns, "supplier", suppliers)
        for table, columns in (("exposure", EXPOSURE_COLUMNS), ("tags", TAG_COLUMNS))
    )
    found = Evidence.collect(exposure, tags, signals)
    del exposure, tags
    give_back()
    return found


def count_suppliers(stored: Stored, table: str) -> Counter[str]:
    """Count the rows of each supplier.

    Parameters
    ----------
    stored : Stored
        The tables.
    table : str
        ``tags`` or ``exposure``.

    Returns
    -------
    Counter of str
        By supplier.
    """
    counts: Counter[str] = Counter()
    for batch in stored.batches(table, ["supplier"]):
        counts.update(batch["supplier"].to_pylist())
    return counts


def in_parts(suppliers: Sequence[str], counts: Mapping[str, int]) -> Iterator[list[str]]:
    """Put suppliers together that follow each other, with no more rows than can be held, or one alone.

    Parameters
    ----------
    suppliers : sequence of str
        In order.
    counts : mapping of str to int
        Rows of each.

    Yields
    ------
    list of str
        Some suppliers.
    """
    part: list[str] = []
    held, most = 0, max(_HELD, sum(counts.values()) // _MOST_PASSES)
    for supplier in suppliers:
        if part and held + counts.get(supplier, 0) > most:
            yield part
            part, held = [], 0
        part.append(supplier)
        held += counts.get(supplier, 0)
    if part:
        yield part
