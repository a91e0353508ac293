"""Who the people of a message are: from attendee lists, addresses, brackets behind names, and initials."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Final, Literal

from partnersignal.messages import Message, Party
from partnersignal.reading.transcripts import speaker_label
from partnersignal.suppliers.directory import OURS, Owner, SupplierDirectory, organisation_domain
from partnersignal.suppliers.mailboxes import unaccented

STRANGER: Final = "stranger"
Side = Owner | Literal["stranger"]
_Known = tuple[str, str, Side | None]  # name, initials written beside it, side

_LISTING = (
    "attendees?|attended|attending|(?:(?:members|those|all) )?present|participants?|participated|in attendance|in the room|"
    "on the call|speakers?|people|who|with|"
    "apologies|absent|teilnehmer(?:innen)?|anwesend|présents?|participantes|asistentes|partecipanti|presenti|presentes|aanwezig|deelnemers|"
    "deltagere|deltagare|osallistujat|uczestnicy|obecni"
)
_MARKS = r"[ \t]*(?:#{1,6}[ \t]*|[-*•·][ \t]+|\d{1,2}[.)][ \t]+)?(?:\*\*|__)?"
_ATTENDEES = re.compile(
    rf"{_MARKS}(?:{_LISTING})(?P<side>[ \t]+(?:(?:for|from)[ \t]+)?[^:\n]{{1,40}})?"
    r"(?:\*\*|__)?[ \t]*:(?:\*\*|__)?[ \t]*(?P<rest>.*)$",
    re.I,
)
_ATTENDEES_ALONE = re.compile(rf"{_MARKS}(?:{_LISTING})(?P<side>)(?P<rest>)(?:\*\*|__)?[ \t]*$", re.I)
_MOST_LINES = 60  # of an attendee list
_HEAD_LINES = 60  # of notes, in which people may be named without a heading
_LONGEST_ENTRY = 160
_READ = 200_000  # characters in which people and suppliers are looked for
_NAME_WORD = r"(?:(?:[^\Wa-z\d_]|d['’])[\w.'’-]{0,30}|van|von|der|den|de|la|el|al|bin|ibn|zu)"
_NAME = re.compile(rf"{_NAME_WORD}(?: {_NAME_WORD}){{0,4}}")
_BRACKETS = re.compile(r"[(\[<](?P<inside>[^()\[\]<>]{1,100})[)\]>]")
# What parts a name from its company: "Ann Lee - Acme", "Ann | Acme", "Ann/Acme", "Ann Lee of Acme", "AL = Ann Lee".
_PARTED = re.compile(r"[ \t]+[-–—@][ \t]*|[ \t]*[|/=\t,][ \t]*|[ \t]+(?:of|from|at|für|von|de|chez)[ \t]+")
_APART = r"(?![^()\[\]<>\n]{0,100}[)\]>])"  # no comma inside brackets
_PIECES = re.compile(rf"(?:,|\||\t|[ \t]+(?:and|und|et|y|e|&)[ \t]+){_APART}")
# A full stop ends a group, not that of an initial or a rank: "Capt. R. Lowe".
_GROUPS = re.compile(rf"(?:;|(?<!\b[A-Z])(?<!Capt)(?<!Prof)(?<!\bDr)(?<!\bM[rs])(?<!\bMrs)(?<!\bSt)\.(?=[ \t]|$)){_APART}")
_BOTH = re.compile(r"[(\[][ \t]*(?:both|all|alle|beide|tous|tutti|ambos)\b", re.I)
# "Jonas from Veltrix", "Aisha at Brightline", "Carla (Veltrix)": a person brought in by the text itself.
_INTRODUCED = re.compile(
    r"((?:[^\Wa-z\d_][\w'’-]{1,30} ){0,2}[^\Wa-z\d_][\w'’-]{1,30})(?: \(([A-Z]{2,4})\))?"
    r"(?: (?:from|at|of) (?:the )?| ?\()(?=[^\W_])"
)
_TITLES = frozenset([
    "mr", "mrs", "ms", "miss", "dr", "prof", "capt", "captain", "sgt", "rev", "eng", "ing", "herr", "frau", "mme", "m",
    "madame", "monsieur", "sig", "sr", "sra",
])  # fmt: skip
# First names that are words as well: alone they are nobody's ("Mark the pages").
_WORDS_TOO = frozenset([
    "april", "art", "august", "bill", "chase", "dawn", "drew", "faith", "florence", "frank", "grace", "grant", "hope", "jack",
    "joy", "june", "mark", "max", "may", "miles", "pat", "penny", "rich", "rob", "rose", "ruby", "sue", "summer", "will",
])  # fmt: skip
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
    contacts : dict of str to owner
        The same for people whom the directory lists and the message does not.
    """

    sides: dict[str, Side] = field(default_factory=dict)
    listed: tuple[tuple[int, int], ...] = ()
    marked: bool = False
    contacts: dict[str, Owner] = field(default_factory=dict)

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
        words = _turned(bare).lower().split()
        if words and words[0] in _TITLES:
            words.pop(0)
        if not words:
            return None
        # "Ann L.", "A. Lee"
        short = words[0] if len(words[-1]) == 1 else words[-1] if len(words[0]) == 1 else ""
        written = _initials_like(bare)
        # Two capitals are initials, never a short name.
        tried = (bare if written else "", "" if written and len(bare) == 2 else " ".join(words), short)
        known = next((self.sides[each] for each in tried if each in self.sides), None)
        plain = map(unaccented, tried)
        return known if known is not None else next((self.contacts[each] for each in plain if each in self.contacts), None)

    def suppliers(self) -> set[int]:
        """Return the suppliers whose people are known.

        Returns
        -------
        set of int
            Their places in the directory.
        """
        return {side for side in self.sides.values() if isinstance(side, int)}

    def may_name_contacts(self) -> bool:
        """Return whether the message may name a supplier's person whom the directory lists.

        Returns
        -------
        bool
            Whether a first or last name of one stands in it.
        """
        return any(isinstance(side, int) for side in self.contacts.values())


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
    found: list[_Known] = []
    authors = (zone.author for zone in message.zones or () if zone.author and directory.owner(zone.author) is not None)
    for party in (message.sender, *message.recipients, *authors):
        if party is not None and party.name:
            owner = directory.owner(party)
            found.append((party.name, "", owner if owner is not None else STRANGER))
    listed: list[tuple[int, int]] = []
    if message.kind == "meeting_notes":
        for start, end, known in _lists(message.text, directory):
            listed.append((start, end))
            found += known
        found += [read_person(label, directory) for label in _labels(message.text) if _marked(label)]
    marked = message.kind == "meeting_notes" and any(isinstance(side, int) for _, _, side in found)
    if marked:
        found = [(name, initials, OURS if side is None else side) for name, initials, side in found]
    found += _introduced(message.text[:_READ], directory)
    return People(_sides(found), tuple(listed), marked, _contacts(message, directory, found))


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
    company = _organisation(label, directory)
    if company is not None and not people.side(label) and not _marked(label):
        return company  # "Acme:", "Us:"
    if _marked(label):
        side = read_person(label, directory)[2]
        if side is not None and side != STRANGER:
            return side
    return people.side(label)


