"""What training takes: time and peak memory of ``partnersignal train`` on any number of sentences.

    python benchmarks/training.py [--sizes 50000 100000 200000] [--backend linear] [--jobs 1] [--config FILE]

The sentences of data/corpus are repeated, or drawn where fewer are asked for. In each round one word of ten is another word
of the corpus, drawn as often as it occurs there, and of the words that occur three times at most so many get a new form that
the vocabulary grows as the corpus's own does. Groups stay whole, so that no fold holds a copy of another's sentence. Memory
is the largest sum of the proportional sizes (PSS) of all processes, looked at five times a second. Writes
benchmarks/results/training.md, or training-BACKEND.md for another backend than linear.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from partnersignal.labels import LabelledSentence, read_labels

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
RESULTS = Path(__file__).with_name("results")
HEAD = (
    "| sentences | words | s | processor s | peak MiB | macro-F1 out of fold | load before | load after |\n"
    "|---:|---:|---:|---:|---:|---:|---:|---:|"
)
_WORD = re.compile(r"\w+")
_RARE = 3  # times a word occurs in the corpus at most
_NEW_FORMS = 0.43  # share of the rare words; the corpus's vocabulary grows with its sentences to the power of .51
_OTHER_WORDS = 0.1


def write_sentences(corpus: tuple[LabelledSentence, ...], path: Path, count: int) -> int:
    """Write so many sentences; return the number of different words in them."""
    words = [word for each in corpus for word in _WORD.findall(each.text)]
    times = Counter(word.lower() for word in words)
    drawn = random.Random(13)
    if count < len(corpus):
        corpus = tuple(drawn.sample(corpus, count))
    seen: set[str] = set()
    with open(path, "w", encoding="utf-8") as file:
        for number in range(count):
            turn, place = divmod(number, len(corpus))
            if place == 0:
                rare = [word for word, n in times.items() if n <= _RARE and turn and drawn.random() < _NEW_FORMS]
                forms = {word: f"{word}{'qxz'[turn % 3]}{turn}" for word in rare}

            def other(match: re.Match[str], turn: int = turn, forms: dict[str, str] = forms) -> str:
                if turn and drawn.random() < _OTHER_WORDS:
                    return drawn.choice(words)
                return forms.get(match.group().lower(), match.group())

            each = corpus[place]
            text = _WORD.sub(other, each.text)
            seen.update(word.lower() for word in _WORD.findall(text))
            ignore = True if each.ignore is None else sorted(each.ignore)
            line = {"text": text, "labels": sorted(each.labels), "voice": each.voice, "group": each.group, "ignore": ignore}
            file.write(json.dumps(line) + "\n")
    return len(seen)


def family(leader: int) -> list[int]:
    """The processes that a process started, and theirs, and itself."""
    found = [leader]
    for pid in found:
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            found += map(int, children.read_text().split())
    return found


def memory(leader: int) -> int:
    """Kilobytes held by a process and all it started; what they share counts once."""
    total = 0
    for pid in family(leader):
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue  # it has just ended
        total += int(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1])
    return total


def train(labels: Path, out: Path, options: list[str]) -> tuple[float, float, float, str]:
    """Train in processes of its own; return seconds, processor seconds, peak MiB and what was printed."""
    command = [sys.executable, "-m", "partnersignal", "train", str(labels), "--out", str(out), *options]
    before, began, peak = os.times(), time.perf_counter(), 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        while running.poll() is None:
            try:
                peak = max(peak, memory(running.pid))
            except OSError:
                break  # it has just ended
            time.sleep(0.2)
        said = running.communicate()[0]
    seconds, after = time.perf_counter() - began, os.times()
    if running.returncode:
        raise SystemExit(running.returncode)
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, processor, peak / 1024, said


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+")
    parser.add_argument("--backend", default="linear")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--config", help="TOML with the names of TrainingConfig")
    given = parser.parse_args()
    sizes = given.sizes or ([50_000, 100_000, 200_000] if given.backend == "linear" else [20_000])
    corpus = read_labels(CORPUS)
    print(HEAD, flush=True)
    rows = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            labels, load = Path(folder) / "labels.jsonl", os.getloadavg()[0]
            words = write_sentences(corpus, labels, size)
            options = ["--backend", given.backend, "--jobs", str(given.jobs)]
            options += ["--config", given.config] if given.config else []
            seconds, processor, peak, said = train(labels, Path(folder) / "model", options)
        quality = said.split("out of fold ")[1].split(";")[0]
        rows.append(
            f"| {size:,} | {words:,} | {seconds:.0f} | {processor:.0f} | {peak:,.0f} | {quality} | {load:.1f} | "
            f"{os.getloadavg()[0]:.1f} |"
        )
        print(rows[-1], flush=True)
    text = (
        f"# Training, {given.backend}\n\n`{' '.join(['python', 'benchmarks/training.py', *sys.argv[1:]])}` on "
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}; loads are averages of a minute, "
        f"{given.jobs} of the load after a training is its own.\n\n{HEAD}\n" + "\n".join(rows) + "\n"
    )
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"training{'' if given.backend == 'linear' else '-' + given.backend}.md").write_text(text)


if __name__ == "__main__":
    main()
