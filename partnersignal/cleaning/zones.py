"""A body into zones: whose words each stretch is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from operator import itemgetter

from partnersignal.cleaning.footers import banner_lines, disclaimer_start, greeting_lines, mobile_start
from partnersignal.cleaning.headers import FIELD, LONGEST_LINE, QuoteHeader, find_header, is_reply_marker, stamp
from partnersignal.cleaning.lines import Line, is_rest, split_lines
from partnersignal.cleaning.signatures import postscript_start, signature_start
from partnersignal.messages import Message, Party, Zone, ZoneKind
from partnersignal.phrases import any_of

# "[AL] Yes.", "AL: Yes.", "=> Yes."
_TAGGED = re.compile(r"[ \t]{0,8}([\[(<]{1,2}[^\W\d_]{2,12}[\])>]{1,2}:?|[A-Z]{2,12}:|[=-]{1,4}>|[*+#~>]{2,4})[ \t]+\S")
_ASKED = re.compile(r"[ \t]{0,8}(?:\d{1,2}|[a-z])[.)].*")
_COMMENTED = re.compile(r"[ \t]{0,4}\S.{1,80}\b[A-Z][A-Z0-9]{1,9}-\d{1,7}\b.{0,40}:$")
_UNDERLINE = re.compile(r"[ \t]{0,4}-{3,}$")
_MOST_NOTIFIED = 12  # lines a ticket system writes above a comment
_MOST_OWN, _LEAST_SHOUTED, _LEAST_ASKED = 2_000, 2, 2
# A command typed at a prompt and pasted: no sentence, a path, a flag or a pipe in it.
_COMMAND = re.compile(r"> [a-z./][^?!]*(?<![.?!:,])$")
_LONGEST_COMMAND, _MOST_COMMANDS = 200, 20
_SHELL = re.compile(r"(?:^|\s)--?[a-z]|[/\\|%$=_]")
_WRAPPED = 60  # characters; no shorter line was broken by a mail program
MOST_LINES = 20_000  # of a body that are looked at: no mail that people write has more

_Mark = tuple[ZoneKind, Party | None]


def find_zones(text: str, sender: Party | None = None) -> tuple[Zone, ...]:
    """Divide one body.

    Parameters
    ----------
    text : str
        Plain text of one message.
    sender : Party or None, default None
        Who wrote it, where known: the name signs, and a header at the top that names somebody else
        begins forwarded words.

    Returns
    -------
    tuple of Zone
        In order, without gaps; empty for an empty text. What stands below `MOST_LINES` lines counts as quoted, by nobody known.
    """
    if not text:
        return ()
    read = _end_of_lines(text)
    lines = split_lines(text[:read])
    marks: list[_Mark] = [("new", None)] * len(lines)
    top = _own_header(lines, sender)
    for at in range(top):
        marks[at] = ("banner", None)
    own_end = _mark_quotes(lines, marks, top)
    _mark_own(lines, marks, top, own_end, sender.name if sender else "")
    rest = (Zone("quoted", read, len(text)),) if read < len(text) else ()
    return (*_merged(lines, marks), *rest)


def _end_of_lines(text: str) -> int:
    """Return where the lines end that are looked at."""
    pieces = text.split("\n", MOST_LINES)
    return len(text) - len(pieces[-1]) if len(pieces) > MOST_LINES else len(text)


def zoned(message: Message) -> Message:
    """Return the message with its zones found.

    Parameters
    ----------
    message : Message
        As read. Notes are new words throughout.

    Returns
    -------
    Message
        The same with `zones` set.
    """
    if message.kind == "meeting_notes":
        whole = (Zone("new", 0, len(message.text)),) if message.text else ()
        return replace(message, zones=whole)
    return replace(message, zones=find_zones(message.text, message.sender))


def new_text(body: str) -> str:
    """Return the author's own new words of one plain-text body.

    Parameters
    ----------
    body : str
        A reply with quotes, signature, disclaimer.

    Returns
    -------
    str
        Without them. One message alone shows no learnt boilerplate: scoring an export finds more.
    """
    text = body.replace("\r\n", "\n")
    own = (text[zone.start : zone.end] for zone in find_zones(text) if zone.kind in ("new", "greeting"))
    return "".join(own).strip()


def _own_header(lines: Sequence[Line], sender: Party | None) -> int:
    """Count the lines at the very top in which an export wrote the message's own header into its body."""
    header = find_header(lines, 0) if FIELD.match(lines[0].text[:LONGEST_LINE]) else None
    if header is None or header.marked or header.forwarded:
        return 0
    if sender is not None and (header.author is None or header.author.address != sender.address):
        return 0
    return header.after