def _sides(found: Iterable[_Known]) -> dict[str, Side]:
    """Keep the names that mean people of one side only."""
    sides: dict[str, set[Side | None]] = {}
    for known in found:
        for key in _keys(known):
            sides.setdefault(key, set()).add(known[2])
    kept: dict[str, Side] = {}
    for key, each in sides.items():
        # Who stands in the text once with a side and once without is the same person.
        told = each - {None}
        only = next(iter(told)) if len(told) == 1 else None
        if only is not None and only != "ambiguous":
            kept[key] = only
    return kept


def _keys(known: _Known) -> set[str]:
    """Return what a person may be called: full name, first, last, initials."""
    name, initials, _ = known
    words = [word for word in _turned(name).replace(".", " ").split() if word.lower() not in _TITLES]
    if not words:
        return set()
    bare = " ".join(words).lower()
    short = initials or "".join(word[0] for word in words if not word[0].islower()).upper()
    return {bare, words[0].lower(), words[-1].lower(), short if len(short) > 1 else bare}


def _contacts(message: Message, directory: SupplierDirectory, present: Iterable[_Known]) -> dict[str, Owner]:
    """Name the people that the directory lists, by the names that nobody of the message has.

    A first name alone is a contact's only where the message names that supplier too, or where our people are listed as well:
    we may have an Ann.
    """
    listed = directory.contacts(message.text[:_READ])
    if not listed:
        return {}
    taken = {key for each in present for key in _keys(each)}
    named = {OURS, *directory.mentions(f"{message.subject}\n{message.text[:_READ]}")}
    near: dict[str, set[Owner]] = {}
    far: dict[str, set[Owner]] = {}
    for name, owner in listed:
        close = owner in named
        first = {name.split()[0]} - _WORDS_TOO if close or directory.lists_us else set()
        for key in {name, *first, *({name.split()[1]} if close else ())}:
            (near if close else far).setdefault(key, set()).add(owner)
    # Of two Ruths the one whose firm is named.
    found = far | near
    return {key: next(iter(owners)) for key, owners in found.items() if len(owners) == 1 and key not in taken}


