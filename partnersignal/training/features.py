"""The linear model's features of labelled sentences: counted once, weighed anew for the rows of each fold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer

from partnersignal.tagging.counting import flat, letter_grams, plain_words, words_and_marks
from partnersignal.tagging.linear import LONGEST, join_blocks
from partnersignal.tagging.vocabulary import Vocabulary
from partnersignal.training.splits import Rows

FEWEST = {"words": 2, "letters": 3, "voiced": 3}  # sentences that a term must occur in, of this many:
_USUAL = 32_000
_FEW = 2_000  # sentences below which everything counts
_LONGEST = 4  # letters of an n-gram: five cost a seventh of the time and find no more
_Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Counts:
    """How often each feature occurs in each sentence.

    Attributes
    ----------
    terms : mapping of str to numpy.ndarray of str of shape (n_terms,)
        Words and word pairs, letter n-grams and voiced words, in order.
    blocks : mapping of str to scipy.sparse.csr_matrix of shape (n_sentences, n_terms)
        Whole numbers.
    voices : numpy.ndarray of str of shape (n_sentences,)
        Who speaks.
    fewest : mapping of str to int
        Sentences that a term must occur in to be a feature.
    """

    terms: Mapping[str, NDArray[np.object_]]
    blocks: Mapping[str, sparse.csr_matrix]
    voices: NDArray[np.str_]
    fewest: Mapping[str, int]


def count_features(sentences: Sequence[str], voices: Sequence[str]) -> Counts:
    """Count the features of sentences.

    Parameters
    ----------
    sentences, voices : sequence of str of length n_sentences
        What was said, and by whom.

    Returns
    -------
    Counts
        Of the terms that occur often enough in all sentences: no part of them can know more.
    """
    lowered = [sentence[:LONGEST].lower() for sentence in sentences]
    found = {
        "words": _count_words(lowered),
        "letters": _count_letters(lowered),
        "voiced": _count_voiced(lowered, voices),
    }
    # In proportion to the sentences, so that the weights do not outgrow the processor's cache.
    scale = 0.0 if len(sentences) < _FEW else max(1.0, len(sentences) / _USUAL)
    fewest = {name: max(1, round(scale * number)) for name, number in FEWEST.items()}
    kept = {name: _common(*found.pop(name), number) for name, number in fewest.items()}
    terms, blocks = ({name: pair[side] for name, pair in kept.items()} for side in (0, 1))
    return Counts(terms, blocks, np.array(voices, dtype=np.str_), fewest)


_Named = tuple[sparse.csr_matrix, Callable[[_Ints], list[str]]]


def _count_words(lowered: Sequence[str]) -> _Named:
    numbers: dict[str, int] = {}
    ids, lengths = flat([numbers.setdefault(word, len(numbers)) for word in words_and_marks(text)] for text in lowered)
    rows = np.repeat(np.arange(len(lowered)), lengths)
    both = rows[:-1] == rows[1:]
    pairs, places = np.unique(ids[:-1][both] * len(numbers) + ids[1:][both], return_inverse=True)
    words = list(numbers)

    def names(columns: _Ints) -> list[str]:
        singles = [words[place] for place in columns[columns < len(words)]]
        codes = pairs[columns[columns >= len(words)] - len(words)]
        return singles + [f"{words[a]} {words[b]}" for a, b in zip(*np.divmod(codes, len(words)), strict=True)]

    columns = np.concatenate([ids, len(words) + places])
    return _matrix(np.concatenate([rows, rows[:-1][both]]), columns, (len(lowered), len(words) + len(pairs))), names


def _count_letters(lowered: Sequence[str]) -> _Named:
    """Multiply sentences by words with words by letter n-grams."""
    numbers: dict[str, int] = {}
    ids, lengths = flat([numbers.setdefault(word, len(numbers)) for word in text.split()] for text in lowered)
    words = _matrix(np.repeat(np.arange(len(lowered)), lengths), ids, (len(lowered), len(numbers)))
    grams: dict[str, int] = {}
    columns, sizes = flat([grams.setdefault(gram, len(grams)) for gram in letter_grams(word, _LONGEST)] for word in numbers)
    letters = _matrix(np.repeat(np.arange(len(numbers)), sizes), columns, (len(numbers), len(grams)))
    names = list(grams)
    return words @ letters, lambda kept: [names[place] for place in kept]


def _count_voiced(lowered: Sequence[str], voices: Sequence[str]) -> _Named:
    numbers: dict[tuple[str, str], int] = {}
    ids, lengths = flat(
        [numbers.setdefault((voice, word), len(numbers)) for word in plain_words(text)]
        for text, voice in zip(lowered, voices, strict=True)
    )
    names = [f"{voice[0]}|{word}" for voice, word in numbers]
    rows = np.repeat(np.arange(len(lowered)), lengths)
    return _matrix(rows, ids, (len(lowered), len(numbers))), lambda kept: [names[place] for place in kept]


def _matrix(rows: _Ints, columns: _Ints, shape: tuple[int, int]) -> sparse.csr_matrix:
    # A sentence is cut to LONGEST characters: no count in it is larger than that.
    return sparse.csr_matrix((np.ones(len(rows), np.uint16), (rows, columns)), shape)


def _common(
    counts: sparse.csr_matrix, names: Callable[[_Ints], list[str]], fewest: int
) -> tuple[NDArray[np.object_], sparse.csr_matrix]:
    kept = np.nonzero(_sentences_with(counts) >= fewest)[0]
    terms = np.array(names(kept), dtype=np.object_)
    order = np.argsort(terms)
    return terms[order], counts[:, kept[order]]


def _sentences_with(counts: sparse.csr_matrix) -> _Ints:
    return np.bincount(counts.indices, minlength=counts.shape[1])


@dataclass(frozen=True)
class Features:
    """The terms that some rows know, and the weight of each.

    Attributes
    ----------
    counts : Counts
        Of all rows.
    columns : mapping of str to numpy.ndarray of int of shape (n_features,)
        Columns of each block that are features.
    weights : mapping of str to TfidfTransformer
        Fitted.
    """

    counts: Counts
    columns: Mapping[str, _Ints]
    weights: Mapping[str, TfidfTransformer]

    def of(self, rows: Rows) -> sparse.csr_matrix:
        """Return the features of sentences.

        Parameters
        ----------
        rows : numpy.ndarray of int of shape (n_rows,)
            Which, each once, in order.

        Returns
        -------
        scipy.sparse.csr_matrix of shape (n_rows, n_features)
            Columns for words, letters, voiced words, and one a voice.
        """
        blocks = [
            weights.transform(_of_columns(_of_rows(self.counts.blocks[name], rows), self.columns[name]), copy=False)
            for name, weights in self.weights.items()
        ]
        return join_blocks(blocks, self.counts.voices[rows].tolist())

    def vocabularies(self) -> dict[str, Vocabulary]:
        """Return what reads the same features from text.

        Returns
        -------
        dict of str to Vocabulary
            For a `LinearModel`.
        """
        return {
            name: Vocabulary.of(self.counts.terms[name][columns].tolist(), self.weights[name].idf_)
            for name, columns in self.columns.items()
        }


def fit_features(counts: Counts, rows: Rows) -> tuple[Features, sparse.csr_matrix]:
    """Choose and weigh features by some rows alone.

    Parameters
    ----------
    counts : Counts
        Of all sentences.
    rows : numpy.ndarray of int of shape (n_rows,)
        Sentences to learn from, each once, in order.

    Returns
    -------
    features : Features
        As scikit-learn's vectorizers, fitted on the text of these rows, would be.
    x : scipy.sparse.csr_matrix of shape (n_rows, n_features)
        Of these rows.
    """
    columns, weights, blocks = {}, {}, []
    for name, block in counts.blocks.items():
        part = _of_rows(block, rows)
        columns[name] = np.nonzero(_sentences_with(part) >= counts.fewest[name])[0]
        part = _of_columns(part, columns[name])
        weights[name] = TfidfTransformer(sublinear_tf=True).fit(part)
        blocks.append(weights[name].transform(part, copy=False))
    return Features(counts, columns, weights), join_blocks(blocks, counts.voices[rows].tolist())


def _of_rows(block: sparse.csr_matrix, rows: Rows) -> sparse.csr_matrix:
    return block if len(rows) == block.shape[0] else block[rows]


def _of_columns(block: sparse.csr_matrix, columns: _Ints) -> sparse.csr_matrix:
    return (block if len(columns) == block.shape[1] else block[:, columns]).astype(np.float32)
