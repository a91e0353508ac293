"""The words inside quotes: sentence by sentence, each with its own author."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from partnersignal.cleaning.headers import find_header
from partnersignal.cleaning.lines import QUOTE_MARK, split_lines
from partnersignal.cleaning.sentences import split_sentences
from partnersignal.cleaning.signatures import sender_names
from partnersignal.cleaning.zones import OTHERS, find_quotes, find_zones
from partnersignal.messages import Message, Party, Sentence, Zone

_DEEPEST = 8  # quotes in quotes


@dataclass(frozen=True, slots=True)
class QuotedSentence:
    """A sentence inside a quote.

    Attributes
    ----------
    sentence : Sentence
        Its place in the message; `text` has the marks that the quote has.
    words : str
        The sentence without them, as its author wrote it.
    author : Party
        Who wrote it.
    stretch : int
        Number of the stretch of quoted text in its message.
    """

    sentence: Sentence
    words: str
    author: Party
    stretch: int


@dataclass(frozen=True, slots=True)
class _Text:
    """A text taken out of another one, with the place of each of its lines in it."""

    text: str
    starts: tuple[int, ...]
    places: tuple[int, ...]

    def place(self, position: int) -> int:
        line = bisect_right(self.starts, position) - 1
        return self.places[line] + position - self.starts[line]


def quoted_sentences(message: Message) -> tuple[QuotedSentence, ...]:
    """Find the sentences that a message quotes from authors it names.

    Parameters
    ----------
    message : Message
        With its zones.

    Returns
    -------
    tuple of QuotedSentence
        In order of stretch, numbered from 0. Greetings, signatures and the like of the quoted message are left out, and
        so are the words of authors without an address that none of the message's people has the name of.
    """
    whole = _Text(message.text, (0,), (0,))
    found: list[QuotedSentence] = []
    waiting = [(whole, zone, 0) for zone in reversed(_quotes(message.zones or ()))]
    people = _people(message) if waiting else {}
    stretch = 0
    while waiting:
        outer, zone, depth = waiting.pop()
        inner = _taken_out(outer, zone)
        author = _with_address(zone.author, people)
        zones = find_quotes(inner.text) if author is None else find_zones(inner.text, author)
        if author is not None:
            for sentence in split_sentences(inner.text, zones):
                placed = _placed(message.text, inner, sentence, len(found), zone)
                found.append(QuotedSentence(placed, sentence.text, author, stretch))
        stretch += 1
        # Without a mark or a header taken off, the same quote would be found in itself for ever.
        if depth < _DEEPEST and len(inner.text) < zone.end - zone.start:
            waiting += [(inner, each, depth + 1) for each in reversed(_quotes(zones))]
    return tuple(found)


def _quotes(zones: Sequence[Zone]) -> list[Zone]:
    return [zone for zone in zones if zone.kind in OTHERS]


def _people(message: Message) -> dict[str, Party]:
    """Name the people of a message who have an address."""
    known = (party for party in (message.sender, *message.recipients) if party is not None and party.address)
    return {name: party for party in known for name in sender_names(party.name) if " " in name}


def _with_address(author: Party | None, people: dict[str, Party]) -> Party | None:
    if author is None or author.address:
        return author
    known = next((people[name] for name in sorted(sender_names(author.name)) if name in people), None)
    return replace(author, address=known.address) if known else None


def _taken_out(outer: _Text, zone: Zone) -> _Text:
    """Take a quoted stretch out of its text, without its header and one level of marks."""
    lines = split_lines(outer.text[zone.start : zone.end])
    first = next((i for i, line in enumerate(lines) if not line.blank), len(lines))
    header = find_header(lines, first) if first < len(lines) else None
    pieces: list[str] = []
    starts: list[int] = []
    places: list[int] = []
    length = 0
    for line in lines[header.after if header else 0 :]:
        mark = QUOTE_MARK.match(line.text)
        cut = mark.end() if mark else 0
        cut += line.text[cut : cut + 1] == " " and mark is not None
        starts.append(length)
        places.append(outer.place(zone.start + line.start + cut))
        pieces.append(line.text[cut:])
        length += len(pieces[-1]) + 1
    return _Text("\n".join(pieces), tuple(starts or (0,)), tuple(places or (outer.place(zone.start),)))


def _placed(text: str, inner: _Text, sentence: Sentence, number: int, zone: Zone) -> Sentence:
    start, end = inner.place(sentence.start), inner.place(sentence.end - 1) + 1
    return Sentence(number, start, end, text[start:end], zone.kind, sentence.paragraph)
