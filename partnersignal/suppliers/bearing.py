"""What ties a sentence that names nobody to whom was spoken of before it, and what sets it apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from partnersignal.phrases import any_of
from partnersignal.suppliers.subjects import addresses_somebody, speaks_of_itself, speaks_of_somebody

_START = r"[\s\"'“‘(*_-]*"
# "Ann asked", "Tom is": one name and what its bearer does. A noun would have an article before it, or be many.
_ACTOR = re.compile(
    r"(?<![\w'’-])(?P<name>[^\W\d_a-z][\w'’-]{1,30}) (?:(?:\w{1,20}ly|also|even|then|never|still|now|just) )?"
    r"(?:[a-z]{1,20}[^s\W]s|[a-z]{1,20}ed|is|was|ha[sd](?! to)|would|can|could|did|came|went|took|gave|made|said|told|sent|kept"
    r"|put|got|left|knew|rang|found|brought|let|held|spoke|wrote|thought|ran|saw|fell|stood)(?![\w'’-])"
)
_NO_NAMES = frozenset([
    "i", "we", "you", "he", "she", "it", "they", "this", "that", "these", "those", "there", "here", "what", "who", "which",
    "when", "where", "why", "how", "if", "as", "so", "but", "and", "or", "no", "not", "nobody", "everybody", "everyone",
    "nothing", "everything", "all", "none", "each", "both", "one", "two",
])  # fmt: skip
_DEFINITE = re.compile(r"\b(?:the|these|those|this|that) (?:[a-z][\w-]{1,20} ){0,2}?(?P<noun>[a-z][\w-]{3,30})", re.I)
_WORDS = re.compile(r"[^\W\d_][\w-]{3,30}")
# What nobody did, and what befell us: "Nobody had asked for that", "We lost a day".
_COMPLAINS = re.compile(
    rf"{_START}(?:(?:and|but|so) )?(?:(?:nobody|nothing|none|no|not|never)\b"
    r"|(?:i|we) (?:\w{1,20}ly |even |then |only )?(?:had|\w{1,20}ed|were|was|got|lost|paid|found|spent|could|did)\b)",
    re.I,
)
# What somebody did with us or to us: "Ann asked what we would do". As the subject we may speak of ourselves alone.
_WITH_US = re.compile(r"\W*\w\S* .*\b(?:i|we|us|our|me|my|you)\b", re.I | re.S)
_ELLIPTIC = 4  # words; so short a sentence leans on the one before: "Not a word."
# Of the text as a whole, not of what was said before: "None of this leaves the room".
_WHOLE = re.compile(rf"{_START}(?:none|all|most|so much|enough) (?:of|for|about) (?:this|that|it|these)\b", re.I)
_UNRELATED = re.compile(
    rf"{_START}(?:unrelated|separately|off[- ]topic|on (?:an ?other|a different|a separate) (?:note|subject|topic|matter)"
    r"|(?:different|other) (?:topic|subject|matter)|nothing to do with (?:this|that|it|them))\b",
    re.I,
)
# "the engine people": a party by its trade.
_PARTY = re.compile(r"\bthe (?P<trade>\w{3,30}) (?:people|men|guys|lads|folks?|lot|crowd)\b", re.I)
# A possessive of the sentence's own subject: "Ann took her leave", "the inspectors sent their draft".
_HIS = re.compile(r"\b(?:his|her)\b", re.I)
_THEIR = re.compile(r"\b(?:everybody|everyone|people|the \w{2,30}s)\b.{0,80}?\btheir\b", re.I | re.S)
_QUESTION = re.compile(r"\?[\s\"'”’)]*$")

# What a colleague is asked about whom the text speaks of.
_OPINION = re.compile(r"\b(?:do you (?:think|make|reckon|say|feel)|your (?:\w{1,12} )?(?:view|opinion|thoughts?|take))\b", re.I)


def tied(text: str) -> bool:
    """Return whether a text points back at something, or speaks of what suppliers are dealt with about.

    Parameters
    ----------
    text : str
        A sentence without a name.

    Returns
    -------
    bool
        True for "The price went up" and "Nobody had asked for it".
    """
    if _WHOLE.match(text):
        return False
    if len(text.split()) <= _ELLIPTIC:
        return True
    return bool(_WITH_US.match(text) or _COMPLAINS.match(text) or _ties().search(text.lower()))


def small_talk(text: str, *, own: bool) -> bool:
    """Return whether a sentence of a mail between two sides is about neither: the weather, or our own absence and family.

    Parameters
    ----------
    text : str
        A sentence without a name.
    own : bool
        Whether one of us writes; a supplier's absence may be its conduct.

    Returns
    -------
    bool
        True for "It has rained since Friday", and of ours for "I am on leave".
    """
    if addresses_somebody(text) or refers(text):
        return False
    plain, itself = " ".join(text.lower().split()), speaks_of_itself(text)
    absence = own and itself and _topic("own_matters").search(plain)
    weather = (own or not itself) and _topic("weather").search(plain)
    return bool(absence or weather) and _dealings().search(plain) is None


def apart(text: str) -> bool:
    """Return whether a text concerns no supplier: everyday life, what we do ourselves, a department or authority.

    Parameters
    ----------
    text : str
        A sentence without a name.

    Returns
    -------
    bool
        True for "I am on leave" and "Legal is short of people".
    """
    plain = text.lower()
    if _WHOLE.match(text) or _ourselves().search(plain) or _UNRELATED.match(text):
        return True
    own = introduces(text) or any(_topic(group).search(plain) for group in ("weather", "own_matters", "office_life"))
    return own and _dealings().search(plain) is None


def introduces(text: str) -> bool:
    """Return whether the subject is a department of ours, or a body that is no supplier.

    Parameters
    ----------
    text : str
        A sentence.

    Returns
    -------
    bool
        True for "Finance wants", "The bank has".
    """
    return _own_side().match(text.lower()) is not None


def refers(text: str) -> bool:
    """Return whether a text holds a pronoun for a third person that it does not name itself.

    Parameters
    ----------
    text : str
        A sentence.

    Returns
    -------
    bool
        True for "I asked them", not for "Ann took her leave".
    """
    if not speaks_of_somebody(text):
        return False
    actor = next(actors(text), None)
    own = _HIS.sub("", text) if actor and text.lstrip().startswith(actor) else text
    return speaks_of_somebody(_THEIR.sub("", own))


def asks(text: str) -> bool:
    """Return whether a text asks its reader something that is tied to nothing said before.

    Parameters
    ----------
    text : str
        A sentence.

    Returns
    -------
    bool
        True for "Are you in on Friday?".
    """
    if _QUESTION.search(text) is None or _OPINION.search(text) or len(text.split()) <= _ELLIPTIC:
        return False
    return (_dealings() if addresses_somebody(text) else _ties()).search(text.lower()) is None


def actors(text: str) -> Iterator[str]:
    """Yield the names of people who do something, as far as their shape tells.

    Parameters
    ----------
    text : str
        A sentence.

    Yields
    ------
    str
        "Ann" of "Ann asked us".
    """
    for match in _ACTOR.finditer(text):
        if match["name"].lower() not in _NO_NAMES and not introduces(match["name"]):
            yield match["name"]


def trade(text: str) -> str | None:
    """Return by which trade a text speaks of a party.

    Parameters
    ----------
    text : str
        A sentence.

    Returns
    -------
    str or None
        "engine" of "the engine people".
    """
    match = _PARTY.search(text)
    return match["trade"] if match else None


def definite_nouns(text: str) -> list[str]:
    """Return what a text takes for known: the nouns behind "the", "this" and their like.

    Parameters
    ----------
    text : str
        A sentence.

    Returns
    -------
    list of str
        In lower case.
    """
    return [match["noun"].lower() for match in _DEFINITE.finditer(text)]


def begins_with_noun(text: str) -> bool:
    """Return whether the subject of a text is something taken for known.

    Parameters
    ----------
    text : str
        A sentence.

    Returns
    -------
    bool
        True for "The authority will write".
    """
    return _DEFINITE.match(text) is not None


def words(text: str) -> set[str]:
    """Return the words that a later text may take for known.

    Parameters
    ----------
    text : str
        A sentence.

    Returns
    -------
    set of str
        In lower case, of four letters or more.
    """
    return {match[0].lower() for match in _WORDS.finditer(text)}


# On lower-case text, as the phrases are: without regard to case these take three times as long.
@cache
def _ties() -> re.Pattern[str]:
    back = any_of("points_back", "dealings", "outcomes")
    return re.compile(rf"\b{back}(?![\w-])|^{_START}{any_of('goes_on')}\b")


@cache
def _dealings() -> re.Pattern[str]:
    return re.compile(rf"\b{any_of('dealings')}(?![\w-])")


@cache
def _ourselves() -> re.Pattern[str]:
    return re.compile(rf"\b{any_of('ourselves')}\b|^{_START}{any_of('our_subject')}\b")


@cache
def _topic(group: str) -> re.Pattern[str]:
    return re.compile(rf"\b{any_of(group)}\b")


@cache
def _own_side() -> re.Pattern[str]:
    return re.compile(rf"{_START}(?:(?:the|our|my) )?{any_of('own_side')}(?![\w'’-])")
