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
from partnersignal.index.threads import CAP, RHO

# Contributions add up to index - 50 within this, by the rules of the index.
_EXACT = 1e-9
_MOVERS = 5
_SENTENCE = ["message_id", "sentence"]
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
    movers : pandas DataFrame
        The five sentences that moved the index most: message_id, sentence, text, contribution (of all its tags) and
        index_without, had this one not been written; largest first.
    index_without_movers : float
        The index had none of the five been written: their tags and their exposure gone, prior kept.
    """

    supplier: str
    index: float
    contributions: pd.DataFrame = field(repr=False)
    baseline: Mapping[str, float] = field(repr=False)
    movers: pd.DataFrame = field(repr=False)
    index_without_movers: float = field(repr=False)

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
    movers = _movers(index, number, lines)
    without = _without(index, number, lines.merge(movers[_SENTENCE], on=_SENTENCE)) if len(movers) else score.index
    explanation = Explanation(supplier, score.index, lines[_SHOWN], baseline, movers, without)
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


def _movers(index: Index, number: int, lines: pd.DataFrame) -> pd.DataFrame:
    """Return the sentences with the largest contributions, each with the index without it."""
    if lines.empty:  # of most suppliers of a large mailbox
        return lines[[*_SENTENCE, "text", "contribution"]].assign(index_without=np.float64())
    sentences = lines.groupby(_SENTENCE, as_index=False).agg(text=("text", "first"), contribution=("contribution", "sum"))
    sentences["size"] = -sentences["contribution"].abs()
    movers = sentences.sort_values(["size", *_SENTENCE], ignore_index=True).head(_MOVERS).drop(columns="size")
    pairs = zip(movers["message_id"], movers["sentence"], strict=True)
    alone = [lines[(lines["message_id"] == message) & (lines["sentence"] == sentence)] for message, sentence in pairs]
    movers["index_without"] = np.array([_without(index, number, each) for each in alone], dtype=np.float64)
    return movers


def _without(index: Index, number: int, lines: pd.DataFrame) -> float:
    """Return the index of a supplier had the sentences of these tags not been written."""
    threads, result = index.threads, index.posterior
    hit, place = np.unique(lines["thread"].to_numpy(dtype=np.int64), return_inverse=True)
    first = ~lines.duplicated(_SENTENCE).to_numpy()
    recency, side = lines["recency"].to_numpy(), lines["side"].to_numpy()
    saturation, before = threads.saturation[hit], np.stack([threads.exposure[hit], *threads.evidence[:, hit]])
    # Sums over the sentences of the thread, before saturation and cap, and what is left of them.
    sentences = np.rint((1 / saturation - 1) / RHO) - np.bincount(place[first], minlength=len(hit))
    faded = np.maximum(before[0] / saturation - np.bincount(place[first], recency[first], len(hit)), 0)
    uncapped = before[1:] / (threads.kept[:, hit] * saturation)
    gone = lines["mass"].to_numpy() / (threads.kept[side, lines["thread"]] * threads.saturation[lines["thread"]])
    uncapped = np.maximum(uncapped - [np.bincount(place[side == s], gone[side == s], len(hit)) for s in range(2)], 0)
    saturation = 1 / (1 + RHO * sentences)
    cap = CAP * np.divide(faded, sentences, out=np.zeros_like(faded), where=sentences > 0)
    after = np.stack([saturation * faded, *np.minimum(cap, saturation * uncapped)])
    own = np.array([result.exposure[number], *(threads.per_supplier(each)[number] for each in threads.evidence)])
    rest = np.maximum(own + (after - before).sum(axis=1), 0)[:, None]
    return float(50 + above_typical(posterior(rest[0], rest[1:], result.prior, index.correction).d, result.scale)[0])


def _points_per_unit(index: Index, number: int) -> Floats:
    """Return the signed points that a unit of evidence of each side earns."""
    result = index.posterior
    slope = points_per_latent(result.d[number : number + 1], result.scale)
    points: Floats = SIGNS * slope * result.secant[:, number] / (result.exposure[number] + result.prior.both("kappa"))
    return points
