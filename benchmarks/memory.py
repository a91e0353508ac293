"""What planning and rolling up an export of any size takes: peak memory of the process that leads.

    python benchmarks/memory.py [--mbox ../shared/data/enron.mbox] [--sizes 50000 150000 500000] [--run FOLDER]

The plan: the scan of a real export is repeated with new ids; in each round a third of the hashes of sentences and paragraphs
is new, and two of three messages answer the one before. The roll-up, with --run: the tables of a finished run are repeated
with new ids of messages and threads, and rolled up again. Each size is done in a process of its own. Prints a table.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from partnersignal.cleaning import message_words
from partnersignal.conversations import SCAN, planned, scan_messages
from partnersignal.reading import open_export, read_shard
from partnersignal.runs.parts import read_scan
from partnersignal.runs.run import open_run
from partnersignal.runs.tables import SCHEMAS, writing_table

ENRON = Path(__file__).parents[2] / "shared" / "data" / "enron.mbox"
_SHARD = 500  # messages


def scan(mbox: Path) -> pa.Table:
    opened = open_export([mbox])
    items = (item for shard in opened.shards for item in read_shard(shard))
    batches = iter(lambda: list(islice(items, 256)), [])
    return pa.Table.from_batches([scan_messages(batch, message_words) for batch in batches]).combine_chunks()


def repeated(seed: pa.Table, number: int) -> pa.Table:
    ids = pc.binary_join_element_wise(seed["message_id"], str(number), ".").combine_chunks()
    answers = np.arange(len(seed)) % 3 > 0
    links = pa.ListArray.from_arrays(
        np.concatenate([[0], np.cumsum(answers)]).astype(np.int32), ids.take(np.flatnonzero(answers) - 1)
    )
    changed = {"message_id": ids, "links": links}
    changed["content"] = pc.if_else(
        pc.equal(seed["content"], ""), "", pc.binary_join_element_wise(seed["content"], str(number), ".")
    )
    for name in ("said", "quoted", "blocks"):
        column = seed[name].combine_chunks()
        hashes = column.flatten().to_numpy().copy()
        hashes[hashes % 3 == 0] += number
        changed[name] = pa.ListArray.from_arrays(column.offsets, pa.array(hashes))
    return pa.table([changed.get(name, seed[name]) for name in SCAN.names], SCAN)


def write_scans(seed: pa.Table, folder: Path, messages: int) -> None:
    written = 0
    while written < messages:
        rows = repeated(seed, written // len(seed)).slice(0, messages - written)
        for start in range(0, len(rows), _SHARD):
            pq.write_table(rows.slice(start, _SHARD), folder / f"scan-{written + start:09d}.parquet", compression="zstd")
        written += len(rows)


def write_run(source: Path, folder: Path, messages: int) -> None:
    """Repeat a run until it has so many messages; each round has its own messages and threads."""
    for name in ("run.json", "receipt.json"):
        shutil.copy(source / name, folder)
    whole = pq.read_table(source / "messages.parquet", columns=["message_id"])["message_id"]
    for name in ("messages", "tags", "exposure"):
        with writing_table(folder / f"{name}.parquet", SCHEMAS[name]) as writer:
            for number in range(-(-messages // len(whole))):
                kept = whole.slice(0, messages - number * len(whole))
                for batch in pq.ParquetFile(source / f"{name}.parquet").iter_batches(1_024):
                    some = batch.filter(pc.is_in(batch["message_id"], value_set=kept.combine_chunks()))
                    for column in {"message_id", "thread_id"} & set(some.schema.names):
                        ids = pc.binary_join_element_wise(some[column], str(number), ".")
                        some = some.set_column(some.schema.get_field_index(column), column, ids)
                    writer.add(some.select(SCHEMAS[name].names).cast(SCHEMAS[name]))


def peak() -> int:
    """Return the peak of this process in MiB; getrusage would count the process that started it as well."""
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) // 1024


def plan(folder: Path) -> None:
    before = peak()
    with planned(map(read_scan, sorted(folder.glob("scan-*"))), folder) as found:
        for number in range(len(found.sizes)):
            found.of_shard(number)
    print(f"| {found.starts[-1]:,} | {before} | {peak()} | {time.process_time():.0f} |", flush=True)


def roll_up(folder: Path) -> None:
    before = peak()
    run = open_run(folder).reindex()
    messages, tags = (pq.read_metadata(folder / f"{name}.parquet").num_rows for name in ("messages", "tags"))
    del run
    print(f"| {messages:,} | {tags:,} | {before} | {peak()} | {time.process_time():.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mbox", type=Path, default=ENRON)
    parser.add_argument("--sizes", type=int, nargs="+", default=[50_000, 150_000, 500_000])
    parser.add_argument("--plan", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--run", type=Path, help="a finished run: measure the roll-up instead of the plan")
    parser.add_argument("--roll-up", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.plan:
        plan(given.plan)
        return
    if given.roll_up:
        roll_up(given.roll_up)
        return
    if given.run:
        print("| messages | tags | MiB before | peak MiB | processor s |\n|---:|---:|---:|---:|---:|", flush=True)
        for size in given.sizes:
            with tempfile.TemporaryDirectory() as folder:
                write_run(given.run, Path(folder), size)
                subprocess.run([sys.executable, __file__, "--roll-up", folder], check=True)
        return
    seed = scan(given.mbox)
    print("| messages | MiB before | peak MiB | processor s |\n|---:|---:|---:|---:|", flush=True)
    for size in given.sizes:
        with tempfile.TemporaryDirectory() as folder:
            write_scans(seed, Path(folder), size)
            subprocess.run([sys.executable, __file__, "--plan", folder], check=True)


if __name__ == "__main__":
    main()
