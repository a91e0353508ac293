"""One million tags: time and memory of rolling a run up, in a process of its own.

``python benchmarks/index_scale.py [--tags 1000000]`` writes ``benchmarks/results/index_scale.md``.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from partnersignal.runs.tables import SCHEMAS, write_table
from partnersignal.signals import default_signals

_CHILD = "--child"


def write_run(folder: Path, n_tags: int, suppliers: int = 500) -> None:
    """Write tables of a large run: two tags in five messages out of six, four messages a thread, a text a tag."""
    draw = np.random.default_rng(0)
    n = max(n_tags * 3 // 5, 1)
    owner = draw.integers(0, suppliers, n)
    names = pd.Series([f"{number:08x}.{number % 9973:05d}.javamail@mail.example.com" for number in range(n)])
    date = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(draw.integers(0, 730 * 86_400, n), unit="s")
    supplier = pd.Series([f"Supplier {number:03d}" for number in owner])
    thread = pd.Series([f"thread-{number // 4:07d}@mail.example.com" for number in range(n)])
    exposure = pd.DataFrame({"supplier": supplier, "message_id": names, "thread_id": thread, "date": date, "bulk": False})
    exposure = exposure.assign(voice="supplier", sentences=draw.integers(4, 30, n), ineligible=0)
    at = np.sort(draw.integers(0, n, n_tags))
    labels = np.array([signal.label for signal in default_signals()])
    first = np.concatenate([[True], at[1:] != at[:-1]])
    sentence = np.arange(n_tags) - np.maximum.accumulate(np.where(first, np.arange(n_tags), 0))
    keep = sentence < 4
    at, sentence = at[keep], sentence[keep]
    signal = labels[draw.integers(0, len(labels), len(at))]
    text = "We saw the disk filling up overnight and added capacity before you came in this morning, number "
    tags = pd.DataFrame({"message_id": names.to_numpy()[at], "sentence": sentence, "start": 0, "end": 90})
    tags = tags.assign(
        text=[f"{text}{number}" for number in range(len(at))], supplier=supplier.to_numpy()[at], voice="supplier"
    )
    tags = tags.assign(zone="new", signal=signal, probability=draw.uniform(0.4, 1, len(at)), date=date[at], bulk=False)
    for name, frame in (("exposure", exposure), ("tags", tags)):
        table = pa.Table.from_pandas(frame[SCHEMAS[name].names], preserve_index=False).cast(SCHEMAS[name])
        write_table(table, folder / f"{name}.parquet")


def child(folder: Path) -> None:
    """Roll up and print seconds and peak memory."""
    from partnersignal.index import build_index
    from partnersignal.runs.corrections import NO_CHANGE
    from partnersignal.runs.sources import read_evidence
    from partnersignal.runs.stored import Stored

    start, worked = time.perf_counter(), time.process_time()
    evidence = read_evidence(Stored(folder, NO_CHANGE), default_signals())
    collected = time.perf_counter()
    index = build_index(evidence)
    index.to_pandas().to_csv(folder / "index.csv", index=False)
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = (collected - start, done - collected, time.process_time() - worked)
    print(len(evidence), len(index), *(f"{each:.2f}" for each in seconds), f"{peak:.0f}")


def main() -> None:
    """Write the run, roll it up three times, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tags", type=int, default=1_000_000)
    parser.add_argument(_CHILD, type=Path, dest="child")
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.child)
        return
    with tempfile.TemporaryDirectory() as name:
        write_run(Path(name), arguments.tags)
        command = [sys.executable, __file__, _CHILD, name]
        rows = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() for _ in range(3)]
    names = ("messages", "suppliers", "reading and counting, s", "index and index.csv, s", "CPU, s", "peak memory, MiB")
    table = "\n".join("| " + " | ".join(row) + " |" for row in (names, ["---"] * len(names), *rows))
    result = f"""# {arguments.tags:,} tags rolled up

Written by `python benchmarks/index_scale.py`: three runs, each in a process of its own that reads `exposure.parquet` and
`tags.parquet`, counts them and writes `index.csv`. To hold: 10 s, 1 GB (954 MiB), 2 cores. CPU seconds do not depend on
what else the machine does.

{table}
"""
    path = Path(__file__).parent / "results" / "index_scale.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(result, encoding="utf-8")
    print(result)


if __name__ == "__main__":
    main()
