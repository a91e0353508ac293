"""What sort of mail a message is: by its headers first, then by its shape."""

from __future__ import annotations

import re

from partnersignal.messages import Kind, Message

_ROBOT = re.compile(r"^(?:mailer-daemon|postmaster|mail-?delivery\S*)$")
_MASS_SENDER = re.compile(
    r"^(?:no-?reply|do-?not-?reply|news|newsletters?|offers?|deals|promo\w*|marketing|mailings?|campaigns?|specials?|updates?|"
    r"info-?letter|webmaster|announce\w*|subscriptions?|members?\w*|e?letters?|bulletins?|listserv|owner-\S+|\S+-(?:request|owner|errors|bounces?))\b"
)
# RFC 3834 has a header for automatic replies; these subjects are what older mailers write.
_AUTO_SUBJECT = re.compile(
    r"^(?:(?:automatic|auto)[ -]?(?:reply|response|antwort)|out of (?:the )?office|autoreply|abwesen\w*|automatische antwort|"
    r"réponse automatique|absence du bureau|respuesta automática|fuera de (?:la )?oficina|risposta automatica|fuori sede|"
    r"resposta automática|automatisch antwoord|afwezig|autosvar|automatiskt svar|automaattinen vastaus|"
    r"automatyczna odpowiedź|automatická odpověď|автоответ|自动回复|自動応答)",
    re.I,
)
_UNSUBSCRIBE = re.compile(
    r"un-?subscri|opt(?:ing)?[ -]?out|(?:be|been) removed from|remove (?:me|yourself|your (?:name|e-?mail))|mailing list|abmelden|abbestellen|"
    r"désabonn|désinscri|darse de baja|cancelar la suscripción|disiscri|cancellarti|afmelden|uitschrijven|afmeld|avregistrera|odhlásit|"
    r"wypisz|отписаться|退订|配信停止",
    re.I,
)
_LINK = re.compile(r"https?://|www\.", re.I)
_TAIL = 1_500  # the way out of a mailing stands at its end


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
    content_type = message.header("content-type").lower()
    local = message.sender.address.partition("@")[0] if message.sender else ""
    if (
        "report-type=delivery-status" in content_type.replace('"', "")
        or message.header("x-failed-recipients")
        or _ROBOT.match(local)
    ):
        return "bounce"
    if (
        content_type.startswith("text/calendar")
        or "method=request" in content_type
        or message.text.startswith("BEGIN:VCALENDAR")
    ):
        return "calendar"
    automatic = message.header("auto-submitted").lower().startswith("auto-replied")
    if automatic or message.header("x-autoreply") or message.header("x-autorespond") or _AUTO_SUBJECT.match(message.subject):
        return "auto_reply"
    return "email"


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
    links = len(_LINK.findall(message.text))
    leaving = _UNSUBSCRIBE.search(message.text[-_TAIL:]) is not None
    return leaving or (_MASS_SENDER.match(local) is not None and links >= 1)
