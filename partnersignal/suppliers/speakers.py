"""Who the people of a message are: from attendee lists, addresses, brackets behind names, and initials."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from partnersignal.messages import Message, Party
from partnersignal.reading.transcripts import speaker_label
from partnersignal.suppliers.directory import OURS, Owner, SupplierDirectory, organisation_domain

STRANGER: Final = "stranger"
Side = Owner | Literal["stranger"]

_ATTENDEES = re.compile(
    r"[ \t]*(?:#{1,6}[ \t]*|[-*•][ \t]+|[*_]{2})?(?:attendees?|attended|attending|present|participants?|participated|in attendance|in the room|"
    r"on the call|speakers|people|who|with|apologies|absent|teilnehmer(?:innen)?|anwesend|présents?|participantes|asistentes|"
    r"partecipanti|presenti|presentes|aanwezig|deelnemers|deltagere|deltagare|osallistujat|uczestnicy|obecni)"
    r"(?P<side>[ \t]+(?:(?:for|from)[ \t]+)?[^:\n]{1,40})?[*_]{0,2}[ \t]*:[*_]{0,2}[ \t]*(?P<rest>.*)$",
    re.I,
)
_FOR = re.compile(r"[ \t]*(?:[-*•][ \t]+)?(?:for|from)[ \t]+(?P<side>[^:\n]{1,40})[ \t]*:[ \t]+(?P<rest>.*)$", re.I)
_MOST_LINES = 60  # of an attendee list
_LONGEST_ENTRY = 120
_NAME = re.compile(r"[ \t]*(?:[-*•·][ \t]+|\d{1,2}[.)][ \t]+)?(?P<name>[^\W\d_][\w.'’ -]{0,60}?)[ \t]*$")
_BRACKETS = re.compile(r"[(\[<](?P<inside>[^()\[\]<>]{1,100})[)\]>]")
_PARTED = re.compile(r"[ \t]+[-–—|@/][ \t]*|[ \t]*[|/@][ \t]*|[ \t]+(?:of|from|at)[ \t]+")
# "Jonas from Veltrix", "Aisha at Brightline", "Carla (Veltrix)": a person brought in by the text itself.
_INTRODUCED = re.compile(r"([^\W\d_a-z][\w'’-]{1,30})(?: (?:from|at|of) (?:the )?| ?\()(?=[^\W_])")
_OUR_WORDS = frozenset(["us", "we", "ours", "our side", "our team", "internal", "home team", "in-house"])


@dataclass(frozen=True, slots=True)
class People:
    """The people of one message, by the names it may use for them.

    Attributes
    ----------
    sides : dict of str to side
        Lower-case full names, first and last names, initials (as written), each only where it can mean one side.
    listed : tuple of (int, int)
        Where attendee lists stand in the text: they tell who was there, not how anybody behaved.
    marked : bool
        Whether a list or a label tells a supplier's person by the company: who has none is one of us.
    """

    sides: dict[str, Side] = field(default_factory=dict)
    listed: tuple[tuple[int, int], ...] = ()
    marked: bool = False

    def side(self, name: str) -> Side | None:
        """Find whose person a name is.

        Parameters
        ----------
        name : str
            A full name, a first or last name, or initials in capitals.

        Returns
        -------
        int, "ours", "stranger" or None
            None for a name that is unknown or could mean people of two sides.
        """
        bare = " ".join(re.sub(r"[.]", "", _BRACKETS.sub(" ", name)).split())
        if not bare:
            return None
        return self.sides.get(bare if _initials_like(bare) else _turned(bare).lower())

    def suppliers(self) -> set[int]:
        """Return the suppliers whose people are known.

        Returns
        -------
        set of int
            Their places in the directory.
        """
        return {side for side in self.sides.values() if isinstance(side, int)}


def find_people(message: Message, directory: SupplierDirectory) -> People:
    """Find out who the people of a message are.

    Parameters
    ----------
    message : Message
        Notes with attendee lists or turns, or mail with senders and recipients.
    directory : SupplierDirectory
        Who is who.

    Returns
    -------
    People
        Names whose side can be told.
    """
    found: list[tuple[str, str, Side | None]] = []  # name, initials written beside it, side
    for party in (message.sender, *message.recipients):
        if party is not None and party.name:
            owner = directory.owner(party)
            found.append((party.name, "", owner if owner is not None else STRANGER))
    listed: list[tuple[int, int]] = []
    if message.kind == "meeting_notes":
        for start, end, entries in _lists(message.text):
            listed.append((start, end))
            found += _entries(entries, directory)
        found += [_person(label, directory) for label in _labels(message.text) if _marked(label)]
    marked = message.kind == "meeting_notes" and any(isinstance(side, int) for _, _, side in found)
    if marked:
        found = [(name, initials, OURS if side is None else side) for name, initials, side in found]
    found += _introduced(message.text[:200_000], directory)
    return People(_sides(found), tuple(listed), marked)


def label_side(label: str, people: People, directory: SupplierDirectory) -> Side | None:
    """Find whose person the label of a turn names.

    Parameters
    ----------
    label : str
        For example ``Ann Lee (Acme)``, ``Ann | Acme``, ``ann@acme.com``, ``AL``.
    people : People
        Of the same message.
    directory : SupplierDirectory
        Who is who.

    Returns
    -------
    int, "ours", "stranger" or None
        None where it cannot be told.
    """
    if _marked(label):
        side = _person(label, directory)[2]
        if side is not None and side != STRANGER:
            return side
    return people.side(label)


def _sides(found: Iterable[tuple[str, str, Side | None]]) -> dict[str, Side]:
    """Keep the names that mean people of one side only."""
    sides: dict[str, set[Side | None]] = {}
    for name, initials, side in found:
        bare = _turned(name)
        words = bare.split()
        if not words:
            continue
        short = initials or "".join(word[0] for word in words if not word[0].islower()).upper()
        for key in {bare.lower(), words[0].lower(), words[-1].lower(), short if len(short) > 1 else bare.lower()}:
            sides.setdefault(key, set()).add(side)
    kept: dict[str, Side] = {}
    for key, each in sides.items():
        # Who stands in the text once with a side and once without is the same person.
        told = each - {None}
        only = next(iter(told)) if len(told) == 1 else None
        if only is not None and only != "ambiguous":
            kept[key] = only
    return kept


def _lists(text: str) -> Iterator[tuple[int, int, list[tuple[str, str]]]]:
    """Yield each attendee list: where it stands, and its lines, each with the organisation that heads it."""
    position = 0
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        match = _ATTENDEES.match(lines[at][:2_000]) or _FOR.match(lines[at][:2_000])
        start = position
        position += len(lines[at]) + 1
        at += 1
        if match is None:
            continue
        rest, side = match["rest"].strip(), (match["side"] or "").strip()
        entries = [(rest, side)] if rest else []
        first = at
        while at < len(lines) and at - first < _MOST_LINES and not rest and _is_entry(lines[at]):
            entries.append((lines[at].strip(), side))
            position += len(lines[at]) + 1
            at += 1
        yield start, min(position, len(text)), entries


def _is_entry(line: str) -> bool:
    bare = line.strip()
    return (
        0 < len(bare) <= _LONGEST_ENTRY and bare[-1] not in ".?!:" and (bool(_BRACKETS.search(bare)) or len(bare.split()) <= 8)
    )


def _entries(lines: Iterable[tuple[str, str]], directory: SupplierDirectory) -> list[tuple[str, str, Side | None]]:
    found: list[tuple[str, str, Side | None]] = []
    for line, side in lines:
        # "Acme: Ann Lee, Tom Orr; us: Bob"
        for group in re.split(r";", line):
            head, colon, names = group.partition(":")
            heading = _organisation(head if colon else side, directory)
            found += _group(names if colon else group, heading, directory)
    return found


def _group(names: str, heading: Side | None, directory: SupplierDirectory) -> list[tuple[str, str, Side | None]]:
    people: list[tuple[str, str, Side | None]] = []
    unmarked = 0
    pieces = re.split(r",(?![^()\[\]]{0,100}[)\]])|[ \t]+(?:and|und|et|y|e|&)[ \t]+(?![^()\[\]]{0,100}[)\]])", names)
    if len(pieces) > 1 and all(piece and _organisation(piece, directory) is not None for piece in pieces[1:]):
        pieces = [names.replace(",", " - ")]  # "Ann Lee, Acme"
    for piece in pieces:
        if not piece or not piece.strip():
            continue
        name, initials, side = _person(piece, directory)
        if re.search(r"[(\[][ \t]*(?:both|all|alle|beide|tous|tutti|ambos)\b", piece, re.I):
            people[len(people) - unmarked :] = [(n, i, side) for n, i, _ in people[len(people) - unmarked :]]
        unmarked = unmarked + 1 if side is None else 0
        if name:
            people.append((name, initials, side if side is not None else heading))
    return people


def _person(text: str, directory: SupplierDirectory) -> tuple[str, str, Side | None]:
    """Read ``Ann Lee (AL, Acme)``, ``Ann Lee - Acme``, ``Ann | Acme`` or ``Ann Lee <ann@acme.com>``."""
    initials, side = "", None
    for match in _BRACKETS.finditer(text[:300]):
        for word in re.split(r"[,;/]|[ \t][-–][ \t]", match["inside"]):
            if _initials_like(word.strip()):
                initials = word.strip()
            if side in (None, STRANGER):
                told = _organisation(word, directory)
                side = told if told is not None else side
        if side is None:
            side = _organisation(match["inside"], directory)
        if side is None and not initials:
            side = None if _ROLE.fullmatch(match["inside"].strip()) else STRANGER
    bare = _BRACKETS.sub(" ", text[:300])
    if "@" in bare and " " not in bare.strip():
        owner = directory.owner(Party("", bare.strip().lower()))
        return bare.partition("@")[0].replace(".", " ").strip(" -*•\t"), initials, owner if owner is not None else STRANGER
    name, *behind = _PARTED.split(bare, maxsplit=1)
    if behind and side is None:
        side = _organisation(behind[0], directory)
        if side is None and not _ROLE.fullmatch(behind[0].strip()):
            side = STRANGER
    bare_name = _NAME.match(name)
    return (bare_name["name"].strip() if bare_name else ""), initials, side


# What stands in brackets behind a name and is no organisation.
_ROLE = re.compile(
    r"(?:(?:part|remote|online|phone|chair|minutes|notes|host|guest|external|unverified|late|until|from|for|he|she|they|via|by|left|joined)\b.*"
    r"|.*\b(?:manager|lead|head|director|officer|engineer|analyst|buyer|owner|assistant|architect|c[a-z]o|vp)|\d.*)",
    re.I,
)


def _organisation(text: str, directory: SupplierDirectory) -> Side | None:
    """Read the name or address of an organisation."""
    bare = re.sub(r"^(?:both|all|for|from|of|at|the)[ \t]+", "", text.strip(" \t()[]<>,*_-"), flags=re.I)
    if not bare:
        return None
    if "@" in bare:
        owner = directory.owner(Party("", bare.lower()))
        return owner if owner is not None else STRANGER
    named = directory.mentions(bare)
    if len(named) == 1:
        return named[0]
    return OURS if bare.lower() in _OUR_WORDS or _our_name(bare, directory) else None


def _our_name(text: str, directory: SupplierDirectory) -> bool:
    """Return whether a text is our name as our domains tell it: ``acme-foods.com`` is "Acme Foods" and "Acme"."""
    words = re.split(r"[\s-]+", text.lower().replace("&", "and"))
    for domain in directory.our_domains:
        labels = organisation_domain(domain).split(".")[0].split("-")
        joined = "".join(labels)
        if words[: len(labels)] == labels or "".join(words) == joined or (len(words) == 1 and words == labels[:1]):
            return True
    return False


def _labels(text: str) -> list[str]:
    return list(dict.fromkeys(label[0] for line in text.split("\n") if (label := speaker_label(line))))


def _marked(label: str) -> bool:
    return bool(re.search(r"[(\[|@]|[ \t][-–—/][ \t]", label))


def _introduced(text: str, directory: SupplierDirectory) -> list[tuple[str, str, Side | None]]:
    spans = {start: owner for start, _, owner in directory.found(text)}
    return [
        (match[1], "", spans[match.end()])
        for match in _INTRODUCED.finditer(text)
        if isinstance(spans.get(match.end()), int) and not directory.mentions(match[1])
    ]


def _turned(name: str) -> str:
    """Return ``Lee, Ann`` as ``Ann Lee``."""
    last, comma, first = _BRACKETS.sub(" ", name).partition("|")[0].partition(",")
    return " ".join(f"{first} {last}".split() if comma else last.split())


def _initials_like(text: str) -> bool:
    return 2 <= len(text) <= 4 and text.isupper() and text.isalpha()
