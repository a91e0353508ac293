"""Who is better, with doubt: pairs, expected ranks, groups, and the threads still needed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from partnersignal.index.arrays import Floats
from partnersignal.index.index import Index
from partnersignal.index.posterior import above_typical, error_variance, sampling_variance
from partnersignal.index.scores import SupplierScore

# Two suppliers are told apart when one is above the other with more than this probability.
TOLD_APART = 0.95
# More threads than any portfolio will see: no answer.
_MOST_THREADS = 10**9


def probability_above(a: SupplierScore, b: SupplierScore) -> float:
    """Return the probability that one supplier is more partner-like than another.

    ``Phi((D_a - D_b) / sqrt(sd_a^2 + sd_b^2))``

    Parameters
    ----------
    a, b : SupplierScore
        Of the same index.

    Returns
    -------
    float
        0 to 1; .5 for equals.
    """
    return float(_above(np.array([a.d]), np.array([a.sd]), b.d, b.sd)[0])


def expected_ranks(scores: Sequence[SupplierScore]) -> Floats:
    """Return the expected rank of each supplier among those given.

    Parameters
    ----------
    scores : sequence of SupplierScore
        For example those of an index with enough evidence.

    Returns
    -------
    array of shape (n_scores,)
        ``1 + sum over the others of P(other above it)``, from 1 (surely best) to n; in the order given.
    """
    d, sd = _latent(scores)
    # The supplier's comparison with itself adds .5, which is taken off again.
    return np.array([0.5 + _above(d, sd, d[i], sd[i]).sum() for i in range(len(scores))])


def groups(scores: Sequence[SupplierScore]) -> tuple[tuple[str, ...], ...]:
    """Return the groups of suppliers that cannot be told apart.

    Two suppliers are told apart when P(above) is outside [.05, .95]. A group is a longest run of the ranking in which
    no pair is told apart; groups overlap, as "not told apart" does not carry over from pair to pair.

    Parameters
    ----------
    scores : sequence of SupplierScore
        In any order.

    Returns
    -------
    tuple of tuple of str
        Names in each group, best first; every supplier is in at least one.
    """
    ranked = sorted(scores, key=lambda score: (-score.d, score.supplier))
    d, sd = _latent(ranked)
    n = len(ranked)
    end = n  # one behind the last member of the longest run that starts at i
    runs: list[tuple[int, int]] = []
    for i in reversed(range(n)):
        apart = np.flatnonzero(_above(-d[i + 1 :], sd[i + 1 :], -d[i], sd[i]) > TOLD_APART)
        end = min(end, i + 1 + int(apart[0])) if len(apart) else end
        if runs and runs[-1][1] == end:
            runs.pop()  # the run that starts here holds it
        runs.append((i, end))
    return tuple(tuple(score.supplier for score in ranked[a:b]) for a, b in reversed(runs))


def ranking(index: Index) -> pd.DataFrame:
    """Return who is better, as far as that can be said.

    Parameters
    ----------
    index : Index
        The index.

    Returns
    -------
    pandas DataFrame
        A row a supplier with enough evidence, best first: supplier, index, low, high, expected_rank, first_group and
        last_group (numbers from 1 of the groups that hold it; suppliers that share one cannot be told apart),
        above_next (probability of being above the next one) and threads_needed (more threads of both to tell the two
        apart; missing where no mail would do). The last row has no next.
    """
    ranked = [score for score in index if score.enough_evidence]
    table = pd.DataFrame({name: [getattr(score, name) for score in ranked] for name in ("supplier", "index", "low", "high")})
    table["expected_rank"] = expected_ranks(ranked)
    places: dict[str, list[int]] = {score.supplier: [] for score in ranked}
    for number, names in enumerate(groups(ranked), 1):
        for name in names:
            places[name].append(number)
    table["first_group"] = [min(numbers) for numbers in places.values()]
    table["last_group"] = [max(numbers) for numbers in places.values()]
    pairs = list(pairwise(ranked))
    empty = [None] if ranked else []
    table["above_next"] = pd.array([*(probability_above(a, b) for a, b in pairs), *empty], dtype="Float64")
    needed = [threads_needed(index, a.supplier, b.supplier) for a, b in pairs]
    table["threads_needed"] = pd.array([*needed, *empty], dtype="Int64")
    return table


def threads_needed(index: Index, a: str, b: str) -> int | None:
    """Return how many more threads of each of two suppliers would tell them apart, if they go on like this.

    Rates are held; exposure grows by n times the mean exposure of the supplier's own threads (of all threads where it
    has none), until P(above) passes .95.

    Parameters
    ----------
    index : Index
        The index.
    a, b : str
        Names of suppliers.

    Returns
    -------
    int or None
        0 where they are told apart already; None where no amount of mail would do, because they are alike or the
        uncertainty of the error correction alone hides the difference.

    Raises
    ------
    InputError
        If a name is unknown.
    """
    for name in (a, b):
        index[name]
    pair = np.array([index.threads.suppliers.index(name) for name in (a, b)])
    result = index.posterior
    rate, gap = result.rate[:, pair], np.abs(result.d[pair[:1]] - result.d[pair[1:]])
    errors = error_variance(rate, result.prior, index.correction).sum()
    step = np.array([_mean_exposure(index, number) for number in pair])

    def _enough(n: int) -> bool:
        exposure = result.exposure[pair] + n * step
        variance = sampling_variance(exposure, rate, result.prior, index.correction).sum() + errors
        return bool(0.5 + above_typical(gap, np.sqrt(variance))[0] / 100 > TOLD_APART)

    if _enough(0):
        return 0
    low, high = 0, 1
    while not _enough(high):
        low, high = high, 2 * high
        if high > _MOST_THREADS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _enough(middle) else (middle, high)
    return high


def _mean_exposure(index: Index, number: int) -> float:
    exposure = index.threads.exposure
    own = exposure[index.threads.supplier == number]
    if len(own):
        exposure = own
    return float(exposure.mean()) if len(exposure) else 0.0


def _latent(scores: Sequence[SupplierScore]) -> tuple[Floats, Floats]:
    return np.array([score.d for score in scores]), np.array([score.sd for score in scores])


def _above(d: Floats, sd: Floats, other_d: float, other_sd: float) -> Floats:
    """Return the probability that each supplier is above one other."""
    return 0.5 + above_typical(d - other_d, np.hypot(sd, other_sd)) / 100
