"""The index of a run, supplier by supplier, with the sentences behind each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from partnersignal.index import Explanation, Index, SupplierScore, explain, influence, ranking

if TYPE_CHECKING:
    from partnersignal.runs.run import Run


@dataclass(frozen=True)
class SupplierResult:
    """One supplier of a run: its score, and why.

    Attributes
    ----------
    score : SupplierScore
        Index, interval, evidence.
    run : Run
        Where the sentences are.
    """

    score: SupplierScore
    run: Run

    @property
    def index(self) -> float:
        """Return the index, 0 to 100."""
        return self.score.index

    @property
    def low(self) -> float:
        """Return the lower end of the 90 % interval."""
        return self.score.low

    @property
    def high(self) -> float:
        """Return the upper end of the 90 % interval."""
        return self.score.high

    def explain(self) -> Explanation:
        """Account for the index, down to the sentence.

        Returns
        -------
        Explanation
            Contributions of sentences and baseline lines; their sum is index minus 50.
        """
        return explain(self.run.index.model, self.score.supplier, self.run.tags)

    def influence(self) -> pd.DataFrame:
        """Say what the index would be without each thread.

        Returns
        -------
        pandas.DataFrame
            thread_id, index_without, change; largest change first.
        """
        return influence(self.run.index.model, self.score.supplier)


@dataclass(frozen=True)
class RunIndex:
    """The index of a run: ``run.index["Acme"]``, ``run.index.to_pandas()``, iteration, ``len``.

    Attributes
    ----------
    model : Index
        Scores, prior, weights.
    run : Run
        Where the sentences are.
    """

    model: Index
    run: Run

    def __len__(self) -> int:
        """Return the number of suppliers."""
        return len(self.model)

    def __iter__(self) -> Iterator[SupplierResult]:
        """Iterate over suppliers, highest index first."""
        return (SupplierResult(score, self.run) for score in self.model)

    def __getitem__(self, supplier: str) -> SupplierResult:
        """Return one supplier's result.

        Parameters
        ----------
        supplier : str
            Its name.

        Returns
        -------
        SupplierResult
            Score and explanation.

        Raises
        ------
        InputError
            If there is no such supplier; the message names the closest.
        """
        return SupplierResult(self.model[supplier], self.run)

    def to_pandas(self) -> pd.DataFrame:
        """Return the table of ``index.csv``.

        Returns
        -------
        pandas.DataFrame
            A row a supplier, highest index first.
        """
        return self.model.to_pandas()

    def ranking(self) -> pd.DataFrame:
        """Say who is better, as far as that can be said.

        Returns
        -------
        pandas.DataFrame
            As `partnersignal.index.ranking`: expected ranks, groups that cannot be told apart, threads still needed.
        """
        return ranking(self.model)
