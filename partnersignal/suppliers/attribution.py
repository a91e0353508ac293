"""Whose behaviour a sentence is about, and in which voice; unsure means nobody's."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from partnersignal.messages import Message, Party, Sentence, Voice, Zone
from partnersignal.reading.transcripts import speaker_label
from partnersignal.suppliers.bearing import refers, small_talk, trade
from partnersignal.suppliers.directory import OURS, Owner, SupplierDirectory
from partnersignal.suppliers.narrative import Narrative, only
from partnersignal.suppliers.outline import Outline, Place
from partnersignal.suppliers.speakers import STRANGER, People, Side, find_people, label_side
from partnersignal.suppliers.subjects import (
    addresses_somebody,
    begins_with_pronoun,
    leads,
    points_at_something,
    speaks_of_itself,
    speaks_of_somebody,
    subject,
)  # fmt: skip

# Words of an answer: they speak to, or of the words of, whoever spoke before.
_ANSWERS = re.compile(r"\b(?:you|your|yours|that|thanks|thank)\b", re.I)
# "Ann, did you ..."
_CALLED = re.compile(r"(?:(?i:and|so|okay|ok|oh|right|thanks|also|by the way|btw),? )?(?P<name>[^\W\d_a-z][\w'’-]{1,30}), ")
_EVERYBODY = re.compile(r"\b(?:everyone|everybody|all of you|you all|you both|both of you|anyone|anybody|each of you)\b", re.I)
_SENTENCE_END = re.compile(r"[.!?](?:\s+[^\W\d]|\s*$)")  # not that of "no. 5"
_FIRST_WORDS = 3  # among which who is spoken to is named
_MOST_QUOTES = 100  # between which answers are looked for: each answer is read on its own
_BULK = ("list-id", "list-unsubscribe", "feedback-id")


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who a sentence is about.

    Attributes
    ----------
    supplier : str
        Name in the directory.
    voice : str
        ``supplier``, ``customer`` or ``third_person``.
    """

    supplier: str
    voice: Voice


_Found = tuple[int, Voice] | None


def attribute(message: Message, sentences: Sequence[Sentence], directory: SupplierDirectory) -> tuple[Attribution | None, ...]:
    """Attribute the sentences of one message.

    A supplier's own words are about it, ours to one supplier are about that one; everything else goes by names.
    In quoted and forwarded zones the zone's author counts, in notes the speaker of the turn.

    Parameters
    ----------
    message : Message
        With sender, recipients and zones.
    sentences : sequence of Sentence
        Of its body, in order.
    directory : SupplierDirectory
        Who is who.

    Returns
    -------
    tuple of Attribution or None
        One a sentence; None where it is nobody's or unsure.
    """
    people = find_people(message, directory)
    if message.kind == "meeting_notes" and message.sender is None:
        found = _Notes(message, sentences, directory, people).found()
    else:
        found = _Mail(message, sentences, directory, people).found()
    return tuple(Attribution(directory.suppliers[pair[0]].name, pair[1]) if pair else None for pair in found)


