"""Where the signature begins: sign-off, name, contacts, by their shape and their place at the end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from partnersignal.cleaning.lines import ADDRESS, LIST_ITEM, Line
from partnersignal.phrases import any_of

_DELIMITER = re.compile(r"[ \t]*(?:--|—|––|__)[ \t]*$")
_RULE = re.compile(r"[ \t]*[-_=*~—–]{2,}[ \t]*$")
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ]"
_NAME = rf"{_CAPITAL}[\w.'’-]{{0,25}}(?: (?:[a-z]{{2,3}} ){{0,2}}{_CAPITAL}[\w.'’-]{{0,25}}){{0,3}}"
# "-Ann", "– Ann Lee", "/Ann", "~ Ann de Wit"
_BY_HAND = re.compile(rf"[ \t]{{0,8}}(?:[-–—~/]{{1,2}}|//)[ \t]?{_NAME}[ \t]*$")
_WORD = rf"{_CAPITAL}[\w'’-]{{1,25}}"
_FULL_NAME = re.compile(rf"[ \t]{{0,4}}{_WORD}(?: {_CAPITAL}\.)?(?: [a-z]{{2,3}}){{0,2}} {_WORD}\.?[ \t]*$")
_NAME_ALONE = re.compile(rf"[ \t]{{0,4}}{_NAME}[ \t]*$")
# "Kh", "Mvh", "Rgds": people who shorten their sign-off leave the vowels out.
_SHORTENED = re.compile(r"[ \t]{0,4}[b-df-hj-np-tv-z]{2,5}[,.]?[ \t]*$", re.I)
_SENTENCE_WORDS = 4
_CONTACT = re.compile(
    r"\b(?:tel|phone|mobile|mob|cell|fax|ph|direct|office|t|m|f|e|w|www|http|skype)\b\s*[.:]|\+?\d[\d ()./-]{7,}\d|www\.|https?://|"
    r"^[ \t|]*[-_*=~]{3,}",
    re.I,
)
_LONGEST_SIGNATURE = 14
_LONGEST_LINE = 90  # characters
_LONGEST_ENTRY = 70  # of a line with a name, a title, a firm


@cache
def _closing() -> re.Pattern[str]:
    name = rf"(?-i:{_CAPITAL})[\w.'’-]{{0,20}}"
    also = r"(?: ?/ ?[^.?!:/]{1,30})?"  # "Mit freundlichen Grüßen / Best regards"
    return re.compile(rf"[ \t]*{any_of('closing')}{also}(?:[,!. ]+{name}(?: {name}){{0,2}})?[,.!]?[ \t]*$", re.I)


@cache
def _thanks() -> re.Pattern[str]:
    # "Thanks for your help," closes where only a name follows; as a sentence it is the author's word.
    return re.compile(rf"[ \t]*(?:thank(?:s| you)\b[^.?!:,]{{0,40}}|{any_of('closing_before_name')}),?[ \t]*$", re.I)


def signature_start(lines: Sequence[Line], sender: str = "") -> int:
    """Find where the signature begins.

    Parameters
    ----------
    lines : sequence of Line
        The sender's own part of the body, disclaimers and mobile footer cut off.
    sender : str, default ""
        The sender's name, where known: a line of its own near the end that is only this name signs.

    Returns
    -------
    int
        Index of its first line; ``len(lines)`` where there is none. A list or a sentence is never part of it.
    """
    last = len(lines)
    while last and lines[last - 1].blank:
        last -= 1
    ruled = _below_rule(lines, last)
    if ruled is not None:
        return ruled
    names = sender_names(sender)
    start = None
    for index in range(last - 1, max(-1, last - 1 - _LONGEST_SIGNATURE), -1):
        text = lines[index].text
        closes = _closes(lines, index, last)
        if (closes or (start is None and _names(lines, index, names))) and _short_tail(lines, index + 1, last):
            start = index
        # A name may stand above the firm and below the sign-off: look on for that.
        if closes or len(text) > _LONGEST_LINE or (LIST_ITEM.match(text) and not _CONTACT.search(text[:500])):
            break
    if start is None:
        start = _contact_block(lines, last)
    if start is None:
        start = _name_at_the_end(lines, last)
    return len(lines) if start is None else _with_closing(lines, start)


def _below_rule(lines: Sequence[Line], last: int) -> int | None:
    """Find a delimiter with a short tail, or a sign-off with a rule right below it, whose tail may be anything."""
    for index in range(max(0, last - 4 * _LONGEST_SIGNATURE), last):
        text = lines[index].text
        below = index + 1
        if _DELIMITER.match(text) and index > 0:
            # RFC 3676: "-- " with its blank; what follows it is the signature, a motto too.
            standard = text == "--" and lines[index].end - lines[index].start > len(text) + 1
            anything = standard and last - below <= _LONGEST_SIGNATURE and not _lists(lines[below:last])
            if anything or _short_tail(lines, below, last):
                return _with_closing(lines, index)
        elif below < last and _RULE.match(lines[below].text) and len(lines[below].text.strip()) > 2 and _closing_line(text):
            return index
    return None


def _closes(lines: Sequence[Line], index: int, last: int) -> bool:
    """Return whether a line is a sign-off."""
    text = lines[index].text
    return _closing_line(text) or (index + 1 < last and len(text) <= _LONGEST_LINE and _thanks().match(text) is not None)


def _names(lines: Sequence[Line], index: int, names: frozenset[str]) -> bool:
    """Return whether a line is only a name that signs: the sender's own, or one set off by hand."""
    text = lines[index].text.strip()
    if len(text) > _LONGEST_LINE or index == 0 or "\t" in text:
        return False
    if names and _plain(text.lstrip("-–—~/ ")) in names:
        return True
    if not _BY_HAND.match(text):
        return False
    above = [line.text for line in lines[max(0, index - 4) : index]]
    listed = LIST_ITEM.match(text) and any(LIST_ITEM.match(line) for line in above)
    return not listed and not above[-1].rstrip().endswith(":") and not _BY_HAND.match(above[-1])


