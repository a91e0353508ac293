"""A body into zones: whose words each stretch is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from partnersignal.cleaning.footers import (
    banner_lines,
    disclaimer_start,
    greeting_lines,
    mobile_start,
    signature_start,
)  # fmt: skip
from partnersignal.cleaning.headers import QuoteHeader, find_header
from partnersignal.cleaning.lines import Line, split_lines
from partnersignal.messages import Message, Party, Zone, ZoneKind

_Mark = tuple[ZoneKind, Party | None]


def find_zones(text: str) -> tuple[Zone, ...]:
    """Divide one body.

    Parameters
    ----------
    text : str
        Plain text of one message.

    Returns
    -------
    tuple of Zone
        In order, without gaps; empty for an empty text.
    """
    if not text:
        return ()
    lines = split_lines(text)
    marks: list[_Mark] = [("new", None)] * len(lines)
    own_end = _mark_quotes(lines, marks)
    _mark_own(lines, marks, own_end)
    return _merged(lines, marks)


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
    return replace(message, zones=find_zones(message.text))


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


def _mark_quotes(lines: Sequence[Line], marks: list[_Mark]) -> int:
    """Mark other people's words; return the line before which the sender's own part ends."""
    index, own_end, author = 0, len(lines), None
    marked_kind: ZoneKind = "quoted"
    any_new = False
    while index < len(lines):
        line = lines[index]
        header = None if line.quoted else find_header(lines, index)
        if header is not None:
            author = header.author
            kind = marked_kind = _kind(header, any_new)
            if not header.marked:
                _mark_rest(lines, marks, header, kind)
                return min(own_end, header.first)
            for at in range(header.first, header.after):
                marks[at] = (kind, author)
            index = header.after
            continue
        if line.quoted:
            marks[index] = (marked_kind, author)
        elif not line.blank:
            any_new = True
        index += 1
    # Quoted lines at the very end belong below the signature.
    while own_end and (lines[own_end - 1].blank or marks[own_end - 1][0] != "new"):
        own_end -= 1
    return own_end


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


def _mark_own(lines: Sequence[Line], marks: list[_Mark], own_end: int) -> None:
    """Mark banner, greeting, disclaimer, mobile footer and signature in the sender's own part."""
    own = lines[:own_end]
    banner = banner_lines(own)
    _fill(marks, 0, banner, "banner")
    greeting = greeting_lines(own[banner:])
    _fill(marks, banner, banner + greeting, "greeting")
    end = disclaimer_start(own)
    _fill(marks, end, own_end, "disclaimer")
    mobile = mobile_start(own[:end])
    _fill(marks, mobile, end, "signature")
    start = signature_start(own[: min(end, mobile)])
    if start > banner + greeting or start > banner:
        _fill(marks, start, min(end, mobile), "signature")


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