class _Mail:
    """Attributes mail: each zone by its author."""

    def __init__(self, message: Message, sentences: Sequence[Sentence], directory: SupplierDirectory, people: People) -> None:
        self._message, self._sentences, self._directory, self._people = message, sentences, directory, people
        self._zones = message.zones or ()
        self._starts = [zone.start for zone in self._zones]
        self._quotes = [zone for zone in self._zones if zone.kind in ("quoted", "forwarded")]

    def found(self) -> list[_Found]:
        found: list[_Found] = []
        stretch: list[Sentence] = []
        held: tuple[Party | None, Zone | None] = (None, None)
        for sentence in (*self._sentences, None):
            key = (self._author(sentence), self._answered(sentence)) if sentence else (None, None)
            if stretch and (sentence is None or key != held):
                found += self._stretch(*held, stretch)
                stretch = []
            if sentence:
                stretch.append(sentence)
                held = key
        return found

    def _answered(self, sentence: Sentence) -> Zone | None:
        """Return the quoted stretch that a sentence answers, where answers stand between quoted lines."""
        if not 1 < len(self._quotes) <= _MOST_QUOTES or sentence.zone != "new":
            return None
        return next((zone for zone in reversed(self._quotes) if zone.end <= sentence.start), None)

    def _author(self, sentence: Sentence) -> Party | None:
        if sentence.zone in ("quoted", "forwarded"):
            zone = self._zones[bisect_right(self._starts, sentence.start) - 1]
            return zone.author or (self._other_side(sentence) if zone.kind == "quoted" else None)
        return self._message.sender

    def _other_side(self, sentence: Sentence) -> Party | None:
        """Return whom a mail between two sides answers; quotes inside its quotes may be anybody's."""
        line = self._message.text[self._message.text.rfind("\n", 0, sentence.start) + 1 : sentence.start + 1]
        sides = {self._directory.owner(party) for party in self._message.recipients}
        own = self._side(self._message.sender)
        if line.replace(" ", "").startswith(">>") or len(sides) != 1 or {own, *sides} in ({own}, {None}) or None in sides:
            return None
        return self._message.recipients[0] if OURS in (own, *sides) and own is not None else None

    def _side(self, party: Party | None) -> Side | None:
        """Find whose person it is; quotes may name their authors without address."""
        if party is None:
            return None
        return self._directory.owner(party) if party.address else self._people.side(party.name)

    def _stretch(self, author: Party | None, answered: Zone | None, sentences: Sequence[Sentence]) -> list[_Found]:
        side = self._side(author)
        if isinstance(side, int):
            return _by_supplier(self._directory, side, sentences)
        if side == OURS:
            everyone = (*self._message.recipients, *((self._message.sender,) if self._message.sender else ()))
            addressed = {owner for party in everyone if isinstance(owner := self._directory.owner(party), int)}
            if addressed:
                return _to_suppliers(self._directory, addressed, self._people, sentences)
            return self._internal(answered, sentences)
        # Strangers may report on a supplier by name; what they sell to many says nothing of anybody.
        if author is None or any(self._message.header(name) for name in _BULK):
            return [None] * len(sentences)
        return self._told(None, sentences)

    def _told(self, default: int | None, sentences: Sequence[Sentence]) -> list[_Found]:
        """Attribute what somebody tells of others, unless it speaks of no supplier: most mail inside a firm."""
        if default is None and not self._speaks_of_suppliers:
            return [None] * len(sentences)
        return _about(Narrative(self._message.text, self._directory, self._people, default), sentences)

    @cached_property
    def _speaks_of_suppliers(self) -> bool:
        """Whether a supplier, its people or its trade are named; without, no sentence can be tied to one."""
        text = self._message.text
        if self._people.suppliers() or self._directory.mentions(text) or self._people.may_name_contacts():
            return True
        return not self._directory.inferred and trade(text) is not None

    def _internal(self, answered: Zone | None, sentences: Sequence[Sentence]) -> list[_Found]:
        quoted = {side for zone in self._zones if isinstance(side := self._side(zone.author), int)}
        default = _default(self._message.subject, sentences, self._directory)
        if default is None and len(quoted) == 1:
            default = next(iter(quoted))
        if answered:
            default = only(self._directory.mentions(self._message.text[answered.start : answered.end]))
        found = self._told(default, sentences)
        if default is None or answered:
            return found
        # A paragraph that speaks to a colleague, and of nobody, is not about the supplier of the subject line.
        for number in {sentence.paragraph for sentence in sentences}:
            paragraph = " ".join(sentence.text for sentence in sentences if sentence.paragraph == number)
            about = speaks_of_somebody(paragraph) or points_at_something(paragraph) or self._directory.mentions(paragraph)
            if addresses_somebody(paragraph) and not about:
                found = [None if s.paragraph == number else each for s, each in zip(sentences, found, strict=True)]
        return found


