"""A body into zones: whose words each stretch is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from partnersignal.cleaning.answers import answers_inside
from partnersignal.cleaning.footers import banner_lines, disclaimer_start, greeting_lines, mobile_start
from partnersignal.cleaning.headers import FIELD, LONGEST_LINE, QuoteHeader, find_header
from partnersignal.cleaning.lines import Line, is_rest, split_lines
from partnersignal.cleaning.signatures import postscript_start, signature_start
from partnersignal.cleaning.tickets import newest_comment
from partnersignal.messages import Message, Party, Zone, ZoneKind

# A command typed at a prompt and pasted: no sentence, a path, a flag or a pipe in it.
_COMMAND = re.compile(r"> [a-z./][^?!]*(?<![.?!:,])$")
_LONGEST_COMMAND, _MOST_COMMANDS = 200, 20
_SHELL = re.compile(r"(?:^|\s)--?[a-z]|[/\\|%$=_]")
_WRAPPED = 60  # characters; no shorter line was broken by a mail program
MOST_LINES = 20_000  # of a body that are looked at: no mail that people write has more

OTHERS: tuple[ZoneKind, ...] = ("quoted", "forwarded")  # zones that hold other people's words

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
    return _divided(text, sender, whole=True)


def find_quotes(text: str) -> tuple[Zone, ...]:
    """Find what a body of somebody unknown quotes; its other words are not divided further.

    Parameters
    ----------
    text : str
        Plain text of one message.

    Returns
    -------
    tuple of Zone
        The quoted and forwarded ones are those of `find_zones`, in half the time.
    """
    return _divided(text, None, whole=False)


def _divided(text: str, sender: Party | None, *, whole: bool) -> tuple[Zone, ...]:
    if not text:
        return ()
    read = _end_of_lines(text)
    lines = split_lines(text[:read])
    marks: list[_Mark] = [("new", None)] * len(lines)
    top = _own_header(lines, sender)
    for at in range(top):
        marks[at] = ("banner", None)
    own_end = _mark_quotes(lines, marks, top)
    if whole:
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
        The same with `zones` set; zones that are there already are kept.
    """
    if message.zones is not None:
        return message
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
    index, own_end, author = newest_comment(lines, top), len(lines), None
    _fill(marks, top, index, "banner")
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
                own = " ".join(line.text for line, (kind, _) in zip(lines, marks, strict=True) if kind == "new")
                for at in answers_inside(own, lines, header.after):
                    marks[at] = ("new", None)
                return min(own_end, header.first)
            for at in range(header.first, header.after):
                marks[at] = (kind, author)
            index = header.after
            continue
        prompt = line.quoted and author is None and _prompt(lines, index)
        below_quote = index > 0 and marks[index - 1][0] in OTHERS
        if (line.quoted and not prompt) or (below_quote and _wrapped(lines, index)):
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


def _wrapped(lines: Sequence[Line], index: int) -> bool:
    """Return whether a line is the rest of the quoted line above, broken by a program that set no mark."""
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
    quote = next((at for at in range(own_end) if marks[at][0] in OTHERS), own_end)
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
    start = 0
    for (kind, author), run in groupby(marks):
        end = start + len(list(run))
        if lines[start].start < lines[end - 1].end or not zones:  # a last line without a word is no zone of its own
            zones.append(Zone(kind, lines[start].start, lines[end - 1].end, author))
        start = end
    return tuple(zones)
