"""Is the new model better? A paired bootstrap over groups, label by label, and a verdict."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from partnersignal.errors import InputError
from partnersignal.labels import LabelledSentence
from partnersignal.signals import Signal
from partnersignal.tagging import Tagger, load
from partnersignal.tagging.calibration import Bools, Floats
from partnersignal.training.evaluation import (
    FEWEST_POSITIVES,
    figures,
    predict,
    refit_out_of_fold,
    sentences_for,
    truth_matrix,
)
from partnersignal.training.seen import count_seen, recall, tell_seen
from partnersignal.training.splits import bootstrap_weights

SURE = 0.95  # probability from which a difference is called real
ROUNDS = 2_000
_FEWEST_GROUPS = 5  # with fewer, sentences are drawn instead
Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of two models.

    Attributes
    ----------
    name : str
        A label, or the name of a figure over all labels.
    support : int
        Sentences with the label.
    a, b : float or None
        The figure of the old and of the new model.
    better : float or None
        Probability that the new model is better; None where nothing can be said.
    """

    name: str
    support: int
    a: float | None
    b: float | None
    better: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same labels.

    Attributes
    ----------
    sentences, groups : int
        What they were compared on.
    overall : Difference
        Macro-F1 over labels that both know and that have at least 5 positives.
    false_alarms : Difference
        Share of sentences without a label that are given one; better is lower.
    per_label : tuple of Difference
        F1 of every shared label.
    without : tuple of (str, float)
        Difference of macro-F1 with one group left out, smallest first: does the result hang on one supplier?
    only_a, only_b : tuple of str
        Labels that one of them does not know.
    seen_a, seen_b : int or None
        Sentences that they were trained on; None where a model does not say.
    blessed : bool
        Whether the new model may take the place of the old one.
    reasons : tuple of str
        Why.
    """

    sentences: int
    groups: int
    overall: Difference
    false_alarms: Difference
    per_label: tuple[Difference, ...]
    without: tuple[tuple[str, float], ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    seen_a: int | None
    seen_b: int | None
    blessed: bool
    reasons: tuple[str, ...]

    @property
    def worse(self) -> tuple[str, ...]:
        """Return the labels that surely got worse."""
        return tuple(d.name for d in self.per_label if d.better is not None and d.better <= 1 - SURE)

    @property
    def leaks(self) -> tuple[str, ...]:
        """Say in words which model was trained on some of these sentences."""
        both = (("the old model", self.seen_a), ("the new model", self.seen_b))
        return tuple(filter(None, (tell_seen(who, seen, self.sentences) for who, seen in both)))


def compare(
    model_a: str | os.PathLike[str] | Tagger,
    model_b: str | os.PathLike[str] | Tagger,
    labels: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | Sequence[LabelledSentence],
    *,
    refit: bool = False,
    seed: int = 13,
) -> Comparison:
    """Compare two models on labels that neither was trained on.

    Parameters
    ----------
    model_a, model_b : str, path or Tagger
        The old and the new model.
    labels : path, iterable of paths, or sequence of LabelledSentence
        What readers said.
    refit : bool, default False
        Whether both get calibration and thresholds fitted out of fold on these labels.
    seed : int, default 13
        Of the bootstrap.

    Returns
    -------
    Comparison
        With a verdict: blessed if its macro-F1 is higher with a probability of at least .95 and it does not
        surely raise more false alarms.

    Raises
    ------
    InputError
        If the models share no label that occurs.
    """
    old, new = (each if isinstance(each, Tagger) else load(each) for each in (model_a, model_b))
    signals = [signal for signal in new.config.signals if signal.label in old.signals]
    names = [signal.label for signal in signals]
    # Read by the one that renamed labels, if any did; labels only one knows are passed over.
    reader = new if new.config.training.get("renamed") else old
    sentences = _only(sentences_for(labels, reader), names)
    decided = [_decide(tagger, sentences, signals, refit) for tagger in (old, new)]
    truth, scored = truth_matrix(sentences, names)
    truth &= scored
    if not any(truth.sum(axis=0) >= FEWEST_POSITIVES):
        raise InputError(
            f"got labels without {FEWEST_POSITIVES} sentences of any signal that both models know, expected some; label more"
        )
    groups = [sentence.group for sentence in sentences]
    units = groups if len(set(groups)) >= _FEWEST_GROUPS else [str(number) for number in range(len(groups))]
    counts = _Counts.of(units, truth, scored, decided, sentences)
    overall, alarms, per_label = _differences(counts, names, truth, seed)
    clear_groups = _Counts.of(groups, truth, scored, decided, sentences)
    only_a, only_b = sorted(set(old.signals) - set(names)), sorted(set(new.signals) - set(names))
    blessed, reasons = _verdict(overall, alarms, per_label)
    seen = [count_seen(recall(tagger.folder), sentences) for tagger in (old, new)]
    found = Comparison(
        len(sentences), len(set(groups)), overall, alarms, per_label, _leave_one_out(clear_groups, truth), tuple(only_a),
        tuple(only_b), seen[0], seen[1], blessed, reasons,
    )  # fmt: skip
    return replace(found, reasons=(*reasons, *found.leaks))


def _only(sentences: Sequence[LabelledSentence], names: Sequence[str]) -> list[LabelledSentence]:
    known = frozenset(names)
    return [each if each.labels <= known else replace(each, labels=each.labels & known) for each in sentences]


def _decide(tagger: Tagger, sentences: Sequence[LabelledSentence], signals: Sequence[Signal], refit: bool) -> Bools:
    columns = [tagger.signals.index(signal.label) for signal in signals]
    p = predict(tagger, sentences)[:, columns]
    thresholds = tagger.config.calibration.threshold[columns]
    if refit:
        p, thresholds = refit_out_of_fold(p, sentences, signals)
    return np.asarray(p >= thresholds)


@dataclass(frozen=True)
class _Counts:
    """Sums a unit of the bootstrap: what all figures are made of."""

    names: list[str]
    actual: Counts  # units by labels
    hits: list[Counts]  # of each model
    given: list[Counts]
    plain: Counts  # units: sentences without a label
    alarms: list[Counts]  # of these, those tagged

    @classmethod
    def of(
        cls,
        units: Sequence[str],
        truth: Bools,
        scored: Bools,
        decided: Sequence[Bools],
        sentences: Sequence[LabelledSentence],
    ) -> _Counts:
        names, inverse = np.unique(np.asarray(units), return_inverse=True)

        def total(values: Any) -> Counts:
            sums = np.zeros((len(names), *np.shape(values)[1:]))
            np.add.at(sums, inverse, values)
            return sums

        clear = np.array([not each.ignored for each in sentences]) & ~truth.any(axis=1)
        given = [each & scored for each in decided]
        return cls(
            names.tolist(), total(truth), [total(each & truth) for each in given], [total(each) for each in given],
            total(clear), [total(each.any(axis=1) & clear) for each in given],
        )  # fmt: skip

    def f1(self, weights: Floats, model: int) -> Floats:
        """Return F1 by draw and label; nan where it is undefined."""
        below = weights @ (self.given[model] + self.actual)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(2 * (weights @ self.hits[model]) / below)

    def alarm_rate(self, weights: Floats, model: int) -> Floats:
        """Return the share of plain sentences that are tagged, by draw."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((weights @ self.alarms[model]) / (weights @ self.plain))