class _Notes:
    """Attributes notes: turns by their speakers, the rest as a narrative of ours."""

    def __init__(self, message: Message, sentences: Sequence[Sentence], directory: SupplierDirectory, people: People) -> None:
        self._message, self._sentences, self._directory, self._people = message, sentences, directory, people
        self._outline = Outline(message.text)
        suppliers = people.suppliers()
        self._present = next(iter(suppliers)) if len(suppliers) == 1 and people.marked else None
        # The first line is the subject; where it is a sentence or a label it says nothing of the rest.
        titled = self._titled(message)
        title = "" if not titled or _SENTENCE_END.search(message.subject) else message.subject
        default = _default(title, self._own(), directory, self._present)
        self._narrative = Narrative(message.text, directory, people, default, self._outline)
        self._turn: Side | None = None  # whose turn it is; None outside turns
        self._answered: int | None = None  # the supplier that spoke last
        self._spoken_to: int | None = None  # whom the turn of one of us answers
        self._before = -1
        self._previous: int | None = None
        self._asked = ""  # the colleague whom the last turn of one of us called by name
        self._colleague = False  # whether what is said now is between colleagues

    def _titled(self, message: Message) -> bool:
        """Return whether the first line is a title: "Acme: what we learnt" alone above a text without labels."""
        label = speaker_label(message.subject)
        if not label:
            return True
        alone = message.text.lstrip().partition("\n")[2].startswith("\n")
        return alone and only(self._directory.mentions(label[0])) is not None and not self._outline.is_conversation()

    def _own(self) -> list[Sentence]:
        return [sentence for sentence in self._sentences if not self._listed(sentence)]

    def _listed(self, sentence: Sentence) -> bool:
        return any(start <= sentence.start < end for start, end in self._people.listed)

    def found(self) -> list[_Found]:
        return [None if self._listed(sentence) else self._one(sentence) for sentence in self._sentences]

    def _one(self, sentence: Sentence) -> _Found:
        place = self._outline.place(sentence)
        self._new_turn(place, sentence)
        if isinstance(self._turn, int):
            self._answered = self._turn
            return self._supplier(self._turn, sentence)
        if self._turn == STRANGER:
            named = only(self._directory.mentions(sentence.text))
            return (named, "third_person") if named is not None else None
        if self._turn == OURS:
            if self._among_us(sentence, place):
                return None
            answered = self._ours(sentence, place)
            if answered is not None:
                return answered, "third_person"
        owner = self._narrative.owner(sentence, place)
        return (owner, "third_person") if owner is not None else None

    def _speaker(self, place: Place) -> str:
        """Return the name that opens a turn: before a colon, or alone on the line above."""
        alone = place.line.strip()
        above = place.shape == "heading" and " " in alone and alone.replace(" ", "").isalpha()
        return alone if above and self._people.marked and self._people.side(alone) is not None else place.label

    def _new_turn(self, place: Place, sentence: Sentence) -> None:
        """Find out whose turn the sentence stands in; a turn ends with its paragraph, or where a line opens another."""
        label = self._speaker(place)
        named = self._directory.found(label)
        # "Acme: late" is a topic; in a conversation it is a turn.
        spoken = not named or named[0][0] > 0 or self._outline.is_conversation()
        if label and place.opens and spoken:
            self._turn = label_side(label, self._people, self._directory)
            if self._turn is None and self._people.marked and not self._directory.mentions(label):
                self._turn = OURS  # where the others' companies are told, who has none is one of us
            if self._turn == OURS and place.shape in ("item", "entry") and not self._outline.is_conversation():
                self._turn = None  # "- Ann: book a room": what one of us has to do
            self._previous = self._spoken_to = None
        elif sentence.paragraph != self._before or place.shape in ("heading", "entry", "item", "row"):
            self._turn = None
        elif place.opens and self._narrative.person(sentence.text) is not None:
            self._turn = None  # "AL to send the offer"
        self._before = sentence.paragraph

    def _supplier(self, speaker: int, sentence: Sentence) -> _Found:
        found, self._previous = _own_words(self._directory, speaker, _spoken(sentence), self._previous)
        return found

    def _among_us(self, sentence: Sentence, place: Place) -> bool:
        """Return whether one of us speaks to a colleague by name, or is the colleague who answers, of nobody else."""
        words = _spoken(sentence)
        if place.opens:
            self._colleague = bool(self._asked) and self._asked in place.label.split()
            self._asked = ""
        called = _CALLED.match(words)
        if called and self._people.side(called["name"]) == OURS:
            self._asked, self._colleague = called["name"], True
        return self._colleague and not refers(words) and not self._directory.mentions(words)

    def _ours(self, sentence: Sentence, place: Place) -> int | None:
        """Find the supplier that one of us speaks to, where no name of a supplier tells."""
        words = _spoken(sentence)
        if self._directory.mentions(words):
            return None
        addressed = {side for name in _names(words) if isinstance(side := self._people.side(name), int)}
        if len(addressed) == 1:
            self._spoken_to = next(iter(addressed))
            return self._spoken_to
        if addressed or _EVERYBODY.search(words):
            return None
        if self._present is not None:
            return self._present
        if place.opens:
            self._spoken_to, self._answered = self._answered, None
        return self._spoken_to if _ANSWERS.search(words) else None


