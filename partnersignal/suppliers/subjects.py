"""Who a sentence speaks of when it names suppliers: the clear subject of the behaviour, else nobody."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from partnersignal.suppliers.directory import Owner

Found = Sequence[tuple[int, int, Owner]]

# They, she, it: whoever was spoken of before. "It is clear that" speaks of nobody.
_PRONOUN = re.compile(
    r"[\s\"'“‘(*_-]*(?:(?:and|but|so|then|also|later|now|still|yet|in the end|instead|again),? )?(?:they|their|theirs|he|his|she|her|its)\b",
    re.I,
)
_SOMEBODY = re.compile(r"\b(?:they|them|their|theirs|he|him|his|she|her|hers)\b", re.I)
_FIRST_PERSON = re.compile(r"[\s\"'“‘(*_-]*(?:(?:and|but|so|then|also|yesterday|today),? )?(?:i|we|our|my)\b", re.I)
_SECOND_PERSON = re.compile(r"\b(?:you|your|yours)\b", re.I)
# Between two names these make one subject of both: "A and B", "A, B and C", "A as well as B", "A/B".
_JOINED = re.compile(
    r"\s*(?:,|/|&|\band\b|\bor\b|\bas well as\b|\bplus\b|\bund\b|\bet\b|\by\b|\be\b|\s)+(?:\b(?:from|by|the|also|both)\b\s*)*",
    re.I,
)
# "A says that B ...", "A told us B ...": B is the one who behaves.
_REPORTED = re.compile(r".*\b(?:that|whether|how|why|because|when|while|if|after|before)\s+(?:the )?$", re.I | re.S)
_LEAD_WORDS = 4  # words before the subject: "On Monday Acme", "After lunch Acme"
_COMPARED = re.compile(
    r"\b(?:than|like|unlike|as (?:\w+ )?as|that of|those of|compared (?:to|with)|instead of|from)\s+(?:the )?$", re.I
)


def subject(text: str, found: Found, previous: int | None) -> Owner | None | Literal["nobody"]:
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
    owners = list(dict.fromkeys(owner for _, _, owner in found))
    start, end, first = found[0]
    if begins_with_pronoun(text) and not _REPORTED.fullmatch(text[:start]):
        # "They blamed Osprey": whoever they are.
        return previous if previous is not None else "nobody"
    if len(owners) == 1:
        if _COMPARED.search(text[:start]) and previous is None and not leads(text, start):
            return "nobody"
        return first
    second = next(each for each in found if each[2] != first)
    between = text[end : second[0]]
    if _JOINED.fullmatch(between.removeprefix("'s").removeprefix("’s")):
        return "nobody"
    if _REPORTED.fullmatch(between) and re.search(r"\b(?:that|whether)\s+(?:the )?$", between, re.I) and len(owners) == 2:
        return second[2] if isinstance(second[2], int) else first
    return first if leads(text, start) else "nobody"


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
    before = text[:start]
    if _FIRST_PERSON.match(before):
        return False
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


def speaks_of_itself(text: str) -> bool:
    """Return whether the subject of a sentence is its author.

    Parameters
    ----------
    text : str
        A sentence.

    Returns
    -------
    bool
        True for "We", "And I", "Our".
    """
    return _FIRST_PERSON.match(text) is not None


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
