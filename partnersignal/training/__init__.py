"""Training: splits, fitting, thresholds, evaluation, the model card."""

from partnersignal.training.evaluation import evaluate
from partnersignal.training.train import Trained, TrainingConfig, train

__all__ = ["Trained", "TrainingConfig", "evaluate", "train"]
