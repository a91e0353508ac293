"""The files that the workers leave in the work folder of a run: where they lie, and whether they are whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from partnersignal.conversations.scan import PACKED
from partnersignal.runs.files import checksum, write_json
from partnersignal.runs.tables import write_table


def part_path(work: Path, table: str, number: int) -> Path:
    """Return where a shard's part of a table lies.

    Parameters
    ----------
    work : pathlib.Path
        The run's work folder.
    table : str
        ``scan``, ``messages``, ``tags`` or ``exposure``.
    number : int
        The shard's.

    Returns
    -------
    pathlib.Path
        A Parquet file. Its name holds nothing that a message said.
    """
    return work / f"{table}-{number:06d}.parquet"


def done_path(work: Path, stage: str, number: int) -> Path:
    """Return where a shard says that a stage is done.

    Parameters
    ----------
    work : pathlib.Path
        The run's work folder.
    stage : str
        ``scan`` or ``tag``.
    number : int
        The shard's.

    Returns
    -------
    pathlib.Path
        A JSON file with the number of items and the checksums of the parts, written last.
    """
    return work / f"{stage}-{number:06d}.json"


def items_done(work: Path, stage: str, number: int) -> int | None:
    """Find out whether a shard is done, from its files alone.

    Parameters
    ----------
    work : pathlib.Path
        The run's work folder.
    stage : str
        ``scan`` or ``tag``.
    number : int
        The shard's.

    Returns
    -------
    int or None
        Items in the shard; None if a part is missing or is not as it was written.
    """
    try:
        done = json.loads(done_path(work, stage, number).read_bytes())
        whole = all(checksum(part_path(work, name, number)) == each for name, each in done["checksums"].items())
        return int(done["items"]) if whole else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def mark_done(work: Path, stage: str, number: int, items: int, tables: Iterable[str]) -> None:
    """Say that a stage of a shard is done; the last thing written of it.

    Parameters
    ----------
    work : pathlib.Path
        The run's work folder.
    stage : str
        ``scan`` or ``tag``.
    number : int
        The shard's.
    items : int
        How many it holds.
    tables : iterable of str
        The parts that are there.
    """
    checksums = {name: checksum(part_path(work, name, number)) for name in tables}
    write_json(done_path(work, stage, number), {"items": items, "checksums": checksums})


def read_scan(path: Path) -> pd.DataFrame:
    """Read a scan back.

    Parameters
    ----------
    path : pathlib.Path
        Of one shard, or of a whole run.

    Returns
    -------
    pandas.DataFrame
        As `scan_messages` gave it.
    """
    table: pd.DataFrame = pq.read_table(path).to_pandas()
    text = table.columns.difference(["position", "date", "bulk", "shard", *PACKED])
    table[text] = table[text].astype(object).where(table[text].notna(), "")
    table["date"] = pd.to_datetime(table["date"], utc=True).astype("datetime64[us, UTC]")
    return table


def write_scan(rows: pd.DataFrame, path: Path, change: Callable[[pd.DataFrame], pd.DataFrame] | None = None) -> None:
    """Keep the scan of a whole run, so that more mail can be added without the export.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of the plan.
    path : pathlib.Path
        Replaced if it exists.
    change : callable, optional
        Given the rows first.
    """
    scan = rows.drop(columns=["thread_id", "duplicate", "orphans", "boilerplate"])
    write_table(pa.Table.from_pandas(change(scan) if change else scan, preserve_index=False), path)
