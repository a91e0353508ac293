"""Where another message begins inside a body: by the shape of its header, in any language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from partnersignal.cleaning.authors import named_in, party_in
from partnersignal.cleaning.lines import DATE, TIME, Line, address_in, dated, is_rest
from partnersignal.cleaning.tickets import is_reply_marker, is_stamp
from partnersignal.messages import Party
from partnersignal.phrases import any_of, phrases

FIELD = re.compile(r"[ \t>*_]{0,8}([^\W\d_][\w .\-/'’]{0,24}?)[ \t*_\u00a0]{0,4}[:：][*_]{0,2}(?:[ \t\u00a0]|$|(?<=：))(.*)")
_DASHES = re.compile(r"[ \t>]*[-_=*]{3,}[ \t]*(?P<words>[^-_=*\s].{1,118}?[^-_=*\s])[ \t]{0,20}[-_=*]{3,}[ \t]*:?$")
_OPEN_DASHES = re.compile(r"[ \t]{0,8}-{5,}[ \t]{0,20}\w.{0,100}[^-\s][ \t]*$")
_RULE = re.compile(r"[ \t>]*[_=*\-–—]{10,}[ \t]*$")
_INTRO_END = re.compile(r"[:：][ \t*_]*$")
_ADDRESS_END = re.compile(r"[>)\]][ \t*_]*$")
# Without one of these a line begins no header, unless it is a title or a name above a date: most lines are done here.
_MARK = re.compile(r"[\d:：@=_*#~+–—-]")  # one set of characters is looked for much faster than a choice
_CLUE = re.compile(r"[\d:：@]|[-=_*#~+–—]{2}")
_RULED = frozenset("-_=*#~+–—")
_FIELD_END = 38  # characters: the colon of a field stands among them
_SENTENCE_END = (".", "!", "?", ",", ";", "。")
_GROUPWISE = re.compile(r">>> {1,3}(?=.{0,200}\d)(\S.{2,200}?) {1,3}>>>[ \t]*$")
_LOTUS = re.compile(r"^.{0,120}?\b\d{1,2}/\d{1,2}/\d{2,4}\s+\d{1,2}:\d{2}(?::\d{2})?\s?(?:[AP]M)?\s*$", re.I)
LONGEST_LINE = 1_000  # characters; no longer line begins a header
_LEAST_TITLE, _LONGEST_INTRODUCTION = 4, 60
_BLOCK_LINES = 60
_MOST_BELOW = 300  # lines looked at below a header
_INTRO_LINES = 4
_INTRO_LAST = frozenset(":：>)]*_")  # one of four lines ends so
_INTRO_LENGTH = 320
_LONGEST_MARKED = 200


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
    text = lines[at].text
    if lines[at].blank or len(text) > LONGEST_LINE:
        return None
    if lines[at].quoted:
        return _groupwise(lines, at)
    mark = _MARK.search(text)
    if mark is None or not _CLUE.search(text, mark.start()):
        # It has no date of its own and ends with no colon.
        return (_titled(lines, at) if _original().match(text) else None) or (
            _lotus(lines, at) if at + 1 < len(lines) and _stamped(lines[at + 1].text) else None
        )
    bare, field = text.lstrip(" \t>"), text[:_FIELD_END]
    ruled = len(bare) > 1 and bare[0] in _RULED and bare[1] in _RULED
    return (
        (_separator(lines, at) if ruled else None)
        or _titled(lines, at)
        or (_block(lines, at) if ":" in field or "：" in field else None)
        or _intro(lines, at)
        or _lotus(lines, at)
        or (_reply_marker(lines, at) if ruled else None)
    )


@cache
def _wrote() -> re.Pattern[str]:
    return re.compile(rf"\b{any_of('wrote')}\b|{any_of('wrote_unspaced')}", re.I)


@cache
def _forward() -> re.Pattern[str]:
    return re.compile(any_of("forward"), re.I)


@cache
def _message() -> re.Pattern[str]:
    return re.compile(any_of("message"), re.I)


@cache
def _original() -> re.Pattern[str]:
    return re.compile(rf"[ \t>*]{{0,8}}{any_of('original')}", re.I)


@cache
def _from() -> frozenset[str]:
    return frozenset(phrases("from"))


@cache
def _subject() -> frozenset[str]:
    return frozenset(phrases("subject"))


@cache
def _bare_fields() -> frozenset[str]:
    return frozenset(phrases("bare_field"))


@cache
def _from_field() -> re.Pattern[str]:
    return re.compile(rf"[ \t*]{{0,4}}{any_of('from')}[ \t]{{1,4}}(?=[^\W\d_])(.+)", re.I)


def _groupwise(lines: Sequence[Line], at: int) -> QuoteHeader | None:
    """``>>> "Ann Lee" <ann@example.com> 3/12/2008 10:14 AM >>>``, and what follows unmarked."""
    match = _GROUPWISE.match(lines[at].text)
    if match is None or not dated(match[1]):
        return None
    author = party_in(match[1]) if address_in(match[1]) else named_in(match[1])
    return QuoteHeader(at, at + 1, author, _marked(lines, at + 1))


def _separator(lines: Sequence[Line], at: int) -> QuoteHeader | None:
    """``-----Original Message-----`` or a long rule, and what follows it."""
    text = lines[at].text
    rule, after = _RULE.match(text) is not None, at + 1
    dashes = None if rule else _DASHES.match(text)
    # A line broken by the program that sent it.
    if not (dashes or rule) and _OPEN_DASHES.match(text) and after < len(lines):
        dashes, after = _DASHES.match(f"{text} {lines[after].text.strip()}"), at + 2
    if not (dashes or rule):
        return None
    below = _next_filled(lines, after)
    found = (_block(lines, below) or _lotus(lines, below)) if below is not None else None
    if rule:
        if found is None and below is not None and is_stamp(lines[below]):
            return QuoteHeader(at, below + 1, named_in(lines[below].text), _marked(lines, below + 1))
        return QuoteHeader(at, found.after, found.author, found.marked) if found else None
    assert dashes is not None
    words = dashes["words"]
    forwarded = _forward().search(words) is not None
    # "--- Next steps ---" is a heading; another message follows where a header or a date says so.
    if found:
        return QuoteHeader(at, found.after, found.author, found.marked, forwarded)
    if re.match(r"[ \t>]*-{4,}", text) and (
        forwarded or _message().search(words) or _wrote().search(words) or (len(words.split()) >= 2 and dated(words))
    ):
        author = party_in(words) if address_in(words) else named_in(words) if _wrote().search(words) else None
        return QuoteHeader(at, after, author, _marked(lines, after), forwarded)
    return None


def _titled(lines: Sequence[Line], at: int) -> QuoteHeader | None:
    """``Begin forwarded message:`` or ``Original message``, and a header, which may be marked with ``>``."""
    text = lines[at].text
    if not _LEAST_TITLE <= len(text) <= _LONGEST_INTRODUCTION or text.endswith(_SENTENCE_END):
        return None
    forwarded = _INTRO_END.search(text) is not None and _forward().search(text) is not None
    if not forwarded and not (_original().match(text) and _message().search(text)):
        return None
    below = _next_filled(lines, at + 1)
    if below is None:
        return None
    if not lines[below].quoted:
        found = _block(lines, below) or _bare_block(lines, below)
        return QuoteHeader(at, found.after, found.author, found.marked, forwarded) if found else None
    fields = (FIELD.match(line.text[:LONGEST_LINE]) for line in lines[below : below + 5] if line.quoted)
    sender = next((field[2] for field in fields if field and field[1].strip().lower() in _from()), None)
    return QuoteHeader(at, below, party_in(sender), marked=True, forwarded=True) if sender else None


def _bare_block(lines: Sequence[Line], at: int) -> QuoteHeader | None:
    """Recognise a header without colons, as groupware writes below its title: a line with a date, one with the sender."""
    end = at
    while end < len(lines) and end - at < 6 and not lines[end].blank:
        end += 1
    texts = [line.text[:LONGEST_LINE] for line in lines[at:end]]
    sender = next((match[1] for text in texts if (match := _from_field().match(text))), None)
    if sender is None or not any(dated(text) for text in texts):
        return None
    return QuoteHeader(at, end, party_in(sender), _marked(lines, end))


def _reply_marker(lines: Sequence[Line], at: int) -> QuoteHeader | None:
    return QuoteHeader(at, at + 1, None, _marked(lines, at + 1)) if is_reply_marker(lines[at]) else None


def _block(lines: Sequence[Line], at: int) -> QuoteHeader | None:
    """Three or more lines ``Word: value`` with an address or a date, as Outlook writes them."""
    first = FIELD.match(lines[at].text)
    if first is None or lines[at].quoted:
        return None
    values: list[tuple[str, str]] = []
    index, blanks = at, 0
    while index < min(len(lines), at + _BLOCK_LINES) and len(values) < 12:
        text = lines[index].text[:LONGEST_LINE]
        if not text.strip():
            blanks += 1
            if blanks > 1 or len(values) >= 3 or not values:
                break
            if not any(key in _from() or address_in(value) for key, value in values):
                return None  # the last lines of a signature, "Tel: ..."
            index += 1
            continue
        match = FIELD.match(text)
        if match is None or lines[index].quoted:
            # A long list of recipients goes on, indented or after a comma.
            if values and (text[0] in " \t;" or values[-1][1].rstrip().endswith((",", ";"))):
                index += 1
                continue
            break
        values.append((match[1].strip().lower(), match[2].strip()))
        blanks = 0
        index += 1
        if len(values) == 3 and not any(key in _from() or dated(value) or address_in(value) for key, value in values):
            return None
    if len(values) < 3 and not (len(values) == 2 and values[0][0] in _from() and any(dated(v) for _, v in values)):
        return None
    has_address = any(address_in(value) for _, value in values)
    has_date = any(DATE.search(value) and TIME.search(value) for _, value in values)
    # Thunderbird names the subject first.
    sender = next((value for key, value in values if key in _from()), values[0][1])
    # Without an address it may be a journey: "From: Beirut, To: Rome, Date: Sunday, 4:40". Mail programs write the year.
    subject = len(values) == 2 or any(key in _subject() for key, _ in values)
    told = subject and any(DATE.search(value) for _, value in values)
    known = values[0][0] in _from() and (has_address or told)
    if not known and not (address_in(sender) and has_date):
        return None
    return QuoteHeader(at, index, party_in(sender), _marked_as_one(lines, index))


def _intro(lines: Sequence[Line], at: int) -> QuoteHeader | None:
    """``On 3 May 2024 at 12:04, Ann Lee <ann@example.com> wrote:``, on one line or wrapped."""
    for line in lines[at : at + _INTRO_LINES]:
        if line.blank or line.quoted:
            return None
        if line.text[-1] in _INTRO_LAST:
            break
    else:
        return None  # most lines are done here
    first = lines[at].text
    # What precedes the date is at most a name with its address: "Hi,\nOn 3 May ..." begins a line later.
    if not (dated(first) or address_in(first) or _INTRO_END.search(first)):
        return None
    joined = ""
    for index in range(at, min(at + _INTRO_LINES, len(lines))):
        line = lines[index]
        if line.blank or line.quoted:
            return None
        # "=" at the end is a line break of quoted-printable that nobody undid.
        joined = f"{joined[:-1]}{line.text}" if joined.endswith("=") else f"{joined} {line.text.strip()}".strip()
        if len(joined) > _INTRO_LENGTH:
            return None
        if _INTRO_END.search(joined) or (_ADDRESS_END.search(joined) and _dated_address(joined) and _marked(lines, index + 1)):
            return None if _starts_later(lines, at, index) else _introduced(lines, at, index + 1, joined)
    return None


def _starts_later(lines: Sequence[Line], at: int, last: int) -> bool:
    """Return whether a line below starts the introduction: it has the whole date, and the ones before only words."""
    return any(
        DATE.search(lines[index].text) and TIME.search(lines[index].text) and not address_in(lines[at].text)
        for index in range(at + 1, last + 1)
    )


def _introduced(lines: Sequence[Line], at: int, after: int, joined: str) -> QuoteHeader | None:
    address = address_in(joined)
    wrote = _wrote().search(joined)
    marked = _marked(lines, after)
    date = DATE.search(joined)
    whole_date = date and (TIME.search(joined) or re.search(r"(?:19|20)\d\d", joined))
    if dated(joined):
        plausible = marked and len(joined) < _LONGEST_MARKED and (wrote or (date and TIME.search(joined)))
        known = bool(address or plausible or (whole_date and wrote and (marked or TIME.search(joined))))
    else:
        # "Ann Lee <ann@example.com> wrote:", "Ann Lee schrieb:"
        words = len(joined.split())
        known = bool(wrote and ((address and words <= 8) or (marked and words <= 7)))
    if not known:
        return None
    return QuoteHeader(at, after, party_in(joined) if address else named_in(joined), marked)


def _dated_address(joined: str) -> bool:
    return bool(DATE.search(joined) and address_in(joined))


def _lotus(lines: Sequence[Line], at: int) -> QuoteHeader | None:
    """``Ann Lee@XCORP 03/23/2001 05:08 PM``, then To: and Subject:, as Lotus Notes writes them."""
    index = at
    if not _stamped(lines[at].text):
        index = at + 1
        if index >= len(lines) or len(lines[at].text) > 80 or not _stamped(lines[index].text):
            return None
    below = _next_filled(lines, index + 1)
    if below is None or below - index > 3:
        return None
    fields, end, last = 0, below, min(len(lines), below + _BLOCK_LINES)
    while end < last and fields < 6:
        line = lines[end]
        if FIELD.match(line.text):
            fields += 1
        elif line.text.strip().lower() in _bare_fields():  # in newer versions its value stands below it
            fields += 1
            end += 1
        elif line.blank or not (line.text[0] in " \t;" or lines[end - 1].text.endswith((",", ";"))):
            break
        end += 1
    if fields < 2:
        return None
    name = re.sub(r"\d{1,2}/\d{1,2}/\d{2,4}.*$", "", lines[at].text).split("@")[0].strip(' "')
    address = address_in(lines[at].text)
    return QuoteHeader(at, end, Party(name, address[0].lower() if address else ""), _marked(lines, end))


def _stamped(text: str) -> bool:
    # The last character settles it for most lines.
    return (text[-1:].isdigit() or text.endswith(("M", "m"))) and _LOTUS.match(text) is not None


def _marked_as_one(lines: Sequence[Line], after: int) -> bool:
    """Tell whether the message below a block of fields is marked: answers between marked lines are that message's own."""
    if not _marked(lines, after):
        return False
    below = [line for line in lines[after : after + _MOST_BELOW] if not line.blank]
    quoted = [line.quoted for line in below]
    for index in range(1, len(below) - 1):  # the rest of a marked line that a program broke
        quoted[index] |= quoted[index - 1] and below[index + 1].quoted and is_rest(below[index].text)
    return sum(now and not before for before, now in zip([False, *quoted], quoted, strict=False)) == 1


def _marked(lines: Sequence[Line], after: int) -> bool:
    below = _next_filled(lines, after)
    return below is not None and lines[below].quoted


def _next_filled(lines: Sequence[Line], at: int) -> int | None:
    return next((i for i in range(at, min(at + 6, len(lines))) if not lines[i].blank), None)
