"""Training: splits, fitting, thresholds, evaluation, comparison, the model card."""

from partnersignal.training.classifier import SignalClassifier
from partnersignal.training.comparison import Comparison, compare
from partnersignal.training.config import TrainingConfig, read_config
from partnersignal.training.evaluation import evaluate
from partnersignal.training.train import Trained, train

__all__ = ["Comparison", "SignalClassifier", "Trained", "TrainingConfig", "compare", "evaluate", "read_config", "train"]
