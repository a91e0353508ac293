"""Why an index is what it is: exact contributions, and the influence of single threads."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd

from partnersignal.errors import InputError
from partnersignal.index.arrays import SIDES, SIGNS, Floats, Ints
from partnersignal.index.counted import counted_tags
from partnersignal.index.index import Index
from partnersignal.index.posterior import above_typical, points_per_latent, posterior
from partnersignal.index.scores import SupplierScore
from partnersignal.index.threads import CAP, RHO, thread_names

# Contributions add up to index - 50 within this, by the rules of the index.
_EXACT = 1e-9
_MOVERS = 5
_SENTENCE = ["message_id", "sentence"]
_SHOWN = ["message_id", "sentence", "text", "signal", "probability", "contribution", "date", "voice"]
_PLACE = ["start", "end", "bulk"]  # shown where the tags have them
_MOVED = [*_SENTENCE, "text", "contribution", "index_without"]


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
        and voice, and start, end and bulk where the tags have them; largest first. Tags outside the view of the index
        are not listed.
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
    return explain_all(index, tags, [supplier])[0]


def explain_all(index: Index, tags: pd.DataFrame, suppliers: Sequence[str] | None = None) -> tuple[Explanation, ...]:
    """Split the indexes of many suppliers into the sentences behind them, at once.

    Parameters
    ----------
    index : Index
        The index.
    tags : pandas DataFrame
        As in `explain`; at least those of the suppliers.
    suppliers : sequence of str, optional
        Names; by default all, in the order of the index.

    Returns
    -------
    tuple of Explanation
        In the order of the names.

    Raises
    ------
    InputError
        As in `explain`.
    """
    scores = index.scores if suppliers is None else tuple(index[name] for name in suppliers)
    missing = [name for name in _SHOWN if name not in tags.columns and name != "contribution"]
    if missing:
        raise InputError(f"got tags without {', '.join(missing)}, expected the columns of tags.parquet; add them")
    numbers = {name: number for number, name in enumerate(index.threads.suppliers)}
    owner = np.array([numbers[score.supplier] for score in scores], dtype=np.int64)
    points = _points_per_unit(index)[:, owner]
    lines = _lines(index, tags, scores, owner, points)
    movers = _movers(lines)
    movers["index_without"], without = _without_movers(index, owner, lines, movers)
    expected = points * index.posterior.exposure[owner] * index.prior.both("mu")[:, None]
    side = {signal.label: SIDES.index(signal.side) for signal in index.evidence.signals}
    shares = index.prior.shares().items()
    shown = [*_SHOWN, *(name for name in _PLACE if name in tags.columns)]
    explanations = tuple(
        Explanation(
            score.supplier, score.index, own_lines,
            {label: float(-expected[side[label], turn] * share) for label, share in shares},
            own_movers, float(without[turn]) if len(own_movers) else score.index,
        )
        for turn, (score, own_lines, own_movers) in enumerate(
            zip(scores, _cut(lines, shown, len(scores)), _cut(movers, _MOVED, len(scores)), strict=True)
        )
    )  # fmt: skip
    for score, explanation in zip(scores, explanations, strict=True):
        _check(score, explanation)
    return explanations


def _check(score: SupplierScore, explanation: Explanation) -> None:
    if abs(explanation.total - (score.index - 50)) > _EXACT:
        raise InputError(
            f"got tags that add up to {explanation.total:.6f} points, expected {score.index - 50:.6f} as in the index "
            f"of {score.supplier!r}; give exactly the tags that its evidence was collected from"
        )


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
    start, stop = np.searchsorted(index.threads.supplier, [number, number + 1])
    own = np.arange(start, stop)
    exposure, evidence = index.threads.exposure[own], index.threads.evidence[:, own]
    # Rounding must not leave less than nothing where the last thread goes.
    rest = np.maximum(exposure.sum() - exposure, 0)
    rest_evidence = np.maximum(evidence.sum(axis=1, keepdims=True) - evidence, 0)
    result = posterior(rest, rest_evidence, index.posterior.prior, index.correction)
    without = 50 + above_typical(result.d, result.scale)
    change = score.index - without
    names = thread_names(index.evidence, index.threads, int(start), int(stop))
    order = sorted(range(len(names)), key=lambda place: (-abs(change[place]), names[place]))
    return pd.DataFrame(
        {
            "thread_id": pd.Series([names[i] for i in order], dtype="str"),
            "index_without": without[order],
            "change": change[order],
        }
    )


def _lines(index: Index, tags: pd.DataFrame, scores: Sequence[SupplierScore], owner: Ints, points: Floats) -> pd.DataFrame:
    """Return the counted tags of the suppliers, supplier by supplier (``turn``), largest contribution first."""
    lines = counted_tags(index.evidence, index.threads, index.weights, tags, [score.supplier for score in scores])
    turns = np.zeros(len(index.threads.suppliers), dtype=np.int64)
    turns[owner] = np.arange(len(owner))
    lines["turn"] = turns[index.threads.supplier[lines["thread"].to_numpy(dtype=np.int64)]]
    lines["contribution"] = points[lines["side"].to_numpy(), lines["turn"].to_numpy()] * lines["mass"].to_numpy()
    lines["size"] = -lines["contribution"].abs()
    return lines.sort_values(["turn", "size", "message_id", "sentence", "signal"], ignore_index=True)


def _cut(rows: pd.DataFrame, columns: Sequence[str], count: int) -> Iterator[pd.DataFrame]:
    """Cut rows that are in order of their ``turn``."""
    cuts = np.searchsorted(rows["turn"].to_numpy(), np.arange(count + 1))
    shown = rows[list(columns)]
    return (shown.iloc[start:stop].reset_index(drop=True) for start, stop in pairwise(cuts))


def _movers(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the sentences with the largest contributions of each supplier."""
    key = ["turn", *_SENTENCE]
    sentences = lines.groupby(key, as_index=False).agg(text=("text", "first"), contribution=("contribution", "sum"))
    sentences["size"] = -sentences["contribution"].abs()
    return sentences.sort_values(["turn", "size", *_SENTENCE]).groupby("turn").head(_MOVERS).reset_index(drop=True)


