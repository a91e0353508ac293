"""Tagging: models, calibration, and the tagger that applies them."""

from partnersignal.tagging.tagger import Tagger, load

__all__ = ["Tagger", "load"]
