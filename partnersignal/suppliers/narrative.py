"""Notes and internal mail: a name carries on within its paragraph, a heading within its section."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from partnersignal.messages import Sentence
from partnersignal.reading.transcripts import speaker_label
from partnersignal.suppliers.bearing import (
    apart,
    asks,
    begins_with_noun,
    definite_nouns,
    introduces,
    refers,
    tied,
    trade,
)
from partnersignal.suppliers.directory import OURS, Owner, SupplierDirectory
from partnersignal.suppliers.outline import Outline, Place, Shape
from partnersignal.suppliers.recall import Recall, circle, names
from partnersignal.suppliers.speakers import People, Side
from partnersignal.suppliers.subjects import (
    FORMER,
    acts_on_it,
    begins_with_pronoun,
    leads,
    speaks_of_several,
    speaks_of_somebody,
    subject,
    tells_of_somebody,
)  # fmt: skip

_ACTION = re.compile(r"[^,.:;]{2,40}? (?:to|will|shall) [a-z]")  # "Bob to book a room"
# The last heading of minutes, below which they leave their subject.
_ANY_OTHER = re.compile(
    r"[\W\d_]*(?:any other (?:business|matters)|aob|other(?: (?:business|matters|items|topics|points))?|miscellaneous|misc"
    r"|varia|sonstiges|verschiedenes|divers|varios|varie|diversos|overige?|rondvraag|eventuelt|övrigt)[\W_]*$",
    re.I,
)
_TWO = 2  # suppliers, of whom one is the former
_PERSON_WORDS = 3  # words among which a person that leads a sentence stands
_NAME_ONLY = 5  # words of a numbered line that is a heading with a name
_MOST_WORDS = 8  # of one without
_NUMBERED = 6  # level of numbered headings
_BARE = 7  # and of lines that only stand alone

_Found = Sequence[tuple[int, int, Owner]]


class Narrative:
    """Follows a text sentence by sentence.

    Parameters
    ----------
    text : str
        The message.
    directory : SupplierDirectory
        Names to look for.
    people : People
        Whose behaviour counts as their supplier's.
    default : int or None
        Of whom the text speaks where nothing else tells.
    outline : Outline, optional
        Of the text.
    """

    def __init__(
        self,
        text: str,
        directory: SupplierDirectory,
        people: People,
        default: int | None = None,
        outline: Outline | None = None,
    ) -> None:
        self._directory, self._people, self._default = directory, people, default
        self._outline = outline or Outline(text)
        self._conversation = self._outline.is_conversation() and not _records(text, directory)
        self._sections: list[tuple[int, int | None]] = []  # level of the heading, supplier
        self._items: list[tuple[int, int | None]] = []  # indentation, supplier
        self._introduced: int | None = None  # by a line that ends with a colon, for the list below it
        self._current = default
        self._numbered = False  # whether the last heading was a numbered line
        self._titled = False  # whether the last heading was the title, a bare line at the top
        self._first = True
        self._paragraph = -1
        self._leaves = False  # whether the last heading left the subject: "Any other business"
        self._labelled = False  # whether a supplier's name with a colon opened the paragraph
        self._line: Shape = "text"  # of the line before
        self._together: set[Owner] = set()  # suppliers named in the paragraph so far
        self._order: list[int] = []  # the same without shared names, as they came
        self._fields: set[str] = set()  # labels that headed a supplier's record
        self._recall = Recall(directory, circle(text, directory) if default is None else frozenset())
        self._keeps = False  # whether the sentence is an aside, after which the text comes back to whom it spoke of

    def owner(self, sentence: Sentence, place: Place | None = None) -> int | None:
        """Find whose behaviour a sentence is about.

        Parameters
        ----------
        sentence : Sentence
            The next one.
        place : Place, optional
            Its place, where known.

        Returns
        -------
        int or None
            The supplier; None where it is nobody's or unsure.
        """
        place = place or self._outline.place(sentence)
        sentence = self._unlabelled(sentence, place)
        named = self._directory.found(sentence.text)
        # Enter where no program wraps opens a paragraph too, unless it goes on with an item or a field.
        entered = place.entered and place.shape == self._line == "text"
        self._line = place.shape if place.opens else self._line
        new_paragraph = entered or sentence.paragraph != self._paragraph
        self._paragraph = sentence.paragraph
        opened = place.shape == "label" and bool(named) and sentence.text[: named[0][1]] == place.label
        self._labelled = opened or (self._labelled and not new_paragraph and not place.entered)
        self._together = {owner for _, _, owner in named} | (set() if new_paragraph else self._together)
        order = [] if new_paragraph else self._order
        self._order = list(dict.fromkeys([*order, *(owner for _, _, owner in named if isinstance(owner, int))]))
        if place.shape == "heading" or self._heads(sentence, place, named):
            section = self._heading(place, named)
            self._first = False
            self._recall.tell(sentence.text, section)
            return section
        self._first = False
        self._open(place, sentence, new_paragraph=new_paragraph)
        former = FORMER.match(sentence.text) if not named and len(self._order) == _TWO else None
        if former:
            owner: int | None = self._order[former["which"].lower() in ("latter", "second")]
        else:
            owner = self._named(sentence, named) if named else self._unnamed(sentence, place)
        if owner is not None or not self._keeps:
            self._current = owner
        self._keeps = False
        if owner is not None or not named:
            self._recall.tell(sentence.text, owner)
        if place.shape in ("item", "entry"):
            self._items.append((place.level, owner))
        if sentence.text.rstrip().endswith(":"):
            self._introduced = owner
        return owner

    def _unlabelled(self, sentence: Sentence, place: Place) -> Sentence:
        """Return the sentence without its speaker or field; a supplier's name there is part of what it says."""
        label = f"{place.label}:"
        if not place.label or self._directory.mentions(label) or apart(label) or not sentence.text.startswith(label):
            return sentence
        return replace(sentence, text=sentence.text[len(label) :].strip())

    def _heads(self, sentence: Sentence, place: Place, named: _Found) -> bool:
        """Return whether an unmarked line is a heading: it holds little else than a name, or follows one that does."""
        if place.shape == "label" and named:
            # "Supplier: Acme"
            rest = sentence.text[: named[0][0]].strip() + sentence.text[named[-1][1] :].strip(" .")
            heads = len(named) == 1 and not rest and not self._conversation
            self._fields |= {place.label} if heads else set()
            return heads
        if place.shape == "text" and place.opens and named:
            # "acme" alone on its line; no capital shows the heading
            return len(named) == 1 and place.line.strip(" \t-–—") == sentence.text[named[0][0] : named[0][1]]
        if place.shape == "label" and place.label in self._fields:
            return True  # "Supplier: none"
        if place.shape != "entry" or sentence.text.rstrip()[-1:] in ".!?,:":
            return False
        words = len(sentence.text.split())
        if self._numbered and not named:
            return words <= _MOST_WORDS
        return bool(named) and words <= _NAME_ONLY and sum(end - start for start, end, _ in named) * 2 > len(sentence.text)

    def _heading(self, place: Place, named: _Found) -> int | None:
        level = {"heading": place.level, "entry": _NUMBERED}.get(place.shape, _BARE)
        self._numbered = place.shape == "entry"
        owners = list(dict.fromkeys(owner for _, _, owner in named))
        while self._sections and self._sections[-1][0] >= level:
            before, supplier = self._sections.pop()
            if before == level and supplier is not None and not owners and not self._titled:
                self._default = None  # headings tell suppliers from other matters: the rest is about none
        self._titled = not self._sections and self._first and level >= _BARE
        of_one = bool(owners) or any(supplier is not None for _, supplier in self._sections)
        self._leaves = not of_one and _ANY_OTHER.match(place.line) is not None
        inherited = self._sections[-1][1] if self._sections and not owners else None
        section = only(owners) if owners else inherited
        self._sections.append((level, section))
        self._items, self._introduced = [], None
        self._current = self._base()
        return section

    def _base(self) -> int | None:
        if self._leaves:
            return None
        section = self._sections[-1][1] if self._sections else None
        return section if section is not None else self._default

    def _open(self, place: Place, sentence: Sentence, *, new_paragraph: bool) -> None:
        """Forget what does not carry on to this sentence."""
        if place.shape in ("item", "entry"):
            self._open_item(place, sentence)
        elif new_paragraph:
            if self._items and self._sections and self._sections[-1][0] >= _BARE and place.shape == "text":
                self._sections.pop()  # a heading that only introduced the list
            self._items, self._introduced = [], None
            if not self._answers(place) and not begins_with_pronoun(sentence.text) and not tells_of_somebody(sentence.text):
                self._current = self._base()
        elif place.shape == "row":
            self._current = self._base()
        elif place.shape == "label":
            follows = self._answers(place) if self._conversation else self._outline.repeats(place.label)
            self._current = self._current if follows else self._base()

    def _answers(self, place: Place) -> bool:
        """Return whether a turn of a conversation goes on about the supplier of the one before: "Good. They did"."""
        return self._conversation and bool(place.label) and speaks_of_somebody(place.line.partition(":")[2])

    def _open_item(self, place: Place, sentence: Sentence) -> None:
        if place.shape == "entry" and self._numbered:
            # A numbered paragraph behind numbered headings ends the section of the last.
            self._sections = [each for each in self._sections if each[0] < _NUMBERED]
            self._numbered = False
        outer = self._introduced if self._introduced is not None else self._base()
        while self._items and self._items[-1][0] >= place.level:
            before = self._items.pop()[1]
            if outer is None and (begins_with_pronoun(sentence.text) or acts_on_it(sentence.text)):
                outer = before  # "- their new lead left" goes on about the item before
        self._current = self._items[-1][1] if self._items else outer

    def _named(self, sentence: Sentence, named: _Found) -> int | None:
        owner = subject(sentence.text, named, self._current)
        if not isinstance(owner, int):
            return None
        # Inside one supplier's section another one's name is an aside, unless it leads.
        base = self._base()
        aside = base not in (None, owner) and owner == named[0][2] and not leads(sentence.text, named[0][0])
        return base if aside and not begins_with_pronoun(sentence.text) else owner

    def _unnamed(self, sentence: Sentence, place: Place) -> int | None:
        speaker = self.person(place.label)
        person = self.person(sentence.text) if speaker is None else speaker
        if isinstance(person, int):
            return person
        if self._people.marked:
            # "AL asked BO for a plan", "Next visit of BO": of the suppliers' people those of one.
            spoken_of = {side for name in names(sentence.text) if isinstance(side := self._people.side(name), int)}
            if len(spoken_of) == 1:
                return next(iter(spoken_of))
        base = self._base()
        if len(self._together) > 1 and speaks_of_several(sentence.text):
            return None
        action = _ACTION.match(sentence.text) is not None and not acts_on_it(sentence.text)
        item = place.shape in ("item", "entry", "label")
        if person is not None and (action or (item and (base is None or speaker is not None))):
            # A line that one of us leads opens another topic, which is the section's only under a heading.
            return self._items[-1][1] if self._items else base if base != self._default else None
        if base is not None and self._current != base and not self._items and not begins_with_pronoun(sentence.text):
            return self._borne(sentence.text, place, base)  # in a section, the text comes back to its supplier
        if self._people.marked and person == OURS and base == self._default and not tied(sentence.text):
            self._keeps = True
            return None
        return self._borne(sentence.text, place, self._current)

    def _spoken_of(self, text: str) -> set[int]:
        """Return the suppliers whose people a text names: known ones, and who acted where a supplier was spoken of."""
        found: set[int] = set()
        for name in names(text):
            side = self._people.side(name)
            found |= {side} if isinstance(side, int) else self._recall.acted_for(name)
        return found

    def _borne(self, text: str, place: Place, carried: int | None) -> int | None:
        """Return the supplier that a sentence without a name bears upon; in running prose, an aside bears upon none."""
        text = " ".join(text.split())  # lines may be wrapped
        section = self._sections[-1][1] if self._sections and not self._titled else None
        headed = section is not None
        party = trade(text)
        if party is not None and not headed:
            return only(tuple(self._directory.in_trade(party)))
        headed |= self._labelled
        if begins_with_pronoun(text):
            return carried
        known = set() if headed else self._spoken_of(text)
        if len(known) == 1:
            return next(iter(known))
        if refers(text):
            return carried
        if self.person(text) == OURS and not tied(text):
            self._aside(carried)
            return None
        if headed and (self._items or place.shape != "text"):
            return carried
        if apart(text) or (asks(text) and not headed):
            self._aside(None if introduces(text) else carried)
            return None
        if place.shape != "text" or self._items or headed:
            return carried
        said = self._recall.said_of(definite_nouns(text))
        if len(said) == 1 and (said != {None} or begins_with_noun(text)):
            return next(iter(said))
        if carried is None or carried == self._base() or self._recall.has_actor(text) or tied(text) or carried in said:
            return carried
        self._aside(carried)
        return None

    def _aside(self, current: int | None) -> None:
        """Attribute a sentence to nobody, and let what follows go on about whom the text spoke of."""
        self._current, self._keeps = current, True

    def person(self, text: str) -> Side | None:
        """Find whose person is the subject of a sentence.

        Parameters
        ----------
        text : str
            A sentence.

        Returns
        -------
        int, "ours", "stranger" or None
            None where no known person leads it.
        """
        words = text.replace("'s", "").replace("’s", "").split()[:_PERSON_WORDS]
        for size in (2, 1):
            for first in range(len(words) - size + 1):
                name = " ".join(words[first : first + size]).strip(",.;:()\"'“”-*")
                side = self._people.side(name) if name[:1].isupper() else None
                if side is not None:
                    return side
        return None


def _records(text: str, directory: SupplierDirectory) -> bool:
    """Return whether the labels of a text are fields: one of them holds a supplier's name and nothing else."""
    labels = (label for line in text.split("\n") if (label := speaker_label(line)))
    return any(found[0][:2] == (0, len(words)) for _, words in labels if words and (found := directory.found(words.strip())))


def only(owners: Sequence[Owner]) -> int | None:
    """Return the one supplier named.

    Parameters
    ----------
    owners : sequence of owner
        Each once.

    Returns
    -------
    int or None
        None for none, several or a shared name.
    """
    first = owners[0] if len(owners) == 1 else None
    return first if isinstance(first, int) else None
