"""How many real sentences a second each model tags, one thread, beside the same transformer in torch.

usage: python benchmarks/speed.py EXPORT [MODEL]     (writes benchmarks/results/speed.md)
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
import transformers

import partnersignal as ps
from partnersignal.cleaning import own_sentences
from partnersignal.tagging.encoder import encoder_input

RESULT = Path(__file__).parent / "results" / "speed.md"
SENTENCES = 4_000
BATCH = 16  # what is fastest for torch on these machines
TIMES = 3


def real_sentences(export: str) -> list[str]:
    found = (s.text for message in ps.read(export) for s in own_sentences(message))
    return list(islice(found, SENTENCES))


def in_torch(folder: Path) -> Callable[[Sequence[str]], np.ndarray]:
    torch.set_num_threads(1)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()

    def score(sentences: Sequence[str]) -> np.ndarray:
        rows = []
        with torch.inference_mode():
            for start in range(0, len(sentences), BATCH):
                batch = [encoder_input(text, "supplier") for text in sentences[start : start + BATCH]]
                encoded = tokenizer(batch, truncation=True, max_length=96, padding=True, return_tensors="pt")
                rows.append(model(**encoded).logits.numpy())
        return np.concatenate(rows)

    return score


def rate(score: Callable[[Sequence[str]], object], sentences: Sequence[str]) -> float:
    best = float("inf")
    for _ in range(TIMES):
        start = time.perf_counter()
        score(sentences)
        best = min(best, time.perf_counter() - start)
    return len(sentences) / best


def main() -> None:
    export, *rest = sys.argv[1:]
    model = Path(rest[0]) if rest else Path(__file__).parents[1] / "models" / "default"
    sentences = real_sentences(export)
    base = rate(in_torch(model / "encoder"), sentences)
    lines = [
        "# Speed on real sentences",
        "",
        f"Written by `python benchmarks/speed.py`: the first {len(sentences):,} sentences of `{Path(export).name}` "
        f"as they come, one thread, best of {TIMES}.",
        "",
        "| what | sentences a second | against torch |",
        "|---|---|---|",
        f"| MiniLM-L6, fine-tuned, in torch (batches of {BATCH}) | {base:,.0f} | 1.0 |",
    ]
    for name, folder in (
        ("encoder (onnxruntime)", model / "encoder"),
        ("cascade, the default", model),
        ("linear", model / "linear"),
    ):
        tagger = ps.load(folder)
        found = rate(lambda texts, tagger=tagger: tagger.predict_proba(texts), sentences)
        lines.append(f"| {name} | {found:,.0f} | {found / base:.1f} |")
    RESULT.write_text("\n".join([*lines, ""]), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
