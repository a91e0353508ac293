"""Answers that somebody typed into the quoted message, where no program marks the quote line by line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from operator import itemgetter

from partnersignal.cleaning.lines import Line
from partnersignal.phrases import any_of

# "[AL] Yes.", "AL: Yes.", "=> Yes."
_TAGGED = re.compile(r"[ \t]{0,8}([\[(<]{1,2}[^\W\d_]{2,12}[\])>]{1,2}:?|[A-Z]{2,12}:|[=-]{1,4}>|[*+#~>]{2,4})[ \t]+\S")
_NUMBERED = re.compile(r"[ \t]{0,8}(?:\d{1,2}|[a-z])[.)].*")
_QUESTION = ("?", "？")
_MOST_OWN = 2_000  # characters
_LEAST_SHOUTED = 2  # words in capitals
_LEAST_TIMES = 2  # that a tag or a question with its answer stands


@cache
def _announced() -> re.Pattern[str]:
    return re.compile(any_of("answers_below"))  # for lower case, as in `says_how_to_leave`


def answers_inside(own: str, lines: Sequence[Line], after: int) -> list[int]:
    """Find the answers inside an unmarked quote, where its sender says that there are some.

    Parameters
    ----------
    own : str
        What stands above the quote in the sender's own words.
    lines : sequence of Line
        The body.
    after : int
        Where the header of the quote ends.

    Returns
    -------
    list of int
        Lines of answers; empty where none are announced.
    """
    if not _announced().search(own[:_MOST_OWN].lower()):
        return []
    tags = Counter(match[1] for line in lines[after:] if (match := _TAGGED.match(line.text)))
    tag, times = max(tags.items(), key=itemgetter(1), default=("", 0))
    if times < _LEAST_TIMES:
        return [*_marked_by(None, lines, after), *_below_questions(lines, after)]
    return list(_marked_by(tag, lines, after))


def _marked_by(tag: str | None, lines: Sequence[Line], after: int) -> Iterator[int]:
    """Yield the lines in capitals, and those from a tag to the end of its paragraph."""
    answering = False
    for at in range(after, len(lines)):
        text = lines[at].text
        tagged = _TAGGED.match(text)
        shouted = text.isupper() and len(text.split()) >= _LEAST_SHOUTED
        answering = (tagged is not None and tagged[1] == tag) or (answering and not lines[at].blank)
        if answering or shouted:
            yield at
        answering &= not shouted


def _below_questions(lines: Sequence[Line], after: int) -> list[int]:
    """Find what stands below each question: the rest of its paragraph, or the one between two numbered questions."""
    found, asked = [], False
    for first, end in _paragraphs(lines, after):
        words = " ".join(line.text for line in lines[first:end])
        last = max((at for at in range(first, end) if lines[at].text.endswith(_QUESTION)), default=end)
        if last < end - 1:
            found.append(range(last + 1, end))
            asked = False
        elif _NUMBERED.match(words):
            asked = any(mark in words for mark in _QUESTION)
        else:
            if asked:
                found.append(range(first, end))
            asked = False
    return [at for answer in found for at in answer] if len(found) >= _LEAST_TIMES else []


def _paragraphs(lines: Sequence[Line], start: int) -> Iterator[tuple[int, int]]:
    first = start
    for at in range(start, len(lines) + 1):
        if at == len(lines) or lines[at].blank:
            if first < at:
                yield first, at
            first = at + 1
