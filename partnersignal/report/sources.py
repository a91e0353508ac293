"""The tables of a run, laid out once for looking things up supplier by supplier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from partnersignal.index.arrays import Ints


@dataclass(frozen=True, slots=True)
class Sources:
    """Messages by id and thread, places of tags by supplier.

    Attributes
    ----------
    subjects : pandas.Series
        By message_id.
    threads : pandas.DataFrame
        subject (of the earliest message), messages, first and last, by thread_id.
    tags : pandas.DataFrame
        message_id, sentence, signal, start, end, bulk.
    tags_of : mapping of str to array of int
        Rows of `tags`, by supplier.
    """

    subjects: pd.Series
    threads: pd.DataFrame
    tags: pd.DataFrame
    tags_of: Mapping[str, Ints]

    @classmethod
    def of(cls, messages: pd.DataFrame, tags: pd.DataFrame) -> Sources:
        """Lay out the tables.

        Parameters
        ----------
        messages, tags : pandas.DataFrame
            Of the run.

        Returns
        -------
        Sources
            Duplicate messages left out.
        """
        read = messages[messages["status"] != "duplicate"].drop_duplicates("message_id")
        threads = read.sort_values("date").groupby("thread_id")
        places = tags[["message_id", "sentence", "signal", "start", "end", "bulk", "supplier"]]
        places = places.drop_duplicates(["message_id", "sentence", "signal", "supplier"])
        return cls(
            subjects=read.set_index("message_id")["subject"].fillna(""),
            threads=threads.agg(
                subject=("subject", "first"), messages=("message_id", "size"), first=("date", "min"), last=("date", "max")
            ),
            tags=places.drop(columns="supplier"),
            tags_of={str(name): np.asarray(rows) for name, rows in places.groupby("supplier").indices.items()},
        )
