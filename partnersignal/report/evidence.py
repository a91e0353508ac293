"""``evidence.csv``: every tag with its contribution, safe to open in Excel."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from partnersignal.index import Explanation

COLUMNS = ("supplier", "date", "voice", "signal", "probability", "sentence", "contribution")
# A cell that starts with one of these is a formula to a spreadsheet (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_evidence(path: Path, explanations: Iterable[Explanation]) -> None:
    """Write the evidence of all suppliers.

    Parameters
    ----------
    path : pathlib.Path
        Replaced if it exists.
    explanations : iterable of Explanation
        In the order of the index.
    """
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for explanation in explanations:
            for row in explanation.contributions.itertuples():
                writer.writerow(
                    [
                        escape_cell(explanation.supplier), day(row.date), row.voice, row.signal, f"{row.probability:.4f}",
                        escape_cell(" ".join(str(row.text).split())), f"{row.contribution:.4f}",
                    ]
                )  # fmt: skip


def escape_cell(text: str) -> str:
    """Keep a spreadsheet from running a text.

    Parameters
    ----------
    text : str
        A cell.

    Returns
    -------
    str
        With an apostrophe before what would be a formula.
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def day(moment: Any) -> str:
    """Write a date.

    Parameters
    ----------
    moment : datetime, pandas.Timestamp, NaT or None
        UTC.

    Returns
    -------
    str
        ISO day, empty where unknown.
    """
    return "" if moment is None or pd.isna(moment) else f"{moment:%Y-%m-%d}"
