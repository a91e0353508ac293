"""Runs: scoring an export into a folder, and opening it again."""

from partnersignal.runs.run import Run, open_run
from partnersignal.runs.scoring import score

__all__ = ["Run", "open_run", "score"]
