"""The sentences of one message as the plan of the whole export wants them, and whose each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from partnersignal.cleaning import own_sentences, quoted_sentences, without_boilerplate, zoned
from partnersignal.conversations.words import unpack, word_hash
from partnersignal.messages import Message, Sentence
from partnersignal.suppliers import Attribution, SupplierDirectory, attribute


@dataclass(frozen=True)
class Found:
    """The sentences of a message: its own, then those it is the first to quote.

    Attributes
    ----------
    message : Message
        With its zones.
    sentences : tuple of Sentence
        In this order.
    owners : tuple of Attribution or None
        One a sentence.
    words : tuple of str
        The sentences without the marks of quotes.
    quoted : int
        How many are quoted ones.
    """

    message: Message
    sentences: tuple[Sentence, ...]
    owners: tuple[Attribution | None, ...]
    words: tuple[str, ...]
    quoted: int


def find_sentences(message: Message, boilerplate: bytes | None, orphans: bytes | None, directory: SupplierDirectory) -> Found:
    """Find the sentences of a message, and whose each is, as the plan wants it.

    Parameters
    ----------
    message : Message
        As read.
    boilerplate, orphans : bytes or None
        Hashes of the plan: its repeated paragraphs, and the quoted sentences that it is the first to show.
    directory : SupplierDirectory
        Who is who.

    Returns
    -------
    Found
        Sentences and owners.
    """
    clean = without_boilerplate(zoned(message), frozenset(unpack(boilerplate or b"").tolist()))
    own = own_sentences(clean)
    shown = _orphans(clean, orphans or b"", directory, len(own))
    return Found(
        clean,
        (*own, *(sentence for sentence, _, _ in shown)),
        (*attribute(clean, own, directory), *(owner for _, owner, _ in shown)),
        (*(sentence.text for sentence in own), *(text for _, _, text in shown)),
        len(shown),
    )


def the_only(owners: Sequence[Attribution | None]) -> tuple[str | None, str | None]:
    """Return what the messages table says of whose the sentences of a message are.

    Parameters
    ----------
    owners : sequence of Attribution or None
        One a sentence.

    Returns
    -------
    (str or None, str or None)
        The supplier and the voice, each where all attributed sentences have the same.
    """
    suppliers, voices = ({getattr(each, name) for each in owners if each} for name in ("supplier", "voice"))
    return next(iter(suppliers)) if len(suppliers) == 1 else None, next(iter(voices)) if len(voices) == 1 else None


def surroundings_of(owners: Sequence[Attribution | None], quoted: int) -> tuple[int, ...]:
    """Tell which sentences of a message are one another's surroundings.

    Parameters
    ----------
    owners : sequence of Attribution or None
        One a sentence, the quoted ones last.
    quoted : int
        How many are quoted.

    Returns
    -------
    tuple of int
        A number a sentence, the place of the first of its kind: those of one supplier in one voice share theirs, so
        that no supplier is judged by what is said of another; a quoted sentence was said elsewhere and has its own.
    """
    first: dict[tuple[str, str] | None, int] = {}
    own = len(owners) - quoted
    keys = [(each.supplier, each.voice) if each else None for each in owners]
    return tuple(first.setdefault(key, place) if place < own else place for place, key in enumerate(keys))


def _orphans(
    message: Message, hashes: bytes, directory: SupplierDirectory, first: int
) -> list[tuple[Sentence, Attribution | None, str]]:
    """Find the quoted sentences that the export shows here first, and only in quotes, with whose they are."""
    waiting = set(unpack(hashes).tolist())
    found: list[tuple[Sentence, Attribution | None, str]] = []
    for quoted in quoted_sentences(message) if waiting else ():
        known = word_hash(quoted.words)
        if known not in waiting:
            continue
        waiting.discard(known)
        everyone = (message.sender, *message.recipients)
        others = tuple(party for party in everyone if party is not None and party.address != quoted.author.address)
        said = replace(message, sender=quoted.author, recipients=others)
        owner = attribute(said, [quoted.sentence], directory)[0]
        found.append((replace(quoted.sentence, number=first + len(found)), owner, quoted.words))
    return found
