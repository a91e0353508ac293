"""The tables of a run: their columns, and writing them so that they are whole or not there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_TIME = pa.timestamp("us", tz="UTC")

MESSAGES = pa.schema(
    [
        ("message_id", pa.string()), ("thread_id", pa.string()), ("date", _TIME), ("date_quality", pa.string()),
        ("utc_offset", pa.int16()),
        ("sender", pa.string()), ("recipients", pa.string()), ("subject", pa.string()), ("kind", pa.string()),
        ("bulk", pa.bool_()), ("supplier", pa.string()), ("voice", pa.string()), ("sentences", pa.int32()),
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
SCHEMAS = {"messages": MESSAGES, "tags": TAGS, "exposure": EXPOSURE}


def write_table(rows: list[dict[str, Any]] | pa.Table, path: Path, schema: pa.Schema | None = None) -> None:
    """Write a Parquet file under its name only when it is complete.

    Parameters
    ----------
    rows : list of dict, or pyarrow.Table
        What to write.
    path : pathlib.Path
        Replaced if it exists.
    schema : pyarrow.Schema, optional
        Columns of `rows`.
    """
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows, schema=schema)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    pq.write_table(table, draft, compression="zstd")
    os.replace(draft, path)


def join_tables(
    parts: Iterable[Path], path: Path, schema: pa.Schema, change: Callable[[pd.DataFrame], pd.DataFrame] | None = None
) -> int:
    """Write the parts of a table one behind the other, one row group in memory at a time.

    Parameters
    ----------
    parts : iterable of pathlib.Path
        Parquet files of the schema, in order.
    path : pathlib.Path
        Replaced if it exists.
    schema : pyarrow.Schema
        Columns.
    change : callable, optional
        Given each row group on its way.

    Returns
    -------
    int
        Number of rows.
    """
    rows = 0
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
        for table in (group for part in parts for group in _row_groups(part, schema)):
            changed = pa.Table.from_pandas(change(table.to_pandas()), schema, preserve_index=False) if change else table
            rows += changed.num_rows
            if changed.num_rows:
                writer.write_table(changed)
    os.replace(draft, path)
    return rows


def _row_groups(part: Path, schema: pa.Schema) -> Iterator[pa.Table]:
    with pq.ParquetFile(part) as file:
        for number in range(file.num_row_groups):
            yield file.read_row_group(number, columns=schema.names).select(schema.names).cast(schema)
