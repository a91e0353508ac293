"""Describe data/corpus: counts, agreement, and two checks that it is not one hand's habits.

usage: python benchmarks/corpus.py          (writes benchmarks/results/corpus.md; about two minutes on one core)
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, f1_score

from partnersignal.labels import read_labels
from partnersignal.signals import default_signals
from partnersignal.training.evaluation import truth_matrix
from partnersignal.training.features import count_features
from partnersignal.training.linear import fit_linear
from partnersignal.training.splits import group_folds

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "data" / "corpus"
RESULT = ROOT / "benchmarks" / "results" / "corpus.md"
SEED = 13
LABELS = [signal.label for signal in default_signals()]


def documents() -> list[dict]:
    return [json.loads(line) for file in sorted(CORPUS.glob("*.jsonl")) for line in file.open(encoding="utf-8")]


def agreement(docs: list[dict]) -> dict[str, tuple[float, float]]:
    """F1 and Cohen's kappa between the two readings, for each label."""
    rows: dict[str, Counter[tuple[bool, bool]]] = {label: Counter() for label in LABELS}
    for doc in docs:
        first, second = doc["readings"]["author"], doc["readings"]["second"]
        for number in range(len(doc["segments"])):
            a, b = first.get(str(number), ()), second.get(str(number), ())
            for label in LABELS:
                rows[label][label in a, label in b] += 1
    found = {}
    for label, counts in rows.items():
        both, one, other, none = (counts[key] for key in ((True, True), (True, False), (False, True), (False, False)))
        total = both + one + other + none
        expected = ((both + one) * (both + other) + (none + one) * (none + other)) / total**2
        found[label] = (2 * both / (2 * both + one + other), ((both + none) / total - expected) / (1 - expected))
    return found


def is_world(group: str) -> bool:
    return not re.match(r"(a\d+-|adverts|r\d+-|routine|s\d+-|statements)", group)


def halves(sentences, truth, scored) -> list[str]:
    """Train on one half of the worlds, test on the other, and the reverse."""
    groups = np.array([s.group for s in sentences])
    worlds = sorted({g for g in groups if is_world(g)})
    order = np.random.default_rng(SEED).permutation(len(worlds))
    half = {worlds[i] for i in order[: len(worlds) // 2]}
    inside = np.array([g in half for g in groups])
    world = np.array([is_world(g) for g in groups])
    counts = count_features([s.text for s in sentences], [s.voice for s in sentences])
    lines = []
    for name, test in (("first half on second", world & ~inside), ("second half on first", inside)):
        train = np.nonzero(world & ~test)[0]
        held = np.nonzero(test)[0]
        scores = fit_linear(counts, train, truth, scored, seed=SEED).scores(held)
        lines.append(f"| {name} | {len(train):,} | {len(held):,} | {mean_ap(scores, truth[held], scored[held]):.3f} |")
    return lines


def mean_ap(scores, truth, scored) -> float:
    each = [average_precision_score(truth[scored[:, k], k], scores[scored[:, k], k]) for k in range(truth.shape[1])]
    return float(np.mean(each))


def surface(docs: list[dict]) -> np.ndarray:
    """Length, position and punctuation of every sentence, and nothing of its words."""
    rows = []
    for doc in docs:
        n = len(doc["segments"])
        for number, segment in enumerate(doc["segments"]):
            text = segment["text"]
            marks = [text.count(mark) for mark in ".,;:?!-—\"'()/%$€£\n"]
            digits, upper = sum(c.isdigit() for c in text), sum(c.isupper() for c in text)
            rows.append([len(text), len(text.split()), number, n - number, number / n, n, digits, upper, *marks])
    return np.array(rows, dtype=float)


def surface_figures(docs, sentences, truth) -> tuple[float, float, float]:
    x = surface(docs)
    folds = list(group_folds([s.group for s in sentences], 3, SEED))
    scores, any_scores = np.zeros(truth.shape), np.zeros(len(truth))
    for rest, held in folds:
        for k in range(truth.shape[1]):
            fitted = HistGradientBoostingClassifier(max_iter=60, random_state=SEED).fit(x[rest], truth[rest, k])
            scores[held, k] = fitted.predict_proba(x[held])[:, 1]
        fitted = HistGradientBoostingClassifier(max_iter=60, random_state=SEED).fit(x[rest], truth[rest].any(axis=1))
        any_scores[held] = fitted.predict_proba(x[held])[:, 1]
    each = [average_precision_score(truth[:, k], scores[:, k]) for k in range(truth.shape[1])]
    labelled = truth.any(axis=1)
    cuts = np.quantile(any_scores, np.linspace(0.01, 0.99, 99))
    best = max(f1_score(labelled, any_scores >= cut) for cut in cuts)
    return float(np.mean(each)), float(truth.mean()), float(best)


def main() -> None:
    docs = documents()
    sentences = read_labels(CORPUS, LABELS)
    truth, scored = truth_matrix(sentences, LABELS)
    kinds = Counter(doc["author"] if doc["kind"] == "email" else "notes" for doc in docs)
    worlds = {s.group for s in sentences if is_world(s.group)}
    silent = sum(not any(s["labels"] for s in doc["segments"]) for doc in docs)
    readings = agreement(docs)
    mean, base, any_f1 = surface_figures(docs, sentences, truth)
    commitments = Counter(s["commitment"] for doc in docs for s in doc["segments"] if "commitment" in s)
    out = [
        "# The corpus in figures",
        "",
        "Written by `python benchmarks/corpus.py`.",
        "",
        f"{len(docs):,} documents, {len(sentences):,} sentences, {truth.any(axis=1).mean():.1%} of them with a signal; "
        f"{len(worlds)} worlds; {silent:,} documents without any signal; commitments: "
        f"{commitments['supplier']} by suppliers, {commitments['customer']} by customers.",
        "",
        "E-mails by "
        + ", ".join(f"{name} {kinds[name]:,}" for name in ("supplier", "customer", "third_person"))
        + f"; notes and transcripts {kinds['notes']:,}.",
        "",
        "Agreement of the two readings (author, and a second reader who saw the text alone), before disputes were settled:",
        "",
        "| label | positives | F1 | kappa |",
        "|---|---|---|---|",
        *(
            f"| {label} | {int(truth[:, k].sum())} | {readings[label][0]:.3f} | {readings[label][1]:.3f} |"
            for k, label in enumerate(LABELS)
        ),
        "",
        "Not by one hand: the linear model trained on one half of the worlds, tested on the other (mean average precision).",
        "",
        "| trained and tested | training sentences | test sentences | mean average precision |",
        "|---|---|---|---|",
        *halves(sentences, truth, scored),
        "",
        "What length, position and punctuation alone give away (gradient boosting, 3 folds of whole files): mean average "
        f"precision {mean:.3f} (a guess gives {base:.3f}); best F1 for any signal {any_f1:.3f} "
        f"(calling everything a signal gives {2 * truth.any(axis=1).mean() / (1 + truth.any(axis=1).mean()):.3f}).",
        "",
    ]
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text("\n".join(out), encoding="utf-8")


if __name__ == "__main__":
    main()