def _mark_quotes(lines: Sequence[Line], marks: list[_Mark], top: int) -> int:
    """Mark other people's words; return the line before which the sender's own part ends."""
    index, own_end, author = _notification(lines, marks, top), len(lines), None
    marked_kind: ZoneKind = "quoted"
    any_new = False
    while index < len(lines):
        line = lines[index]
        if line.blank:
            index += 1
            continue
        header = find_header(lines, index)
        if header is not None:
            author = header.author
            kind = marked_kind = _kind(header, any_new)
            if not header.marked:
                _mark_rest(lines, marks, header, kind)
                _mark_answers(lines, marks, top, header.after)
                return min(own_end, header.first)
            for at in range(header.first, header.after):
                marks[at] = (kind, author)
            index = header.after
            continue
        prompt = line.quoted and author is None and _prompt(lines, index)
        if (line.quoted and not prompt) or _wrapped(lines, marks, index):
            marks[index] = (marked_kind, author)
        else:
            any_new = True
        index += 1
    # Quoted lines at the very end belong below the signature.
    while own_end and (lines[own_end - 1].blank or marks[own_end - 1][0] != "new"):
        own_end -= 1
    return own_end


def _prompt(lines: Sequence[Line], at: int) -> bool:
    """Tell a command that somebody pasted with its prompt, its output right below it, from quoted words."""
    text = lines[at].text
    if len(text) > _LONGEST_COMMAND or not _COMMAND.match(text) or not _SHELL.search(text[2:]):
        return False
    printed = at + 1 < len(lines) and not lines[at + 1].blank and not lines[at + 1].quoted
    before = (lines[each].text for each in range(at - 1, max(-1, at - 1 - _MOST_COMMANDS), -1) if not lines[each].blank)
    above = next((words for words in before if not _COMMAND.match(words)), "")
    return printed or above.endswith(":")


def _notification(lines: Sequence[Line], marks: list[_Mark], top: int) -> int:
    """Mark what a ticket system writes above the newest comment, where its line "reply above" opens the mail."""
    filled = [at for at in range(top, min(len(lines), top + _MOST_NOTIFIED)) if not lines[at].blank][:3]
    first = filled[0] if filled else len(lines)
    # "Ann Lee commented on KEY-12:" and a rule, a link above it at most.
    for at, below in pairwise(filled):
        if _COMMENTED.match(lines[at].text) and _UNDERLINE.match(lines[below].text) and at - top < 3:
            _fill(marks, top, below + 1, "banner")
            return below + 1
    if not filled or not is_reply_marker(lines[first]):
        return top
    stamped = next((at for at in range(first + 1, min(len(lines), first + _MOST_NOTIFIED)) if stamp(lines, at)), first)
    _fill(marks, top, stamped + 1, "banner")
    return stamped + 1


def _mark_answers(lines: Sequence[Line], marks: list[_Mark], top: int, after: int) -> None:
    """Mark as new what somebody wrote into an unmarked quote and said so above it: "[AL] Yes.", or in capitals."""
    own = " ".join(line.text for line, mark in zip(lines[top:after], marks[top:after], strict=True) if mark[0] == "new")
    if not _answers_below().search(own[:_MOST_OWN]):
        return
    tags = Counter(match[1] for line in lines[after:] if (match := _TAGGED.match(line.text)))
    tag, times = max(tags.items(), key=itemgetter(1), default=("", 0))
    answering = False
    for at in range(after, len(lines)):
        text = lines[at].text
        tagged = _TAGGED.match(text)
        begins = times > 1 and tagged is not None and tagged[1] == tag
        answering = begins or (answering and not lines[at].blank) or _shouted(text)
        if answering:
            marks[at] = ("new", None)
        answering &= not _shouted(text)
    if times < _LEAST_ASKED:
        _mark_between(lines, marks, after)


