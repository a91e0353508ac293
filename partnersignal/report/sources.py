"""The messages of a run, laid out once for looking things up."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, slots=True)
class Sources:
    """Messages by id and thread.

    Attributes
    ----------
    subjects : pandas.Series
        By message_id.
    threads : pandas.DataFrame
        subject (of the earliest message), messages, first and last, by thread_id.
    """

    subjects: pd.Series
    threads: pd.DataFrame

    @classmethod
    def of(cls, messages: pd.DataFrame) -> Sources:
        """Lay out the table.

        Parameters
        ----------
        messages : pandas.DataFrame
            Of the run.

        Returns
        -------
        Sources
            Duplicate messages left out.
        """
        read = messages[messages["status"] != "duplicate"].drop_duplicates("message_id")
        threads = read.sort_values("date").groupby("thread_id")
        return cls(
            subjects=read.set_index("message_id")["subject"].fillna(""),
            threads=threads.agg(
                subject=("subject", "first"), messages=("message_id", "size"), first=("date", "min"), last=("date", "max")
            ),
        )
