"""The tables of a run: their columns, and writing them in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from partnersignal.conversations import SCAN
from partnersignal.files import replacing

if TYPE_CHECKING:
    import pandas as pd  # no worker needs it

_GROUP_ROWS, _GROUP_BYTES = 65_536, 16 * 1024 * 1024  # a row group ends at the first of these
_JOINED_ROWS = 1_024
_TIME = pa.timestamp("us", tz="UTC")

MESSAGES = pa.schema(
    [
        ("message_id", pa.string()), ("thread_id", pa.string()), ("date", _TIME), ("date_quality", pa.string()),
        ("utc_offset", pa.int16()),
        ("sender", pa.string()), ("recipients", pa.string()), ("subject", pa.string()), ("kind", pa.string()),
        ("bulk", pa.bool_()), ("supplier", pa.string()), ("voice", pa.string()), ("sentences", pa.int32()),
        ("quoted", pa.int32()), ("boilerplate", pa.int32()), ("language", pa.string()),
        ("orphans", pa.binary()), ("repeats", pa.binary()),
        ("status", pa.string()), ("replaced", pa.int32()), ("source", pa.string()), ("text", pa.string()),
    ]
)  # fmt: skip
TAGS = pa.schema(
    [
        ("message_id", pa.string()), ("sentence", pa.int32()), ("start", pa.int32()), ("end", pa.int32()),
        ("text", pa.string()), ("supplier", pa.string()), ("voice", pa.string()), ("zone", pa.string()),
        ("signal", pa.string()), ("probability", pa.float64()), ("date", _TIME), ("bulk", pa.bool_()),
    ]
)  # fmt: skip
# How much of each message was about each supplier: what rates are counted over.
EXPOSURE = pa.schema(
    [
        ("supplier", pa.string()), ("message_id", pa.string()), ("thread_id", pa.string()), ("date", _TIME),
        ("bulk", pa.bool_()), ("voice", pa.string()), ("sentences", pa.int32()), ("ineligible", pa.int32()),
    ]
)  # fmt: skip
SCAN_FILE = "scan.parquet"  # what the plan was made of, to add mail to the run later
SCHEMAS = {"messages": MESSAGES, "tags": TAGS, "exposure": EXPOSURE}
KEPT = {**SCHEMAS, "scan": SCAN}  # in a run folder


class TableWriter:
    """Writes a table batch by batch, so that no table is ever held in memory whole.

    Parameters
    ----------
    draft : pathlib.Path
        File to write.
    schema : pyarrow.Schema
        Its columns.
    """

    def __init__(self, draft: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = pq.ParquetWriter(draft, schema, compression="zstd")
        self._waiting: list[pa.RecordBatch] = []
        self._bytes = self._rows = 0

    def add(self, rows: list[dict[str, Any]] | pa.RecordBatch) -> None:
        """Add rows; how they are grouped in the file depends on them alone.

        Parameters
        ----------
        rows : list of dict, or pyarrow.RecordBatch
            Of the schema.
        """
        batch = rows if isinstance(rows, pa.RecordBatch) else pa.RecordBatch.from_pylist(rows, schema=self._schema)
        self._waiting.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= _GROUP_ROWS or self._bytes >= _GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_batches(self._waiting, self._schema).combine_chunks())
        self._waiting, self._rows, self._bytes = [], 0, 0

    def close(self) -> None:
        """Write what is left, and the end of the file."""
        self._flush()
        self._writer.close()


@contextmanager
def writing_table(path: Path, schema: pa.Schema, *, lasting: bool = True) -> Iterator[TableWriter]:
    """Write a Parquet file under its name only when it is complete.

    Parameters
    ----------
    path : pathlib.Path
        Replaced if it exists.
    schema : pyarrow.Schema
        Columns.
    lasting : bool, default True
        Whether to wait for the disk.

    Yields
    ------
    TableWriter
        To be given rows.
    """
    with replacing(path, lasting=lasting) as draft:
        writer = TableWriter(draft, schema)
        try:
            yield writer
        except BaseException:
            with suppress(OSError):  # on a full disk it cannot be closed either
                writer.close()
            raise
        writer.close()


def write_table(table: pa.Table, path: Path) -> None:
    """Write a whole table.

    Parameters
    ----------
    table : pyarrow.Table
        Of any columns.
    path : pathlib.Path
        Replaced if it exists.
    """
    with writing_table(path, table.schema) as writer:
        for batch in table.to_batches():
            writer.add(batch)


def one_batch(frame: pd.DataFrame, schema: pa.Schema) -> pa.RecordBatch:
    """Turn a frame into one batch, however its columns are stored.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows.
    schema : pyarrow.Schema
        Their columns.

    Returns
    -------
    pyarrow.RecordBatch
        In the order of the frame.
    """
    table = pa.Table.from_pandas(frame, schema, preserve_index=False).combine_chunks()
    return next(iter(table.to_batches()), pa.RecordBatch.from_pylist([], schema=schema))


def stream_table(path: Path, columns: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
    """Read a table a few rows at a time.

    Parameters
    ----------
    path : pathlib.Path
        Parquet file.
    columns : sequence of str
        To read.
    rows : int
        Of a batch, at most.

    Yields
    ------
    pyarrow.RecordBatch
        In order of the file.
    """
    # Without pre_buffer=False, what is read of the whole file is held before the first row comes.
    with pq.ParquetFile(path, pre_buffer=False) as file:
        yield from file.iter_batches(rows, columns=list(columns), use_threads=False)


def join_tables(
    parts: Iterable[Path], path: Path, schema: pa.Schema, change: Callable[[pd.DataFrame], pd.DataFrame] | None = None
) -> None:
    """Write the parts of a table one behind the other, a few rows in memory at a time.

    Parameters
    ----------
    parts : iterable of pathlib.Path
        Parquet files of the schema, in order.
    path : pathlib.Path
        Replaced if it exists.
    schema : pyarrow.Schema
        Columns.
    change : callable, optional
        Given some rows at a time on their way.
    """
    with writing_table(path, schema) as writer:
        for part in parts:
            for batch in stream_table(part, schema.names, _JOINED_ROWS):
                rows = batch.select(schema.names).cast(schema)
                changed = change(rows.to_pandas()) if change else None
                writer.add(rows if changed is None else one_batch(changed, schema))
