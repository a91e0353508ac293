"""How far annotators agree: Cohen's kappa, Krippendorff's alpha, and where they differ."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from partnersignal.errors import InputError
from partnersignal.labels.files import read_labels
from partnersignal.labels.sentences import LabelledSentence

Votes = NDArray[np.float64]  # sentences by annotators: 1, 0, or nan where somebody did not judge


@dataclass(frozen=True, slots=True)
class LabelAgreement:
    """Agreement on one label.

    Attributes
    ----------
    label : str
        Which.
    sentences : int
        Judged by at least two.
    given : int
        Sentences to which somebody gave it.
    agreed : float or None
        Share of pairs of judgements that agree.
    kappa : float or None
        Cohen's, the mean over pairs of annotators, by the sentences they share; None where it is undefined.
    alpha : float or None
        Krippendorff's, for nominal data with gaps; None where it is undefined.
    """

    label: str
    sentences: int
    given: int
    agreed: float | None
    kappa: float | None
    alpha: float | None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A sentence on which annotators differ.

    Attributes
    ----------
    text : str
        The sentence.
    label : str
        On which they differ.
    yes, no : tuple of str
        Who gave it, and who did not.
    """

    text: str
    label: str
    yes: tuple[str, ...]
    no: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of annotators.

    Attributes
    ----------
    annotators : tuple of str
        Who.
    sentences : int
        Judged by at least two of them.
    per_label : tuple of LabelAgreement
        In column order.
    disagreements : tuple of Disagreement
        By label.
    """

    annotators: tuple[str, ...]
    sentences: int
    per_label: tuple[LabelAgreement, ...]
    disagreements: tuple[Disagreement, ...]


def measure_agreement(
    paths: Iterable[str | os.PathLike[str]], labels: Sequence[str], columns: Mapping[str, str] | None = None
) -> Agreement:
    """Measure how far the annotators of label files agree.

    Parameters
    ----------
    paths : iterable of paths
        Label files; a sentence without an annotator counts as its file's, which goes by its path where others have its name.
    labels : sequence of str
        Those that may occur.
    columns : mapping of str to str, optional
        As in `read_labels`.

    Returns
    -------
    Agreement
        Sentences are matched by their ids, whatever file they stand in.

    Raises
    ------
    InputError
        If no sentence was judged by two.
    """
    judged: list[LabelledSentence] = []
    named = [Path(path) for path in paths]
    stems = Counter(path.stem for path in named)
    for path in named:
        found = read_labels(path, labels, columns=columns, join=False)
        own = path.stem if stems[path.stem] == 1 else str(path)
        judged += [each if each.annotator else replace(each, annotator=own) for each in found]
    return agreement(judged, labels)


def agreement(judged: Sequence[LabelledSentence], labels: Sequence[str]) -> Agreement:
    """Measure how far annotators agree.

    Parameters
    ----------
    judged : sequence of LabelledSentence
        Each with its annotator.
    labels : sequence of str
        Columns.

    Returns
    -------
    Agreement
        Of those who judged a sentence that another judged, too.

    Raises
    ------
    InputError
        If no sentence was judged by two.
    """
    units: dict[str, dict[str, LabelledSentence]] = {}
    for each in judged:
        units.setdefault(each.id, {})[each.annotator] = each
    shared = [unit for unit in units.values() if len(unit) > 1]
    if not shared:
        raise InputError(
            "got no sentence that two annotators judged, expected some; give the files of both, or name the annotators"
        )
    people = sorted({name for unit in shared for name in unit})
    per_label, differing = [], []
    for label in labels:
        votes = np.array([[_vote(unit.get(name), label) for name in people] for unit in shared])
        per_label.append(_label(label, votes))
        for unit, row in zip(shared, votes, strict=True):
            yes, no = (tuple(name for name, v in zip(people, row, strict=True) if v == side) for side in (1.0, 0.0))
            if yes and no:
                differing.append(Disagreement(next(iter(unit.values())).text, label, yes, no))
    return Agreement(tuple(people), len(shared), tuple(per_label), tuple(differing))


def _vote(sentence: LabelledSentence | None, label: str) -> float:
    if sentence is None or sentence.ignore is None or label in sentence.ignore:
        return float("nan")
    return float(label in sentence.labels)


def _label(label: str, votes: Votes) -> LabelAgreement:
    ones = np.nansum(votes, axis=1)
    given = np.sum(~np.isnan(votes), axis=1)
    pairs = given * (given - 1) / 2
    same = (ones * (ones - 1) + (given - ones) * (given - ones - 1)) / 2
    agreed = float(same.sum() / pairs.sum()) if pairs.sum() else None
    return LabelAgreement(label, int((given > 1).sum()), int((ones > 0).sum()), agreed, mean_kappa(votes), alpha(votes))


def mean_kappa(votes: Votes) -> float | None:
    """Compute Cohen's kappa, averaged over pairs of annotators.

    Parameters
    ----------
    votes : numpy.ndarray of shape (n_sentences, n_annotators)
        1, 0, or nan.

    Returns
    -------
    float or None
        Weighted by the sentences a pair shares; pairs of which both only ever said the same one thing are
        left out, and None is returned where no others are.
    """
    from sklearn.metrics import cohen_kappa_score

    total, weight = 0.0, 0
    for a, b in combinations(range(votes.shape[1]), 2):
        both = ~np.isnan(votes[:, a]) & ~np.isnan(votes[:, b])
        first, second = votes[both, a], votes[both, b]
        if both.any() and len(np.unique(np.concatenate([first, second]))) > 1:
            total += both.sum() * float(cohen_kappa_score(first, second))
            weight += int(both.sum())
    return total / weight if weight else None


def alpha(votes: Votes) -> float | None:
    """Compute Krippendorff's alpha of yes and no.

    Parameters
    ----------
    votes : numpy.ndarray of shape (n_sentences, n_annotators)
        1, 0, or nan.

    Returns
    -------
    float or None
        1 - observed / expected disagreement (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability");
        None where nobody ever gave the label, or everybody always did.
    """
    given = np.sum(~np.isnan(votes), axis=1)
    pairable = given > 1
    ones, all_of = np.nansum(votes, axis=1)[pairable], given[pairable]
    zeros, n = all_of - ones, all_of.sum()
    expected = ones.sum() * zeros.sum() / (n - 1) if n > 1 else 0.0
    return float(1 - (ones * zeros / (all_of - 1)).sum() / expected) if expected else None
