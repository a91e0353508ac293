"""What the rest of a message says of a sentence in it: among offers a plain claim is an offer too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from partnersignal.tagging.calibration import Bools, Floats

SIDES = ("vendor", "partner")  # whom the rest of a message may sound like: the columns of `talk_around`
_USUAL = 0.1  # share of a message that sounds like a side, before a word of it is read
_WEIGHT = 1.0  # of that, in sentences
_MOST = 20.0  # others weigh no more than so many: what models learn from is seldom longer


def talk_around(scores: Floats, vendor: Bools, messages: Sequence[int]) -> Floats:
    """Measure how much more than usual the other sentences of its message sound like a vendor, and like a partner.

    Parameters
    ----------
    scores : numpy.ndarray of shape (n_sentences, n_signals)
        Log-odds as the model gives them.
    vendor : numpy.ndarray of bool of shape (n_signals,)
        Columns of the vendor side; the others are the partner side.
    messages : sequence of int of length n_sentences
        Number of the message that each sentence stands in, in any order.

    Returns
    -------
    numpy.ndarray of shape (n_sentences, 2)
        Log-odds over the usual ones, a column for each of `SIDES`; 0 for a sentence that stands alone, and for a side
        without signals.
    """
    place = np.unique(np.asarray(messages), return_inverse=True)[1].astype(np.int64)
    return np.column_stack([_talk_of(scores[:, side], place) for side in (vendor, ~vendor)])


def _talk_of(scores: Floats, place: NDArray[np.int64]) -> Floats:
    if not scores.size:
        return np.zeros(len(scores))
    sounds = 1.0 / (1.0 + np.exp(-np.clip(scores.max(axis=1), -30.0, 30.0)))
    others = np.bincount(place)[place] - 1
    mean = np.maximum(np.bincount(place, sounds)[place] - sounds, 0.0) / np.maximum(others, 1)
    weight = np.minimum(others, _MOST)
    share = (weight * mean + _WEIGHT * _USUAL) / (weight + _WEIGHT)
    return np.asarray(np.log(share / (1 - share)) - np.log(_USUAL / (1 - _USUAL)))
