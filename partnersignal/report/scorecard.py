"""A page about one supplier that can be given to it: nothing about others, people masked, praise first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from partnersignal.index import Explanation, SupplierScore
from partnersignal.index.arrays import SIDES
from partnersignal.report.data import found_of, per_100, profile, sentences_of
from partnersignal.report.evidence import day
from partnersignal.report.history import history
from partnersignal.report.masking import Mask, make_mask
from partnersignal.report.material import Material
from partnersignal.report.page import render, script_json

_QUOTES = 8  # a side
# Mail between the two houses; what was said among the customer's people stays there.
_SHARED_VOICES = ("supplier", "customer")
# With fewer suppliers the rates of the portfolio would tell those of the others.
_FEWEST_SUPPLIERS = 5


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence that may be shown.

    Attributes
    ----------
    signal : str
        Label.
    text : str
        With people masked.
    day : str
        ISO, or empty.
    voice : str
        Who said it.
    """

    signal: str
    text: str
    day: str
    voice: str


def write_scorecard(path: Path, material: Material, score: SupplierScore, others: Iterable[str] = ()) -> None:
    """Write the scorecard of a supplier.

    Parameters
    ----------
    path : pathlib.Path
        Replaced if it exists.
    material : Material
        The run.
    score : SupplierScore
        Of the supplier.
    others : iterable of str
        Further names and domains of other suppliers.
    """
    explanation = next(each for each in material.explanations if each.supplier == score.supplier)
    mask = make_mask(material.sources.headers(), score.supplier, (each.supplier for each in material.index), others)
    # Only what the page shows goes into it: nothing is hidden by style or script alone.
    facts = {
        "name": score.supplier,
        "score": {"index": round(score.index, 1), "low": round(score.low, 1), "high": round(score.high, 1),
                  "enough_evidence": score.enough_evidence},
        "history": history(material.index)[score.supplier],
    }  # fmt: skip
    render(
        path,
        "scorecard.html",
        ("dom", "charts", "scorecard"),
        summary=script_json(facts),
        score=score,
        uncorrected=material.index.correction.source == "none",
        as_of=material.index.as_of,
        signals=_signals(material, explanation),
        compared=len(material.index) >= _FEWEST_SUPPLIERS,
        quotes={side: _quotes(material, explanation, mask, side) for side in SIDES} if material.quotes else None,
        version=material.receipt.get("partnersignal", ""),
    )


def slug(name: str) -> str:
    """Return a name that can stand in a file name.

    Parameters
    ----------
    name : str
        Of a supplier.

    Returns
    -------
    str
        Lower-case letters, digits and hyphens.
    """
    return re.sub(r"[^\w]+", "-", name.casefold()).strip("-")[:60] or "supplier"


def _signals(material: Material, explanation: Explanation) -> list[dict[str, Any]]:
    index, sentences = material.index, sentences_of(material.index)
    found = np.sum([found_of(index, each) for each in material.explanations], axis=0)
    rows = profile(index, explanation, sentences[explanation.supplier], per_100(found, sum(sentences.values())))
    return [
        asdict(signal) | {"found": row[0], "own": row[1], "portfolio": row[2]}
        for signal, row in zip(index.evidence.signals, rows, strict=True)
    ]


def _quotes(material: Material, explanation: Explanation, mask: Mask, side: str) -> list[Quote]:
    sides = {signal.label: signal.side for signal in material.index.evidence.signals}
    rows = explanation.contributions
    rows = rows[rows["voice"].isin(_SHARED_VOICES) & (rows["signal"].map(sides) == side) & (rows["text"] != "")]
    rows = rows.drop_duplicates(["message_id", "sentence"]).drop_duplicates("text")
    free = [row for row in rows.itertuples() if not mask.withheld(str(row.text))]
    return [Quote(str(row.signal), mask.hide(str(row.text)), day(row.date), str(row.voice)) for row in free[:_QUOTES]]
