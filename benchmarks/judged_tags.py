"""Are the tags on real mail right? Draw some of a run for readers, and count what they said.

usage: python benchmarks/judged_tags.py draw RUN FOLDER           (FOLDER outside the repository: it quotes real mail)
       python benchmarks/judged_tags.py count FOLDER READER.jsonl...   (writes benchmarks/results/judged_tags.md)

A reader's file has lines {"number": 7, "right": true}. Nothing else of the run is shown to the readers: sheet.txt holds
for each tag the sentence before, the sentence, the voice and the signal.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import beta

import partnersignal as ps
from partnersignal.signals import default_signals

RESULT = Path(__file__).parent / "results" / "judged_tags.md"
EACH = 200
SEED = 7
SIDES = {signal.label: signal.side for signal in default_signals()}


def draw(run: str, folder: str) -> None:
    tags = ps.open_run(run).tags.reset_index(drop=True)
    side = tags["signal"].astype(str).map(SIDES)
    rng = np.random.default_rng(SEED)
    chosen = []
    for name in ("partner", "vendor"):
        rows = np.flatnonzero(side == name)
        chosen += rng.choice(rows, size=min(EACH, len(rows)), replace=False).tolist()
    rng.shuffle(chosen)
    drawn = tags.iloc[chosen][["text", "voice", "signal", "message_id", "start", "probability", "bulk"]].reset_index(drop=True)
    texts = pd.read_parquet(Path(run) / "messages.parquet", columns=["message_id", "text"]).set_index("message_id")["text"]
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    drawn.to_json(out / "drawn.jsonl", orient="records", lines=True)
    with (out / "sheet.txt").open("w", encoding="utf-8") as sheet:
        for number, row in drawn.iterrows():
            before = texts[row.message_id][max(0, row.start - 300) : row.start].strip().replace("\n", " / ")
            sheet.write(f"## {number} | voice: {row.voice} | signal: {row.signal}\nbefore: {before}\nsentence: {row.text}\n\n")


def interval(right: int, total: int) -> str:
    low = beta.ppf(0.05, right, total - right + 1) if right else 0.0
    high = beta.ppf(0.95, right + 1, total - right) if right < total else 1.0
    return f"{low:.0%} to {high:.0%}"


def count(folder: str, readers: list[str]) -> None:
    drawn = pd.read_json(Path(folder) / "drawn.jsonl", lines=True)
    drawn["side"] = drawn["signal"].map(SIDES)
    for number, file in enumerate(readers):
        said = {each["number"]: bool(each["right"]) for each in map(json.loads, Path(file).read_text().splitlines())}
        drawn[f"reader {number + 1}"] = [said[i] for i in drawn.index]
    names = [f"reader {number + 1}" for number in range(len(readers))]
    lines = [
        "# Tags on real mail, judged",
        "",
        "Written by `python benchmarks/judged_tags.py` (intervals: 90 %, Clopper-Pearson).",
        "",
    ]
    lines += ["| side | tags drawn | " + " | ".join(names) + " | both say right |", "|---|---|" + "---|" * (len(names) + 1)]
    for side, rows in drawn.groupby("side"):
        cells = [f"{rows[name].mean():.0%}" for name in names]
        right = int(rows[names].all(axis=1).sum())
        lines.append(f"| {side} | {len(rows)} | {' | '.join(cells)} | {right / len(rows):.0%} ({interval(right, len(rows))}) |")
    lines += ["", "| signal | drawn | both say right |", "|---|---|---|"]
    for signal, rows in drawn.groupby("signal"):
        lines.append(f"| {signal} | {len(rows)} | {int(rows[names].all(axis=1).sum())} |")
    agree = drawn[names].eq(drawn[names[0]], axis=0).all(axis=1).mean()
    lines += ["", f"The readers agree on {agree:.0%} of the tags.", ""]
    RESULT.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "draw":
        draw(*sys.argv[2:])
    elif len(sys.argv) >= 4 and sys.argv[1] == "count":
        count(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(__doc__)
