"""Where another message begins inside a body: by the shape of its header, in any language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from partnersignal.cleaning.lines import ADDRESS, DATE, TIME, Line, dated
from partnersignal.messages import Party

_FIELD = re.compile(r"[ \t>*_]{0,8}([^\W\d_][\w .\-/'’]{0,24}?)[ \t*_\u00a0]{0,4}[:：][*_]{0,2}(?:[ \t\u00a0]|$|(?<=：))(.*)")
# What mail programs call the sender; needed only where the block shows no address.
_FROM = frozenset(
    [
        "from",
        "von",
        "de",
        "da",
        "van",
        "fra",
        "från",
        "lähettäjä",
        "od",
        "от",
        "від",
        "发件人",
        "寄件者",
        "寄件人",
        "差出人",
        "送信者",
        "보낸사람",
        "보낸",
        "사람",
        "expéditeur",
        "remitente",
        "mittente",
        "afzender",
        "avsender",
        "avsändare",
        "afsender",
        "feladó",
        "kimden",
        "expeditor",
        "gönderen",
        "pengirim",
    ]
)
_DASHES = re.compile(r"[ \t>]*[-_=*]{3,}[ \t]*(?P<words>[^-_=*\s][^-_=*\n]{2,119}?)[ \t]{0,20}[-_=*]{3,}[ \t]*:?$")
_RULE = re.compile(r"[ \t>]*[_=*\-–—]{10,}[ \t]*$")
_INTRO_END = re.compile(r"[:：][ \t*_]*$")
_WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb|schreibt|a écrit|écrit|escribió|escribio|ha scritto|scrive|escreveu|schreef|skrev|skriver|"
    r"kirjoitti|napisał(?:a|\(a\))?|pisze|napsal(?:a|\(a\))?|píše|написал(?:а|\(а\))?|пишет|írta|yazdı|schrieb am)\b|写道|寫道|のメール|書きました",
    re.I,
)
_LOTUS = re.compile(r"^.{0,120}?\b\d{1,2}/\d{1,2}/\d{2,4}\s+\d{1,2}:\d{2}(?::\d{2})?\s?(?:[AP]M)?\s*$", re.I)
_LONGEST_LINE = 1_000  # characters; no longer line begins a header
_LONGEST_INTRODUCTION = 60
_BLOCK_LINES = 60
_INTRO_LINES = 4
_INTRO_LENGTH = 320


@dataclass(frozen=True, slots=True)
class QuoteHeader:
    """The header of another message inside a body.

    Attributes
    ----------
    first, after : int
        Its lines are ``lines[first:after]``.
    author : Party or None
        Who wrote what follows, where it says so.
    marked : bool
        Whether what follows is marked line by line with ``>``; if not, it runs to the end.
    forwarded : bool
        Whether the header says the message was forwarded.
    """

    first: int
    after: int
    author: Party | None
    marked: bool
    forwarded: bool = False


def find_header(lines: Sequence[Line], at: int) -> QuoteHeader | None:
    """Recognise a quote header that starts at a line.

    Parameters
    ----------
    lines : sequence of Line
        The body.
    at : int
        Where to look.

    Returns
    -------
    QuoteHeader or None
        None where the line starts no header.
    """
    if lines[at].blank or lines[at].quoted or len(lines[at].text) > _LONGEST_LINE:
        return None
    return _separator(lines, at) or _apple(lines, at) or _block(lines, at) or _intro(lines, at) or _lotus(lines, at)


def _separator(lines: Sequence[Line], at: int) -> QuoteHeader | None:
    """``-----Original Message-----`` or a long rule, and what follows it."""
    text = lines[at].text
    dashes = _DASHES.match(text)
    rule = dashes is None and _RULE.match(text) is not None
    if not dashes and not rule:
        return None
    below = _next_filled(lines, at + 1)
    found = (_block(lines, below) or _lotus(lines, below)) if below is not None else None
    if rule:
        return QuoteHeader(at, found.after, found.author, found.marked) if found else None
    assert dashes is not None
    words = dashes["words"]
    # "--- Next steps ---" is a heading; another message follows where a header or a date says so.
    if found:
        return QuoteHeader(at, found.after, found.author, found.marked, _forward_words(words))
    if len(words.split()) >= 2 and re.match(r"[ \t>]*-{4,}", text) and (dated(words) or _message_words(words)):
        after = at + 1
        return QuoteHeader(at, after, None, _marked(lines, after), _forward_words(words))
    return None


def _apple(lines: Sequence[Line], at: int) -> QuoteHeader | None:
    """``Begin forwarded message:``, and a header that may be marked with ``>``."""
    text = lines[at].text
    if len(text) > _LONGEST_INTRODUCTION or not _INTRO_END.search(text) or not _forward_words(text):
        return None
    below = _next_filled(lines, at + 1)
    if below is None:
        return None
    if not lines[below].quoted:
        found = _block(lines, below)
        return QuoteHeader(at, found.after, found.author, found.marked, forwarded=True) if found else None
    fields = (_FIELD.match(line.text[:_LONGEST_LINE]) for line in lines[below : below + 5] if line.quoted)
    sender = next((field[2] for field in fields if field and field[1].strip().lower() in _FROM), None)
    return QuoteHeader(at, below, _party(sender), marked=True, forwarded=True) if sender else None


def _forward_words(words: str) -> bool:
    return (
        re.search(
            r"forward|weitergeleitet|transféré|reenviad|inoltrat|encaminhad|doorgestuurd|videresen|vidarebefordra|välitet|przekaza|přeposla|пересла|转发|転送",
            words,
            re.I,
        )
        is not None
    )


def _message_words(words: str) -> bool:
    return (
        re.search(
            r"messag|nachricht|mensaje|messagg|mensagem|bericht|meddel|viesti|wiadomo|zpráv|сообщен|邮件|メッセージ|mail",
            words,
            re.I,
        )
        is not None
    )


def _block(lines: Sequence[Line], at: int) -> QuoteHeader | None:
    """Three or more lines ``Word: value`` with an address or a date, as Outlook writes them."""
    first = _FIELD.match(lines[at].text)
    if first is None or lines[at].quoted:
        return None
    values: list[tuple[str, str]] = []
    index, blanks = at, 0
    while index < min(len(lines), at + _BLOCK_LINES) and len(values) < 12:
        text = lines[index].text[:_LONGEST_LINE]
        if not text.strip():
            blanks += 1
            if blanks > 1 or len(values) >= 3 or not values:
                break
            index += 1
            continue
        match = _FIELD.match(text)
        if match is None or lines[index].quoted:
            # A long list of recipients goes on, indented or after a comma.
            if values and (text[0] in " \t;" or values[-1][1].rstrip().endswith((",", ";"))):
                index += 1
                continue
            break
        values.append((match[1].strip().lower(), match[2].strip()))
        blanks = 0
        index += 1
    if len(values) < 3 and not (len(values) == 2 and values[0][0] in _FROM and any(dated(v) for _, v in values)):
        return None
    has_address = any(ADDRESS.search(value) for _, value in values)
    has_date = any(DATE.search(value) and TIME.search(value) for _, value in values)
    # Thunderbird names the subject first.
    sender = next((value for key, value in values if key in _FROM), values[0][1])
    known = values[0][0] in _FROM
    if not (known and (has_address or any(dated(v) for _, v in values))) and not (ADDRESS.search(sender) and has_date):
        return None
    return QuoteHeader(at, index, _party(sender), _marked(lines, index))


def _intro(lines: Sequence[Line], at: int) -> QuoteHeader | None:
    """``On 3 May 2024 at 12:04, Ann Lee <ann@example.com> wrote:``, on one line or wrapped."""
    joined = ""
    for index in range(at, min(at + _INTRO_LINES, len(lines))):
        line = lines[index]
        if line.blank or line.quoted:
            return None
        joined = f"{joined} {line.text.strip()}".strip()
        if len(joined) > _INTRO_LENGTH:
            return None
        if not _INTRO_END.search(joined):
            continue
        if not dated(joined):
            return None
        after = index + 1
        address = ADDRESS.search(joined)
        marked = _marked(lines, after)
        whole_date = DATE.search(joined) and (TIME.search(joined) or re.search(r"(?:19|20)\d\d", joined))
        if (address and dated(joined)) or (marked and _plausible(joined)) or (whole_date and _WROTE.search(joined)):
            return QuoteHeader(at, after, _party(joined) if address else None, marked)
        return None
    return None


def _plausible(joined: str) -> bool:
    return len(joined) < 200 and bool(_WROTE.search(joined) or (DATE.search(joined) and TIME.search(joined)))


def _lotus(lines: Sequence[Line], at: int) -> QuoteHeader | None:
    """``Ann Lee@XCORP 03/23/2001 05:08 PM``, then To: and Subject:, as Lotus Notes writes them."""
    index = at
    if not _LOTUS.match(lines[at].text):
        index = at + 1
        if index >= len(lines) or len(lines[at].text) > 80 or not _LOTUS.match(lines[index].text):
            return None
    below = _next_filled(lines, index + 1)
    if below is None or below - index > 3:
        return None
    fields, end = 0, below
    while end < min(len(lines), below + _BLOCK_LINES) and fields < 6:
        if _FIELD.match(lines[end].text):
            fields += 1
        elif not (lines[end].text[:1] in " \t;" or lines[end - 1].text.endswith((",", ";"))) or lines[end].blank:
            break
        end += 1
    if fields < 2:
        return None
    name = re.sub(r"\d{1,2}/\d{1,2}/\d{2,4}.*$", "", lines[at].text).split("@")[0].strip(' "')
    address = ADDRESS.search(lines[at].text)
    return QuoteHeader(at, end, Party(name, address[0].lower() if address else ""), _marked(lines, end))


def _marked(lines: Sequence[Line], after: int) -> bool:
    below = _next_filled(lines, after)
    return below is not None and lines[below].quoted


def _next_filled(lines: Sequence[Line], at: int) -> int | None:
    return next((i for i in range(at, min(at + 6, len(lines))) if not lines[i].blank), None)


def _party(text: str) -> Party:
    address = ADDRESS.search(text)
    name = text[: address.start()] if address else text
    name = re.split(r"[<\[(]|mailto:", name)[0]
    if address:
        # In an intro line the name stands after the last comma or the time.
        name = re.split(r",|\d{1,2}[:.h]\d{2}(?:\s?[ap]m)?", name, flags=re.I)[-1]
    return Party(name.strip(" \"'*<,"), address[0].lower() if address else "")
