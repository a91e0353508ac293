"""The deciding words of the sentences that moved each supplier most, found again with the model that tagged them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from partnersignal.errors import InputError, PartnerSignalError
from partnersignal.index import Explanation
from partnersignal.report.sections import TagKey
from partnersignal.report.text import SENTENCE
from partnersignal.runs.sentences import find_sentences
from partnersignal.runs.settings import hash_files
from partnersignal.runs.stored import stored_message
from partnersignal.suppliers import SupplierDirectory
from partnersignal.tagging import Tagger, load
from partnersignal.tagging.occlusion import deciding_words
from partnersignal.tagging.tagger import find_model

# Sentences of a report, and of one supplier: the model reads each once a word.
MOST, EACH = 60, 3
# Of a report that is written beside something else the user asked for, and the messages of a run beyond which it has none:
# the model takes seconds and memory that the run was promised to keep to.
FEW, LARGE = 20, 2_000


@dataclass(frozen=True, slots=True)
class KnownModel:
    """The model that gave the tags of a run.

    Attributes
    ----------
    name : str
        A shipped name or a folder.
    content : str
        Hash of its files when the run was scored; empty where unknown.
    """

    name: str
    content: str

    def there(self) -> bool:
        """Return whether it still lies there, unchanged.

        Returns
        -------
        bool
            False where it has gone or another one took its place.
        """
        try:
            return hash_files([find_model(self.name)], contents=True) == self.content
        except PartnerSignalError:
            return False


def find_marks(
    explanations: Iterable[Explanation],
    messages: Callable[[Collection[str]], pd.DataFrame],
    directory: SupplierDirectory,
    model: KnownModel,
    by_hand: Collection[TagKey] = (),
    *,
    most: int = MOST,
    each: int = EACH,
) -> Mapping[TagKey, tuple[tuple[int, int], ...]]:
    """Find the deciding words of the sentences that moved each supplier most.

    Parameters
    ----------
    explanations : iterable of Explanation
        Of all suppliers.
    messages : callable
        Told ids, reads the rows of these messages, which are only needed for a model that reads the sentence before.
    directory : SupplierDirectory
        Who is who, as the run was attributed.
    model : KnownModel
        That gave the tags: another one would have had reasons of its own.
    by_hand : collection of TagKey
        Tags that no model decided.
    most, each : int
        Sentences in all, shared out among the suppliers, and of one supplier.

    Returns
    -------
    mapping of TagKey to tuple of (int, int)
        For `Sections.marks`; empty where the model is not there.

    Raises
    ------
    InputError
        If `most` is below 0.
    """
    if most < 0:
        raise InputError(f"got {most} sentences to explain, expected 0 or more; 0 marks no words")
    rows = _heaviest(explanations, set(by_hand), most, each) if most else []
    if not rows or not model.there():
        return {}
    tagger = _tagger(model)
    known = _rows(messages({row.message_id for row in rows})) if tagger.reads_context else {}
    marks = {}
    for row in rows:
        previous = _before(known[row.message_id], row.sentence, directory) if row.message_id in known else ""
        weighed = tagger.explain(row.text, row.signal, voice=row.voice, previous=previous)
        marks[row.message_id, int(row.sentence), row.signal] = deciding_words(row.text, weighed)
    return {key: spans for key, spans in marks.items() if spans}


def _rows(messages: pd.DataFrame) -> dict[str, Any]:
    kept = messages[messages["status"] != "duplicate"]
    return {str(row.message_id): row for row in kept.itertuples()}


def _heaviest(explanations: Iterable[Explanation], by_hand: set[TagKey], most: int, each: int) -> list[Any]:
    """Return the tags to explain: every supplier's heaviest sentence, then every second one, and so on."""
    parts = []
    for explanation in explanations:
        rows = explanation.contributions
        length = rows["text"].astype("string").str.len().fillna(0)
        moved = rows[length.between(1, SENTENCE) & (rows["contribution"] != 0)]
        keys = zip(moved["message_id"], moved["sentence"], moved["signal"], strict=True)
        decided = np.array([key not in by_hand for key in keys], bool)
        moved = moved[decided].drop_duplicates(["message_id", "sentence"]).head(each)
        parts.append(moved.assign(supplier=explanation.supplier, turn=range(len(moved)), size=-moved["contribution"].abs()))
    if not parts:
        return []
    table = pd.concat(parts).sort_values(["turn", "size", "supplier", "message_id", "sentence"])
    return list(table.head(most).itertuples())


@lru_cache(maxsize=1)
def _tagger(model: KnownModel) -> Tagger:
    return load(model.name)


def _before(row: Any, sentence: int, directory: SupplierDirectory) -> str:
    """Return the words that the model read before a sentence, where the run keeps the message whole."""
    found = find_sentences(stored_message(row), row.repeats, row.orphans, directory)
    # What a quote shows first goes on from nothing.
    if len(found.sentences) != row.sentences or sentence in (0, len(found.sentences) - found.quoted):
        return ""
    return found.words[sentence - 1]
