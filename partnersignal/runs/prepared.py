"""What is found in one message, and the rows of the tables of messages and exposure that tell it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from partnersignal.cleaning import latin_script
from partnersignal.messages import Message, Sentence
from partnersignal.runs.sentences import surroundings_of, the_only
from partnersignal.suppliers import Attribution


@dataclass(frozen=True)
class Prepared:
    """A message with what may be tagged in it: its own sentences, then those it is the first to quote.

    Attributes
    ----------
    message : Message
        Cleaned.
    fact : dict
        Its row of the plan.
    status : str
        What becomes of it, as in the receipt.
    sentences : tuple of Sentence
        In order.
    owners : tuple of Attribution or None
        One a sentence.
    words : tuple of str
        The sentences without the marks of quotes.
    quoted : int
        How many of them, at the end, stand in quotes.
    language : str or None
        As detected.
    known_language : bool
        Whether the model knows it.
    """

    message: Message
    fact: dict[str, Any]
    status: str
    sentences: tuple[Sentence, ...] = ()
    owners: tuple[Attribution | None, ...] = ()
    words: tuple[str, ...] = ()
    quoted: int = 0
    language: str | None = None
    known_language: bool = True

    def readable(self, place: int) -> bool:
        """Return whether a sentence is in a language and a script that the model knows.

        Parameters
        ----------
        place : int
            Its place among `sentences`.

        Returns
        -------
        bool
            False counts as ineligible.
        """
        return self.known_language and latin_script(self.words[place])

    def taggable(self) -> Iterator[tuple[int, Sentence, Attribution, str, str]]:
        """Go through the sentences to tag.

        Yields
        ------
        tuple of (int, Sentence, Attribution, str, str)
            The number of its surroundings, the sentence, whose it is, its words and those before it.
        """
        previous = ""
        surroundings = surroundings_of(self.owners, self.quoted)
        own = len(self.sentences) - self.quoted
        for place, (sentence, owner) in enumerate(zip(self.sentences, self.owners, strict=True)):
            # What a quote shows first was said elsewhere: it goes on from nothing.
            previous = previous if place != own else ""
            if owner is not None and self.readable(place):
                yield surroundings[place], sentence, owner, self.words[place], previous
            previous = self.words[place]


def message_row(item: Prepared, quotes: bool) -> dict[str, Any]:
    """Tell what a message was and what became of it.

    Parameters
    ----------
    item : Prepared
        The message.
    quotes : bool
        Whether its words are kept.

    Returns
    -------
    dict
        A row of the table of messages.
    """
    message, fact = item.message, item.fact
    supplier, voice = the_only(item.owners)
    keep = quotes and item.status != "duplicate"
    return {
        "message_id": message.message_id, "thread_id": fact["thread_id"], "date": message.date,
        "date_quality": message.date_quality,
        "utc_offset": message.utc_offset, "sender": str(message.sender) if message.sender else None,
        "recipients": "; ".join(str(party) for party in message.recipients), "subject": message.subject if quotes else "",
        "kind": fact["kind"], "bulk": bool(fact["bulk"]),
        "supplier": supplier, "voice": voice,
        "sentences": len(item.sentences), "quoted": item.quoted, "boilerplate": _boilerplate(message),
        "language": item.language, "orphans": fact["orphans"], "repeats": fact["boilerplate"],
        "status": item.status, "replaced": message.replaced, "source": message.source, "text": message.text if keep else "",
    }  # fmt: skip


def _boilerplate(message: Message) -> int:
    return sum(zone.kind == "boilerplate" for zone in message.zones or ())


def exposure_rows(item: Prepared) -> list[dict[str, Any]]:
    """Count how much of a message is about whom.

    Parameters
    ----------
    item : Prepared
        The message.

    Returns
    -------
    list of dict
        Rows of the table of exposure, one a supplier.
    """
    counted: dict[str, list[int]] = {}
    voices: dict[str, set[str]] = {}
    for place, owner in enumerate(item.owners):
        if owner is not None:
            counted.setdefault(owner.supplier, [0, 0])[0 if item.readable(place) else 1] += 1
            voices.setdefault(owner.supplier, set()).add(owner.voice)
    return [
        {
            "supplier": supplier, "message_id": item.message.message_id, "thread_id": item.fact["thread_id"],
            "date": item.message.date, "bulk": bool(item.fact["bulk"]),
            "voice": min(voices[supplier]) if len(voices[supplier]) == 1 else "mixed",
            "sentences": eligible, "ineligible": ineligible,
        }
        for supplier, (eligible, ineligible) in counted.items()
    ]  # fmt: skip


def count_exposure(
    message: Message,
    thread_id: str,
    bulk: bool,
    sentences: Sequence[Sentence],
    owners: Sequence[Attribution | None],
    known_language: bool,
) -> list[dict[str, Any]]:
    """Count how much of a stored message is about whom.

    Parameters
    ----------
    message : Message
        As stored.
    thread_id : str
        Of the plan.
    bulk : bool
        Of the plan.
    sentences : sequence of Sentence
        Its own new words.
    owners : sequence of Attribution or None
        One a sentence.
    known_language : bool
        Whether the model knows its language.

    Returns
    -------
    list of dict
        Rows of the exposure table.
    """
    fact = {"thread_id": thread_id, "bulk": bulk}
    words = tuple(sentence.text for sentence in sentences)
    prepared = Prepared(message, fact, "tagged", tuple(sentences), tuple(owners), words, known_language=known_language)
    return exposure_rows(prepared)
