"""Where the signature begins: sign-off, name, contacts, by their shape and their place at the end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from partnersignal.cleaning.lines import LIST_ITEM, Line, address_in
from partnersignal.phrases import any_of

_DELIMITER = re.compile(r"[ \t]*(?:--|—|––|__)[ \t]*$")
_RULE = re.compile(r"[ \t]*[-_=*~—–]{2,}[ \t]*$")
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ]"
_NAME = rf"{_CAPITAL}[\w.'’-]{{0,25}}(?: (?:[a-z]{{2,3}} ){{0,2}}{_CAPITAL}[\w.'’-]{{0,25}}){{0,3}}"
# "-Ann", "– Ann Lee", "/Ann", "~ Ann de Wit"
_BY_HAND = re.compile(rf"[ \t]{{0,8}}(?:[-–—~/]{{1,2}}|//)[ \t]?{_NAME}[ \t]*$")
_WORD = rf"{_CAPITAL}[\w'’-]{{1,25}}"
_TITLES = r"(?:(?:i\. ?[AV]\.|p\.p\.|Dr\.(?:-Ing\.)?|Prof\.|Ing\.|Mag\.|Dipl\.-[A-Z]\w{1,8}\.) ){0,2}"
_AFTER_NAME = r"(?:, [A-Z][\w.-]{1,9}){0,2}(?: \([^()]{2,20}\))?"
_FULL_NAME = re.compile(
    rf"[ \t]{{0,4}}{_TITLES}{_WORD}(?: {_CAPITAL}\.)?(?: [a-z]{{2,3}}){{0,2}} {_WORD}{_AFTER_NAME}\.?[ \t]*$"
)
_ON_BEHALF = re.compile(r"[ \t]{0,4}(?:i\. ?[AV]\.|p\.p\.) ?(?=[^\W\d_])")  # looks like an item of a list
# A nickname, a name or an initial that is a paragraph of its own; in writing without spaces, up to four characters.
_FIRST_NAME = re.compile(
    rf"[ \t]{{0,4}}(?:(?:{_CAPITAL}\. )?{_CAPITAL}[\w'’-]{{1,15}}(?:[ -]{_CAPITAL}[\w'’.-]{{0,20}}){{0,2}}"
    rf"|(?:{_CAPITAL}\.? ?){{1,3}}|[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]{{2,4}})[ \t]*$"
)
# What people shorten or invent above their name: four words at most, no mark of a sentence but "!" or a comma.
_SOME_CLOSING = re.compile(rf"[ \t]{{0,4}}{_CAPITAL}[\w'’-]*(?: [\w'’-]+){{0,3}} ?[,!]?[ \t]*$")
_LONGEST_SOME_CLOSING = 32
_NAME_ALONE = re.compile(rf"[ \t]{{0,4}}{_NAME}[ \t]*$")
# "Kh", "Mvh", "Rgds": people who shorten their sign-off leave the vowels out.
_SHORTENED = re.compile(r"[ \t]{0,4}[b-df-hj-np-tv-z]{2,5}[,.]?[ \t]*$", re.I)
_SENTENCE_END = re.compile(r"[.!?…:;)\"”»。！？][ \t]*$")
_SENTENCE_WORDS = 4
_CONTACT = re.compile(
    r"\b(?:tel|phone|mobile|mob|cell|fax|ph|direct|office|t|m|f|e|w|www|http|skype)\b\s*[.:]|\+?\d[\d ()./-]{7,}\d|www\.|https?://|"
    r"^[ \t|]*[-_*=~]{3,}",
    re.I,
)
_POSTSCRIPT = re.compile(r"[ \t]{0,4}(?:P\.? ?P?\.?-? ?S|N\. ?B|PD|P\. ?D)(?:\.|[ \t]*[:：,–—-]|(?=[ \t]+[^\W\d_]))", re.I)
_LONGEST_SIGNATURE = 14
_LONGEST_LINE, _LONGEST_SIGNED = 90, 60  # characters, of a line and of one that is only a name
_LONGEST_ENTRY = 70  # of a line with a name, a title, a firm
_MOST_ENTRIES = 7
_LONGEST_TITLE = 5  # words
_MOST_MOTTOS, _LONGEST_MOTTO = 4, 160  # lines, characters
_FIRM_END = re.compile(r"(?:[A-Z]\.|\b(?:Ltda?|Lda|Inc|Co|Corp|Bros|Dept|Jr|Sr))\.?$|[\w.]\.\w\.$")


@cache
def _closing() -> re.Pattern[str]:
    name = rf"(?-i:{_CAPITAL})[\w.'’-]{{0,20}}"
    also = r"(?: ?/ ?[^.?!:/]{1,30})?"  # "Mit freundlichen Grüßen / Best regards"
    return re.compile(rf"[ \t]*{any_of('closing')}{also}(?:[,!. ]+{name}(?: {name}){{0,2}})?[,.!，。！、]{{0,2}}[ \t]*$", re.I)


@cache
def _thanks() -> re.Pattern[str]:
    # "Thanks for your help," closes where only a name follows; as a sentence it is the author's word.
    return re.compile(rf"[ \t]*(?:thank(?:s| you)\b[^.?!:,]{{0,40}}|{any_of('closing_before_name')})[,。、]?[ \t]*$", re.I)


@cache
def _before_name() -> re.Pattern[str]:
    return re.compile(rf"[ \t]*{any_of('closing_before_name')}[。、]?[ \t]*$")


def _polite(text: str) -> bool:
    return len(text) <= _LONGEST_LINE and _before_name().match(text) is not None


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
    last = _filled_end(lines, len(lines))
    ruled = _below_rule(lines, last)
    end = last if ruled is None else ruled
    start = _signed(lines, _filled_end(lines, end), sender)
    if start is None:
        start = ruled
    if start is None or (start == 0 and _contact_block(lines, last) != 0):
        return len(lines)
    return _with_closing(lines, start)


def _signed(lines: Sequence[Line], last: int, sender: str) -> int | None:
    """Find the sign-off, the name or the contacts that end some lines."""
    names = sender_names(sender)
    start = None
    for index in range(last - 1, max(-1, last - 1 - 2 * _LONGEST_SIGNATURE), -1):
        text = lines[index].text
        closes = _closes(lines, index, last)
        signs = closes or (start is None and _names(lines, index, names))
        if signs and (_short_tail(lines, index + 1, last) or _all_signature(lines, index + 1, last)):
            start = index
        # A name may stand above the firm and below the sign-off: look on for that.
        if closes or (_is_item(text) and not _CONTACT.search(text[:500])):
            break
    if start is not None:
        return start
    start = _contact_block(lines, last)
    if start is None:
        start = _entries(lines, last)
    # "Glenn", a blank line, "Glenn Whitcomb, P.E." with his firm below.
    above = _name_at_the_end(lines, last if start is None else _filled_end(lines, start), names)
    return start if above is None else above


def _filled_end(lines: Sequence[Line], end: int) -> int:
    while end and lines[end - 1].blank:
        end -= 1
    return end


def _is_item(text: str) -> bool:
    return LIST_ITEM.match(text) is not None and _ON_BEHALF.match(text) is None


def _below_rule(lines: Sequence[Line], last: int) -> int | None:
    """Find a delimiter with a short tail, or a sign-off with a rule right below it, whose tail may be anything."""
    for index in range(max(0, last - 4 * _LONGEST_SIGNATURE), last):
        text = lines[index].text
        below = index + 1
        if _DELIMITER.match(text) and index > 0:
            # RFC 3676: "-- " with its blank; what follows it is the signature, a motto too.
            standard = text == "--" and lines[index].end - lines[index].start > len(text) + 1
            anything = standard and last - below <= _LONGEST_SIGNATURE and not _lists(lines[below:last])
            signed = last - below <= _LONGEST_SIGNATURE and _signs_off(lines, index) and not _lists(lines[below:last])
            if anything or signed or _short_tail(lines, below, last):
                return index
        elif (
            below < last and _RULE.match(lines[below].text) and len(lines[below].text.strip()) > 2 and _above_rule(lines, index)
        ):
            return index
    return None


def _above_rule(lines: Sequence[Line], at: int) -> bool:
    """Return whether a line with a rule below it signs off, or is a name that opens the line below the rule."""
    text = lines[at].text.strip()
    if _closing_line(text):
        return True
    named = at > 0 and lines[at - 1].blank and at + 2 < len(lines) and _FIRST_NAME.match(text)
    return bool(named) and lines[at + 2].text.strip().startswith(f"{text} ")


def _signs_off(lines: Sequence[Line], end: int) -> bool:
    """Return whether a sign-off, or one with a name below it, ends right here."""
    above = [line.text for line in lines[max(0, end - 4) : _filled_end(lines, end)] if not line.blank][-2:]
    return bool(above) and (_closing_line(above[-1]) or (_closing_line(above[0]) and _NAME_ALONE.match(above[-1]) is not None))


def _closes(lines: Sequence[Line], index: int, last: int) -> bool:
    """Return whether a line is a sign-off."""
    text = lines[index].text
    # "Cumps," above a name: whatever the word.
    short = text.endswith(",") and len(text) <= _LONGEST_SOME_CLOSING and len(text.split()) <= 2 and _SOME_CLOSING.match(text)
    if short and 0 < index < last - 1 and lines[index - 1].blank and _NAME_ALONE.match(lines[index + 1].text):
        return True
    return _closing_line(text) or (index + 1 < last and len(text) <= _LONGEST_LINE and _thanks().match(text) is not None)


def _names(lines: Sequence[Line], index: int, names: frozenset[str]) -> bool:
    """Return whether a line is only a name that signs: the sender's own, or one set off by hand."""
    text = lines[index].text.strip()
    if len(text) > _LONGEST_LINE or index == 0 or "\t" in text:
        return False
    if names and len(text) <= _LONGEST_SIGNED and _plain(text.lstrip("-–—~/ ")) in names:
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
        if above > 0 and _polite(text):
            return above
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


