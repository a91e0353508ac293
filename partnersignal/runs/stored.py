"""The tables of a run as they lie on disk, with its corrections in them: a few rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from partnersignal.messages import Message, Party
from partnersignal.runs.correcting import NO_CHANGE, Changed, apply_corrections
from partnersignal.runs.corrections import Correction
from partnersignal.runs.tables import SCHEMAS, stream_table

_READ = 1_024  # rows


@dataclass(frozen=True)
class Stored:
    """The tables of a run.

    Attributes
    ----------
    folder : pathlib.Path
        Of the run.
    changed : Changed
        The tags and exposure of the messages that readers corrected.
    """

    folder: Path
    changed: Changed

    def count(self, table: str) -> int:
        """Return the rows of a table, before corrections.

        Parameters
        ----------
        table : str
            ``messages``, ``tags`` or ``exposure``.

        Returns
        -------
        int
            How many.
        """
        return int(pq.read_metadata(self.folder / f"{table}.parquet").num_rows)

    def whole(self, table: str) -> pd.DataFrame:
        """Read a table.

        Parameters
        ----------
        table : str
            ``tags`` or ``exposure``.

        Returns
        -------
        pandas.DataFrame
            The corrected rows last.
        """
        rows = pd.read_parquet(self.folder / f"{table}.parquet")
        if not self.changed.messages:
            return rows
        kept = rows[~rows["message_id"].isin(list(self.changed.messages))]
        return pd.concat([kept, self.changed.table(table)], ignore_index=True)

    def batches(self, table: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Read a table a few rows at a time.

        Parameters
        ----------
        table : str
            ``messages``, ``tags`` or ``exposure``.
        columns : sequence of str
            Of the table.

        Yields
        ------
        pyarrow.RecordBatch
            Its rows in order, the corrected ones last.
        """
        replaced = self.changed.messages if table != "messages" else frozenset()
        ids = pa.array(sorted(replaced), pa.string())
        schema = pa.schema([SCHEMAS[table].field(name) for name in columns])
        read = [*columns, *({"message_id"} - set(columns) if replaced else ())]
        for batch in stream_table(self.folder / f"{table}.parquet", read, _READ):
            kept = batch.filter(pc.invert(pc.is_in(batch["message_id"], value_set=ids))) if replaced else batch
            yield kept.select(columns).cast(schema)  # pandas writes texts of a type of its own
        if replaced:
            fresh = pa.Table.from_pandas(self.changed.table(table), SCHEMAS[table], preserve_index=False)
            yield from fresh.select(columns).to_batches()

    def select(self, table: str, columns: Sequence[str], key: str, values: Collection[str]) -> pd.DataFrame:
        """Read some rows of a table.

        Parameters
        ----------
        table : str
            ``messages``, ``tags`` or ``exposure``.
        columns : sequence of str
            Of the table, `key` among them.
        key : str
            A column.
        values : collection of str
            Of the rows to read.

        Returns
        -------
        pandas.DataFrame
            In order.
        """
        schema = pa.schema([SCHEMAS[table].field(name) for name in columns])
        found = pa.Table.from_batches(self.matching(table, columns, key, values), schema)
        frame: pd.DataFrame = found.to_pandas(self_destruct=True)
        return frame

    def matching(self, table: str, columns: Sequence[str], key: str, values: Collection[str]) -> Iterator[pa.RecordBatch]:
        """Read some rows of a table, a few at a time.

        Parameters
        ----------
        table : str
            ``messages``, ``tags`` or ``exposure``.
        columns : sequence of str
            Of the table, `key` among them.
        key : str
            A column.
        values : collection of str
            Of the rows to read.

        Yields
        ------
        pyarrow.RecordBatch
            In order.
        """
        wanted = pa.array(values, pa.string())
        for batch in self.batches(table, columns):
            yield batch.filter(pc.is_in(batch[key], value_set=wanted))


def open_tables(folder: Path, corrections: Sequence[Correction], suppliers: Callable[[], Iterable[str]]) -> Stored:
    """Lay corrections over the tables of a run.

    Parameters
    ----------
    folder : pathlib.Path
        Of the run.
    corrections : sequence of Correction
        In order; there may be none.
    suppliers : callable
        Gives the names in the directory, which is only needed where there are corrections.

    Returns
    -------
    Stored
        The tables, corrected.

    Raises
    ------
    InputError
        As in `apply_corrections`.
    """
    plain = Stored(folder, NO_CHANGE)
    if not corrections:
        return plain
    ids = {correction.message_id for correction in corrections}
    messages, tags, exposure = (plain.select(name, schema.names, "message_id", ids) for name, schema in SCHEMAS.items())
    known = {name for batch in plain.batches("exposure", ["supplier"]) for name in batch["supplier"].to_pylist()}
    return Stored(folder, apply_corrections(corrections, messages, tags, exposure, known.union(suppliers())))


def stored_message(row: Any) -> Message:
    """Return a message as the run keeps it.

    Parameters
    ----------
    row : namedtuple
        Of the run's table of messages.

    Returns
    -------
    Message
        With an empty text where the run keeps none.
    """
    recipients = (Party.parse(each) for each in (row.recipients or "").split("; ") if each)
    return Message(
        row.message_id, None if pd.isna(row.date) else row.date, row.date_quality,
        Party.parse(row.sender) if isinstance(row.sender, str) else None, tuple(recipients),
        text_or_none(row.subject) or "", text_or_none(row.text) or "", kind=row.kind,
    )  # fmt: skip


def text_or_none(value: Any) -> str | None:
    """Return a cell of a table as text.

    Parameters
    ----------
    value : object
        A str, None or NaN.

    Returns
    -------
    str or None
        None where there is no text.
    """
    return value if isinstance(value, str) else None
