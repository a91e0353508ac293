"""What the scan must know of a message's words, and boilerplate once the scan has learnt it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from partnersignal.cleaning.quotes import quoted_sentences
from partnersignal.cleaning.sentences import own_sentences
from partnersignal.cleaning.zones import zoned
from partnersignal.conversations.words import Words, long_hash, word_hash
from partnersignal.messages import Message, Zone

_BLANK_LINES = re.compile(r"\n\s*\n")
_LEAST_WORDS = 4  # of a sentence or a paragraph that is known again; "Thanks!" is everybody's


def message_words(message: Message) -> Words:
    """Hash a message's own and quoted words.

    Parameters
    ----------
    message : Message
        As read.

    Returns
    -------
    Words
        Sentences and paragraphs of fewer than four words are left out where they would be looked for.
    """
    clean = zoned(message)
    own = own_sentences(clean)
    if message.kind == "meeting_notes":
        return Words(tuple(word_hash(sentence.text) for sentence in own))
    quoted = ((each.stretch, long_hash(each.words, _LEAST_WORDS)) for each in quoted_sentences(clean))
    new = (zone for zone in clean.zones or () if zone.kind == "new")
    blocks = (long_hash(clean.text[start:end], _LEAST_WORDS) for zone in new for start, end in _blocks(clean.text, zone))
    return Words(
        tuple(word_hash(sentence.text) for sentence in own),
        tuple((stretch, known) for stretch, known in quoted if known is not None),
        tuple(known for known in blocks if known is not None),
    )


def without_boilerplate(message: Message, boilerplate: frozenset[int]) -> Message:
    """Mark the paragraphs that the scan found to be boilerplate.

    Parameters
    ----------
    message : Message
        With its zones.
    boilerplate : frozenset of int
        Hashes of paragraphs.

    Returns
    -------
    Message
        The same with zones of the kind ``boilerplate``.
    """
    if not boilerplate:
        return message
    zones: list[Zone] = []
    for zone in message.zones or ():
        if zone.kind != "new":
            zones.append(zone)
            continue
        for start, end in _blocks(message.text, zone):
            known = word_hash(message.text[start:end]) in boilerplate
            kind = "boilerplate" if known else zone.kind
            if zones and zones[-1].kind == kind and zones[-1].end == start and zones[-1].author == zone.author:
                zones[-1] = replace(zones[-1], end=end)
            else:
                zones.append(replace(zone, kind=kind, start=start, end=end))
    return replace(message, zones=tuple(zones), sentences=None)


def _blocks(text: str, zone: Zone) -> Iterator[tuple[int, int]]:
    """Cut a zone into paragraphs, the blank lines behind each with it."""
    start = zone.start
    for match in _BLANK_LINES.finditer(text, zone.start, zone.end):
        yield start, match.end()
        start = match.end()
    if start < zone.end:
        yield start, zone.end
