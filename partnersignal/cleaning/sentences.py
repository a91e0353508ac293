"""Zones into sentences with exact offsets; list items and line breaks that end a thought end a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice

from partnersignal.cleaning.lines import LIST_ITEM, are_rows, is_row, may_be_wrapped
from partnersignal.messages import Message, Sentence, Zone, ZoneKind
from partnersignal.phrases import phrases

# These only before a figure ("No. 5"), those not before a capital ("on Sat. morning").
_BEFORE_FIGURES = frozenset(["no", "nos", "nr", "fig", "vol", "art", "ref", "ext", "max", "min", "tel", "est"])
_TIMES = frozenset(["a.m", "p.m", "am", "pm", "mar", "mon", "wed", "fri", "sat", "sun", "jan", "dec"])
_END = re.compile(r"(?:[.!?…]+[\"'”’)\]]*|[。！？]+[」』”]*)")
_MARK = re.compile(r"[.!?…。！？]")  # one set of characters is looked for much faster than a choice
_OPENER = re.compile(r"[\s\"'“‘(\[*_#>-]*[^\W_]", re.UNICODE)
_WORD_START = re.compile(r"[\s(\"'“]")
_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]+")
_SPEAKER = re.compile(r"^[ \t]*[A-Z][\w .'’()/-]{0,40}:[ \t]")
LONGEST_SENTENCE = 2_000
MOST_SENTENCES = 10_000  # of a message: nothing that people write has more


def split_sentences(text: str, zones: tuple[Zone, ...]) -> tuple[Sentence, ...]:
    """Cut the author's own words into sentences.

    Parameters
    ----------
    text : str
        A body.
    zones : tuple of Zone
        Its zones; only new words give sentences.

    Returns
    -------
    tuple of Sentence
        Numbered from 0 in order; ``text[start:end]`` is the sentence; none is longer than 2,000 characters,
        and there are at most `MOST_SENTENCES`: the rest of a message is not read.
    """
    found: list[Sentence] = []
    paragraph = 0
    for zone in zones:
        if zone.kind != "new":
            paragraph += 1
            continue
        for start, end, blank_before in islice(_blocks(text, zone), MOST_SENTENCES):
            paragraph += blank_before
            for first, last in _in_block(text, start, end):
                if len(found) == MOST_SENTENCES:
                    return tuple(found)
                found.append(_sentence(text, first, last, len(found), zone.kind, paragraph))
        paragraph += 1
    return tuple(found)


def own_sentences(message: Message) -> tuple[Sentence, ...]:
    """Return the sentences of a message's author.

    Parameters
    ----------
    message : Message
        With its zones; sentences that are there already are kept.

    Returns
    -------
    tuple of Sentence
        As `split_sentences` cuts them.
    """
    return split_sentences(message.text, message.zones or ()) if message.sentences is None else message.sentences


def _sentence(text: str, start: int, end: int, number: int, zone: ZoneKind, paragraph: int) -> Sentence:
    return Sentence(number, start, end, text[start:end], zone, paragraph)


def _blocks(text: str, zone: Zone) -> Iterator[tuple[int, int, bool]]:
    """Join the lines that one thought was wrapped over; yields start, end, and whether a paragraph begins."""
    start: int | None = None
    end = zone.start
    blank = True
    opened_blank = True
    previous = ""
    position = zone.start
    for line in text[zone.start : zone.end].split("\n"):
        stripped = line.strip()
        first = position + len(line) - len(line.lstrip())
        if not stripped:
            if start is not None:
                yield start, end, opened_blank
                start = None
            blank = True
        else:
            if start is not None and _breaks(previous, line):
                yield start, end, opened_blank
                start = None
            if start is None:
                start, opened_blank = first, blank
                blank = False
            end = first + len(stripped)
            previous = line
        position += len(line) + 1
    if start is not None:
        yield start, end, opened_blank


def _breaks(previous: str, line: str) -> bool:
    """Return whether a line break ends a thought rather than wraps it."""
    if LIST_ITEM.match(line) or _HEADING.match(line) or _HEADING.match(previous) or _SPEAKER.match(line):
        return True
    if is_row(line) or is_row(previous) or (";" in line and are_rows(previous, line)):
        return True
    stripped = previous.rstrip()
    if stripped.endswith((".", "!", "?", ":", ";", "…")):
        return True
    # A person who presses Enter where no program wraps means it, unless the next line goes on in lower case.
    return not may_be_wrapped(stripped, line) and not line.lstrip()[:1].islower()


def _in_block(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a block at sentence ends."""
    item = LIST_ITEM.match(text, start, end) or _HEADING.match(text[start:end])
    if item is not None:
        start += item.end() - (start if item.re is LIST_ITEM else 0)
    first = last = start
    while mark := _MARK.search(text, last, end):
        match = _END.match(text, mark.start(), end)
        assert match is not None  # it begins with a mark
        last = match.end()
        if last >= end or not _ends(text, first, mark.start(), last, end):
            continue
        yield from _bounded(text, first, last)
        first = last
        while first < end and text[first].isspace():
            first += 1
    if first < end:
        yield from _bounded(text, first, end)


@cache
def _abbreviations() -> frozenset[str]:
    return frozenset(phrases("abbreviations"))


def _ends(text: str, first: int, mark: int, last: int, end: int) -> bool:
    if text[mark] in "。！？":
        return True
    if not text[last].isspace():
        return False
    following = _OPENER.match(text, last, min(end, last + 20))
    if following is None:
        return False
    opener = text[following.end() - 1]
    if text[mark] != "." or last - mark > 1:
        return not opener.islower() or text[mark] in "!?"
    word = _WORD_START.split(text[max(first, mark - 20) : mark])[-1].lower()
    if word in _BEFORE_FIGURES:
        return not opener.isdigit()
    if word in _TIMES and opener.isupper():
        return True
    if word in _abbreviations() or (len(word) == 1 and word.isalpha() and word != "i"):
        return False
    # "3. Call them": a number that opens the sentence. People who type no capitals still end theirs with a full stop.
    return not (word.isdigit() and mark - len(word) == first)


def _bounded(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the sentence, in pieces where it is too long to be one."""
    while end - start > LONGEST_SENTENCE:
        cut = text.rfind(" ", start, start + LONGEST_SENTENCE)
        cut = cut if cut > start else start + LONGEST_SENTENCE
        yield start, start + len(text[start:cut].rstrip())
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if start < end and any(character.isalnum() for character in text[start:end]):
        yield start, end
