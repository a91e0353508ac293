"""Splits that keep a world, an organisation or a thread on one side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


def group_folds(groups: Sequence[str], sizes: int, seed: int) -> Iterator[tuple[Rows, Rows]]:
    """Split rows into folds of whole groups of about equal size.

    Parameters
    ----------
    groups : sequence of str of length n_sentences
        What must not be split.
    sizes : int
        Number of folds; fewer where there are fewer groups.
    seed : int
        Shuffles groups of equal size.

    Yields
    ------
    train, test : numpy.ndarray of int
        Row numbers.
    """
    names, inverse, counts = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-counts[order], kind="stable")]
    folds = min(sizes, len(names))
    load = np.zeros(folds, dtype=np.int64)
    fold_of = np.zeros(len(names), dtype=np.int64)
    for group in order:
        fold_of[group] = int(np.argmin(load))
        load[fold_of[group]] += counts[group]
    rows = fold_of[inverse]
    for fold in range(folds):
        yield np.nonzero(rows != fold)[0], np.nonzero(rows == fold)[0]


def bootstrap_weights(n_units: int, rounds: int, seed: int) -> NDArray[np.float64]:
    """Draw units with replacement, again and again.

    Parameters
    ----------
    n_units : int
        Groups, or sentences.
    rounds : int
        Draws.
    seed : int
        The same seed draws the same.

    Returns
    -------
    numpy.ndarray of shape (rounds, n_units)
        How often each unit is drawn; a row adds up to `n_units`.
    """
    share = np.full(n_units, 1 / n_units)
    return np.random.default_rng(seed).multinomial(n_units, share, size=rounds).astype(np.float64)
