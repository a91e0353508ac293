"""What sort of mail a message is: by its headers first, then by its shape."""

from __future__ import annotations

import re
from functools import cache

from partnersignal.messages import Kind, Message
from partnersignal.phrases import any_of

_ROBOT = re.compile(r"^(?:mailer-daemon|postmaster|mail-?delivery\S*)$")
_LINK = re.compile(r"https?://|www\.", re.I)
_SHORT = 30  # words; an answer to an invitation says little
_MASS_ROBOT = re.compile(r"(?:no-?reply|system|admin(?:istrator)?|exchange|microsoftexchange\w*|mail)\b")
_HEAD = 1_500  # fields of an invitation stand at its beginning
_TAIL = 1_500  # the way out of a mailing stands at its end


@cache
def _auto_subject() -> re.Pattern[str]:
    # RFC 3834 has a header for automatic replies; these subjects are what older mailers write.
    return re.compile(any_of("auto_subject"), re.I)


@cache
def _bounce_subject() -> re.Pattern[str]:
    return re.compile(any_of("bounce_subject"), re.I)


@cache
def _calendar_subject() -> re.Pattern[str]:
    return re.compile(rf"{any_of('calendar_subject')}[ \t\u00a0]?[:：]", re.I)


@cache
def _invitation_subject() -> re.Pattern[str]:
    return re.compile(rf"{any_of('invitation_subject')}[ \t\u00a0]?[:：]", re.I)


@cache
def _calendar_field() -> re.Pattern[str]:
    return re.compile(rf"^[ \t*]{{0,4}}{any_of('calendar_field')}[ \t*]{{0,4}}[:：]", re.I | re.M)


@cache
def _unsubscribe() -> re.Pattern[str]:
    return re.compile(any_of("unsubscribe"))  # for lower case: without re.I it is three times as fast


@cache
def _mass_sender() -> re.Pattern[str]:
    return re.compile(rf"{any_of('mass_sender')}\b")


def message_kind(message: Message) -> Kind:
    """Tell automatic mail from mail that people wrote.

    Parameters
    ----------
    message : Message
        As read.

    Returns
    -------
    str
        ``auto_reply``, ``bounce``, ``calendar``, or the kind it was read as.
    """
    if message.kind != "email":
        return message.kind
    content_type = message.header("content-type").lower().replace('"', "")
    if _bounced(message, content_type):
        return "bounce"
    if _from_calendar(message, content_type):
        return "calendar"
    automatic = message.header("auto-submitted").lower().startswith("auto-replied")
    answers = any(message.header(name) for name in ("x-autoreply", "x-autorespond"))
    if automatic or answers or message.header("precedence").lower() == "auto_reply" or _auto_subject().match(message.subject):
        return "auto_reply"
    return "email"


def _bounced(message: Message, content_type: str) -> bool:
    """Recognise a report of RFC 3464, a robot that sends nothing else, or the subject where an archive kept no headers."""
    local = message.sender.address.partition("@")[0] if message.sender else ""
    if "report-type=delivery-status" in content_type or message.header("x-failed-recipients") or _ROBOT.match(local):
        return True
    # A person who writes about a bounce may keep its subject.
    robot = not local or _MASS_ROBOT.match(local) or message.header("return-path").strip() == "<>"
    return bool(robot and _bounce_subject().match(message.subject))


def _from_calendar(message: Message, content_type: str) -> bool:
    """Recognise an iCalendar object, an answer to an invitation that says next to nothing, or an invitation's fields."""
    if content_type.startswith("text/calendar") or re.search(r"method=(?:request|reply|cancel|counter)", content_type):
        return True
    if message.text.startswith("BEGIN:VCALENDAR"):
        return True
    answer = _calendar_subject().match(message.subject)
    if not answer and not _invitation_subject().match(message.subject):
        return False
    head = message.text[:_HEAD]
    return bool((answer and len(head.split()) <= _SHORT) or _calendar_field().search(head))


def is_bulk(message: Message) -> bool:
    """Tell mail to many from mail to us.

    Parameters
    ----------
    message : Message
        As read.

    Returns
    -------
    bool
        True for newsletters, campaigns and lists, by their headers (RFC 2369, RFC 2919) or, where an
        archive kept none, by a way to unsubscribe. An answer to somebody is not bulk, even on a list.
    """
    if message.kind != "email" or message.in_reply_to:
        return False
    precedence = message.header("precedence").lower()
    if message.header("list-unsubscribe") or message.header("feedback-id") or precedence in ("bulk", "junk", "list"):
        return True
    if message.header("list-id"):
        return True
    local = message.sender.address.partition("@")[0] if message.sender else ""
    if _mass_sender().match(local) is not None and _LINK.search(message.text):
        return True
    return says_how_to_leave(message.text[-_TAIL:])


def says_how_to_leave(text: str) -> bool:
    """Tell whether a text names a way to unsubscribe.

    Parameters
    ----------
    text : str
        The end of a body.

    Returns
    -------
    bool
        True for the words that lists and campaigns use.
    """
    return _unsubscribe().search(text.lower()) is not None
