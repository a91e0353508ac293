"""What only the whole export shows: threads, duplicates, missing originals, boilerplate, the last plausible date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from partnersignal.conversations.repeats import find_repeats
from partnersignal.conversations.words import Hashes, pack
from partnersignal.database import database_beside, execute

if TYPE_CHECKING:
    import duckdb

_STRAY_GAP = timedelta(days=366)
_STRAY_SHARE = 0.01

_ITEMS = """
CREATE TABLE items (
    place BIGINT, shard INTEGER, message_id VARCHAR, content VARCHAR, links VARCHAR[], date BIGINT, kind VARCHAR, bulk BOOLEAN,
    sender VARCHAR, unreadable VARCHAR, said BIGINT[], quoted BIGINT[], stretches BIGINT[], blocks BIGINT[])
"""
_ADD = """
INSERT INTO items
SELECT place, $shard, message_id, content, links, date, kind, bulk, sender, unreadable, said, quoted, stretches, blocks
FROM batch
"""
# A copy has the Message-ID of an earlier message, or the words by the same sender in the same minute. The earliest message
# of a thread names it, and of those that show a quote carries it, whatever its place in the export.
_SEEN = """
CREATE VIEW messages AS SELECT * FROM items WHERE unreadable = '';
CREATE TABLE first_names AS SELECT min(place) AS place FROM messages GROUP BY message_id;
CREATE TABLE first_words AS SELECT min(place) AS place FROM messages WHERE content <> '' GROUP BY content;
CREATE TABLE copies AS
SELECT place FROM messages ANTI JOIN first_names USING (place)
UNION SELECT place FROM messages ANTI JOIN first_words USING (place) WHERE content <> '';
CREATE TABLE ranks AS
SELECT place, row_number() OVER () AS rank
FROM (SELECT place FROM messages ORDER BY date NULLS LAST, message_id, place);
CREATE TABLE seen AS
SELECT place, rank, copies.place IS NOT NULL AS duplicate FROM ranks LEFT JOIN copies USING (place);
DROP TABLE first_names; DROP TABLE first_words; DROP TABLE copies; DROP TABLE ranks
"""
# Names become numbers, so that what hangs together can be found in memory.
_NODES = """
CREATE TABLE nodes AS
SELECT name, (row_number() OVER () - 1)::INTEGER AS node
FROM (SELECT message_id AS name FROM messages UNION SELECT unnest(links) FROM items);
CREATE TABLE answers AS
SELECT node, link FROM (SELECT message_id, unnest(links) AS link FROM items) AS linked JOIN nodes ON name = message_id
"""
_LINKS = "SELECT DISTINCT answers.node AS here, nodes.node AS there FROM answers JOIN nodes ON name = link"
_THREADS = "CREATE TABLE threads AS SELECT name, thread FROM nodes POSITIONAL JOIN numbered"
# One join at a time: several in one statement share the memory.
_PLAN = """
CREATE TABLE placed AS SELECT place, message_id, thread FROM messages JOIN threads ON name = message_id;
CREATE TABLE named AS
SELECT thread, arg_min(message_id, rank) AS thread_id FROM placed JOIN seen USING (place) GROUP BY thread;
CREATE TABLE threaded AS SELECT place, rank, duplicate, thread FROM seen JOIN placed USING (place);
CREATE TABLE titled AS SELECT place, thread_id, duplicate FROM threaded JOIN named USING (thread);
CREATE TABLE planned AS
SELECT
    place, shard, message_id, kind, bulk, unreadable,
    coalesce(thread_id, '') AS thread_id, coalesce(duplicate, false) AS duplicate