def _mark_between(lines: Sequence[Line], marks: list[_Mark], after: int) -> None:
    """Mark what stands below each question: the rest of its paragraph, or the one between two numbered questions."""
    found, asked = [], False
    for first, end in _paragraphs(lines, after):
        words = " ".join(line.text for line in lines[first:end])
        last = max((at for at in range(first, end) if lines[at].text.endswith(("?", "？"))), default=end)
        if last < end - 1:
            found.append((last + 1, end))
            asked = False
        elif _ASKED.match(words):
            asked = "?" in words or "？" in words
        else:
            if asked:
                found.append((first, end))
            asked = False
    if len(found) >= _LEAST_ASKED:
        for first, end in found:
            marks[first:end] = [("new", None)] * (end - first)


def _paragraphs(lines: Sequence[Line], start: int) -> Iterator[tuple[int, int]]:
    first = start
    for at in range(start, len(lines) + 1):
        if at == len(lines) or lines[at].blank:
            if first < at:
                yield first, at
            first = at + 1


def _shouted(text: str) -> bool:
    return text.isupper() and len(text.split()) >= _LEAST_SHOUTED


@cache
def _answers_below() -> re.Pattern[str]:
    return re.compile(any_of("answers_below"), re.I)


def _wrapped(lines: Sequence[Line], marks: Sequence[_Mark], index: int) -> bool:
    """Return whether a line is the rest of the quoted line above, broken by a program that set no mark."""
    if index == 0 or marks[index - 1][0] not in ("quoted", "forwarded") or lines[index].blank:
        return False
    above, text = lines[index - 1].text, lines[index].text
    if above.endswith("=") and not above.endswith("=="):  # a line break of quoted-printable that nobody undid
        return True
    below = index + 1 < len(lines) and lines[index + 1].quoted
    wrapped = len(above) >= _WRAPPED and not above.endswith((".", "?", "!", ":"))
    return wrapped and below and is_rest(text)


def _kind(header: QuoteHeader, any_new: bool) -> ZoneKind:
    return "forwarded" if header.forwarded or not any_new else "quoted"


def _mark_rest(lines: Sequence[Line], marks: list[_Mark], header: QuoteHeader, kind: ZoneKind) -> None:
    """Mark an unmarked quote to the end; the messages inside it have their own authors."""
    index, author, own_until = header.first, header.author, header.after
    while index < len(lines):
        nested = find_header(lines, index) if index >= own_until else None
        if nested is not None:
            author, own_until = nested.author, nested.after
        marks[index] = (kind, author)
        index += 1


def _mark_own(lines: Sequence[Line], marks: list[_Mark], top: int, own_end: int, sender: str) -> None:
    """Mark banner, greeting, disclaimer, mobile footer and signature in the sender's own part."""
    own = lines[:own_end]
    banner = top + banner_lines(own[top:])
    _fill(marks, top, banner, "banner")
    greeting = greeting_lines(own[banner:])
    _fill(marks, banner, banner + greeting, "greeting")
    end = disclaimer_start(own)
    _fill(marks, end, own_end, "disclaimer")
    mobile = mobile_start(own[:end])
    _fill(marks, mobile, end, "signature")
    _sign(lines, marks, banner, min(end, mobile), sender)
    # Who writes above a quote signs above it; what stands below may be the footer of a list, or an answer.
    quote = next((at for at in range(own_end) if marks[at][0] in ("quoted", "forwarded")), own_end)
    if quote < own_end:
        mobile = mobile_start(own[:quote])
        _fill(marks, mobile, quote, "signature")
        _sign(lines, marks, banner, mobile, sender)


def _sign(lines: Sequence[Line], marks: list[_Mark], top: int, end: int, sender: str) -> None:
    own = lines[top:end]
    postscript = postscript_start(own)
    start = signature_start(own[:postscript], sender)
    if start == postscript < len(own):
        postscript = len(own)
        start = signature_start(own, sender)
    _fill(marks, top + start, top + postscript, "signature")


def _fill(marks: list[_Mark], start: int, end: int, kind: ZoneKind) -> None:
    for at in range(start, end):
        if marks[at][0] == "new":
            marks[at] = (kind, None)


def _merged(lines: Sequence[Line], marks: Sequence[_Mark]) -> tuple[Zone, ...]:
    zones: list[Zone] = []
    for line, (kind, author) in zip(lines, marks, strict=True):
        if line.start == line.end and zones:
            continue
        if zones and zones[-1].kind == kind and zones[-1].author == author:
            zones[-1] = Zone(kind, zones[-1].start, line.end, author)
        else:
            zones.append(Zone(kind, line.start, line.end, author))
    return tuple(zones)
