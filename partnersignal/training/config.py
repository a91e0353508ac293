"""How to train: every default is here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

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
    screen_recall : float
        Share of the sentences tagged by the encoder that the cascade's screen must let through.
    jobs : int
        Folds fitted at the same time.
    partner_false_alarms, vendor_false_alarms : float
        Share of sentences of ordinary mail (documents without any label) that may be given a tag of
        that side by mistake, over all its signals together: in real mail fewer than 1 sentence in 100
        shows a partner signal, so alarms must be rarer than that by far.
    """

    backend: str = "linear"
    folds: int = 3
    seed: int = 13
    strength: float = 10.0
    base: str = DEFAULT_BASE
    epochs: int = 3
    learning_rate: float = 1.5e-4
    context: bool = False
    screen_recall: float = 0.99
    jobs: int = 1
    partner_false_alarms: float = 0.003
    vendor_false_alarms: float = 0.01

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
