"""``report.html``: one self-contained page, nothing loaded from elsewhere, everything escaped."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2

from partnersignal.index import Explanation, Index, SupplierScore, build_index
from partnersignal.report.evidence import day

_SHOWN = 40  # sentences shown a supplier; evidence.csv has them all


def write_report(path: Path, index: Index, explanations: Sequence[Explanation], receipt: dict[str, Any]) -> None:
    """Write the report of a run.

    Parameters
    ----------
    path : pathlib.Path
        Replaced if it exists.
    index : Index
        Scores of all suppliers.
    explanations : sequence of Explanation
        In the order of the index.
    receipt : dict
        What was read.
    """
    # autoescape for every value: mail is written by strangers.
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("partnersignal.report", "templates"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    quiet = build_index(
        index.evidence,
        weights=index.weights,
        prior=index.prior,
        as_of=index.view.as_of,
        half_life=index.half_life,
        bulk="exclude",
    )
    without_bulk = {score.supplier: score.index for score in quiet}
    page = environment.get_template("report.html").render(
        index=index,
        receipt=receipt,
        suppliers=[_supplier(score, e, without_bulk) for score, e in zip(index.scores, explanations, strict=True)],
        day=day,
    )
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(page, encoding="utf-8")
    os.replace(draft, path)


def _supplier(score: SupplierScore, explanation: Explanation, without_bulk: dict[str, float]) -> dict[str, Any]:
    rows = explanation.contributions
    return {
        "score": score,
        "evidence": rows.head(_SHOWN).to_dict("records"),
        "more": max(0, len(rows) - _SHOWN),
        "found": len(rows),
        "baseline": sum(explanation.baseline.values()),
        "sentences": float(rows["contribution"].sum()),
        "without_bulk": without_bulk[score.supplier],
    }