def _differences(
    counts: _Counts, names: Sequence[str], truth: Bools, seed: int
) -> tuple[Difference, Difference, tuple[Difference, ...]]:
    n = len(counts.names)
    once = np.ones((1, n))
    draws = bootstrap_weights(n, ROUNDS, seed)
    support = truth.sum(axis=0)
    counted = support >= FEWEST_POSITIVES
    f1 = [counts.f1(draws, model) for model in (0, 1)]
    plain = [counts.f1(once, model)[0] for model in (0, 1)]
    macro = [np.nanmean(np.where(np.isnan(each[:, counted]), 0.0, each[:, counted]), axis=1) for each in f1]
    here = [float(np.nan_to_num(each[counted]).mean()) for each in plain]
    overall = Difference("macro_f1", int(support[counted].sum()), here[0], here[1], _probability(macro[1] - macro[0]))
    rates = [counts.alarm_rate(draws, model) for model in (0, 1)]
    seen = [_number(counts.alarm_rate(once, model)[0]) for model in (0, 1)]
    alarms = Difference("false_positive_rate", int(counts.plain.sum()), seen[0], seen[1], _probability(rates[0] - rates[1]))
    per_label = tuple(
        Difference(
            name, int(support[k]), _number(plain[0][k]), _number(plain[1][k]),
            _probability(f1[1][:, k] - f1[0][:, k]) if counted[k] else None,
        )
        for k, name in enumerate(names)
    )  # fmt: skip
    return overall, alarms, per_label


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _probability(differences: Floats) -> float | None:
    """Count draws in which the difference is above 0; a tie is half."""
    known = differences[~np.isnan(differences)]
    return float(((known > 0) + 0.5 * (known == 0)).mean()) if len(known) else None


def _leave_one_out(counts: _Counts, truth: Bools) -> tuple[tuple[str, float], ...]:
    if len(counts.names) < 2:
        return ()
    weights = 1 - np.eye(len(counts.names))
    counted = truth.sum(axis=0) >= FEWEST_POSITIVES
    macro = [np.nan_to_num(counts.f1(weights, model)[:, counted]).mean(axis=1) for model in (0, 1)]
    change = macro[1] - macro[0]
    return tuple((counts.names[k], float(change[k])) for k in np.argsort(change, kind="stable"))


def _verdict(overall: Difference, alarms: Difference, per_label: Sequence[Difference]) -> tuple[bool, tuple[str, ...]]:
    better = overall.better if overall.better is not None else 0.5
    louder = alarms.better is not None and alarms.better <= 1 - SURE
    reasons = [f"better with probability {better:.2f}" if better >= 0.5 else f"worse with probability {1 - better:.2f}"]
    if better < SURE:
        reasons.append(f"not sure enough: {SURE} is asked for")
    if louder:
        reasons.append("more false alarms")
    reasons += [f"{d.name} got worse" for d in per_label if d.better is not None and d.better <= 1 - SURE]
    return better >= SURE and not louder, tuple(reasons)


def group_figures(labels: Any, model: str | os.PathLike[str] | Tagger = "default") -> dict[str, dict[str, Any]]:
    """Evaluate a tagger on one group at a time, to see how far suppliers differ.

    Parameters
    ----------
    labels : as in `evaluate`
        What readers said.
    model : str, path or Tagger, default "default"
        What to evaluate.

    Returns
    -------
    dict of str to dict
        By group, the figures of `evaluate`.
    """
    tagger = model if isinstance(model, Tagger) else load(model)
    sentences = sentences_for(labels, tagger)
    p = predict(tagger, sentences)
    rows: dict[str, list[int]] = {}
    for number, sentence in enumerate(sentences):
        rows.setdefault(sentence.group, []).append(number)
    limits, known, found = tagger.config.calibration.threshold, recall(tagger.folder), {}
    for group, held in rows.items():
        part = [sentences[i] for i in held]
        found[group] = figures(p[held], limits, part, tagger.config.signals) | {"seen_in_training": count_seen(known, part)}
    return found
