"""From label files to a model folder: fit out of fold, calibrate, choose thresholds, fit on everything, save."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from partnersignal.errors import InputError
from partnersignal.labels import LabelledSentence, read_labels
from partnersignal.signals import Signal, default_signals
from partnersignal.tagging import Tagger
from partnersignal.tagging.calibration import Bools, Calibration, Floats
from partnersignal.tagging.folder import CARD_FILE, CONFIG_FILE, ModelConfig
from partnersignal.training.card import write_card
from partnersignal.training.evaluation import figures, truth_matrix
from partnersignal.training.linear import fit_linear
from partnersignal.training.splits import group_folds
from partnersignal.training.thresholds import make_calibration

Progress = Callable[[str], None]
FEWEST_SENTENCES = 20


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How to train; every default is here and nowhere else.

    Attributes
    ----------
    backend : str
        ``linear``.
    folds : int
        Folds of whole groups for calibration, thresholds and the figures of the model card.
    seed : int
        Of splits and solvers.
    strength : float
        Inverse penalty of the linear model.
    partner_false_alarms, vendor_false_alarms : float
        Share of sentences of ordinary mail (documents without any label) that may be given a tag of
        that side by mistake, over all its signals together: in real mail fewer than 1 sentence in 100
        shows a partner signal, so alarms must be rarer than that by far.
    """

    backend: str = "linear"
    folds: int = 5
    seed: int = 13
    strength: float = 10.0
    partner_false_alarms: float = 0.003
    vendor_false_alarms: float = 0.01

    def __post_init__(self) -> None:
        """Check the values."""
        if self.backend != "linear":
            raise InputError(f"got the backend {self.backend!r}, expected linear")
        if self.folds < 2:
            raise InputError(f"got folds={self.folds}, expected at least 2")
        if not self.strength > 0:
            raise InputError(f"got strength={self.strength}, expected a positive number")


@dataclass(frozen=True)
class Trained:
    """What training gave.

    Attributes
    ----------
    folder : pathlib.Path
        The model.
    figures : dict
        Out-of-fold figures, as `evaluate` gives them.
    """

    folder: Path
    figures: dict[str, Any] = field(repr=False)


def train(
    labels: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    config: TrainingConfig | None = None,
    test_sets: Iterable[str | os.PathLike[str]] = (),
    progress: Progress = lambda _: None,
) -> Trained:
    """Train a model.

    Parameters
    ----------
    labels : path or iterable of paths
        Label files or folders of them.
    out : path
        Folder to write; replaced only when the new model is complete, and only where it holds a model.
    config : TrainingConfig, optional
        How to train.
    test_sets : iterable of paths, optional
        Label files whose figures go into the model card; nothing is fitted on them.
    progress : callable, optional
        Told in words what is being done.

    Returns
    -------
    Trained
        Folder and out-of-fold figures.

    Raises
    ------
    InputError
        If the labels cannot be used, or `out` is something else than a model.
    """
    config = config or TrainingConfig()
    folder = Path(out)
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / CONFIG_FILE).is_file())):
        raise InputError(f"got --out {folder}, which exists and is no model; expected a new folder or a model to replace")
    signals = default_signals()
    sentences = read_labels(labels, [signal.label for signal in signals])
    groups = [sentence.group for sentence in sentences]
    if len(sentences) < FEWEST_SENTENCES or not any(sentence.labels for sentence in sentences):
        raise InputError(f"got {len(sentences)} sentences, expected at least {FEWEST_SENTENCES}, some of them labelled")
    if len(set(groups)) < 2:
        groups = [str(number // max(1, len(sentences) // config.folds)) for number in range(len(sentences))]
        progress("one group only: the folds are stretches of the file, and figures out of fold flatter")
    truth, scored = truth_matrix(sentences, [signal.label for signal in signals])
    progress(f"{len(sentences):,} sentences in {len(set(groups))} groups, {int(truth.any(axis=1).sum()):,} with a signal")
    scores = _out_of_fold(sentences, groups, truth, scored, config, progress)
    calibration = make_calibration(scores, truth, scored, _ordinary(sentences, truth), _limits(signals, config))
    report = figures(calibration.probabilities(scores), calibration.threshold, sentences, signals)
    progress("fitting on everything")
    model = fit_linear(
        [s.text for s in sentences], [s.voice for s in sentences], truth, scored, strength=config.strength, seed=config.seed
    )
    tests = [(Path(each).name, read_labels(each)) for each in test_sets]
    _save(folder, model, signals, calibration, config, sentences, report, tests)
    return Trained(folder, report)


def _out_of_fold(
    sentences: tuple[LabelledSentence, ...],
    groups: list[str],
    truth: Bools,
    scored: Bools,
    config: TrainingConfig,
    progress: Progress,
) -> Floats:
    scores = np.zeros(truth.shape)
    folds = list(group_folds(groups, config.folds, config.seed))
    for number, (rest, held) in enumerate(folds, 1):
        progress(f"fold {number} of {len(folds)}")
        model = fit_linear(
            [sentences[i].text for i in rest], [sentences[i].voice for i in rest], truth[rest], scored[rest],
            strength=config.strength, seed=config.seed,
        )  # fmt: skip
        scores[held] = model.scores([sentences[i].text for i in held], [sentences[i].voice for i in held])
    return scores


def _ordinary(sentences: tuple[LabelledSentence, ...], truth: Bools) -> Bools:
    """Mark the sentences of groups in which hardly anything is labelled."""
    labelled = np.asarray(truth.any(axis=1))
    groups = np.array([sentence.group for sentence in sentences])
    share = {group: labelled[groups == group].mean() for group in set(groups.tolist())}
    return np.array([share[group] < 0.02 for group in groups.tolist()])


def _limits(signals: tuple[Signal, ...], config: TrainingConfig) -> list[tuple[Bools, float]]:
    sides = np.array([signal.side for signal in signals])
    return [(sides == "partner", config.partner_false_alarms), (sides == "vendor", config.vendor_false_alarms)]


def _save(
    folder: Path,
    model: Any,
    signals: tuple[Signal, ...],
    calibration: Calibration,
    config: TrainingConfig,
    sentences: tuple[LabelledSentence, ...],
    report: dict[str, Any],
    tests: list[tuple[str, tuple[LabelledSentence, ...]]],
) -> None:
    """Write beside the target first: a model is whole or not there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".model-") as scratch:
        draft = Path(scratch) / "model"
        draft.mkdir()
        model.save(draft)
        training = {
            "sentences": len(sentences),
            "groups": len({sentence.group for sentence in sentences}),
            "seed": config.seed,
            "folds": config.folds,
            "macro_f1_out_of_fold": report["macro_f1"],
        }
        model_config = ModelConfig(config.backend, signals, calibration, training=training)
        model_config.save(draft)
        tagger = Tagger(model_config, model)
        (draft / CARD_FILE).write_text(write_card(tagger, config, sentences, report, tests), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
