"""The linear model: words, word pairs, letter n-grams and the voice, one weight each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save
from scipy import sparse

from partnersignal.errors import ModelError
from partnersignal.messages import VOICES
from partnersignal.tagging.calibration import Floats
from partnersignal.tagging.counting import FeatureCounter
from partnersignal.tagging.vocabulary import KINDS, Vocabulary

LONGEST = 600  # characters of a sentence that are read
_REMEMBERED = 32_768  # sentences whose scores are kept, some 15 MB
WEIGHTS_FILE = "linear.safetensors"
VOCABULARY_FILE = "vocabulary.json"


def join_blocks(blocks: Sequence[sparse.csr_matrix], voices: Sequence[str]) -> sparse.csr_matrix:
    """Put the features of each kind, and a column a voice, side by side.

    Parameters
    ----------
    blocks : sequence of scipy.sparse.csr_matrix of shape (n_sentences, any)
        In the order of `KINDS`.
    voices : sequence of str of length n_sentences
        Who speaks.

    Returns
    -------
    scipy.sparse.csr_matrix of shape (n_sentences, n_features)
        In float32.
    """
    one_hot = np.array([[voice == each for each in VOICES] for voice in voices], dtype=np.float32)
    return sparse.hstack([*blocks, sparse.csr_matrix(one_hot.reshape(len(voices), len(VOICES)))], format="csr")


@dataclass(frozen=True)
class LinearModel:
    """A fitted linear model.

    Attributes
    ----------
    vocabularies : dict of str to Vocabulary
        One of each of `KINDS`, in their order.
    coef : numpy.ndarray of shape (n_features, n_signals)
        Weights.
    intercept : numpy.ndarray of shape (n_signals,)
        Biases.
    """

    vocabularies: dict[str, Vocabulary]
    coef: Floats
    intercept: Floats

    def scores(
        self,
        sentences: Sequence[str],
        voices: Sequence[str],
        previous: Sequence[str] | None = None,
        messages: Sequence[int] | None = None,
    ) -> Floats:
        """Score sentences.

        Parameters
        ----------
        sentences, voices : sequence of str of length n_sentences
            What was said, and by whom.
        previous, messages : optional
            The sentences before, and the message of each; this model reads neither.

        Returns
        -------
        numpy.ndarray of shape (n_sentences, n_signals)
            Log-odds, not calibrated.
        """
        if not len(sentences):
            return np.zeros((0, len(self.intercept)))
        # A sentence that comes again, in these or soon after, is scored once: a row does not depend on the others.
        pairs = [(sentence[:LONGEST], voice) for sentence, voice in zip(sentences, voices, strict=True)]
        known = self._known
        new = list(dict.fromkeys(pair for pair in pairs if pair not in known))
        if len(known) + len(new) > _REMEMBERED:
            known.clear()
            new = list(dict.fromkeys(pairs))
        if new:
            texts, speakers = map(list, zip(*new, strict=True))
            features = join_blocks(self._counter.blocks(texts, speakers), speakers)
            known.update(zip(new, np.asarray(features @ self.coef, dtype=np.float64) + self.intercept, strict=True))
        return np.array([known[pair] for pair in pairs])

    @cached_property
    def _known(self) -> dict[tuple[str, str], Floats]:
        return {}

    @cached_property
    def _counter(self) -> FeatureCounter:
        return FeatureCounter(self.vocabularies)

    @cached_property
    def feature_names(self) -> list[str]:
        """Name the rows of `coef`."""
        named = [f"{kind}:{term}" for kind, known in self.vocabularies.items() for term in known.terms]
        return [*named, *(f"voice:{voice}" for voice in VOICES)]

    def save(self, folder: Path) -> None:
        """Write weights as safetensors and the vocabulary as JSON.

        Parameters
        ----------
        folder : pathlib.Path
            Exists.
        """
        terms = {kind: known.terms for kind, known in self.vocabularies.items()}
        (folder / VOCABULARY_FILE).write_text(json.dumps(terms, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        tensors = {f"idf.{kind}": np.asarray(known.idf, dtype=np.float32) for kind, known in self.vocabularies.items()}
        tensors["coef"] = np.ascontiguousarray(self.coef, dtype=np.float16)
        tensors["intercept"] = np.asarray(self.intercept, dtype=np.float32)
        (folder / WEIGHTS_FILE).write_bytes(save(tensors))


def load_linear(folder: Path, n_signals: int) -> LinearModel:
    """Read a linear model.

    Parameters
    ----------
    folder : pathlib.Path
        Written by `LinearModel.save`.
    n_signals : int
        Signals the model's configuration names.

    Returns
    -------
    LinearModel
        Gives the scores of the saved one.

    Raises
    ------
    ModelError
        If a file is missing, damaged, or does not fit the others.
    """
    try:
        terms = json.loads((folder / VOCABULARY_FILE).read_text(encoding="utf-8"))
        tensors = load_file(folder / WEIGHTS_FILE)
        vocabularies = {kind: Vocabulary.of(terms[kind], tensors[f"idf.{kind}"]) for kind in KINDS}
        coef = tensors["coef"].astype(np.float64)
        intercept = tensors["intercept"].astype(np.float64)
    except FileNotFoundError as error:
        raise ModelError(
            f"got the model folder {folder} without {Path(str(error.filename)).name}, expected it there; copy the folder again"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ModelError(
            f"got the model folder {folder}, which is damaged ({type(error).__name__}: {error}); copy or train it again"
        ) from error
    width = sum(len(terms[kind]) for kind in KINDS) + len(VOICES)
    if coef.shape != (width, n_signals) or intercept.shape != (n_signals,):
        raise ModelError(
            f"got weights of shape {coef.shape} in {folder}, expected ({width}, {n_signals}); copy or train it again"
        )
    return LinearModel(vocabularies, coef, intercept)
