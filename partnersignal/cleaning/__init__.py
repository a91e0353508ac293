"""Cleaning: whose words each stretch of a body is, and the sentences in it."""

from partnersignal.cleaning.sentences import split_sentences
from partnersignal.cleaning.zones import find_zones, new_text, zoned

__all__ = ["find_zones", "new_text", "split_sentences", "zoned"]