def _lists(text: str, directory: SupplierDirectory) -> Iterator[tuple[int, int, list[_Known]]]:
    """Yield each attendee list: where it stands, and its people."""
    lines = text.split("\n")
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    at = 0
    while at < len(lines):
        first = at
        match = _ATTENDEES.match(lines[at][:2_000]) or _ATTENDEES_ALONE.match(lines[at][:200])
        at += 1
        people: list[_Known] = []
        if match:
            heading = _organisation(match["side"] or "", directory)
            entries = [match["rest"]]
            rows = 0
            while at < len(lines) and rows < _MOST_LINES and not match["rest"].strip():
                if lines[at].strip() and not _is_entry(lines[at]):
                    break
                if not lines[at].strip() and rows:
                    break
                rows += bool(lines[at].strip())
                entries.append(lines[at])
                at += 1
            people = _people(entries, heading, directory)
        elif first < _HEAD_LINES and _is_entry(lines[first]):
            people = _unheaded(lines[first], text, directory)
        if people:
            yield starts[first], min(starts[at], len(text)), people


def _is_entry(line: str) -> bool:
    bare = line.strip()
    bare = bare.rstrip(".") if re.match(r"(?:from|for)\b", bare, re.I) else bare
    return 0 < len(bare) <= _LONGEST_ENTRY and bare[-1] not in ".?!" and speaker_words(bare) <= _MOST_WORDS


def speaker_words(line: str) -> int:
    """Count the words of a line behind its colon that begin in lower case: names have few.

    Parameters
    ----------
    line : str
        A line of notes.

    Returns
    -------
    int
        Their number, roles and joining words not counted.
    """
    words = _BRACKETS.sub(" ", line.rpartition(":")[2]).replace(",", " ").split()
    return sum(word[0].islower() and word not in _JOINING for word in words)


_MOST_WORDS = 1
_JOINING = frozenset(
    [
        *("and", "und", "et", "y", "e", "of", "from", "at", "for", "via", "van", "von", "de", "der", "den", "la", "el", "al"),
        *("us", "both", "all", "with", "the", "our", "side"),
    ]
)


def _unheaded(line: str, text: str, directory: SupplierDirectory) -> list[_Known]:
    """Read a line such as ``Acme: Ann Lee, Tom Orr`` or ``Ann Lee, Acme``; all of it must be people and their company."""
    people = _people([line], None, directory)
    sides = {side for _, _, side in people}
    names = [name for name, _, _ in people]
    sure = all(" " in name or f"\n{name}:" in text for name in names)
    suppliers = any(isinstance(side, int) for side in sides)
    sure = sure or (suppliers and OURS in sides)
    known = suppliers or sides == {OURS}
    return people if people and sure and known and STRANGER not in sides else []


def _people(entries: Sequence[str], heading: Side | None, directory: SupplierDirectory) -> list[_Known]:
    groups: list[list[_Known]] = []
    for group in (group for entry in entries for group in _GROUPS.split(re.sub(rf"^{_MARKS}", "", entry))):
        head, colon, names = group.partition(":")
        side = _organisation(head, directory) if colon else None
        groups.append(_group(names if side is not None else group, side if side is not None else heading, directory))
    people = [person for group in groups for person in group]
    told = [group[-1][2] for group in groups if group]
    # "Ann, Tom - us; Jo, Lee - Acme" and "Ann, Tom (us), Jo, Lee (Acme)": a company behind all of its people.
    apart = len(told) > 1 and OURS in told and None not in told
    if apart or any(side == OURS and before is None for (_, _, before), (_, _, side) in pairwise(people)):
        last: Side | None = None
        for at, (name, short, side) in reversed(list(enumerate(people))):
            last = side if side is not None else last
            people[at] = (name, short, last)
    return people


def _group(names: str, heading: Side | None, directory: SupplierDirectory) -> list[_Known]:
    people: list[_Known] = []
    unmarked = 0
    for piece in _PIECES.split(names):
        if not piece.strip(" |*_-\t"):
            continue
        name, initials, side = read_person(piece, directory)
        if name:
            if _BOTH.search(piece):
                people[len(people) - unmarked :] = [(each, short, side) for each, short, _ in people[len(people) - unmarked :]]
            people.append((name, initials, side))
            unmarked = unmarked + 1 if side is None else 0
        elif side is not None and people and unmarked and not _BRACKETS.search(piece):
            people[-1] = (people[-1][0], people[-1][1] or initials, side)  # "Ann Lee, Acme"
            unmarked = 0
        elif side is not None:
            # "Acme (Ann, Tom)"
            inside = _BRACKETS.search(piece)
            people += (
                [(each, "", side) for each in re.split(r"[,;&]| and ", inside["inside"]) if each.strip()] if inside else []
            )
    return [(name, initials, heading if side is None else side) for name, initials, side in people]


