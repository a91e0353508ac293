"""The mails that people wrote, thread by thread: sorted on disk, for a run has too many to hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from partnersignal.database import database_beside, execute

if TYPE_CHECKING:
    import duckdb

SALES = ("upselling", "price_pressure")
HEADERS = (
    "message_id", "thread_id", "date", "date_quality", "utc_offset", "sender", "recipients", "kind", "bulk", "status",
)  # fmt: skip
SELLING = ("message_id", "supplier", "signal", "voice")
_EPOCH = datetime(1970, 1, 1)
_ROWS = 2_048  # fetched at a time

_TABLES = """
CREATE TABLE mails (
    message_id VARCHAR, thread_id VARCHAR, moment BIGINT, utc_offset INTEGER, sender VARCHAR, recipients VARCHAR);
CREATE TABLE sales (message_id VARCHAR, supplier VARCHAR)
"""
# Undated mail and mail with a guessed kind or date is left out, and every copy.
_ADD_MAILS = """
INSERT INTO mails SELECT message_id, thread_id, epoch_us(date), utc_offset, sender, recipients
FROM batch
WHERE date_quality IN ('ok', 'no_zone') AND date IS NOT NULL AND sender IS NOT NULL
  AND kind = 'email' AND NOT bulk AND status <> 'duplicate'
"""
_ADD_SALES = """
INSERT INTO sales SELECT message_id, supplier FROM batch WHERE list_contains($signals, signal) AND voice = 'supplier'
"""
_SORT = """
CREATE TABLE places AS
SELECT mail, row_number() OVER () AS place FROM (SELECT rowid AS mail FROM mails ORDER BY moment, message_id);
CREATE TABLE sellers AS SELECT message_id, list(DISTINCT supplier) AS sells_for FROM sales GROUP BY message_id;
CREATE TABLE threaded AS
SELECT thread_id, place, moment, utc_offset, sender, recipients, sells_for
FROM mails JOIN places ON mails.rowid = mail LEFT JOIN sellers USING (message_id)
ORDER BY thread_id, place;
DROP TABLE mails; DROP TABLE sales; DROP TABLE places; DROP TABLE sellers
"""


class Header(NamedTuple):
    """What conduct is read from.

    Attributes
    ----------
    thread : str
        Its thread.
    place : int
        Among all mails, by date.
    date : datetime
        UTC, without zone.
    offset : int
        Minutes from UTC of the sender's clock.
    sender, recipients : str
        As in the table of messages.
    sells_for : frozenset of str
        Suppliers whose own words in it carry a tag of `SALES`.
    """

    thread: str
    place: int
    date: datetime
    offset: int
    sender: str
    recipients: str
    sells_for: frozenset[str]


@dataclass(frozen=True, slots=True)
class Mails:
    """Mails in the database.

    Attributes
    ----------
    last : datetime or None
        Date of the last one; None where there is none.
    """

    last: datetime | None
    _database: duckdb.DuckDBPyConnection = field(repr=False)

    def threads(self) -> Iterator[list[Header]]:
        """Go through the threads.

        Yields
        ------
        list of Header
            The mails of a thread, by date.
        """
        for _, rows in groupby(self._rows(), key=lambda row: row.thread):
            yield list(rows)

    def _rows(self) -> Iterator[Header]:
        found = execute(self._database, "SELECT * FROM threaded")
        while rows := found.fetchmany(_ROWS):
            for thread, place, moment, offset, sender, recipients, sells_for in rows:
                yield Header(thread, place, _moment(moment), offset or 0, sender, recipients or "", frozenset(sells_for or ()))


@contextmanager
def sorted_mails(messages: Iterable[pa.RecordBatch], tags: Iterable[pa.RecordBatch], overflow: Path) -> Iterator[Mails]:
    """Sort the mails of a run.

    Parameters
    ----------
    messages : iterable of pyarrow.RecordBatch
        The columns `HEADERS` of the table of messages.
    tags : iterable of pyarrow.RecordBatch
        The columns `SELLING` of the table of tags.
    overflow : pathlib.Path
        Folder for what does not fit into memory; removed in the end.

    Yields
    ------
    Mails
        To be used inside the context only.
    """
    with database_beside(overflow) as database:
        execute(database, _TABLES)
        for batch in messages:
            database.register("batch", pa.Table.from_batches([batch]))
            execute(database, _ADD_MAILS)
        for batch in tags:
            database.register("batch", pa.Table.from_batches([batch]))
            execute(database, _ADD_SALES, {"signals": list(SALES)})
        execute(database, _SORT)
        ((moment,),) = execute(database, "SELECT max(moment) FROM threaded").fetchall()
        yield Mails(None if moment is None else _moment(moment), database)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
