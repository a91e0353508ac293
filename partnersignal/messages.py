"""The facts that flow through the library: people, messages, zones, sentences, tags."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from partnersignal.errors import InputError

Voice = Literal["supplier", "customer", "third_person"]
VOICES: tuple[Voice, ...] = get_args(Voice)
Kind = Literal["email", "meeting_notes", "auto_reply", "bounce", "calendar"]
ZoneKind = Literal["new", "greeting", "quoted", "forwarded", "signature", "disclaimer", "banner", "boilerplate"]
DateQuality = Literal["ok", "no_zone", "implausible", "unparsed", "missing"]

# Zones that hold the author's own words.
OWN_ZONES: frozenset[str] = frozenset({"new", "greeting"})


@dataclass(frozen=True, slots=True)
class Party:
    """A person or mailbox.

    Attributes
    ----------
    name : str
        Display name, empty where none is given.
    address : str
        Lower-case e-mail address, empty where none is given.
    """

    name: str
    address: str

    @property
    def domain(self) -> str:
        """Return what follows the @, or an empty string."""
        return self.address.rpartition("@")[2] if "@" in self.address else ""

    @classmethod
    def parse(cls, text: str) -> Party:
        """Read back what ``str(party)`` wrote.

        Parameters
        ----------
        text : str
            ``Name <address>``, an address or a name.

        Returns
        -------
        Party
            Empty for an empty text.
        """
        name, bracket, rest = text.rpartition(" <")
        if bracket and rest.endswith(">"):
            return cls(name, rest[:-1])
        return cls("", text) if "@" in text and " " not in text else cls(text, "")

    def __str__(self) -> str:
        """Return the party as it stands in a mail header."""
        return f"{self.name} <{self.address}>" if self.name and self.address else self.address or self.name


@dataclass(frozen=True, slots=True)
class Zone:
    """A stretch of a body: ``text[start:end]``.

    Attributes
    ----------
    kind : str
        One of `ZoneKind`.
    start, end : int
        Code points; zones of a message are in order and cover the text without gaps.
    author : Party or None
        Who wrote it, where a quote names them; None means the message's sender or unknown.
    """

    kind: ZoneKind
    start: int
    end: int
    author: Party | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One e-mail, or the notes of one meeting.

    Attributes
    ----------
    message_id : str
        Message-ID without angle brackets, or ``sha256:`` and the hash of the content.
    date : datetime or None
        Time of sending in UTC; None where unknown.
    date_quality : str
        ``ok``, ``no_zone`` (read as UTC), ``implausible``, ``unparsed`` or ``missing``.
    sender : Party or None
        Author.
    recipients : tuple of Party
        To and Cc.
    subject : str
        Decoded subject line.
    text : str
        Body as plain text, with quotes, signature and all. Transcripts hold a paragraph a turn, which begins with its
        speaker as the program names them: ``Ann Lee (Acme): We fixed it.``; attribution reads the turns there.
    kind : str
        ``email`` or ``meeting_notes`` as read; the scan finds auto-replies, bounces and calendar mail.
    thread_id : str
        Given by the export where it has one; else empty until the scan.
    in_reply_to : str
        Message-ID answered, or empty.
    references : tuple of str
        Message-IDs of the thread so far, oldest first.
    headers : tuple of (str, str)
        The few headers that tell automatic and bulk mail, names in lower case.
    utc_offset : int or None
        Original offset from UTC in minutes.
    replaced : int
        Characters that could not be decoded (U+FFFD).
    source : str
        File and place it was read from.
    zones : tuple of Zone or None
        Set by cleaning.
    sentences : tuple of Sentence or None
        The author's own, where cleaning has cut them already.
    """

    message_id: str
    date: datetime | None
    date_quality: DateQuality
    sender: Party | None
    recipients: tuple[Party, ...]
    subject: str
    text: str
    kind: Kind = "email"
    thread_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    utc_offset: int | None = None
    replaced: int = 0
    source: str = ""
    zones: tuple[Zone, ...] | None = field(default=None, repr=False)
    sentences: tuple[Sentence, ...] | None = field(default=None, repr=False)

    def header(self, name: str) -> str:
        """Return a kept header's value.

        Parameters
        ----------
        name : str
            Lower-case header name.

        Returns
        -------
        str
            Its value, or an empty string.
        """
        return next((value for key, value in self.headers if key == name), "")

    @property
    def new_text(self) -> str:
        """Return the author's own new words: no quotes, signature, disclaimer or banner."""
        if self.zones is None:
            return self.text
        own = (self.text[z.start : z.end] for z in self.zones if z.kind in OWN_ZONES)
        return "".join(own).strip()

    def __repr__(self) -> str:
        """Return a short form that shows neither addresses nor words."""
        return f"<Message {self.message_id[:24]} {self.date:%Y-%m-%d}>" if self.date else f"<Message {self.message_id[:24]}>"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A place in an export that gave no message.

    Attributes
    ----------
    source : str
        File and place.
    reason : str
        Why, in words for the receipt.
    """

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """The unit that is tagged.

    Attributes
    ----------
    number : int
        0-based in its message.
    start, end : int
        Code points: ``text == message.text[start:end]``.
    text : str
        The sentence.
    zone : str
        Kind of the zone it lies in.
    paragraph : int
        0-based number of its paragraph in the message.
    """

    number: int
    start: int
    end: int
    text: str
    zone: ZoneKind
    paragraph: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A signal on a sentence.

    Attributes
    ----------
    sentence : int
        Number of the sentence in its text.
    start, end : int
        Code points of the sentence.
    text : str
        The sentence.
    signal : str
        Label.
    probability : float
        Calibrated, 0 to 1.
    explainer : callable, optional
        Weighs the words; known to tags that come straight from a tagger.
    """

    sentence: int
    start: int
    end: int
    text: str
    signal: str
    probability: float
    explainer: Callable[[], tuple[Any, ...]] | None = field(default=None, repr=False, compare=False)

    def explain(self) -> tuple[Any, ...]:
        """Find the words that carried the decision.

        Returns
        -------
        tuple of WordWeight
            Word, its place in the sentence, and by how much the log-odds fall without it; the heaviest first.

        Raises
        ------
        InputError
            If the tag comes from a table, not from a tagger.
        """
        if self.explainer is None:
            raise InputError("got a tag that no tagger stands behind, expected one of tagger.tag(); call tagger.explain(...)")
        return self.explainer()


@dataclass(frozen=True, slots=True)
class TaggedText:
    """A text with its tags, in order of sentence, then of signal.

    Attributes
    ----------
    text : str
        What was tagged.
    tags : tuple of Tag
        Tags at or above their thresholds.
    """

    text: str
    tags: tuple[Tag, ...]
