"""Who a sentence speaks of when it names suppliers: the clear subject of the behaviour, else nobody."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from partnersignal.suppliers.directory import Owner

Found = Sequence[tuple[int, int, Owner]]

# They, she, the vendor, this was: whoever was spoken of before. "It is clear that" speaks of nobody.
_PRONOUN = re.compile(
    r"[\s\"'“‘(*_-]*(?:(?:and|but|so|then|also|later|now|still|yet|in the end|instead|again),? )?"
    r"(?:they|their|theirs|he|his|she|her|its|(?:this|that) (?:is|was|has|had|would|will|means|meant)"
    r"|the (?:vendor|supplier|provider|contractor|integrator|agency|consultancy)(?:['’]s)?)\b",
    re.I,
)
FORMER = re.compile(
    r"[\s\"'“‘(*_-]*the (?P<which>former|latter|first|second)(?: (?:one|of the two))?\b(?! (?:time|week|month|day|of))", re.I
)
_POINTS = re.compile(r"\b(?:this|that|these|below)\b", re.I)
_SOMEBODY = re.compile(r"\b(?:they|them|their|theirs|he|him|his|she|her|hers)\b", re.I)
# As the object of what another does; "she" may go on about somebody in the same sentence: "We hired a planner, she starts".
_SOMEBODY_ELSE = re.compile(r"\b(?:them|their|theirs|him|his)\b", re.I)
# "It can", "it also lets us": something spoken of before; not "it is clear that", "it took", "it rained".
_IT = re.compile(
    r"[\s\"'“‘(*_-]*it (?:also |even |now |still )?(?:can|could|will|does|did|has|had|lets|needs|needed|works"
    r"|worked|covers|covered|shows|showed|came)\b",
    re.I,
)
_THEY = re.compile(r"\b(?:they|he|she)\b", re.I)
_SEVERAL = re.compile(
    r"\b(?:both|neither|the two(?: of them)?|each other|than the other|all (?:three|four|five)"
    r"|(?:none|all|any|each|either|most|some) of (?:them|(?:the |these |those )(?:two|three|four|five|six)))\b",
    re.I,
)
_FIRST_PERSON = re.compile(r"[\s\"'“‘(*_-]*(?:(?:and|but|so|then|also|yesterday|today),? )?(?:i|we|our|my)\b", re.I)
# "I thought Acme had": the supplier is the subject of what one of us thinks.
_WE_THINK = re.compile(
    r"(?:^|.*[\s\"'“‘(*_-])(?:i|we) (?:\w{1,20}ly )?(?:think|thought|hear|heard|know|knew|believed?|understand|understood|"
    r"hoped?|saw|found|noticed?|gather(?:ed)?|suspect(?:ed)?|fear(?:ed)?|guess(?:ed)?|feel|felt) (?:that )?(?:the )?$",
    re.I | re.S,
)
_ACTS_ON = re.compile(r"\bto [a-z]{2,20} (?:that |with |on |about |for )?(?:it|this|these)\b", re.I)
_ITSELF = re.compile(r"\b(?:i|we|us|our|ours|my|me)\b", re.I)
_SECOND_PERSON = re.compile(r"\b(?:you|your|yours)\b", re.I)
# Between two names these make one subject of both: "A and B", "A, B and C", "A as well as B", "A/B".
_JOINED = re.compile(r"(?:'s|’s)?(?:[\s,/&]|\b(?:and|or|nor|as well as|plus|und|et|from|by|the|also|both)\b){1,8}", re.I)
# "A behaved; B did not", "A behaved, and B did not": two subjects.
_CONTRASTED = re.compile(r"(?:;|,(?: and)?|\b(?:but|while|whereas|though|although))\s+(?:the )?$", re.I)
# "A said that B ...": B is the one who behaves; "A promised that B ..." leaves it with A.
_REPORTED = re.compile(
    r"\s*(?:\w+\s)?(?:say|says|said|report|reports|reported|confirm|confirms|confirmed|note|notes|noted|mention|mentions|mentioned|claim|claims|"
    r"claimed|think|thinks|thought|believe|believes|believed|hear|heard|know|knows|knew|state|states|stated|told|tells|tell|adds?|added)"
    r"(?:\s(?:us|me|him|her|them|everybody|everyone|\w+ and me))?(?:\s(?:today|again|later|yesterday))?(?:\sthat)?\s(?:the\s)?",
    re.I,
)
_THAT = re.compile(r"\bthat\s(?:the\s)?$", re.I)
_LONGEST_LEAD = 200  # characters before a subject
_LEAD_WORDS = 4  # words before the subject: "On Monday Acme", "After lunch Acme"
# A name behind these is a measure or a source, not who behaves.
_ASIDE = re.compile(
    r"\b(?:than|(?<!would )(?<!should )like|unlike|as (?:\w{1,20} )?as|that of|those of|(?:compared|in contrast) (?:to|with)|"
    r"instead of|rather than|according to|"
    r"apart from|besides|except(?: for)?|thanks to|not)\s+(?:the\s)?$",
    re.I,
)


def subject(text: str, found: Found, previous: int | None) -> Owner | Literal["nobody"]:
    """Decide whose behaviour a sentence is about.

    Parameters
    ----------
    text : str
        A sentence.
    found : sequence of (start, end, owner)
        The names in it; at least one.
    previous : int or None
        Of whom the sentence before spoke.

    Returns
    -------
    int, "ambiguous" or "nobody"
        "nobody" where several are named and none is the clear subject, or the subject is somebody unknown.
    """
    first_start = found[0][0]
    if previous is not None and _IT.match(text):
        return previous
    led = begins_with_pronoun(text) or _THEY.search(text, 0, first_start) is not None
    if led and not _THAT.search(_shortly_before(text, first_start)):
        # "They blamed Osprey": whoever they are.
        return previous if previous is not None else "nobody"
    told = [each for each in found if not _ASIDE.search(_shortly_before(text, each[0]))]
    if not told:
        if leads(text, first_start) and not speaks_of_somebody(text):
            return "nobody"
        return previous if previous is not None else "nobody"
    start, end, first = told[0]
    second = next((each for each in told if each[2] != first), None)
    if second is None:
        return first
    between = text[end : second[0]]
    if _JOINED.fullmatch(between) or _CONTRASTED.search(between):
        return "nobody"
    if _REPORTED.fullmatch(between) and isinstance(second[2], int):
        return second[2]
    return first if leads(text, start) else "nobody"


def _shortly_before(text: str, start: int) -> str:
    return text[max(0, start - 40) : start]


def leads(text: str, start: int) -> bool:
    """Return whether a name stands where the subject of a sentence stands.

    Parameters
    ----------
    text : str
        A sentence.
    start : int
        Where the name begins.

    Returns
    -------
    bool
        True among the first words, or behind an opening clause that ends with a comma.
    """
    if start > _LONGEST_LEAD:
        return False
    before = text[:start]
    if _FIRST_PERSON.match(before):
        return _WE_THINK.match(before) is not None
    return len(before.split()) <= _LEAD_WORDS or before.rstrip().endswith(",")


def begins_with_pronoun(text: str) -> bool:
    """Return whether the subject of a sentence is whoever was spoken of before.

    Parameters
    ----------
    text : str
        A sentence.

    Returns
    -------
    bool
        True for "They", "Her", "But their".
    """
    return _PRONOUN.match(text) is not None


def speaks_of_somebody(text: str) -> bool:
    """Return whether a text holds a pronoun for a third person.

    Parameters
    ----------
    text : str
        A sentence or paragraph.

    Returns
    -------
    bool
        True for "they", "him", "hers".
    """
    return _SOMEBODY.search(text) is not None


def tells_of_somebody(text: str) -> bool:
    """Return whether a text says what we have to do with whoever was spoken of before.

    Parameters
    ----------
    text : str
        A sentence.

    Returns
    -------
    bool
        True for "I want a credit from them".
    """
    return _FIRST_PERSON.match(text) is not None and _SOMEBODY_ELSE.search(text) is not None


def acts_on_it(text: str) -> bool:
    """Return whether a text says what is done about what was said before it.

    Parameters
    ----------
    text : str
        A sentence or item.

    Returns
    -------
    bool
        True for "Ann to raise it" and "hold their invoice".
    """
    return _ACTS_ON.search(text, 0, _LONGEST_LEAD) is not None or _SOMEBODY_ELSE.search(text) is not None


def points_at_something(text: str) -> bool:
    """Return whether a text points at what was said before or stands below.

    Parameters
    ----------
    text : str
        A sentence or paragraph.

    Returns
    -------
    bool
        True for "this", "see below".
    """
    return _POINTS.search(text) is not None


def speaks_of_several(text: str) -> bool:
    """Return whether a text speaks of two or more at once.

    Parameters
    ----------
    text : str
        A sentence.

    Returns
    -------
    bool
        True for "both", "neither", "each other".
    """
    return _SEVERAL.search(text) is not None


def speaks_of_itself(text: str) -> bool:
    """Return whether a text speaks of its author.

    Parameters
    ----------
    text : str
        A sentence.

    Returns
    -------
    bool
        True for "we", "I", "our".
    """
    return _ITSELF.search(text) is not None


def addresses_somebody(text: str) -> bool:
    """Return whether a text says "you".

    Parameters
    ----------
    text : str
        A sentence or paragraph.

    Returns
    -------
    bool
        True for "you" and "your".
    """
    return _SECOND_PERSON.search(text) is not None