FROM items LEFT JOIN titled USING (place);
CREATE TABLE plan AS SELECT * FROM planned ORDER BY place;
DROP TABLE seen; DROP TABLE nodes; DROP TABLE answers; DROP TABLE threads; DROP TABLE placed; DROP TABLE named;
DROP TABLE titled; DROP TABLE planned
"""
_OF_SHARD = """
SELECT message_id, kind, bulk, unreadable, thread_id, duplicate FROM plan WHERE place >= $first AND place < $end ORDER BY place
"""
_NAMES = "SELECT message_id FROM plan WHERE place >= $first AND place < $end ORDER BY place"
_READABLE = "SELECT shard, count(*) FROM plan WHERE unreadable = '' GROUP BY shard"
_RENAMED = """
SELECT DISTINCT message_id, plan.thread_id
FROM before JOIN plan USING (message_id) WHERE plan.thread_id <> before.thread_id
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the second pass must know of the whole export.

    Attributes
    ----------
    starts : tuple of int
        How many items lie before each shard, and in all.
    readable : tuple of int
        How many messages each shard holds.
    last_date : datetime or None
        Last plausible date; None where no message has one.
    """

    starts: tuple[int, ...]
    readable: tuple[int, ...]
    last_date: datetime | None
    _database: duckdb.DuckDBPyConnection = field(repr=False)

    @property
    def sizes(self) -> list[int]:
        """Return how many items each shard holds."""
        return [end - start for start, end in pairwise(self.starts)]

    def of_shard(self, shard: int) -> pa.Table:
        """Return what is planned for one shard.

        Parameters
        ----------
        shard : int
            Its number.

        Returns
        -------
        pyarrow.Table
            A row an item, in order: `message_id`, `kind`, `bulk` and `unreadable` of the scan; `thread_id`; `duplicate`
            (True for every copy but the first); and, packed, `orphans` (hashes of quoted sentences that this message is
            the first to show and that nobody says in the export) and `boilerplate` (hashes of its paragraphs that its
            sender or its organisation repeats).
        """
        first, end = self.starts[shard : shard + 2]
        rows = self._database.sql(_OF_SHARD, params={"first": first, "end": end}).to_arrow_table()
        for name in ("orphans", "boilerplate"):
            rows = rows.append_column(name, pa.array(self._packed(name, first, end), pa.binary()))
        return rows

    def orphans(self, shard: int) -> dict[str, bytes]:
        """Tell what the messages of one shard are the first to quote.

        Parameters
        ----------
        shard : int
            Its number.

        Returns
        -------
        dict of str to bytes
            Packed hashes, as in `of_shard`, of the messages that have any.
        """
        first, end = self.starts[shard : shard + 2]
        named = self._database.sql(_NAMES, params={"first": first, "end": end}).fetchall()
        return {name: hashes for (name,), hashes in zip(named, self._packed("orphans", first, end), strict=True) if hashes}

    def _packed(self, table: str, first: int, end: int) -> list[bytes]:
        """Gather hashes by item, sorted, packed."""
        found = self._database.table(table).filter(f"place >= {first} AND place < {end}").order("place, hash").fetchnumpy()
        hashes: Hashes = found["hash"]
        cuts = np.searchsorted(found["place"], np.arange(first, end + 1))
        return [pack(hashes[start:stop]) for start, stop in pairwise(cuts)]

    def renamed(self, before: Iterable[pa.RecordBatch]) -> dict[str, str]:
        """Tell which messages are in a thread of another name than they were.

        Parameters
        ----------
        before : iterable of pyarrow.RecordBatch
            Their `message_id` and `thread_id` in an earlier plan.

        Returns
        -------
        dict of str to str
            The message to its new thread; only those that changed.
        """
        found: dict[str, str] = {}
        for batch in before:
            self._database.register("before", pa.Table.from_batches([batch]))
            found.update(execute(self._database, _RENAMED).fetchall())
        return found


@contextmanager
def planned(scans: Iterable[Iterable[pa.RecordBatch]], folder: Path) -> Iterator[Plan]:
    """Join the scans of all shards, in bounded memory.

    Parameters
    ----------
    scans : iterable of iterables of pyarrow.RecordBatch
        From `scan_messages`, in order of the shards.
    folder : pathlib.Path
        Where to work; what is left there by a process that was killed is removed.

    Yields
    ------
    Plan
        The same for the same messages, however they were cut into shards. To be used inside the context only.
    """
    with database_beside(folder / "planning") as database:
        starts = _load(database, scans)
        execute(database, _SEEN)
        _join_threads(database)
        execute(database, _PLAN)
        find_repeats(database)
        readable = dict(execute(database, _READABLE).fetchall())
        yield Plan(starts, tuple(readable.get(n, 0) for n in range(len(starts) - 1)), _last_plausible(database), database)


def _load(database: duckdb.DuckDBPyConnection, scans: Iterable[Iterable[pa.RecordBatch]]) -> tuple[int, ...]:
    execute(database, _ITEMS)
    starts = [0]
    for shard, batches in enumerate(scans):
        end = starts[-1]
        for batch in batches:
            places = pa.array(np.arange(end, end + batch.num_rows))
            dates = batch["date"].cast(pa.int64())
            table = pa.Table.from_batches([batch.drop_columns("date")])
            database.register("batch", table.append_column("date", dates).append_column("place", places))
            execute(database, _ADD, {"shard": shard})
            end += batch.num_rows
        starts.append(end)
    return tuple(starts)


def _join_threads(database: duckdb.DuckDBPyConnection) -> None:
    """Join messages that answer each other."""
    execute(database, _NODES)
    links = execute(database, _LINKS).fetchnumpy()
    here, there = (np.asarray(links[name], np.int32) for name in ("here", "there"))
    thread = _components(database.table("nodes").shape[0], here, there)
    database.register("numbered", pa.table({"thread": thread}))
    execute(database, _THREADS)
    database.unregister("numbered")


def _components(count: int, here: npt.NDArray[np.int32], there: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Give each node the smallest one that it hangs together with; takes four bytes a node and eight a link."""
    root = np.arange(count, dtype=np.int32)
    while True:
        one, other = root[here], root[there]
        if np.array_equal(one, other):
            return root
        np.minimum.at(root, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(above := root[root], root):
            root = above


def _last_plausible(database: duckdb.DuckDBPyConnection) -> datetime | None:
    """Return the last date that is no stray: a few messages dated a year beyond all others have a wrong clock."""
    known = execute(database, "SELECT count(date) FROM items").fetchall()[0][0]
    if not known:
        return None
    latest = "SELECT date FROM items WHERE date IS NOT NULL ORDER BY date DESC LIMIT $most"
    found = execute(database, latest, {"most": int(known * _STRAY_SHARE) + 1}).fetchnumpy()["date"]
    tail = np.asarray(found, np.int64)[::-1].astype("datetime64[us]")
    jumps = np.nonzero(np.diff(tail) > np.timedelta64(_STRAY_GAP))[0]
    last = tail[jumps[0]] if len(jumps) else tail[-1]
    moment: datetime = last.astype("datetime64[us]").item()
    return moment.replace(tzinfo=UTC)
