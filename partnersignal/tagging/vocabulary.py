"""The terms of one kind of feature, and what each weighs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from partnersignal.tagging.calibration import Floats

KINDS = ("words", "letters", "voiced")  # of features, in the order of their columns


@dataclass(frozen=True)
class Vocabulary:
    """Terms and their weights, as scikit-learn's TfidfVectorizer with a sublinear term frequency holds them.

    Weighing is its arithmetic, bit for bit; importing scikit-learn for it took each worker and each command 0.7 s.

    Attributes
    ----------
    places : dict of str to int
        Column of each term.
    idf : numpy.ndarray of shape (n_terms,)
        Inverse document frequency, in float32.
    """

    places: dict[str, int]
    idf: Floats

    @classmethod
    def of(cls, terms: Sequence[str], idf: Floats) -> Vocabulary:
        """Make a vocabulary of terms in order.

        Parameters
        ----------
        terms : sequence of str of length n_terms
            In the order of their columns.
        idf : numpy.ndarray of shape (n_terms,)
            Their weights.

        Returns
        -------
        Vocabulary
            Of these terms.

        Raises
        ------
        ValueError
            If a term is no text or comes twice, or there are not as many weights as terms.
        """
        places = {term: place for place, term in enumerate(terms)}
        if len(places) < len(terms) or not all(isinstance(term, str) for term in places):
            raise ValueError("a term is no text, or comes twice")
        if idf.shape != (len(terms),):
            raise ValueError(f"got {len(terms)} terms and weights of shape {idf.shape}")
        return cls(places, idf)

    @property
    def terms(self) -> list[str]:
        """Return the terms in the order of their columns."""
        return list(self.places)

    def weigh(self, counts: sparse.csr_matrix) -> sparse.csr_matrix:
        """Turn counts into features.

        Parameters
        ----------
        counts : scipy.sparse.csr_matrix of shape (n_sentences, n_terms)
            In float32; written over.

        Returns
        -------
        scipy.sparse.csr_matrix of shape (n_sentences, n_terms)
            (1 + log count) times idf, each row of length 1.
        """
        data = counts.data
        np.log(data, out=data)
        data += 1
        data *= self.idf[counts.indices]
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        lengths = np.sqrt(np.bincount(rows, data * data, counts.shape[0]))
        data /= np.where(lengths == 0, 1, lengths)[rows]
        return counts
