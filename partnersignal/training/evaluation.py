"""How well a tagger does on labelled sentences, in the figures of the contract."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score

from partnersignal.index import variation_between
from partnersignal.labels import LabelledSentence, message_numbers, read_labels
from partnersignal.signals import Signal
from partnersignal.tagging import Tagger, load
from partnersignal.tagging.calibration import Bools, Floats
from partnersignal.training.seen import count_seen, recall
from partnersignal.training.splits import group_folds
from partnersignal.training.thresholds import make_calibration

ORDINARY_SHARE = 0.02  # of labelled sentences, below which a group is ordinary mail
FEWEST_POSITIVES = 5  # below, a label stays out of the macro average
_BINS = 10
_FEWEST_SOURCES = 2


def evaluate(
    labels: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | Sequence[LabelledSentence],
    model: str | os.PathLike[str] | Tagger = "default",
    *,
    refit: bool = False,
) -> dict[str, Any]:
    """Evaluate a tagger.

    Parameters
    ----------
    labels : path, iterable of paths, or sequence of LabelledSentence
        What readers said.
    model : str, path or Tagger, default "default"
        What to evaluate, with its own thresholds.
    refit : bool, default False
        Whether calibration and thresholds are fitted again, out of fold, on these labels: what the model would
        be worth here with thresholds of its own for this mail.

    Returns
    -------
    dict
        ``micro_f1``, ``macro_f1`` (over labels with at least 5 positives), ``any_signal``, ``per_label``,
        ``false_positive_rate``, ``false_positive_rate_partner``, ``ece``, ``brier``. Undefined is None.
        ``seen_in_training``: sentences, of four words or more, that the model was trained on; None where it does not say.

    Raises
    ------
    InputError
        If the labels cannot be read.
    """
    tagger = model if isinstance(model, Tagger) else load(model)
    sentences = sentences_for(labels, tagger)
    probabilities = predict(tagger, sentences)
    thresholds = tagger.config.calibration.threshold
    if refit:
        probabilities, thresholds = refit_out_of_fold(probabilities, sentences, tagger.config.signals)
    found = figures(probabilities, thresholds, sentences, tagger.config.signals)
    return found | {"seen_in_training": count_seen(recall(tagger.folder), sentences)}


def sentences_for(labels: Any, tagger: Tagger) -> Sequence[LabelledSentence]:
    """Read labels as a model names them.

    Parameters
    ----------
    labels : path, iterable of paths, datasets object, or sequence of LabelledSentence
        What readers said.
    tagger : Tagger
        Its signals may occur, under the names of the default ones, too.

    Returns
    -------
    sequence of LabelledSentence
        In order.
    """
    if isinstance(labels, Sequence) and labels and all(isinstance(each, LabelledSentence) for each in labels):
        return labels
    return read_labels(labels, tagger.signals, renamed=tagger.config.training.get("renamed"))


def predict(tagger: Tagger, sentences: Sequence[LabelledSentence]) -> Floats:
    """Give the probabilities of labelled sentences.

    Parameters
    ----------
    tagger : Tagger
        The model.
    sentences : sequence of LabelledSentence of length n_sentences
        What readers judged.

    Returns
    -------
    numpy.ndarray of shape (n_sentences, n_signals)
        Calibrated.
    """
    texts, voices, before = [s.text for s in sentences], [s.voice for s in sentences], [s.previous for s in sentences]
    return tagger.predict_proba(texts, voices, before, message_numbers(sentences))


def ordinary_rows(sentences: Sequence[LabelledSentence]) -> Bools:
    """Find the sentences of ordinary mail: of groups in which under 2 % are labelled.

    Parameters
    ----------
    sentences : sequence of LabelledSentence of length n_sentences
        What readers said.

    Returns
    -------
    numpy.ndarray of bool of shape (n_sentences,)
        True in ordinary mail.
    """
    _, inverse = np.unique([sentence.group for sentence in sentences], return_inverse=True)
    labelled = np.bincount(inverse, weights=[bool(sentence.labels) for sentence in sentences])
    return np.asarray((labelled / np.bincount(inverse) < ORDINARY_SHARE)[inverse])


def refit_out_of_fold(
    probabilities: Floats,
    sentences: Sequence[LabelledSentence],
    signals: Sequence[Signal],
    limits: tuple[float, float] = (0.003, 0.01),
    folds: int = 5,
    seed: int = 13,
) -> tuple[Floats, Floats]:
    """Calibrate and choose thresholds again, each sentence's on other groups than its own.

    Parameters
    ----------
    probabilities : numpy.ndarray of shape (n_sentences, n_signals)
        As the model gives them.
    sentences : sequence of LabelledSentence of length n_sentences
        What readers said.
    signals : sequence of Signal of length n_signals
        Columns.
    limits : (float, float)
        False alarms allowed in ordinary mail, partner and vendor side.
    folds : int
        Of whole groups; as many as there are groups leaves one supplier out at a time.
    seed : int
        Of the folds.

    Returns
    -------
    probabilities, thresholds : numpy.ndarray of shape (n_sentences, n_signals)
        Refitted; a threshold for each sentence.
    """
    truth, scored = truth_matrix(sentences, [signal.label for signal in signals])
    ordinary, side = ordinary_rows(sentences), np.array([signal.side for signal in signals])
    clipped = np.clip(probabilities, 1e-9, 1 - 1e-9)
    scores = np.log(clipped / (1 - clipped))
    fitted, thresholds = probabilities.copy(), np.ones_like(probabilities)
    columns = [(side == "partner", limits[0]), (side == "vendor", limits[1])]
    for rest, held in group_folds([sentence.group for sentence in sentences], folds, seed):
        if len(rest):
            made = make_calibration(scores[rest], truth[rest], scored[rest], ordinary[rest], columns)
            fitted[held], thresholds[held] = made.probabilities(scores[held]), made.threshold
    return fitted, thresholds


def truth_matrix(sentences: Sequence[LabelledSentence], labels: Sequence[str]) -> tuple[Bools, Bools]:
    """Turn labelled sentences into matrices.

    Parameters
    ----------
    sentences : sequence of LabelledSentence of length n_sentences
        What readers said.
    labels : sequence of str of length n_signals
        Column order.

    Returns
    -------
    truth, scored : numpy.ndarray of bool of shape (n_sentences, n_signals)
        Whether a label holds, and whether it counts: ignored labels do not.
    """
    shape = (len(sentences), len(labels))
    truth = np.array([[label in s.labels for label in labels] for s in sentences], dtype=bool).reshape(shape)
    scored = np.array([[s.ignore is not None and label not in s.ignore for label in labels] for s in sentences], dtype=bool)
    return truth, scored.reshape(shape)


def figures(
    probabilities: Floats, thresholds: Floats, sentences: Sequence[LabelledSentence], signals: Sequence[Signal]
) -> dict[str, Any]:
    """Compute the figures of the contract.

    Parameters
    ----------
    probabilities : numpy.ndarray of shape (n_sentences, n_signals)
        Calibrated.
    thresholds : numpy.ndarray of shape (n_signals,) or (n_sentences, n_signals)
        Decision thresholds.
    sentences : sequence of LabelledSentence of length n_sentences
        What readers said.
    signals : sequence of Signal of length n_signals
        Columns.

    Returns
    -------
    dict
        As in `evaluate`.
    """
    labels = [signal.label for signal in signals]
    truth, scored = truth_matrix(sentences, labels)
    # Ignored labels are taken out of prediction and truth before anything is computed.
    predicted = (probabilities >= thresholds) & scored
    truth &= scored
    seen = np.where(scored, probabilities, 0.0)
    per_label = {
        label: _label_figures(truth[:, k], predicted[:, k], seen[:, k], scored[:, k]) for k, label in enumerate(labels)
    }
    macro = [f["f1"] for f in per_label.values() if f["support"] >= FEWEST_POSITIVES]
    # A sentence with an ignore and no label is neither a positive nor a negative for sure.
    labelled = np.asarray(truth.any(axis=1))
    clear = labelled | np.array([not s.ignored for s in sentences], dtype=bool)
    tagged = np.asarray(predicted.any(axis=1))
    any_truth, any_predicted = labelled[clear], tagged[clear]
    any_probability = (1 - np.prod(1 - seen, axis=1))[clear]
    partner = np.array([signal.side == "partner" for signal in signals])
    unlabelled = clear & ~labelled
    return {
        "sentences": len(sentences),
        "micro_f1": _prf(int((truth & predicted).sum()), int(predicted.sum()), int(truth.sum()))[2],
        "macro_f1": float(np.mean(macro)) if macro else None,
        "any_signal": dict(
            zip(
                ("precision", "recall", "f1"),
                _prf(int((any_truth & any_predicted).sum()), int(any_predicted.sum()), int(any_truth.sum())),
                strict=True,
            )
        ),
        "per_label": per_label,
        "mean_average_precision": _mean(
            [f["average_precision"] for f in per_label.values() if f["support"] >= FEWEST_POSITIVES]
        ),
        "recall_partner": _prf(int((truth & predicted)[:, partner].sum()), 1, int(truth[:, partner].sum()))[1],
        "false_positive_rate": _mean(tagged[unlabelled].tolist()),
        "false_positive_rate_partner": _mean(np.asarray(predicted[:, partner].any(axis=1))[unlabelled].tolist()),
        "ece": expected_calibration_error(any_probability, any_truth),
        "brier": _mean(((any_probability - any_truth) ** 2).tolist()),
    }


def false_alarm_variation(
    probabilities: Floats, thresholds: Floats, sentences: Sequence[LabelledSentence], signals: Sequence[Signal]
) -> dict[str, float] | None:
    """Measure how much the rate of false alarms differs between sources, which are groups.

    A false alarm of a side is a sentence flagged for it that shows no signal of it, as in an audit.

    Parameters
    ----------
    probabilities : numpy.ndarray of shape (n_sentences, n_signals)
        Calibrated; of sentences whose group the model was not fitted on.
    thresholds : numpy.ndarray of shape (n_signals,)
        Decision thresholds.
    sentences : sequence of LabelledSentence of length n_sentences
        What readers said.
    signals : sequence of Signal of length n_signals
        Columns.

    Returns
    -------
    dict or None
        omega of the sides ``partner`` and ``vendor``; None with fewer than two groups.
    """
    names, group = np.unique([sentence.group for sentence in sentences], return_inverse=True)
    if len(names) < _FEWEST_SOURCES:
        return None
    truth, scored = truth_matrix(sentences, [signal.label for signal in signals])
    predicted, found = probabilities >= thresholds, {}
    for side in ("partner", "vendor"):
        columns = np.array([signal.side == side for signal in signals])
        clear = (scored & ~truth)[:, columns].all(axis=1)
        wrong = clear & predicted[:, columns].any(axis=1)
        alarms, size = np.bincount(group, weights=wrong), np.bincount(group, weights=clear)
        found[side] = round(variation_between(alarms[size > 0].tolist(), size[size > 0].tolist()), 3)
    return found


def _label_figures(truth: Bools, predicted: Bools, probabilities: Floats, scored: Bools) -> dict[str, Any]:
    support = int(truth.sum())
    precision, recall, f1 = _prf(int((truth & predicted).sum()), int(predicted.sum()), support)
    ranked = float(average_precision_score(truth[scored], probabilities[scored])) if support else None
    return {"support": support, "precision": precision, "recall": recall, "f1": f1, "average_precision": ranked}


def _prf(hits: int, predicted: int, actual: int) -> tuple[float | None, float | None, float | None]:
    precision = hits / predicted if predicted else None
    recall = hits / actual if actual else None
    f1 = 2 * hits / (predicted + actual) if predicted + actual else None
    return precision, recall, f1


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if len(values) else None


def expected_calibration_error(probabilities: Floats, truth: Bools) -> float | None:
    """Measure how far probabilities are from frequencies.

    Parameters
    ----------
    probabilities : numpy.ndarray of shape (n_sentences,)
        Predicted.
    truth : numpy.ndarray of bool of shape (n_sentences,)
        What happened.

    Returns
    -------
    float or None
        Mean absolute difference over 10 bins of equal mass (Naeini et al. 2015, equal-mass variant);
        None without sentences.
    """
    if not len(probabilities):
        return None
    order = np.argsort(probabilities, kind="stable")
    bins = np.array_split(order, min(_BINS, len(order)))
    gaps = [abs(probabilities[b].mean() - truth[b].mean()) * len(b) for b in bins]
    return float(sum(gaps) / len(order))
