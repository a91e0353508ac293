"""Runs: scoring an export into a folder, opening it again, changing it afterwards."""

from partnersignal.runs.appending import append
from partnersignal.runs.corrections import Correction
from partnersignal.runs.forgetting import Forgotten, forget
from partnersignal.runs.pseudonyms import read_key
from partnersignal.runs.reattribution import Reattributed, reattribute
from partnersignal.runs.run import Run, open_run
from partnersignal.runs.scoring import score

__all__ = [
    "Correction", "Forgotten", "Reattributed", "Run", "append", "forget", "open_run", "read_key", "reattribute", "score",
]  # fmt: skip
