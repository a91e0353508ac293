"""What stands around the words: banners, greetings, disclaimers, mobile footers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from partnersignal.cleaning.lines import Line
from partnersignal.conversations.kinds import says_how_to_leave
from partnersignal.phrases import any_of, phrases

_TITLE = re.compile(r"\b(?:mr|mrs|ms|dr|prof|sr|sra|dra|hr|fr|st)\.", re.I)
_GREETED = re.compile(r"[^\W\d_a-z].*|and|und|et|y|e|og|och|all|team|everyone|both|&")  # words a greeting has after a comma
_GREETING_END = ",!:;.-–，！ \t"
_MOST_GREETED = 8  # words; without a mark at the end
_MOST_GREETED_UNMARKED = 3
_NAME_GREETING = re.compile(
    r"^[ \t]*(?:[A-Z][\w'’.-]{1,20})(?:(?: |, | and | & )[A-Z][\w'’.-]{1,20}){0,3}[ \t]*[,:-]{1,2}[ \t]*$"
)
_RULE = re.compile(r"[ \t]*[-_=*]{3,}[ \t]*$")
_LONGEST_FOOTER = 300  # characters
_LEAST_DISCLAIMER = 80  # characters
_DISCLAIMER_CUES = 2
_CUE = 8  # characters that tell cues apart
_MOST_FOOTER_WORDS = 8
_LONGEST_LIST_FOOTER, _LEAST_RULE = 20, 10  # lines, characters
_MACHINE_ID = re.compile(r"\[?(?:ref:? ?)?(?=[\w:.-]{0,60}\d)(?=[\w:.-]{0,60}[A-Z])[\w:.-]{8,60}:?\]?", re.I)


@cache
def _banner() -> re.Pattern[str]:
    labels, sentences = any_of("banner_labels"), any_of("banner_sentences")
    return re.compile(rf"^[ \t*]{{0,20}}(?:\[?[ \t]{{0,4}}{labels}[ \t]{{0,4}}[\]:*!-]|{sentences})", re.I)


@cache
def _greeting() -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*{any_of('greeting')}\b(?P<rest>.{{0,80}})$", re.I)


@cache
def _mobile() -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*[-–—]?[ \t]*{any_of('mobile')}[.!]?[ \t]*$", re.I)


@cache
def _mobile_alone() -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*{any_of('mobile_alone')}[.!]?[ \t]*$", re.I)


@cache
def _disclaimer() -> tuple[list[str], re.Pattern[str]]:
    """Return the cues that are plain words, which are looked for faster, and a pattern of the others."""
    cues = phrases("disclaimer")
    plain = [cue for cue in cues if re.escape(cue).replace("\\ ", " ").replace("\\-", "-") == cue]
    return plain, re.compile("|".join(cue for cue in cues if cue not in plain))


@cache
def _disclaimer_heading() -> re.Pattern[str]:
    return re.compile(rf"[ \t*_]{{0,8}}{any_of('disclaimer_heading')}[ \t*_:]{{0,8}}$", re.I)


def banner_lines(lines: Sequence[Line]) -> int:
    """Count the lines at the top that a mail gateway put there.

    Parameters
    ----------
    lines : sequence of Line
        The sender's own part of the body.

    Returns
    -------
    int
        Number of lines, the blank ones behind them too.
    """
    top = next((i for i, line in enumerate(lines) if not line.blank), len(lines))
    if top == len(lines) or not _banner().match(lines[top].text):
        return 0
    end = top + 1
    # The bracketed word stands alone; a sentence of warning goes on to the next blank line.
    if not lines[top].text.strip().endswith("]"):
        while end < len(lines) and not lines[end].blank:
            end += 1
    while end < len(lines) and lines[end].blank:
        end += 1
    return end


def greeting_lines(lines: Sequence[Line]) -> int:
    """Count the lines at the top that only greet.

    Parameters
    ----------
    lines : sequence of Line
        Lines below any banner.

    Returns
    -------
    int
        0, or one line and the blank ones around it.
    """
    top = next((i for i, line in enumerate(lines) if not line.blank), len(lines))
    if top == len(lines):
        return 0
    text = lines[top].text
    return top + 1 if _greets(text) or _NAME_GREETING.match(text) else 0


def _greets(text: str) -> bool:
    """Return whether a line greets and says nothing else."""
    match = _greeting().match(text)
    if match is None:
        return False
    rest = match["rest"].strip()
    core = _TITLE.sub("", rest.strip(_GREETING_END))
    if re.search(r"[.?!;:]", core):
        return False
    others = core.split(",")[1:]
    if not all(_GREETED.fullmatch(word) for other in others for word in other.split()):
        return False
    return len(core.split()) <= (_MOST_GREETED if rest.endswith(tuple(_GREETING_END)) else _MOST_GREETED_UNMARKED)


def mobile_start(lines: Sequence[Line]) -> int:
    """Find a mobile footer ("Sent from my ...") at the end.

    Parameters
    ----------
    lines : sequence of Line
        The sender's own part of the body.

    Returns
    -------
    int
        Index of its line; ``len(lines)`` where there is none.
    """
    last = next((i for i in range(len(lines) - 1, -1, -1) if not lines[i].blank), None)
    if last is None or len(lines[last].text) > _LONGEST_FOOTER:
        return len(lines)
    alone = last > 0 and lines[last - 1].blank
    found = _mobile().match(lines[last].text) or (alone and _mobile_alone().match(lines[last].text))
    return last if found else len(lines)


def disclaimer_start(lines: Sequence[Line]) -> int:
    """Find where the legal small print begins: paragraphs at the end with two or more of its phrases.

    Parameters
    ----------
    lines : sequence of Line
        The sender's own part of the body.

    Returns
    -------
    int
        Index of its first line; ``len(lines)`` where there is none.
    """
    start = end = _list_footer(lines)
    while end > 0:
        while end > 0 and lines[end - 1].blank:
            end -= 1
        top = end
        while top > 0 and not lines[top - 1].blank:
            top -= 1
        if top == end or top == 0:
            break
        if all(_RULE.match(line.text) for line in lines[top:end]):
            end = top  # a rule belongs to what stands above it
            continue
        heading = start < len(lines) and end - top == 1 and _disclaimer_heading().match(lines[top].text)
        if not heading and not _small_print(lines[top:end]) and not _machine_footer(lines[top:end]):
            break
        start = end = top
    return start


def _list_footer(lines: Sequence[Line]) -> int:
    """Find a rule at the end below which a list says how to leave it."""
    for at in range(max(1, len(lines) - _LONGEST_LIST_FOOTER), len(lines)):
        if _RULE.match(lines[at].text) and len(lines[at].text.strip()) >= _LEAST_RULE:
            below = " ".join(line.text for line in lines[at:])
            if says_how_to_leave(below) and not any(line.quoted for line in lines[at:]):
                return at
    return len(lines)


def _machine_footer(lines: Sequence[Line]) -> bool:
    """Return whether a paragraph is only a link to leave a list, or the number by which a program knows the mail."""
    words = " ".join(line.text for line in lines)[:_LONGEST_FOOTER]
    if re.search(r"[.?!]\s|[.?!]$", words):
        return False
    known = _MACHINE_ID.fullmatch(words.strip()) or _classified().fullmatch(words.strip())
    return bool(known) or (len(words.split()) <= _MOST_FOOTER_WORDS and says_how_to_leave(words))


@cache
def _classified() -> re.Pattern[str]:
    return re.compile(rf"\[?{any_of('classification')}\]?", re.I)


def _small_print(lines: Sequence[Line]) -> bool:
    words = " ".join(line.text for line in lines)[:5000]
    if len(words) < _LEAST_DISCLAIMER:
        return False
    words = words.lower()
    plain, patterns = _disclaimer()
    cues = {cue[:_CUE] for cue in plain if cue in words}
    return len(cues) >= _DISCLAIMER_CUES or (
        len(cues | {match.group(0)[:_CUE] for match in patterns.finditer(words)}) >= _DISCLAIMER_CUES
    )