def _without_movers(index: Index, owner: Ints, lines: pd.DataFrame, movers: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return each supplier's index without each of its movers, and without all of them."""
    key = ["turn", *_SENTENCE]
    gone = lines.merge(movers[key].assign(mover=np.arange(len(movers))), on=key)
    mover, turn = gone["mover"].to_numpy(dtype=np.int64), gone["turn"].to_numpy(dtype=np.int64)
    alone = _without(index, owner[movers["turn"].to_numpy(dtype=np.int64)], mover, gone)
    return alone, _without(index, owner, turn, gone)


def _without(index: Index, owner: Ints, case: Ints, lines: pd.DataFrame) -> Floats:
    """Return the index of a supplier had some sentences not been written, in many cases at once.

    The supplier of each case is told, and the case of each line: a tag of a sentence that is gone.
    """
    threads, result, cases = index.threads, index.posterior, len(owner)
    thread, side = lines["thread"].to_numpy(dtype=np.int64), lines["side"].to_numpy(dtype=np.int64)
    first = ~lines["mover"].duplicated().to_numpy()
    recency = lines["recency"].to_numpy()
    keys, place = np.unique(case * len(threads.supplier) + thread, return_inverse=True)
    of_case, hit = np.divmod(keys, max(len(threads.supplier), 1))
    saturation, before = threads.saturation[hit], np.stack([threads.exposure[hit], *threads.evidence[:, hit]])
    # Sums over the sentences of the thread, before saturation and cap, and what is left of them.
    sentences = np.rint((1 / saturation - 1) / RHO) - np.bincount(place[first], minlength=len(hit))
    faded = np.maximum(before[0] / saturation - np.bincount(place[first], recency[first], len(hit)), 0)
    uncapped = before[1:] / (threads.kept[:, hit] * saturation)
    gone = lines["mass"].to_numpy() / (threads.kept[side, thread] * threads.saturation[thread])
    uncapped = np.maximum(uncapped - [np.bincount(place[side == s], gone[side == s], len(hit)) for s in range(2)], 0)
    saturation = 1 / (1 + RHO * sentences)
    cap = CAP * np.divide(faded, sentences, out=np.zeros_like(faded), where=sentences > 0)
    after = np.stack([saturation * faded, *np.minimum(cap, saturation * uncapped)])
    own = np.stack([result.exposure, *(threads.per_supplier(each) for each in threads.evidence)])[:, owner]
    rest = np.maximum(own + [np.bincount(of_case, each, cases) for each in after - before], 0)
    without: Floats = 50 + above_typical(posterior(rest[0], rest[1:], result.prior, index.correction).d, result.scale)
    return without


def _points_per_unit(index: Index) -> Floats:
    """Return the signed points that a unit of evidence of each side earns, shape (2, n_suppliers)."""
    result = index.posterior
    slope = points_per_latent(result.d, result.scale)
    points: Floats = SIGNS[:, None] * slope * result.secant / (result.exposure + result.prior.both("kappa")[:, None])
    return points
