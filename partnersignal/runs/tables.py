"""The tables of a run: their columns, and writing them so that they are whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_TIME = pa.timestamp("us", tz="UTC")

MESSAGES = pa.schema(
    [
        ("message_id", pa.string()), ("thread_id", pa.string()), ("date", _TIME), ("date_quality", pa.string()),
        ("sender", pa.string()), ("recipients", pa.string()), ("subject", pa.string()), ("kind", pa.string()),
        ("bulk", pa.bool_()), ("supplier", pa.string()), ("voice", pa.string()), ("sentences", pa.int32()),
        ("quoted", pa.int32()), ("boilerplate", pa.int32()), ("language", pa.string()),
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


def join_tables(parts: Iterable[Path], path: Path, schema: pa.Schema) -> int:
    """Write the parts of a table one behind the other, one in memory at a time.

    Parameters
    ----------
    parts : iterable of pathlib.Path
        Parquet files of the schema, in order.
    path : pathlib.Path
        Replaced if it exists.
    schema : pyarrow.Schema
        Columns.

    Returns
    -------
    int
        Number of rows.
    """
    rows = 0
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
        for part in parts:
            table = pq.read_table(part, schema=schema)
            rows += table.num_rows
            if table.num_rows:
                writer.write_table(table)
    os.replace(draft, path)
    return rows
