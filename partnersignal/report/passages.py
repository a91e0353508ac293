"""The sentences of the report: columns a supplier, bounded for portfolios of any size."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from partnersignal.index import Explanation
from partnersignal.messages import VOICES
from partnersignal.report.material import Material
from partnersignal.report.text import TITLE, around, shown, utf16

# Bounds of the whole page, shared by its suppliers: evidence.csv has everything.
MOST_SENTENCES = 100_000
MOST_CONTEXTS = 10_000
_FEWEST = 100  # sentences a supplier keeps in any case
_Span = tuple[str, int, int]  # message, start, end
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
        return cls(part, most_contexts(suppliers))


def most_contexts(suppliers: int) -> int:
    """Return how many sentences of a supplier keep the words around them.

    Parameters
    ----------
    suppliers : int
        Number of suppliers.

    Returns
    -------
    int
        The same for all.
    """
    return max(40, MOST_CONTEXTS // max(1, suppliers))


def read_contexts(material: Material, places: Mapping[str, Collection[tuple[int, int]]]) -> dict[_Span, tuple[str, str]]:
    """Read the words around some places; of each text no more is kept.

    Parameters
    ----------
    material : Material
        The run.
    places : mapping of str to collection of (int, int)
        Start and end, by message.

    Returns
    -------
    dict of (str, int, int) to (str, str)
        What stands before and after, by message, start and end.
    """
    return {
        (message_id, start, end): around(text, start, end, _REACH)
        for message_id, text in material.sources.words("text", places)
        for start, end in places[message_id]
    }


def passages(
    material: Material,
    contexts: Mapping[_Span, tuple[str, str]],
    explanations: Sequence[Explanation],
    limits: Sequence[Limits],
) -> list[dict[str, Any]]:
    """Return the evidence of some suppliers as columns.

    Parameters
    ----------
    material : Material
        The run.
    contexts : mapping of (str, int, int) to (str, str)
        From `read_contexts`.
    explanations : sequence of Explanation
        Of the suppliers.
    limits : sequence of Limits
        How much of each to keep.

    Returns
    -------
    list of dict
        For the page, one a supplier; ``found`` is how many there are, ``signal`` and so on hold those kept.
    """
    heads = [each.contributions.head(most.sentences) for each, most in zip(explanations, limits, strict=True)]
    kept = pd.concat(heads, ignore_index=True)
    columns = _columns(material, kept)
    subjects = dict(material.sources.words("subject", set(columns["message_id"]))) if material.quotes else {}
    cuts = np.cumsum([0, *map(len, heads)])
    return [
        _passages(material, subjects, contexts, {name: values[start:stop] for name, values in columns.items()}, each, most)
        for each, most, (start, stop) in zip(explanations, limits, pairwise(cuts), strict=True)
    ]


def _columns(material: Material, kept: pd.DataFrame) -> dict[str, list[Any]]:
    """Turn the columns of many suppliers into lists at once."""
    labels = {signal.label: i for i, signal in enumerate(material.index.evidence.signals)}
    days = pd.to_datetime(kept["date"], utc=True).dt.floor("D").dt.tz_localize(None)
    numbers = days.to_numpy("datetime64[D]").astype(np.int64).tolist()
    return {
        "message_id": kept["message_id"].tolist(),
        "sentence": kept["sentence"].tolist(),
        "label": kept["signal"].tolist(),
        "said": kept["text"].tolist(),
        "start": kept["start"].tolist(),
        "end": kept["end"].tolist(),
        "signal": [labels[label] for label in kept["signal"].tolist()],
        "probability": [round(1000 * value) for value in kept["probability"].tolist()],
        "points": [round(value, 4) for value in kept["contribution"].tolist()],
        "day": [None if missing else day for missing, day in zip(days.isna(), numbers, strict=True)],
        "voice": [VOICES.index(voice) for voice in kept["voice"].tolist()],
        "bulk": kept["bulk"].astype("int64").tolist(),
    }


def _passages(
    material: Material,
    subjects: Mapping[str, str],
    contexts: Mapping[_Span, tuple[str, str]],
    rows: Mapping[str, list[Any]],
    explanation: Explanation,
    limits: Limits,
) -> dict[str, Any]:
    messages = list(dict.fromkeys(rows["message_id"]))
    number = {message: i for i, message in enumerate(messages)}
    before, after = _shown_around(rows, contexts, limits.contexts) if material.quotes else ([], [])
    return {
        "found": len(explanation.contributions),
        **{name: rows[name] for name in ("signal", "probability", "points", "day", "voice", "bulk")},
        "message": [number[message] for message in rows["message_id"]],
        "sentence": rows["sentence"],
        "text": [shown(text) if material.quotes else "" for text in rows["said"]],
        "before": before,
        "after": after,
        "marks": _marks(material, rows),
        "ids": messages,
        "subjects": [shown(subjects.get(message, ""), TITLE) for message in messages],
    }


def _shown_around(
    rows: Mapping[str, list[Any]], contexts: Mapping[_Span, tuple[str, str]], most: int
) -> tuple[list[str], list[str]]:
    places = zip(*(rows[name][:most] for name in ("message_id", "start", "end")), strict=True)
    pairs = [contexts.get(place, ("", "")) for place in places]
    return [before for before, _ in pairs], [after for _, after in pairs]


def _marks(material: Material, rows: Mapping[str, list[Any]]) -> dict[str, list[list[int]]]:
    """Return the deciding words, by row, in the units of the page."""
    marks = material.sections.marks
    if not marks or not material.quotes:
        return {}
    keys = zip(rows["message_id"], rows["sentence"], rows["label"], strict=True)
    return {
        str(i): [[utf16(text, start), utf16(text, end)] for start, end in sorted(marks[key])]
        for i, (key, text) in enumerate(zip(keys, rows["said"], strict=True))
        if marks.get(key)
    }
