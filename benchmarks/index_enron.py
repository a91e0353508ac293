"""Advertisers against service firms in enron.mbox: does the index tell them apart with the shipped model?

``python benchmarks/index_enron.py [EXPORT]`` scores the export with ``benchmarks/enron_suppliers.toml`` (whose lists were
committed before any index run on it) and writes ``benchmarks/results/index_enron.md``. No sentence of the export is kept.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

import partnersignal as ps
from partnersignal.suppliers import load_directory

HERE = Path(__file__).parent
DRAWS = 2_000


def auc(low: np.ndarray, high: np.ndarray) -> float:
    """Return the chance that a value of `high` is above one of `low`; ties count half."""
    gap = high[:, None] - low[None, :]
    return float((gap > 0).mean() + (gap == 0).mean() / 2)


def with_interval(low: np.ndarray, high: np.ndarray) -> str:
    """Return the AUC with a 90 % bootstrap interval over suppliers, drawn a group."""
    if not len(low) or not len(high):
        return "-"
    draw = np.random.default_rng(0)
    found = [auc(draw.choice(low, len(low)), draw.choice(high, len(high))) for _ in range(DRAWS)]
    return f"{auc(low, high):.2f} ({np.quantile(found, 0.05):.2f} to {np.quantile(found, 0.95):.2f})"


def main() -> None:
    """Score, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = HERE.parents[1] / "shared" / "data" / "enron.mbox"
    if not default.exists():
        default = Path("/work/shared/data/enron.mbox")
    parser.add_argument("export", type=Path, nargs="?", default=default)
    parser.add_argument("--model", default="default")
    arguments = parser.parse_args()
    suppliers = HERE / "enron_suppliers.toml"
    kind = {supplier.name: supplier.category for supplier in load_directory(suppliers).suppliers}
    with tempfile.TemporaryDirectory() as name:
        run = ps.score(arguments.export, suppliers=suppliers, out=Path(name) / "run", jobs=2, model=arguments.model)
        index = run.index.model
        table, without = run.index.to_pandas(), {score.supplier: score.index for score in run.index_without_bulk()}
        backend = run.receipt["model"]
    table["kind"] = table["supplier"].map(kind)
    table["without_bulk"] = table["supplier"].map(without)
    rows = []
    for label, part, column in (
        ("all with an eligible sentence", table[table["messages"] > 0], "index"),
        ("above the evidence floor", table[table["enough_evidence"]], "index"),
        ("all, without bulk mail", table[table["messages"] > 0], "without_bulk"),
    ):
        low, high = (part.loc[part["kind"] == k, column].to_numpy() for k in ("advertiser", "service firm"))
        rows.append(f"| {label} | {len(low)} | {len(high)} | {with_interval(low, high)} |")
    ranked = set(table.loc[table["enough_evidence"], "supplier"])
    floor = []
    for k in ("advertiser", "service firm"):
        names = [n for n, v in kind.items() if v == k]
        floor.append(f"{sum(n not in ranked for n in names)} of {len(names)} {k}s")
    mean = table[table["messages"] > 0].groupby("kind")[["index", "balance"]].mean()
    figures = "; ".join(f"{k}: index {mean.loc[k, 'index']:.0f}, balance {mean.loc[k, 'balance']:.2f}" for k in mean.index)
    text = f"""# Advertisers and service firms in enron.mbox

Written by `python benchmarks/index_enron.py` with the model `{backend}`; {len(index)} suppliers with mail, prior:
{index.prior.source}. AUC: the chance that a service firm has a higher index than an advertiser, with a 90 % bootstrap interval
over suppliers. Uncorrected: no audit.

| suppliers | advertisers | service firms | AUC |
|---|---|---|---|
{chr(10).join(rows)}

Below the evidence floor (no rank in the report): {" and ".join(floor)}. Means: {figures}.
"""
    path = HERE / "results" / "index_enron.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
