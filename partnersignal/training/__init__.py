"""Training: splits, fitting, thresholds, evaluation, the model card."""

from partnersignal.training.config import TrainingConfig
from partnersignal.training.evaluation import evaluate
from partnersignal.training.train import Trained, train

__all__ = ["Trained", "TrainingConfig", "evaluate", "train"]
