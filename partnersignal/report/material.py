"""What a report is made from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from partnersignal.index import Explanation, Index
from partnersignal.report.sections import Sections


@dataclass(frozen=True, slots=True)
class Material:
    """A run, as the report needs it.

    Attributes
    ----------
    index : Index
        Scores of all suppliers.
    explanations : sequence of Explanation
        In the order of the index.
    messages, tags : pandas.DataFrame
        The tables of the run; texts of messages need not be there.
    receipt : mapping
        What was read.
    texts : callable
        Told message ids, gives the texts of those that have one: a run's texts are too many to hold.
    model_card : str
        Markdown; empty where the model has none.
    sections : Sections
        What is known beside the index.
    quotes : bool
        Whether words of messages are shown.
    """

    index: Index
    explanations: Sequence[Explanation] = field(repr=False)
    messages: pd.DataFrame = field(repr=False)
    tags: pd.DataFrame = field(repr=False)
    receipt: Mapping[str, Any] = field(repr=False)
    texts: Callable[[Collection[str]], Mapping[str, str]] = field(repr=False)
    model_card: str = field(default="", repr=False)
    sections: Sections = field(default=Sections(), repr=False)
    quotes: bool = True
