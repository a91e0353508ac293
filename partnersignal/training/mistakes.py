"""Likely label errors: where a model that did not see a sentence is sure of something else (confident learning)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from partnersignal.errors import MissingExtraError
from partnersignal.labels import LabelledSentence
from partnersignal.labels.checks import Finding
from partnersignal.signals import Signal
from partnersignal.tagging.calibration import Calibration, Floats
from partnersignal.training.evaluation import truth_matrix
from partnersignal.training.features import count_features
from partnersignal.training.linear import fit_linear
from partnersignal.training.splits import group_folds
from partnersignal.training.thresholds import calibrate

FEWEST = 10  # positives below which a label's model says nothing about its labels


def likely_errors(sentences: Sequence[LabelledSentence], signals: Sequence[Signal], seed: int = 13) -> tuple[Finding, ...]:
    """Find labels that are likely wrong, by cleanlab over out-of-fold probabilities of the linear model.

    Parameters
    ----------
    sentences : sequence of LabelledSentence
        What readers said.
    signals : sequence of Signal
        Columns.
    seed : int, default 13
        Of folds and solver.

    Returns
    -------
    tuple of Finding
        Most doubtful first; labels with fewer than 10 positives are passed over.

    Raises
    ------
    MissingExtraError
        If cleanlab is not installed.
    """
    try:
        from cleanlab.filter import find_label_issues
    except ImportError as error:
        raise MissingExtraError("cleanlab", "train") from error
    labels = [signal.label for signal in signals]
    truth, scored = truth_matrix(sentences, labels)
    probabilities = out_of_fold(sentences, labels, seed)
    found: list[tuple[float, Finding]] = []
    for k, label in enumerate(labels):
        rows = np.nonzero(scored[:, k])[0]
        y, p = truth[rows, k].astype(int), probabilities[rows, k]
        if not FEWEST <= y.sum() <= len(y) - FEWEST:
            continue
        both = np.column_stack([1 - p, p])
        for place in find_label_issues(y, both, return_indices_ranked_by="self_confidence", n_jobs=1):
            said = "given" if y[place] else "not given"
            sure = both[place, y[place]]
            message = f"{label}: {said}, but the model makes it {p[place]:.0%}"
            found.append((float(sure), Finding("likely error", message, sentences[rows[place]].text)))
    return tuple(finding for _, finding in sorted(found, key=lambda pair: pair[0]))


def out_of_fold(sentences: Sequence[LabelledSentence], labels: Sequence[str], seed: int = 13, folds: int = 5) -> Floats:
    """Give calibrated probabilities of linear models that did not see the sentence's group.

    Parameters
    ----------
    sentences : sequence of LabelledSentence of length n_sentences
        What readers said.
    labels : sequence of str of length n_signals
        Columns.
    seed : int, default 13
        Of folds and solver.
    folds : int, default 5
        Number of folds.

    Returns
    -------
    numpy.ndarray of shape (n_sentences, n_signals)
        Probabilities.
    """
    truth, scored = truth_matrix(sentences, labels)
    groups = [each.group for each in sentences]
    if len(set(groups)) < 2:
        groups = [str(number) for number in range(len(sentences))]
    counts = count_features([each.text for each in sentences], [each.voice for each in sentences])
    scores = np.zeros(truth.shape)
    for rest, held in group_folds(groups, folds, seed):
        scores[held] = fit_linear(counts, rest, truth, scored, seed=seed).scores(held)
    slope, intercept, _ = calibrate(scores, truth, scored)
    return Calibration(slope, intercept, np.ones(len(labels))).probabilities(scores)