def _all_signature(lines: Sequence[Line], start: int, end: int) -> bool:
    """Return whether a name below a sign-off has title or firm below it: then mottos and pleas for trees sign as well."""
    filled = [line.text.strip() for line in lines[start:end] if not line.blank]
    if not 2 <= len(filled) <= _LONGEST_SIGNATURE or _lists(lines[start:end]):
        return False
    name, below, *rest = filled
    if _NAME_ALONE.match(name) and below.startswith(name.split()[0]):
        below, rest = (rest[0], rest[1:]) if rest else (below, [])
    elif not _FULL_NAME.match(name):
        return False
    prose = sum(_is_prose(text) for text in rest)
    title = _is_entry(below) or (below[0].isupper() and len(below.split()) <= _LONGEST_TITLE and not _is_prose(below))
    return title and prose <= _MOST_MOTTOS and all(len(text) <= _LONGEST_MOTTO for text in rest)


def _lists(lines: Sequence[Line]) -> bool:
    return any(_is_item(line.text) and not _CONTACT.search(line.text[:500]) for line in lines)


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
    top = _paragraph_start(lines, last)
    block = lines[top:last]
    short = all(len(line.text) <= 80 and not line.text.rstrip().endswith(("?", ":")) for line in block)
    if len(block) < 2 or len(block) > _LONGEST_SIGNATURE or not short or any(_is_item(line.text) for line in block):
        return None
    alone = not any(not line.blank for line in lines[:top])
    if alone and not _FULL_NAME.match(block[0].text):
        return None
    contacts = sum(1 for line in block if _CONTACT.search(line.text) or address_in(line.text))
    if alone:
        return 0 if contacts and all(_is_entry(line.text.strip()) for line in block[1:]) else None
    return top if contacts >= 2 else None


