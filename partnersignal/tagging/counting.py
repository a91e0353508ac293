"""Counting the linear model's features as scikit-learn does, several times faster: each word is looked up once."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from partnersignal.tagging.vocabulary import Vocabulary

WORD = r"\b\w[\w']*\b|[?!%$€£]"
SHORTEST = 2  # letters of an n-gram
words_and_marks = re.compile(WORD).findall
plain_words = re.compile(r"\w[\w']*").findall
_REMEMBERED = 50_000  # words whose letter n-grams are kept; a longer memory would grow with the export
_Ints = NDArray[np.int64]


def voiced(sentence: str, voice: str) -> str:
    """Write a sentence's words with the voice before each: "I promised" is not "they promised".

    Parameters
    ----------
    sentence, voice : str
        What was said, and by whom.

    Returns
    -------
    str
        Words such as ``s|promised``.
    """
    return " ".join(f"{voice[0]}|{word}" for word in plain_words(sentence.lower()))


def letter_grams(word: str, longest: int) -> list[str]:
    """Cut a word into letter n-grams.

    Parameters
    ----------
    word : str
        Between blanks, in small letters.
    longest : int
        Letters of the longest.

    Returns
    -------
    list of str
        Of the word with a blank before and after it, the shortest first.
    """
    padded = f" {word} "
    sizes = range(SHORTEST, min(longest, len(padded)) + 1)
    return [padded[at : at + size] for size in sizes for at in range(len(padded) - size + 1)]


@dataclass
class FeatureCounter:
    """Counts words, word pairs, letter n-grams and voiced words for a fitted model.

    The counts are those of scikit-learn's vectorizers, bit for bit; theirs cut every sentence into letter n-grams anew.

    Attributes
    ----------
    vocabularies : dict of str to Vocabulary
        ``words``, ``letters`` and ``voiced``.
    """

    vocabularies: dict[str, Vocabulary]
    _letters: dict[str, array[int]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Index the vocabularies by word."""
        self._longest = max(map(len, self.vocabularies["letters"].places), default=0)
        vocabulary = self.vocabularies["words"].places
        self._ids: dict[str, int] = {}
        pairs = {}
        for term, place in vocabulary.items():
            first, _, second = term.partition(" ")
            if second:
                pairs[self._id(first), self._id(second)] = place
            else:
                self._id(first)
        self._single = np.array([vocabulary.get(word, -1) for word in self._ids], dtype=np.int64)
        codes = np.array([a * len(self._ids) + b for a, b in pairs], dtype=np.int64)
        order = np.argsort(codes)
        self._pair_codes = codes[order]
        self._pair_places = np.array(list(pairs.values()), dtype=np.int64)[order]

    def _id(self, word: str) -> int:
        return self._ids.setdefault(word, len(self._ids))

    def blocks(self, sentences: Sequence[str], voices: Sequence[str]) -> list[sparse.csr_matrix]:
        """Return the weighted features of each kind.

        Parameters
        ----------
        sentences, voices : sequence of str of length n_sentences
            What was said, and by whom.

        Returns
        -------
        list of scipy.sparse.csr_matrix
            As scikit-learn's vectorizers ``transform``.
        """
        lowered = [sentence.lower() for sentence in sentences]
        counted = {
            "words": self._count_words(lowered),
            "letters": self._count_letters(lowered),
            "voiced": self._count_voiced(lowered, voices),
        }
        return [vocabulary.weigh(counted[name]) for name, vocabulary in self.vocabularies.items()]

    def _count_words(self, lowered: Sequence[str]) -> sparse.csr_matrix:
        ids, lengths = flat([self._ids.get(word, -1) for word in words_and_marks(text)] for text in lowered)
        rows = np.repeat(np.arange(len(lowered)), lengths)
        known = ids >= 0
        single = np.where(known, self._single[ids] if len(self._single) else -1, -1)
        both = known[:-1] & known[1:] & (rows[:-1] == rows[1:])
        codes = ids[:-1][both] * len(self._ids) + ids[1:][both]
        places = np.searchsorted(self._pair_codes, codes)
        found = places < len(self._pair_codes)
        found[found] = self._pair_codes[places[found]] == codes[found]
        return self._matrix(
            "words",
            np.concatenate([rows[single >= 0], rows[:-1][both][found]]),
            np.concatenate([single[single >= 0], self._pair_places[places[found]]]),
            len(lowered),
        )

    def _count_voiced(self, lowered: Sequence[str], voices: Sequence[str]) -> sparse.csr_matrix:
        places = self.vocabularies["voiced"].places
        pairs = zip(lowered, voices, strict=True)
        found, lengths = flat([places.get(f"{voice[0]}|{word}", -1) for word in plain_words(text)] for text, voice in pairs)
        rows = np.repeat(np.arange(len(lowered)), lengths)
        return self._matrix("voiced", rows[found >= 0], found[found >= 0], len(lowered))

    def _count_letters(self, lowered: Sequence[str]) -> sparse.csr_matrix:
        """Multiply sentences by words with words by letter n-grams."""
        numbers: dict[str, int] = {}
        in_text, lengths = flat([numbers.setdefault(word, len(numbers)) for word in text.split()] for text in lowered)
        rows = np.repeat(np.arange(len(lowered)), lengths)
        words = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, in_text)), (len(lowered), len(numbers)))
        if len(self._letters) > _REMEMBERED:
            self._letters.clear()
        grams = [self._letters_of(word) for word in numbers]
        columns = np.frombuffer(b"".join(grams), dtype=np.int32)
        starts = np.concatenate([[0], np.cumsum([len(each) for each in grams], dtype=np.int64)])
        shape = (len(numbers), len(self.vocabularies["letters"].places))
        letters = sparse.csr_matrix((np.ones(len(columns), np.float32), columns, starts), shape)
        counts = words @ letters
        counts.sum_duplicates()
        return counts

    def _letters_of(self, word: str) -> array[int]:
        known = self._letters.get(word)
        if known is None:
            places = map(self.vocabularies["letters"].places.get, letter_grams(word, self._longest))
            known = self._letters[word] = array("i", [place for place in places if place is not None])
        return known

    def _matrix(self, name: str, rows: _Ints, columns: _Ints, n_rows: int) -> sparse.csr_matrix:
        shape = (n_rows, len(self.vocabularies[name].places))
        return sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape)


def flat(lists: Iterable[list[Any]]) -> tuple[_Ints, _Ints]:
    """Join lists of numbers.

    Parameters
    ----------
    lists : iterable of list of int
        Any number.

    Returns
    -------
    numbers, lengths : numpy.ndarray of int
        The numbers of all lists one behind the other, and how many each has.
    """
    kept = list(lists)
    lengths = np.array([len(each) for each in kept], dtype=np.int64)
    numbers = np.fromiter(chain.from_iterable(kept), dtype=np.int64, count=int(lengths.sum()))
    return numbers, lengths
