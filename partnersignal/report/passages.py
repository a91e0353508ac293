"""The sentences of the report: columns a supplier, bounded for portfolios of any size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from partnersignal.index import Explanation
from partnersignal.messages import VOICES
from partnersignal.report.material import Material
from partnersignal.report.sources import Sources
from partnersignal.report.text import TITLE, around, shown, utf16

# Bounds of the whole page, shared by its suppliers: evidence.csv has everything.
MOST_SENTENCES = 100_000
MOST_CONTEXTS = 10_000
_FEWEST = 100  # sentences a supplier keeps in any case
_REACH = 320  # characters of the message on each side of a sentence


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one supplier's evidence the page holds.

    Attributes
    ----------
    sentences : int
        Tags, largest contribution first.
    contexts : int
        Of these, how many keep the words around them.
    """

    sentences: int
    contexts: int

    @classmethod
    def share(cls, found: int, all_found: int, suppliers: int) -> Limits:
        """Divide the bounds of the page.

        Parameters
        ----------
        found : int
            Tags of the supplier.
        all_found : int
            Tags of the page.
        suppliers : int
            Number of suppliers.

        Returns
        -------
        Limits
            In proportion, and never so few that a small supplier loses its evidence to large ones.
        """
        part = found if all_found <= MOST_SENTENCES else max(_FEWEST, MOST_SENTENCES * found // all_found)
        return cls(part, max(40, MOST_CONTEXTS // max(1, suppliers)))


def shown_in_context(explanation: Explanation, limits: Limits) -> set[str]:
    """Return the messages that the page shows words of around a sentence.

    Parameters
    ----------
    explanation : Explanation
        Of a supplier.
    limits : Limits
        How much to keep.

    Returns
    -------
    set of str
        Their ids.
    """
    return set(explanation.contributions["message_id"].head(min(limits.sentences, limits.contexts)))


def passages(
    material: Material, sources: Sources, texts: Mapping[str, str], explanation: Explanation, limits: Limits
) -> dict[str, Any]:
    """Return the evidence of a supplier as columns.

    Parameters
    ----------
    material : Material
        The run.
    sources : Sources
        Its tables.
    texts : mapping of str to str
        Of the messages that are `shown_in_context`.
    explanation : Explanation
        Of the supplier.
    limits : Limits
        How much to keep.

    Returns
    -------
    dict
        For the page; ``found`` is how many there are, ``signal`` and so on hold those kept.
    """
    rows = explanation.contributions
    places = sources.tags.iloc[sources.tags_of.get(explanation.supplier, [])]
    kept = rows.head(limits.sentences).merge(places, on=["message_id", "sentence", "signal"], how="left")
    messages = list(dict.fromkeys(kept["message_id"]))
    number = {message: i for i, message in enumerate(messages)}
    labels = {signal.label: i for i, signal in enumerate(material.index.evidence.signals)}
    sentences = [shown(text) if material.quotes else "" for text in kept["text"]]
    before, after = _contexts(kept.head(limits.contexts), texts) if material.quotes else ([], [])
    subjects = sources.subjects.reindex(messages).fillna("") if material.quotes else [""] * len(messages)
    days = pd.to_datetime(kept["date"], utc=True).dt.floor("D")
    return {
        "found": len(rows),
        "signal": [labels[label] for label in kept["signal"]],
        "probability": [round(1000 * value) for value in kept["probability"]],
        "points": [round(float(value), 4) for value in kept["contribution"]],
        "day": [None if pd.isna(day) else int(day.timestamp() // 86_400) for day in days],
        "voice": [VOICES.index(voice) for voice in kept["voice"]],
        "bulk": [int(value) for value in kept["bulk"].fillna(value=False)],
        "message": [number[message] for message in kept["message_id"]],
        "sentence": [int(value) for value in kept["sentence"]],
        "text": sentences,
        "before": before,
        "after": after,
        "marks": _marks(material, kept),
        "ids": messages,
        "subjects": [shown(subject, TITLE) for subject in subjects],
    }


def _contexts(kept: pd.DataFrame, texts: Mapping[str, str]) -> tuple[list[str], list[str]]:
    starts, ends = (kept[name].fillna(0).to_numpy(dtype=np.int64) for name in ("start", "end"))
    pairs = [
        around(texts.get(message, ""), int(start), int(end), _REACH)
        for message, start, end in zip(kept["message_id"], starts, ends, strict=True)
    ]
    return [before for before, _ in pairs], [after for _, after in pairs]


def _marks(material: Material, kept: pd.DataFrame) -> dict[str, list[list[int]]]:
    """Return the deciding words, by row, in the units of the page."""
    marks = material.sections.marks
    if not marks or not material.quotes:
        return {}
    found = {}
    for i, row in enumerate(kept.to_dict("records")):
        spans = marks.get((str(row["message_id"]), int(row["sentence"]), str(row["signal"])), ())
        if spans:
            text = str(row["text"])
            found[str(i)] = [[utf16(text, start), utf16(text, end)] for start, end in sorted(spans)]
    return found