def _entries(lines: Sequence[Line], last: int) -> int | None:
    """Find a last paragraph of a full name with title, place and firm below it, no sentence among them."""
    top = _paragraph_start(lines, last)
    block = [line.text.strip() for line in lines[top:last]]
    above = lines[_filled_end(lines, top) - 1].text if top else ""
    ended = _SENTENCE_END.search(above) or _FIRST_NAME.match(above)
    if not 2 <= len(block) <= _MOST_ENTRIES or not ended or not _follows_prose(lines, top) or not _FULL_NAME.match(block[0]):
        return None  # names that end an unended sentence are its words
    return top if all(_is_entry(text) for text in block[1:]) else None


def _is_entry(text: str) -> bool:
    if len(text) > _LONGEST_ENTRY or _is_item(text):
        return False
    if _CONTACT.search(text) or " | " in text or text.startswith(('"', "“", "«", "„", "'")):
        return True
    if text.endswith((".", "?", "!", ":", ",", ";")) and not _FIRM_END.search(text):
        return False
    words = [word for word in text.split() if word[0].isalnum()]
    return 2 * sum(not word[0].islower() for word in words) >= len(words)


def _follows_prose(lines: Sequence[Line], top: int) -> bool:
    """Return whether somebody's own words that ended stand above: no quoted line, no colon, no comma."""
    above = _filled_end(lines, top)
    if not above or (lines[above - 1].quoted and lines[above - 1].text.rstrip().endswith("?")):
        return False  # a word below a question may be the answer
    return not lines[above - 1].text.rstrip().endswith((":", ",", ";", "："))


def _paragraph_start(lines: Sequence[Line], last: int) -> int:
    top = last
    while top > 0 and not lines[top - 1].blank and not lines[top - 1].quoted:
        top -= 1
    return top


def _name_at_the_end(lines: Sequence[Line], last: int, names: frozenset[str]) -> int | None:
    """Find a last paragraph that is a name, alone or below a sign-off in whatever words."""
    top = _paragraph_start(lines, last)
    block = [line.text for line in lines[top:last]]
    if not _follows_prose(lines, top) or any(LIST_ITEM.match(text) for text in block):
        return None
    if len(block) > 1 and not names and _SENTENCE_END.search(block[-2]) and len(block[-2]) > _LONGEST_SOME_CLOSING:
        return last - 1 if _FIRST_NAME.match(block[-1]) and not _answer().match(block[-1]) else None
    if len(block) == 1:
        first_name = not names and _FIRST_NAME.match(block[0]) and not _answer().match(block[0])
        return top if first_name or _FULL_NAME.match(block[0]) else None
    if len(block) != 2 or not _NAME_ALONE.match(block[1]) or _answer().match(block[1]):
        return None
    if _FULL_NAME.match(block[0]):
        return None
    closes = _SHORTENED.match(block[0]) or (len(block[0]) <= _LONGEST_SOME_CLOSING and _SOME_CLOSING.match(block[0]))
    return top if closes else None


@cache
def _answer() -> re.Pattern[str]:
    return re.compile(rf"[ \t]*{any_of('answer')}[ \t]*$", re.I)


def postscript_start(lines: Sequence[Line]) -> int:
    """Find a postscript, which stands below a signature.

    Parameters
    ----------
    lines : sequence of Line
        The sender's own part of the body.

    Returns
    -------
    int
        Index of its first line; ``len(lines)`` where there is none.
    """
    return next((i for i in range(1, len(lines)) if lines[i - 1].blank and _POSTSCRIPT.match(lines[i].text)), len(lines))
