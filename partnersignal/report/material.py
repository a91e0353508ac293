"""What a report is made from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

import pandas as pd

from partnersignal.index import Explanation, Index
from partnersignal.report.sections import Sections


class Explanations(Protocol):
    """The accounts of all suppliers' indexes, in the order of the index; may be made again each time."""

    def __len__(self) -> int:
        """Return the number of suppliers."""

    def __iter__(self) -> Iterator[Explanation]:
        """Iterate over the suppliers."""


@dataclass(frozen=True, slots=True)
class Thread:
    """What a report says of a thread.

    Attributes
    ----------
    subject : str
        Of its earliest message that has one, or empty.
    messages : int
        How many, duplicates left out.
    first, last : datetime
        Of its messages; NaT where none is dated.
    """

    subject: str
    messages: int
    first: datetime
    last: datetime


class Sources(Protocol):
    """The tables of a run, which are too large to hold: what is shown of them is looked up."""

    def words(self, column: Literal["text", "subject"], message_ids: Collection[str]) -> Iterator[tuple[str, str]]:
        """Read the texts or the subjects of some messages.

        Parameters
        ----------
        column : {"text", "subject"}
            What to read.
        message_ids : collection of str
            Which; unknown ones and duplicates are left out.

        Yields
        ------
        tuple of str
            Message and words, each message once; all the texts together may not fit into memory.
        """

    def threads(self, thread_ids: Collection[str]) -> Mapping[str, Thread]:
        """Tell what some threads are.

        Parameters
        ----------
        thread_ids : collection of str
            Which; unknown ones and duplicates are left out.

        Returns
        -------
        mapping of str to Thread
            By thread.
        """

    def headers(self) -> pd.DataFrame:
        """Read who wrote to whom.

        Returns
        -------
        pandas.DataFrame
            sender, recipients, supplier and voice, each combination once.
        """

    def worded(self) -> bool:
        """Tell whether the run holds the words of its tags.

        Returns
        -------
        bool
            True also where nothing is tagged.
        """


@dataclass(frozen=True, slots=True)
class Material:
    """A run, as the report needs it.

    Attributes
    ----------
    index : Index
        Scores of all suppliers.
    explanations : Explanations
        In the order of the index.
    sources : Sources
        The tables of the run.
    receipt : mapping
        What was read.
    model_card : str
        Markdown; empty where the model has none.
    sections : Sections
        What is known beside the index.
    quotes : bool
        Whether words of messages are shown.
    """

    index: Index
    explanations: Explanations = field(repr=False)
    sources: Sources = field(repr=False)
    receipt: Mapping[str, Any] = field(repr=False)
    model_card: str = field(default="", repr=False)
    sections: Sections = field(default=Sections(), repr=False)
    quotes: bool = True