def _closing_line(text: str) -> bool:
    return len(text) <= _LONGEST_LINE and _closing().match(text) is not None


def _with_closing(lines: Sequence[Line], start: int) -> int:
    """Take in the sign-offs right above the signature."""
    while True:
        above = start - 1
        while above > 0 and lines[above].blank:
            above -= 1
        text = lines[above].text
        # "Thank you." above "Best regards" is a sentence, above a name it closes.
        if above <= 0 or not _closing_line(text) or (text.endswith((".", "!")) and _closing_line(lines[start].text)):
            return start
        start = above


def sender_names(sender: str) -> frozenset[str]:
    """Return the ways in which somebody signs.

    Parameters
    ----------
    sender : str
        Display name, ``Ann Lee`` or ``Lee, Ann``.

    Returns
    -------
    frozenset of str
        Full name, first name, first and last name, initials, without case and marks.
    """
    last, comma, first = sender.partition(",")
    words = _plain(f"{first} {last}" if comma else sender).split()
    if not words or len(words) > 6 or "@" in sender:
        return frozenset()
    initials = "".join(word[0] for word in words)
    names = {" ".join(words), words[0], f"{words[0]} {words[-1]}", f"{words[0]} {words[-1][0]}"}
    return frozenset(name for name in (*names, *([initials] if len(initials) > 1 else [])) if name)


def _plain(name: str) -> str:
    return re.sub(r"[^\w]+", " ", name).strip().casefold()


def _short_tail(lines: Sequence[Line], start: int, end: int) -> bool:
    """Return whether lines look like names, titles and contact lines rather than prose."""
    filled = [line.text.strip() for line in lines[start:end] if not line.blank]
    if len(filled) > _LONGEST_SIGNATURE:
        return False
    return not any(_is_prose(text) for text in filled) and not _lists(lines[start:end])


def _lists(lines: Sequence[Line]) -> bool:
    return any(LIST_ITEM.match(line.text) and not _CONTACT.search(line.text[:500]) for line in lines)


def _is_prose(text: str) -> bool:
    if text.endswith(("?", "!")) and len(text) > 25:
        return True
    if _CONTACT.search(text[:500]):
        return False
    words = text.split()
    lower = sum(word[0].islower() for word in words)
    sentence = text.endswith(".") and len(words) >= _SENTENCE_WORDS and lower * 2 >= len(words)
    return sentence or len(text) > _LONGEST_ENTRY


def _contact_block(lines: Sequence[Line], last: int) -> int | None:
    """Find a block at the end, with no sign-off, of short lines two or more of which give contacts."""
    top = last
    while top > 0 and not lines[top - 1].blank and last - top < _LONGEST_SIGNATURE:
        top -= 1
    block = lines[top:last]
    short = all(len(line.text) <= 80 and not line.text.rstrip().endswith(("?", ":")) for line in block)
    if top == 0 or len(block) < 2 or not short or any(LIST_ITEM.match(line.text) for line in block):
        return None
    contacts = sum(1 for line in block if _CONTACT.search(line.text) or ADDRESS.search(line.text))
    return top if contacts >= 2 else None


def _name_at_the_end(lines: Sequence[Line], last: int) -> int | None:
    """Find a last paragraph that is a full name, or a shortened sign-off above a name."""
    top = last
    while top > 0 and not lines[top - 1].blank and last - top <= 2:
        top -= 1
    block = lines[top:last]
    if top == 0 or not any(not line.blank for line in lines[:top]):
        return None
    if len(block) == 1 and _FULL_NAME.match(block[0].text):
        return top
    if len(block) == 2 and _SHORTENED.match(block[0].text) and _NAME_ALONE.match(block[1].text):
        return top
    return None