def read_person(text: str, directory: SupplierDirectory) -> _Known:
    """Read ``Ann Lee (AL, Acme)``, ``Ann Lee - Acme``, ``[Acme] Ann``, ``Ann | Acme`` or ``Ann Lee <ann@acme.com>``.

    Parameters
    ----------
    text : str
        A label of a turn or an entry of a list.
    directory : SupplierDirectory
        Who is who.

    Returns
    -------
    tuple of (str, str, side)
        Name, initials where they stand beside it, and side; the name is empty where only a company is told.
    """
    text = text.strip(" \t*_-•·")[:300]
    name, initials = "", ""
    side: Side | None = None
    unknown = False
    outside = _PARTED.split(_BRACKETS.sub(" \t ", text))
    inside = [word for match in _BRACKETS.finditer(text) for word in re.split(r"[,;/]|[ \t][-–][ \t]", match["inside"])]
    for place, piece in enumerate([*outside, *inside]):
        bare = " ".join(piece.split())
        told = _organisation(bare, directory) if bare else None
        if not bare:
            continue
        if told is not None:
            side = told if side in (None, STRANGER) else side
            if "@" in bare and not name and place < len(outside):
                name = re.sub(r"[._]", " ", bare.partition("@")[0]).title()
        elif _initials_like(bare) and (name or place or len(outside) + len(inside) > 1):
            initials = bare
        elif not name and place < len(outside) and _NAME.fullmatch(bare) and not _ROLE.fullmatch(bare):
            name = bare
        elif name and place < len(outside) and _NAME.fullmatch(bare) and "," in text:
            name = f"{bare} {name}" if not _ROLE.fullmatch(bare) and " " not in name else name  # "Lee, Ann"
        elif not _ROLE.fullmatch(bare):
            unknown = True
    if not name and initials and side is not None:
        name = initials
    return name, initials, STRANGER if side is None and unknown else side


# What stands beside a name and is no organisation.
_ROLE = re.compile(
    r"(?:(?:part|remote|online|phone|chair|minutes|notes|host|guest|external|unverified|late|until|from|for|he|she|they|via|by|left|joined)\b.*"
    r"|.*\b(?:manager|lead|head|director|officer|engineer|analyst|buyer|owner|assistant|architect|sales|support|procurement|finance|legal|it|hr"
    r"|c[a-z]o|vp)|head of .*|\d.*)",
    re.I,
)


def _organisation(text: str, directory: SupplierDirectory) -> Side | None:
    """Read the name or address of an organisation."""
    bare = re.sub(r"^(?:(?:both|all|for|from|of|at|the|with)[ \t]+){1,2}", "", text.strip(" \t()[]<>,.*_-"), flags=re.I)
    if not bare:
        return None
    if "@" in bare:
        owner = directory.owner(Party("", bare.lower()))
        return owner if owner is not None else STRANGER
    named = directory.mentions(bare)
    if len(named) == 1:
        return named[0]
    return OURS if bare.lower() in _OUR_WORDS or _our_name(bare, directory) else None


_SHORTEST_OURS = 4  # letters of a beginning of our domain


def _our_name(text: str, directory: SupplierDirectory) -> bool:
    """Return whether a text is our name as our domains tell it: ``acme-foods.com`` is "Acme Foods" and "Acme"."""
    words = re.split(r"[\s-]+", text.lower().replace("&", "and"))
    for domain in directory.our_domains:
        labels = organisation_domain(domain).split(".")[0].split("-")
        joined = "".join(labels)
        if words[: len(labels)] == labels or words == labels[:1]:
            return True
        written = "".join(words)
        if written == joined or (len(written) >= _SHORTEST_OURS and joined.startswith(written)):
            return True
    return False


def _labels(text: str) -> list[str]:
    return list(dict.fromkeys(label[0] for line in text.split("\n") if (label := speaker_label(line))))


def _marked(label: str) -> bool:
    return bool(re.search(r"[(\[|@/,]|[ \t][-–—][ \t]", label))


def _introduced(text: str, directory: SupplierDirectory) -> list[_Known]:
    spans = {start: owner for start, _, owner in directory.found(text)}
    if not spans:
        return []
    return [
        (match[1], match[2] or "", spans[match.end()])
        for match in _INTRODUCED.finditer(text)
        if isinstance(spans.get(match.end()), int) and not directory.mentions(match[1])
    ]


def _turned(name: str) -> str:
    """Return ``Lee, Ann`` as ``Ann Lee``."""
    last, comma, first = _BRACKETS.sub(" ", name).partition("|")[0].partition(",")
    return " ".join(f"{first} {last}".split() if comma else last.split())


def _initials_like(text: str) -> bool:
    return 2 <= len(text) <= 4 and text.isupper() and text.isalpha()
