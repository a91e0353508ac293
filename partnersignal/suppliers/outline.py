"""The shape of notes: headings, list items, labels, rows; each sentence's place in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from partnersignal.cleaning.lines import LIST_ITEM, are_rows, is_row, may_be_wrapped
from partnersignal.messages import Sentence
from partnersignal.reading.transcripts import speaker_label

Shape = Literal["heading", "entry", "item", "label", "row", "text"]

_MARKDOWN = re.compile(r"[ \t]*(#{1,6})[ \t]")
_BOLD = re.compile(r"[ \t]*(?:\*\*|__)[^*_\n]{1,80}(?:\*\*|__)[ \t]*:?[ \t]*$")
_NUMBERED = re.compile(r"[ \t]*(?:\(?\d{1,2}[.)]|\(?[a-zA-Z][.)])[ \t]+")
_ENTRY = re.compile(r"[ \t]*#?[A-Z]{0,3}[-.]?\d{1,4}[.):]?[ \t]+(?=[^\W\d_])")  # "D-31 Extend ...", "#12 ..."
_CLOCK = r"\[?\d{1,2}[:.h]\d{2}\]?"
_CHATTED = re.compile(rf"[ \t]*{_CLOCK}[ \t]+[^\s:]{{1,30}}:")  # "[09:14] ann: words"
# "10:20 Called ...", "Mon - ...": the lines of a log.
_LOGGED = re.compile(
    rf"[ \t]*(?:{_CLOCK}[ \t]*[-–:]?|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{{0,6}}[ \t]*[-–:])[ \t]+(?=\S)", re.I
)
_DASHED = re.compile(r"[^\W_] [-–—][ \t]*$")  # "Acme -"
_CLAUSES = re.compile(r"[:.!?] ")
_LONGEST = 60  # characters of a heading that is marked only by standing alone
_MOST_WORDS = 8
_LONGEST_MARGIN = 200  # characters before the first word of a line
_SHORTEST = 4  # letters of a heading in capitals
_NUMBERED_LEVEL, _BARE, _LABEL = 6, 7, 8  # the last two below those of Markdown


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sentence stands.

    Attributes
    ----------
    shape : str
        Of its line, where it begins one; ``entry`` is a numbered item, ``text`` a sentence that goes on.
    level : int
        Of a heading: 1 to 6 as in Markdown, 7 for a short line alone, 8 for a line that ends with a colon; of an
        item: how far it is indented.
    opens : bool
        Whether the sentence begins its line.
    label : str
        What stands before the colon, where the line begins so.
    line : str
        The line, where the sentence begins it.
    entered : bool
        Whether somebody, and no program, ended the line above, and it is no turn of a chat.
    """

    shape: Shape
    level: int = 0
    opens: bool = False
    label: str = ""
    line: str = ""
    entered: bool = False


class Outline:
    """The places of a message's sentences.

    Parameters
    ----------
    text : str
        The message.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        lines = text.split("\n")
        self._labels = Counter(label[0] for line in lines if (label := speaker_label(line)))
        self._numbered = _numbered_headings(lines)

    def place(self, sentence: Sentence) -> Place:
        """Find the place of a sentence.

        Parameters
        ----------
        sentence : Sentence
            Of this message.

        Returns
        -------
        Place
            Its shape and level.
        """
        # Only what is near is looked at: a line may be as long as the text.
        nearest = max(0, sentence.start - _LONGEST_MARGIN)
        start = self._text.rfind("\n", nearest, sentence.start) + 1 or nearest
        line = self._text[start : start + 2_000].partition("\n")[0]
        before = self._text[start : sentence.start]
        if len(before) >= _LONGEST_MARGIN or any(character.isalnum() for character in re.sub(_NUMBERED, "", before)):
            return Place("text")
        label = speaker_label(_NUMBERED.sub("", line, count=1).lstrip(" \t-•"))
        name = label[0] if label else ""
        level = _NUMBERED_LEVEL if start in self._numbered else self._heading(line, start)
        if level:
            return Place("heading", level, True, name, line)
        chatted = _CHATTED.match(line) is not None
        entry = _ENTRY.match(line) or (None if chatted else _LOGGED.match(line))
        if LIST_ITEM.match(line) or entry:
            numbered = entry or _NUMBERED.match(line)
            indented = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
            return Place("entry" if numbered else "item", indented, True, name, line)
        above = self._text[max(0, start - 2_000) : max(0, start - 1)].rpartition("\n")[2]
        if is_row(line) or line.lstrip().startswith("|") or are_rows(above, line):
            return Place("row", 0, True, name, line)
        entered = not may_be_wrapped(above, line) and not chatted
        return Place("label" if name else "text", 0, True, name, line, entered)

    def repeats(self, label: str) -> bool:
        """Return whether a label stands before several lines: a field such as "Status", or a speaker.

        Parameters
        ----------
        label : str
            As in `Place`.

        Returns
        -------
        bool
            True from twice on.
        """
        return self._labels[label] > 1

    def is_conversation(self) -> bool:
        """Return whether the text is mostly turns of two or more speakers.

        Returns
        -------
        bool
            True where most lines begin with a label, and labels come again.
        """
        filled = sum(1 for line in self._text.split("\n") if line.strip())
        return len(self._labels) > 1 and max(self._labels.values()) > 1 and 2 * sum(self._labels.values()) >= filled

    def _heading(self, line: str, start: int) -> int:
        """Return the level of a heading, 0 for any other line."""
        marked = _MARKDOWN.match(line)
        if marked:
            return len(marked[1])
        words = line.strip(" \t=~_#[]<>→»–—-")
        if _BOLD.match(line):
            return 6
        introduces = words.endswith(":") or _DASHED.search(line)
        if introduces and len(words) <= _LONGEST and not LIST_ITEM.match(line) and not _CLAUSES.search(words):
            return _LABEL if len(words.split()) <= _MOST_WORDS - 2 else 0
        alone = start == 0 or self._text[max(0, start - 2) : start] == "\n\n"
        short = len(words) <= _LONGEST and len(words.split()) <= _MOST_WORDS and words[-1:] not in ".!?,;"
        if LIST_ITEM.match(line) or speaker_label(line) or not short or not words[:1].isupper():
            return 0
        return _BARE if alone or (words.isupper() and len(words) > _SHORTEST) else 0


def _numbered_headings(lines: Sequence[str]) -> frozenset[int]:
    """Find where the short numbered lines begin under which text stands, where there are two or more: an agenda."""
    found: list[int] = []
    start = 0
    for number, line in enumerate(lines):
        short = len(line) <= _LONGEST and len(line.split()) <= _MOST_WORDS + 1 and line.rstrip()[-1:] not in ".!?,;:"
        if short and _NUMBERED.match(line):
            below = next((each for each in lines[number + 1 : number + 4] if each.strip()), "")
            text = below.lstrip(" \t-*•")[:1]
            if text and not text.islower() and not _NUMBERED.match(below) and (below[0] not in " \t" or LIST_ITEM.match(below)):
                found.append(start)
        start += len(line) + 1
    return frozenset(found if len(found) > 1 else ())
