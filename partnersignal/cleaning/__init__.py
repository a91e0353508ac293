"""Cleaning: whose words each stretch of a body is, and the sentences in it."""

from partnersignal.cleaning.language import language, latin_script
from partnersignal.cleaning.quotes import QuotedSentence, quoted_sentences
from partnersignal.cleaning.sentences import own_sentences, split_sentences
from partnersignal.cleaning.words import message_words, without_boilerplate
from partnersignal.cleaning.zones import find_zones, new_text, zoned

__all__ = [
    "QuotedSentence", "find_zones", "language", "latin_script", "message_words", "new_text", "own_sentences",
    "quoted_sentences", "split_sentences", "without_boilerplate", "zoned",
]  # fmt: skip
