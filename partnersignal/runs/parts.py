"""The files that the workers leave in the work folder of a run: where they lie, and whether they are whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from partnersignal.conversations import SCAN, Plan
from partnersignal.files import checksum, write_json
from partnersignal.runs.tables import stream_table, write_table

_ROWS = 4_096  # read at a time


def part_path(work: Path, table: str, number: int) -> Path:
    """Return where a shard's part of a table lies.

    Parameters
    ----------
    work : pathlib.Path
        The run's work folder.
    table : str
        ``scan``, ``zones``, ``plan``, ``messages``, ``tags`` or ``exposure``.
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
    write_json(done_path(work, stage, number), {"items": items, "checksums": checksums}, lasting=False)


def read_scan(path: Path) -> Iterator[pa.RecordBatch]:
    """Read a scan back, a few rows at a time.

    Parameters
    ----------
    path : pathlib.Path
        Of one shard, or of a whole run.

    Returns
    -------
    iterator of pyarrow.RecordBatch
        As `scan_messages` gave them.
    """
    return stream_table(path, SCAN.names, _ROWS)


def write_plan(plan: Plan, work: Path, first: int = 0) -> None:
    """Leave each worker what is planned for its shard.

    Parameters
    ----------
    plan : Plan
        Of the whole export.
    work : pathlib.Path
        The run's work folder.
    first : int, default 0
        Shard of the plan that is number 0 here; those before it are not tagged again.
    """
    for number in range(first, len(plan.sizes)):
        write_table(plan.of_shard(number), part_path(work, "plan", number - first))


def read_plan(work: Path, number: int) -> list[dict[str, Any]]:
    """Read what is planned for a shard.

    Parameters
    ----------
    work : pathlib.Path
        The run's work folder.
    number : int
        The shard's.

    Returns
    -------
    list of dict
        The facts of each item, in order.
    """
    facts: list[dict[str, Any]] = pq.read_table(part_path(work, "plan", number), use_threads=False).to_pylist()
    return facts
