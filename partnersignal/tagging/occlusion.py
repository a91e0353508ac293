"""Which words carried a decision: leave each out and see how the score falls."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_WORDS = 80  # of a sentence; later ones stay in, unexamined
_DECIDING, _SHARE = 5, 0.5  # words at most, and the part of what speaks for a signal at which they are enough
_WORD = re.compile(r"\w+(?:['’.-]\w+)*")


@dataclass(frozen=True, slots=True)
class WordWeight:
    """What one word does to a score.

    Attributes
    ----------
    text : str
        The word.
    start, end : int
        Code points within the sentence.
    weight : float
        By how much the log-odds of the signal fall without it; below 0 where they rise.
    """

    text: str
    start: int
    end: int
    weight: float


def weigh_words(sentence: str, score: Callable[[Sequence[str]], NDArray[np.float64]]) -> tuple[WordWeight, ...]:
    """Weigh the words of a sentence by leaving each out (occlusion; Zeiler and Fergus 2014).

    Parameters
    ----------
    sentence : str
        What was scored.
    score : callable
        Takes n texts, gives n log-odds of one signal.

    Returns
    -------
    tuple of WordWeight
        The heaviest first; of the first 80 words.
    """
    words = list(_WORD.finditer(sentence))[:MOST_WORDS]
    without = [sentence[: word.start()] + sentence[word.end() :] for word in words]
    whole, *rest = score([sentence, *without]).tolist()
    weighed = [WordWeight(word[0], *word.span(), whole - left) for word, left in zip(words, rest, strict=True)]
    return tuple(sorted(weighed, key=lambda each: (-each.weight, each.start)))


def deciding_words(sentence: str, weighed: Sequence[WordWeight]) -> tuple[tuple[int, int], ...]:
    """Choose the words that a decision rests on.

    Parameters
    ----------
    sentence : str
        What was scored.
    weighed : sequence of WordWeight
        From `weigh_words`.

    Returns
    -------
    tuple of (int, int)
        The heaviest words until they carry half of what all words that speak for the signal carry, at most five; words
        beside each other as one span. Code points within the sentence, in order.
    """
    enough = _SHARE * sum(max(each.weight, 0.0) for each in weighed)
    chosen: list[tuple[int, int]] = []
    for each in weighed[:_DECIDING]:
        if each.weight <= 0 or enough <= 0:
            break
        chosen.append((each.start, each.end))
        enough -= each.weight
    spans: list[tuple[int, int]] = []
    for start, end in sorted(chosen):
        if spans and sentence[spans[-1][1] : start].isspace():
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return tuple(spans)
