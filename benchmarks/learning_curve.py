"""What more text would bring: the linear model trained on a share of the corpus's documents, tested on worlds it never saw.

usage: python benchmarks/learning_curve.py          (writes benchmarks/results/learning_curve.md; three minutes on one core)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score

from partnersignal.labels import LabelledSentence, read_labels
from partnersignal.signals import default_signals
from partnersignal.training.evaluation import truth_matrix
from partnersignal.training.features import count_features
from partnersignal.training.linear import fit_linear
from partnersignal.training.splits import group_folds

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "learning_curve.md"
LABELS = [signal.label for signal in default_signals()]
SHARES = (0.125, 0.25, 0.5, 0.75, 1.0)
FOLDS, SEED = 3, 13


def documents(sentences: tuple[LabelledSentence, ...]) -> np.ndarray:
    """Number the documents: a sentence without one before it begins the next."""
    return np.cumsum([not sentence.previous for sentence in sentences])


def precisions(scores: np.ndarray, truth: np.ndarray, scored: np.ndarray) -> np.ndarray:
    """Average precision of each signal, where readers agreed."""
    return np.array([
        average_precision_score(truth[scored[:, k], k], scores[scored[:, k], k]) for k in range(truth.shape[1])
    ])  # fmt: skip


def main() -> None:
    sentences = tuple(read_labels(ROOT / "data" / "corpus"))
    truth, scored = truth_matrix(sentences, LABELS)
    counts = count_features([s.text for s in sentences], [s.voice for s in sentences])
    document = documents(sentences)
    drawn = np.random.default_rng(SEED).random(document.max() + 1)[document]  # larger shares hold the smaller ones
    folds = list(group_folds([s.group for s in sentences], FOLDS, SEED))
    sizes, found = [], []
    for share in SHARES:
        scores, used = np.zeros(truth.shape), 0
        for rest, held in folds:
            rows = rest[drawn[rest] < share]
            used += len(rows)
            scores[held] = fit_linear(counts, rows, truth, scored).scores(held)
        sizes.append(used // FOLDS)
        found.append(precisions(scores, truth, scored))
        print(sizes[-1], found[-1].mean(), flush=True)
    heads = " | ".join(f"{share:.1%} ({size:,})" for share, size in zip(SHARES, sizes, strict=True))
    lines = [f"| mean | {' | '.join(f'{each.mean():.3f}' for each in found)} | {found[-1].mean() - found[-2].mean():+.3f} |"]
    for k in np.argsort(found[-2] - found[-1]):
        values = " | ".join(f"{each[k]:.3f}" for each in found)
        lines.append(f"| {LABELS[k]} | {values} | {found[-1][k] - found[-2][k]:+.3f} |")
    RESULT.write_text(
        "# Learning curve, linear model\n\n`python benchmarks/learning_curve.py`: average precision out of fold (three folds "
        "of whole worlds), trained on a share of the documents of the other worlds (in brackets: sentences). The last column "
        "is what the last quarter brought; the signals that it helped most come first.\n\n"
        f"| signal | {heads} | last quarter |\n"
        f"|---|{'---:|' * (len(SHARES) + 1)}\n" + "\n".join(lines) + "\n"
    )


if __name__ == "__main__":
    main()
