"""How fast, how large: exports of any size made of a real one, scored end to end.

    python benchmarks/scale.py [--mbox ../shared/data/enron.mbox] [--sizes 5000 50000 500000] [--model linear] [--best-of 3]

Each size and number of workers is scored in a process of its own, best of 3; the memory is the largest resident size of
the process that leads and of any worker. Writes benchmarks/results/scale-MODEL.md. Exports lie in a temporary folder.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import mmap
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from partnersignal.reading import mbox

RESULTS = Path(__file__).with_name("results")
ENRON = Path(__file__).parents[2] / "shared" / "data" / "enron.mbox"
_WORD = re.compile(rb"\b[a-z]{6,}\b")
_IDS = re.compile(rb"(?im)^((?:message-id|in-reply-to|references):[^\n]*(?:\n[ \t][^\n]*)*)")

# Scores once, in a process of its own, and prints what it took.
_SCORE = """
import json, resource, sys, time
import partnersignal as ps
from joblib.externals.loky import get_reusable_executor
export, out, model, jobs = sys.argv[1:]
stages, began = {}, time.perf_counter()
def tell(stage, done, total):
    stages[stage] = time.perf_counter() - began
run = ps.score(export, out=out, model=model, jobs=int(jobs), progress=tell)
took = time.perf_counter() - began
get_reusable_executor().shutdown(wait=True)  # children are counted once they have ended
rss = {who: resource.getrusage(getattr(resource, who)).ru_maxrss / 1024 for who in ("RUSAGE_SELF", "RUSAGE_CHILDREN")}
print(json.dumps({"seconds": took, "stages": stages, "self": rss["RUSAGE_SELF"], "worker": rss["RUSAGE_CHILDREN"],
    "messages": run.receipt["read"], "sentences": run.receipt["sentences"]["new"], "tags": run.receipt["tags"]}))
"""


def make_export(source: Path, path: Path, messages: int) -> None:
    """Repeat an mbox until it has so many messages; each round has its own identities, and every 50th long word changed."""
    with open(source, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data, open(path, "wb") as out:
        starts = [*_starts(data), len(data)]
        written = 0
        while written < messages:
            number = written // (len(starts) - 1)
            for start, stop in pairwise(starts):
                if written == messages:
                    break
                out.write(_changed(data[start:stop], number) if number else data[start:stop])
                written += 1


def _starts(data: mmap.mmap) -> Iterator[int]:
    return mbox._separators(data, 0, len(data))


def _changed(message: bytes, number: int) -> bytes:
    head, gap, body = message.partition(b"\n\n")
    head = _IDS.sub(lambda match: match.group(1).replace(b"@", b".%d@" % number), head)
    count = 0

    def word(match: re.Match[bytes]) -> bytes:
        nonlocal count
        count += 1
        if count % 50 != 1:  # the first word of each message, so that no two bodies are alike
            return match.group(0)
        return match.group(0) + hashlib.blake2b(b"%d" % number, digest_size=2).hexdigest().translate(_LETTERS).encode()

    return head + gap + _WORD.sub(word, body) + (b"" if count else b"round %d\n\n" % number)


_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def score(export: Path, model: str, jobs: int) -> dict:
    with tempfile.TemporaryDirectory(dir=export.parent) as folder:
        command = [sys.executable, "-c", _SCORE, str(export), str(Path(folder) / "run"), model, str(jobs)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
        return json.loads(done.stdout)


def measure(sizes: list[int], source: Path, model: str, workers: list[int], best_of: int, place: Path) -> list[dict]:
    rows = []
    for size in sizes:
        export = place / f"{size}.mbox"
        make_export(source, export, size)
        for jobs in workers:
            runs = [score(export, model, jobs) for _ in range(best_of if size < 500_000 else 1)]
            best = min(runs, key=lambda run: run["seconds"])
            best |= {"jobs": jobs, "runs": len(runs), "bytes": export.stat().st_size}
            rows.append(best)
            print(row(best), flush=True)
        export.unlink()
    return rows


def row(run: dict) -> str:
    stages = run["stages"]
    scan, tag = stages["scanning shards"], stages["tagging messages"]
    return (
        f"| {run['messages']:,} | {run['bytes'] / 1e6:,.0f} MB | {run['jobs']} | {run['seconds']:.1f} | "
        f"{run['messages'] / run['seconds']:,.0f} | {scan:.1f} | {tag - scan:.1f} | {run['seconds'] - tag:.1f} | "
        f"{run['self']:.0f} | {run['worker']:.0f} | {run['runs']} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mbox", type=Path, default=ENRON)
    parser.add_argument("--sizes", type=int, nargs="+", default=[5_000, 50_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--model", default="linear")
    parser.add_argument("--best-of", type=int, default=3)
    parser.add_argument("--name", default="")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        began = time.perf_counter()
        head = (
            "| messages | export | workers | s, end to end | messages/s | scan s | tag s | roll-up s | leader MiB | "
            "worker MiB | best of |\n|---|---|---|---|---|---|---|---|---|---|---|"
        )
        print(head)
        rows = measure(given.sizes, given.mbox, given.model, given.workers, given.best_of, Path(place))
    load = os.getloadavg()[0]
    text = (
        f"# Scale, model {given.model}\n\n`python benchmarks/scale.py {' '.join(sys.argv[1:])}` on {os.cpu_count()} cores "
        f"({platform.machine()}), Python {platform.python_version()}, load average at the end {load:.1f}; "
        f"{time.perf_counter() - began:.0f} s in all.\n\nThe export repeats {given.mbox.name} with new identities and changed "
        f"words. No supplier file: every organisation is a supplier.\n\n{head}\n" + "\n".join(row(each) for each in rows) + "\n"
    )
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"scale-{given.name or given.model}.md").write_text(text)


if __name__ == "__main__":
    main()
