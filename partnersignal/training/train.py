"""From label files to a model folder: fit out of fold, calibrate, choose thresholds, fit on everything, save."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from partnersignal.errors import InputError
from partnersignal.files import checksum, clear_folder
from partnersignal.labels import LabelledSentence, read_labels
from partnersignal.labels.files import label_files
from partnersignal.signals import Taxonomy, default_taxonomy, read_taxonomy
from partnersignal.tagging import Tagger, load
from partnersignal.tagging.folder import CARD_FILE, CONFIG_FILE
from partnersignal.training.card import write_card
from partnersignal.training.config import TrainingConfig
from partnersignal.training.encoder import find_base
from partnersignal.training.evaluation import evaluate
from partnersignal.training.fit import Task, fit_cascade, fit_encoder_model, fit_linear_model
from partnersignal.training.seen import count_seen, recall, remember, tell_seen
from partnersignal.training.splits import group_folds
from partnersignal.training.thresholds import FEWEST

Progress = Callable[[str], None]
FEWEST_SENTENCES = 20
_MADE_FROM = "made_from.txt"
_CHOSEN_LATER = ("jobs", "partner_false_alarms", "vendor_false_alarms", "screen_recall")


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
    labels : path, iterable of paths, or datasets object
        Label files or folders of them, of every format that `read_labels` reads.
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
    taxonomy = read_taxonomy(config.signals) if config.signals else default_taxonomy()
    sentences = read_for(labels, taxonomy, progress)
    groups = [sentence.group for sentence in sentences]
    if len(sentences) < FEWEST_SENTENCES or not any(sentence.labels for sentence in sentences):
        raise InputError(f"got {len(sentences)} sentences, expected at least {FEWEST_SENTENCES}, some of them labelled")
    if len(set(groups)) < 2:
        groups = [str(number // max(1, len(sentences) // config.folds)) for number in range(len(sentences))]
        progress("one group only: the folds are stretches of the file, and figures out of fold flatter")
    tests = [(Path(each).name, read_labels(each, taxonomy.labels, renamed=taxonomy.renamed)) for each in test_sets]
    labelled = sum(bool(sentence.labels) for sentence in sentences)
    progress(f"{len(sentences):,} sentences in {len(set(groups))} groups, {labelled:,} with a signal")
    support = Counter(label for sentence in sentences for label in sentence.labels)
    rare = sum(support[label] < FEWEST for label in taxonomy.labels)
    if rare:
        progress(
            f"{rare} of {len(taxonomy.labels)} signals have fewer than {FEWEST} examples: they will seldom be given; "
            "label more, or give the project's corpus with yours"
        )
    base = None if config.backend == "linear" else Path(find_base(config.base))
    known = recall(base)
    leak = tell_seen("the base", count_seen(known, sentences), len(sentences))
    if leak:
        progress(f"{leak}, even out of fold")
    folds = tuple(group_folds(groups, config.folds, config.seed))
    # What is done already waits here; a training that was cut off goes on with the same command.
    work = _work_folder(folder, _made_from(sentences, taxonomy.labels, config, base))
    task = Task(sentences, taxonomy.signals, folds, config, work, progress, taxonomy.renamed)
    draft = work / "model"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    figures = {"linear": fit_linear_model, "encoder": fit_encoder_model, "cascade": fit_cascade}[config.backend](task, draft)
    remember(draft, sentences, known)
    own = load(draft)
    card = write_card(own, config, sentences, figures, _test_rows(own, draft, figures, tests, progress))
    (draft / CARD_FILE).write_text(card, encoding="utf-8")
    if folder.exists():
        shutil.rmtree(folder)
    draft.rename(folder)
    _clear(work)
    work.rmdir()
    return Trained(folder, figures[config.backend])


def _work_folder(folder: Path, made_from: str) -> Path:
    """Return where the parts of a training wait; those of other labels or settings are no parts of this one."""
    work = folder.with_name(f"{folder.name}.training")
    work.mkdir(parents=True, exist_ok=True)
    mark = work / _MADE_FROM
    if not mark.is_file() and any(work.iterdir()):
        raise InputError(f"got {work}, which holds no training of this version; expected to work there; move or delete it")
    if not mark.is_file() or mark.read_text(encoding="utf-8") != made_from:
        _clear(work)
        mark.write_text(made_from, encoding="utf-8")
    return work


def _clear(work: Path) -> None:
    """Empty a work folder; its mark goes first, so that nobody trusts half of the parts."""
    (work / _MADE_FROM).unlink(missing_ok=True)
    clear_folder(work)


def _made_from(sentences: Iterable[LabelledSentence], labels: Iterable[str], config: TrainingConfig, base: Path | None) -> str:
    """Return a fingerprint of all that shapes the parts; thresholds, chosen once they are there, do not."""
    shaping = {each.name: getattr(config, each.name) for each in fields(config) if each.name not in _CHOSEN_LATER}
    weights = {path.name: checksum(path) for path in sorted(base.glob("*.safetensors"))} if base is not None else {}
    found = hashlib.sha256(repr((version("partnersignal"), sorted(shaping.items()), weights, list(labels))).encode())
    for each in sentences:
        ignored = sorted(each.ignore) if each.ignore is not None else None
        told = (each.text, each.voice, sorted(each.labels), each.group, each.previous, ignored)
        found.update(repr(told).encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def read_for(labels: Any, taxonomy: Taxonomy, progress: Progress = lambda _: None) -> tuple[LabelledSentence, ...]:
    """Read label files of which some are older than the taxonomy.

    Parameters
    ----------
    labels : path, iterable of paths, or datasets object
        As in `train`.
    taxonomy : Taxonomy
        Signals wanted.
    progress : callable, optional
        Told what is left out.

    Returns
    -------
    tuple of LabelledSentence
        A file that never uses an added signal was not read for it: there it is ignored, not denied.
    """
    if not taxonomy.added or not isinstance(labels, str | os.PathLike | Iterable) or hasattr(labels, "features"):
        return read_labels(labels, taxonomy.labels, renamed=taxonomy.renamed)
    found: list[LabelledSentence] = []
    not_read: Counter[str] = Counter()
    for path in label_files(labels):
        part = read_labels(path, taxonomy.labels, renamed=taxonomy.renamed)
        unread = taxonomy.added - frozenset[str]().union(*(each.labels for each in part))
        not_read.update(unread)
        found += (each if each.ignore is None else replace(each, ignore=each.ignore | unread) for each in part)
    for label, files in not_read.items():
        progress(f"{label}: {files} files never use it; their sentences are not taken as examples against it")
    return tuple(found)


def _test_rows(
    own: Tagger,
    draft: Path,
    figures: dict[str, Any],
    tests: list[tuple[str, tuple[LabelledSentence, ...]]],
    progress: Progress,
) -> list[tuple[str, str, dict[str, Any]]]:
    """Measure the model, and the models it is made of, on every test set."""
    taggers = {name: own if name == own.config.backend else load(draft / name) for name in figures}
    rows = [("out of fold", name, result) for name, result in figures.items()]
    for test, labels in tests:
        results = {name: evaluate(labels, tagger) for name, tagger in taggers.items()}
        own_result = results[own.config.backend]
        leak = tell_seen("the model", own_result["seen_in_training"], own_result["sentences"])
        if leak:
            progress(f"{test}: {leak}")
        rows += [(f"`{test}`{leak and f' ({leak})'}", name, result) for name, result in results.items()]
    return rows
