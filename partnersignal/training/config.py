"""How to train: every default is here and nowhere else."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from partnersignal.errors import InputError
from partnersignal.tagging.folder import BACKENDS

DEFAULT_BASE = "sentence-transformers/all-MiniLM-L6-v2"


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How to train.

    Attributes
    ----------
    backend : str
        ``linear``, ``encoder`` or ``cascade``.
    folds : int
        Folds of whole groups for calibration, thresholds and the figures of the model card.
    seed : int
        Of splits and solvers.
    strength : float
        Inverse penalty of the linear model.
    base : str
        Pretrained model of the encoder: a folder or a Hub id.
    epochs : int
        Of the encoder.
    learning_rate : float
        Peak, of the encoder.
    context : bool
        Whether the encoder reads the sentence before.
    hard_negatives : float
        Share of the unlabelled sentences, those the linear model finds most telling, that the encoder of a cascade is
        trained on.
    plain_negatives : float
        Share of the other unlabelled sentences that it is trained on.
    screen_recall : float
        Share of the sentences tagged by the encoder that the cascade's screen must let through.
    jobs : int
        Folds of the encoder fitted at the same time; the linear model takes one core.
    partner_false_alarms, vendor_false_alarms : float
        Share of sentences of ordinary mail (documents without any label) that may be given a tag of
        that side by mistake, over all its signals together. The corpus's ordinary mail is written to
        tempt: on real mail (``enron_dev``) a tenth of the partner share was seen.
    signals : str
        File of own signals; see `read_taxonomy`. Empty for the 20.
    class_weights : str
        ``none``, or ``balanced``: positives of rare signals count more.
    patience : int
        Epochs without a lower loss on held-out groups after which the encoder stops; 0 never stops early.
    freeze : int
        Lower layers of the encoder, with its embeddings, that are not trained; -1 trains the head alone.
    trainer_options : mapping of str to object
        Passed to transformers' ``TrainingArguments`` over what is set here.
    """

    backend: str = "linear"
    folds: int = 3
    seed: int = 13
    strength: float = 10.0
    base: str = DEFAULT_BASE
    epochs: int = 4
    learning_rate: float = 2e-4
    context: bool = False
    hard_negatives: float = 0.33
    plain_negatives: float = 0.25
    screen_recall: float = 0.97
    jobs: int = 1
    partner_false_alarms: float = 0.02
    vendor_false_alarms: float = 0.03
    signals: str = ""
    class_weights: str = "none"
    patience: int = 0
    freeze: int = 0
    trainer_options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the values."""
        if self.backend == "transformer":
            object.__setattr__(self, "backend", "encoder")
        if self.backend not in BACKENDS:
            raise InputError(f"got the backend {self.backend!r}, expected {', '.join(BACKENDS)} (or transformer, for encoder)")
        if self.folds < 2:
            raise InputError(f"got folds={self.folds}, expected at least 2")
        if not self.strength > 0:
            raise InputError(f"got strength={self.strength}, expected a positive number")
        if self.epochs < 1 or not self.learning_rate > 0:
            raise InputError(f"got epochs={self.epochs}, learning_rate={self.learning_rate}, expected positive numbers")
        if not 0 < self.screen_recall <= 1:
            raise InputError(f"got screen_recall={self.screen_recall}, expected a share above 0, at most 1")
        for name in ("hard_negatives", "plain_negatives"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"got {name}={getattr(self, name)}, expected a share, 0 to 1")
        if self.class_weights not in ("none", "balanced"):
            raise InputError(f"got class_weights={self.class_weights!r}, expected none or balanced")
        if self.patience < 0 or self.freeze < -1:
            raise InputError(f"got patience={self.patience}, freeze={self.freeze}, expected at least 0 and -1")


def read_config(path: str | os.PathLike[str], **changes: Any) -> TrainingConfig:
    """Read how to train from a file.

    Parameters
    ----------
    path : path
        TOML with the attributes of `TrainingConfig`; the file of own signals is found from where it lies.
    **changes : object
        Values that go before the file's.

    Returns
    -------
    TrainingConfig
        Defaults for what neither says.

    Raises
    ------
    InputError
        If the file cannot be read, or a name, type or value is wrong.
    """
    try:
        data = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"got the training file {path}, which cannot be read ({error}); expected TOML") from error
    kinds = {each.name: str(each.type) for each in fields(TrainingConfig)}
    for name, value in data.items():
        if name not in kinds:
            raise InputError(f"{path}: got {name!r}, expected one of {', '.join(kinds)}")
        wanted = _TYPES.get(kinds[name], (dict,))
        if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
            raise InputError(f"{path}: got {name} = {value!r}, expected {kinds[name]}")
    if data.get("signals"):
        data["signals"] = str(Path(path).parent / data["signals"])
    return replace(TrainingConfig(**data), **changes)


_TYPES: Mapping[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}
