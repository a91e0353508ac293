"""One e-mail's bytes to a message: headers, and one body as plain text."""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from email.message import Message as MimePart

from partnersignal.messages import Message
from partnersignal.reading.addresses import decode_words, parse_addresses
from partnersignal.reading.charsets import decode
from partnersignal.reading.dates import parse_date
from partnersignal.reading.html import html_to_text

KEPT_HEADERS = (
    "auto-submitted", "content-type", "feedback-id", "list-id", "list-post", "list-unsubscribe",
    "precedence", "return-path", "x-auto-response-suppress", "x-autoreply", "x-autorespond", "x-failed-recipients",
)  # fmt: skip
LONGEST_TEXT = 1_000_000  # characters kept of one body; the rest is cut
_MOST_PARTS = 1_000


def parse_message(data: bytes, source: str) -> Message:
    """Read one e-mail.

    Parameters
    ----------
    data : bytes
        The message as RFC 5322 text, without mbox separator or escaping.
    source : str
        Where it was read from.

    Returns
    -------
    Message
        Its body is the best single reading: the plain text parts, else the HTML parts. Attachments are
        never opened.

    Raises
    ------
    ValueError
        If there is neither a header nor a body to read, or the nesting is too deep.
    """
    if not data.strip():
        raise ValueError("the message is empty")
    try:
        # compat32 is several times faster than the default policy and never raises on odd headers.
        mime = email.message_from_bytes(data, policy=email.policy.compat32)
        text = _body(mime)
    except RecursionError:
        raise ValueError("its parts are nested too deeply") from None
    header = _headers(mime)
    if not header and not text.strip():
        raise ValueError("it has neither headers nor text")
    date, quality, offset = parse_date(header.get("date"))
    senders = parse_addresses(header.get("from", "")) or parse_addresses(header.get("sender", ""))
    kept = tuple((name, header[name][:500]) for name in KEPT_HEADERS if name in header)
    text = text[:LONGEST_TEXT]
    return Message(
        message_id=_message_ids(header.get("message-id", ""))[:1][0]
        if _message_ids(header.get("message-id", ""))
        else content_key(data),
        date=date,
        date_quality=quality,
        utc_offset=offset,
        sender=senders[0] if senders else None,
        recipients=parse_addresses(header.get("to", ""), header.get("cc", "")),
        subject=decode_words(header.get("subject", ""))[:1000],
        text=text,
        in_reply_to=next(iter(_message_ids(header.get("in-reply-to", ""))), ""),
        references=_message_ids(header.get("references", "")),
        headers=kept,
        replaced=text.count("\ufffd"),
        source=source,
    )


def content_key(data: bytes) -> str:
    """Return the key of a message that has no Message-ID.

    Parameters
    ----------
    data : bytes
        Its content.

    Returns
    -------
    str
        ``sha256:`` and 64 hexadecimal digits.
    """
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _headers(mime: MimePart) -> dict[str, str]:
    """Return the first of each header; 8-bit bytes are decoded."""
    header: dict[str, str] = {}
    for name, value in mime.raw_items():
        raw = str(value).encode("ascii", "surrogateescape")
        header.setdefault(name.lower(), decode(raw[:500_000]))
    return header


def _message_ids(value: str) -> tuple[str, ...]:
    found = re.findall(r"<([^<>\s]{1,500})>", value)
    return tuple(found) or tuple(value.split()[:1])


def _body(mime: MimePart) -> str:
    plain: list[str] = []
    html: list[str] = []
    for number, part in enumerate(_text_parts(mime)):
        if number >= _MOST_PARTS:
            break
        (html if part.get_content_type() == "text/html" else plain).append(_decoded(part))
    text = "\n\n".join(plain)
    if not text.strip() and html:
        text = "\n\n".join(html_to_text(each) for each in html)
    return normalised(text)


def normalised(text: str) -> str:
    r"""Make line ends ``\n`` and drop what no reader sees.

    Parameters
    ----------
    text : str
        Decoded text.

    Returns
    -------
    str
        Text without NUL, lone surrogates, byte order marks and trailing blank lines.
    """
    text = re.sub(r"\r\n?|\u2028|\u2029|\x0b|\x0c|\x85", "\n", text)
    text = re.sub("[\x00\ufeff]", "", text)
    return re.sub("[\ud800-\udfff]", "\ufffd", text).strip("\n")


def _text_parts(mime: MimePart) -> list[MimePart]:
    """Return the text parts that a reader sees, of forwarded messages too, attachments not."""
    parts = [] if mime.is_multipart() else [mime]
    for part in mime.walk() if mime.is_multipart() else ():
        if part.get_content_maintype() == "text" and not part.is_multipart():
            parts.append(part)
    return [part for part in parts if part.get_content_maintype() == "text" and not _attached(part)]


def _attached(part: MimePart) -> bool:
    disposition = str(part.get("content-disposition", "")).lower()
    return disposition.startswith("attachment") or "filename" in disposition


def _decoded(part: MimePart) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    charset = part.get_param("charset")
    declared = charset[2] if isinstance(charset, tuple) else charset
    return decode(data, str(declared) if declared else None)
