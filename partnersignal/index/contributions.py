"""Why an index is what it is: exact contributions, and the influence of single threads."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from partnersignal.errors import InputError
from partnersignal.index.arrays import SIDES, SIGNS, Floats
from partnersignal.index.counted import counted_tags
from partnersignal.index.index import Index
from partnersignal.index.posterior import above_typical, points_per_latent, posterior

# Contributions add up to index - 50 within this, by the rules of the index.
_EXACT = 1e-9
_SHOWN = ["message_id", "sentence", "text", "signal", "probability", "contribution", "date", "voice"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The exact account of one supplier's index.

    Attributes
    ----------
    supplier : str
        Whose.
    index : float
        0 to 100.
    contributions : pandas DataFrame
        message_id, sentence, text, signal, probability, contribution (points; never against the signal's side), date
        and voice; largest first. Tags outside the view of the index are not listed.
    baseline : mapping of str to float
        Points a signal: what a typical supplier would have shown on the same exposure. Partner signals 0 or below,
        vendor signals 0 or above.
    """

    supplier: str
    index: float
    contributions: pd.DataFrame = field(repr=False)
    baseline: Mapping[str, float] = field(repr=False)

    @property
    def total(self) -> float:
        """Return the sum of all contributions and baseline lines: index - 50, within 1e-9."""
        return math.fsum([*self.contributions["contribution"], *self.baseline.values()])


def explain(index: Index, supplier: str, tags: pd.DataFrame) -> Explanation:
    """Split a supplier's index into the sentences behind it.

    Along the straight path from a typical supplier to this one each unit of evidence earns the same (Aumann-Shapley).
    With sigma = (index - 50) / D, lambda = D_side / (q - mu) and the thread's h and f::

        a tag       +/- sigma lambda f h r w p / (A + kappa)          + partner, - vendor
        baseline    -/+ sigma lambda A mu_signal / (A + kappa)        - partner, + vendor

    Parameters
    ----------
    index : Index
        The index.
    supplier : str
        Name of the supplier.
    tags : pandas DataFrame
        The tags that the evidence was collected from: message_id, sentence, text, signal, probability, date, voice.
        Where there is a column ``supplier``, only its rows count.

    Returns
    -------
    Explanation
        Its lines.

    Raises
    ------
    InputError
        If the supplier is unknown or the tags are not those that the index was built from.

    References
    ----------
    Aumann and Shapley (1974), Values of Non-Atomic Games, Princeton University Press.
    """
    score, number = index[supplier], index.threads.suppliers.index(supplier)
    points = _points_per_unit(index, number)
    missing = [name for name in _SHOWN if name not in tags.columns and name != "contribution"]
    if missing:
        raise InputError(f"got tags without {', '.join(missing)}, expected the columns of tags.parquet; add them")
    lines = counted_tags(index.evidence, index.threads, index.weights, tags, supplier)
    lines["contribution"] = points[lines["side"].to_numpy()] * lines["mass"].to_numpy()
    lines["size"] = -lines["contribution"].abs()
    lines = lines.sort_values(["size", "message_id", "sentence", "signal"], ignore_index=True)
    expected = points * index.posterior.exposure[number] * index.prior.both("mu")
    side = {signal.label: SIDES.index(signal.side) for signal in index.evidence.signals}
    baseline = {label: float(-expected[side[label]] * share) for label, share in index.prior.shares().items()}
    explanation = Explanation(supplier, score.index, lines[_SHOWN], baseline)
    if abs(explanation.total - (score.index - 50)) > _EXACT:
        raise InputError(
            f"got tags that add up to {explanation.total:.6f} points, expected {score.index - 50:.6f} as in the index "
            f"of {supplier!r}; give exactly the tags that its evidence was collected from"
        )
    return explanation


def influence(index: Index, supplier: str) -> pd.DataFrame:
    """Return what the index would be without each thread.

    Not a contribution: the thread's exposure goes as well, and these numbers do not add up. The prior stays.

    Parameters
    ----------
    index : Index
        The index.
    supplier : str
        Name of the supplier.

    Returns
    -------
    pandas DataFrame of shape (n_threads, 3)
        thread_id, index_without (0 to 100) and change (index minus index_without, points: what the thread moved it
        by), largest change first.

    Raises
    ------
    InputError
        If the supplier is unknown.
    """
    score, number = index[supplier], index.threads.suppliers.index(supplier)
    own = index.threads.supplier == number
    exposure, evidence = index.threads.exposure[own], index.threads.evidence[:, own]
    # Rounding must not leave less than nothing where the last thread goes.
    rest = np.maximum(exposure.sum() - exposure, 0)
    rest_evidence = np.maximum(evidence.sum(axis=1, keepdims=True) - evidence, 0)
    result = posterior(rest, rest_evidence, index.posterior.prior, index.correction)
    names = [index.threads.thread_id[i] for i in np.flatnonzero(own)]
    without = 50 + above_typical(result.d, result.scale)
    rows = pd.DataFrame({"thread_id": names, "index_without": without})
    rows["change"] = score.index - rows["index_without"]
    rows["size"] = -rows["change"].abs()
    return rows.sort_values(["size", "thread_id"], ignore_index=True).drop(columns="size")


def _points_per_unit(index: Index, number: int) -> Floats:
    """Return the signed points that a unit of evidence of each side earns."""
    result = index.posterior
    slope = points_per_latent(result.d[number : number + 1], result.scale)
    points: Floats = SIGNS * slope * result.secant[:, number] / (result.exposure[number] + result.prior.both("kappa"))
    return points