def _speaks_on(text: str) -> bool:
    """Return whether a sentence speaks to whom the one before spoke to, and not to all."""
    return addresses_somebody(text) and not _EVERYBODY.search(text)


def _named_first(text: str, people: People, addressed: set[int]) -> list[int]:
    """Return those of the addressed suppliers whose people a sentence names among its first words."""
    sides = {people.side(name) for name in _names(" ".join(text.split()[:_FIRST_WORDS]))}
    return [supplier for supplier in sorted(addressed) if supplier in sides]


def _names(words: str) -> list[str]:
    return re.findall(r"[^\W\d_a-z][\w'’-]{1,30}(?=[^\w'’-]|$)", words)


def _spoken(sentence: Sentence) -> str:
    """Return the words of a turn's sentence without the label before them."""
    head, colon, words = sentence.text.partition(": ")
    return words if colon and len(head) <= 80 else sentence.text


def _default(title: str, sentences: Sequence[Sentence], directory: SupplierDirectory, present: int | None = None) -> int | None:
    """Return the supplier that the subject names, or whose people alone were there and the text names no other."""
    titled = directory.mentions(title) or directory.people_in(title)
    if titled or present is None:
        return only(titled)
    everyone = {owner for sentence in sentences for owner in directory.mentions(sentence.text)}
    return present if everyone <= {present} else None


def _about(narrative: Narrative, sentences: Sequence[Sentence]) -> list[_Found]:
    owners = (narrative.owner(sentence) for sentence in sentences)
    return [(owner, "third_person") if owner is not None else None for owner in owners]


def _by_supplier(directory: SupplierDirectory, writer: int, sentences: Sequence[Sentence]) -> list[_Found]:
    found: list[_Found] = []
    previous: int | None = None
    paragraph = -1
    for sentence in sentences:
        if sentence.paragraph != paragraph:
            paragraph, previous = sentence.paragraph, None
        each, previous = _own_words(directory, writer, sentence.text, previous)
        found.append(each)
    return found


def _own_words(directory: SupplierDirectory, writer: int, text: str, previous: int | None) -> tuple[_Found, int | None]:
    """Attribute a supplier's own sentence; also return the other supplier that a pronoun may go on about."""
    named = directory.found(text, (writer,))
    owners = {owner for _, _, owner in named}
    if not named:
        if previous is not None and begins_with_pronoun(text):
            return (previous, "third_person"), previous
        return None if small_talk(text, own=False) else (writer, "supplier"), None
    if writer in owners:
        return (writer, "supplier"), None
    # Its word on another supplier: about that one where it is the clear subject, else about itself or nobody.
    about = subject(text, named, previous)
    if isinstance(about, int) and about != writer and (leads(text, named[0][0]) or begins_with_pronoun(text)):
        return (about, "third_person"), about
    return ((writer, "supplier") if speaks_of_itself(text[: named[0][0]]) else None), None


def _to_suppliers(
    directory: SupplierDirectory, addressed: set[int], people: People, sentences: Sequence[Sentence]
) -> list[_Found]:
    sole = next(iter(addressed)) if len(addressed) == 1 else None
    led = False
    found: list[_Found] = []
    previous: int | None = None
    paragraph = -1
    for sentence in sentences:
        if sentence.paragraph != paragraph:
            paragraph, previous, led = sentence.paragraph, None, False
        named = directory.found(sentence.text, addressed)
        owner: Owner | str | None
        if named:
            owner = subject(sentence.text, named, previous)
            other = sole is not None and owner != sole and not leads(sentence.text, named[0][0])
            if other and addresses_somebody(sentence.text) and owner not in ("ambiguous",):
                owner = sole
            # Among several, who is named is who the next sentence speaks to.
            previous, led = owner if isinstance(owner, int) else None, sole is None and owner in addressed
        elif sole is None and (person := only(_named_first(sentence.text, people, addressed))) is not None:
            owner = previous = person  # "Ann, thank you. You ..."
            led = True
        elif previous is not None and (begins_with_pronoun(sentence.text) or (led and _speaks_on(sentence.text))):
            owner = previous
        else:
            owner, previous = None if small_talk(sentence.text, own=True) else sole, None
        found.append((owner, "customer" if owner in addressed else "third_person") if isinstance(owner, int) else None)
    return found
