"""The audit of 200 flagged sentences against ppi-python and QuaPy with 200 sentences drawn at random.

``pip install ppi-python quapy`` (only for this measurement), then ``python benchmarks/index_alternatives.py`` writes
``benchmarks/results/index_alternatives.md``. All three estimate the shift that makes found rates true ones, and feed it
to the same index: prediction-powered inference the mean of label minus prediction, QuaPy's adjusted count the false-alarm
rate and sensitivity of a validation sample.
"""

from __future__ import annotations

import argparse
import math
from importlib.metadata import version
from pathlib import Path

import numpy as np
from index_simulation import AS_OF, LABELS, MODEL, Portfolio, audited, points, simulate, true_latent
from ppi_py import ppi_mean_ci, ppi_mean_pointestimate
from quapy.method.aggregative import ACC
from scipy.special import ndtri
from scipy.stats import spearmanr

from partnersignal.index import ErrorCorrection, Index, build_index

N = 200


def sentences(portfolio: Portfolio, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return prediction and truth of every sentence of a side; which sentence it is does not matter."""
    total = int(portfolio.counts["sentences"].sum())
    tags = portfolio.tags[portfolio.tags["signal"] == LABELS[side]]
    right, flagged = int(tags["right"].sum()), len(tags)
    # The simulated reader misses 1 - sensitivity of what is there.
    missed = round(right * (1 / MODEL.sensitivity[side] - 1))
    found, true = np.zeros(total), np.zeros(total)
    found[:flagged] = 1
    true[:right] = true[flagged : flagged + missed] = 1
    return found, true


def powered(found: np.ndarray, true: np.ndarray, read: np.ndarray) -> tuple[float, float]:
    """Return F and its variance as ppi-python sees them: what to take off the found rate to get the true one."""
    rest = np.setdiff1d(np.arange(len(found)), read)
    point = float(np.ravel(ppi_mean_pointestimate(true[read], found[read], found[rest], lam=1))[0])
    low, high = (float(np.ravel(end)[0]) for end in ppi_mean_ci(true[read], found[read], found[rest], alpha=0.1, lam=1))
    return found.mean() - point, ((high - low) / 2 / ndtri(0.95)) ** 2


def adjusted(found: np.ndarray, true: np.ndarray, read: np.ndarray) -> tuple[float, float]:
    """Return F and its variance as QuaPy's adjusted count sees them: the false-alarm rate of the sample."""
    if len(set(true[read])) < 2:
        return 0.0, 0.0  # nothing of the side in the sample: it cannot adjust
    table = ACC.getPteCondEstim(np.array([0, 1]), true[read].astype(int), found[read].astype(int))
    clean = (true[read] == 0).sum()
    false = float(np.asarray(table)[1, 0])
    return false, false * (1 - false) / clean


def corrected(portfolio: Portfolio, index: Index, seed: int, method: str) -> ErrorCorrection:
    """Return the correction of a method."""
    if method == "audit":
        return audited(portfolio, index, seed, N)
    draw = np.random.default_rng(seed)
    rates, variances = [], []
    for side in range(2):
        found, true = sentences(portfolio, side)
        read = draw.choice(len(found), N, replace=False)
        rate, variance = (powered if method == "ppi" else adjusted)(found, true, read)
        unit = index.threads.evidence[side].sum() / index.threads.exposure.sum() / found.mean()  # sentences to X / A
        rates.append(rate * unit)
        variances.append(4 * variance * unit**2)
    return ErrorCorrection("audit", (rates[0], rates[1]), (variances[0], variances[1]), (0.0, 0.0))


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=40)
    replicates = parser.parse_args().replicates
    names = {
        "none": "uncorrected",
        "audit": "audit of 200 flagged sentences",
        "ppi": f"ppi-python {version('ppi-python')}, 200 at random",
        "quapy": f"QuaPy {version('quapy')} adjusted count, 200 at random",
    }
    rows = []
    for method, name in names.items():
        inside, errors, ranks, off = [], [], [], []
        for seed in range(replicates):
            portfolio = simulate(seed, reader=MODEL)
            index = build_index(portfolio.evidence, as_of=AS_OF)
            if method != "none":
                correction = corrected(portfolio, index, seed, method)
                index = build_index(portfolio.evidence, as_of=AS_OF, prior=index.prior, correction=correction)
            truth = true_latent(index, portfolio.share, MODEL)
            true = dict(zip(index.threads.suppliers, points(index, truth), strict=True))
            inside += [score.low <= true[score.supplier] <= score.high for score in index]
            errors += [score.index - true[score.supplier] for score in index]
            ranks.append(spearmanr(index.posterior.d, truth)[0])
            off.append(np.array(index.correction.false_rate) / MODEL.false - 1)
        spread = np.sqrt((np.array(off) ** 2).mean(axis=0))
        shown = ["-", "-"] if method == "none" else [f"{value:.0%}" for value in spread]
        rmse = math.sqrt((np.array(errors) ** 2).mean())
        rows.append(f"| {name} | {np.mean(inside):.3f} | {rmse:.1f} | {np.mean(ranks):.3f} | {shown[0]} | {shown[1]} |")
        print(rows[-1], flush=True)
    table = "\n".join(rows)
    text = f"""# The audit against ppi-python and QuaPy

Written by `python benchmarks/index_alternatives.py --replicates {replicates}`: the "mix" portfolios and the reader of
`index_simulation.md`, 200 labels each. Last columns: root mean square error of F, relative to the rate put in.

| method | coverage | RMSE | Spearman | F, partner | F, vendor |
|---|---|---|---|---|---|
{table}
"""
    path = Path(__file__).parent / "results" / "index_alternatives.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
