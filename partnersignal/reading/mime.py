"""One e-mail's bytes to a message: headers, and one body as plain text."""

from __future__ import annotations

import binascii
import email
import email.policy
import hashlib
import quopri
import re
from collections.abc import Iterator
from email.message import Message as MimePart
from itertools import islice

from partnersignal.messages import Kind, Message
from partnersignal.reading.addresses import decode_words, parse_addresses
from partnersignal.reading.charsets import decode
from partnersignal.reading.dates import parse_date
from partnersignal.reading.html import html_to_text

KEPT_HEADERS = (
    "auto-submitted", "content-type", "feedback-id", "list-id", "list-post", "list-unsubscribe",
    "precedence", "return-path", "x-auto-response-suppress", "x-autoreply", "x-autorespond", "x-failed-recipients",
)  # fmt: skip
LONGEST_TEXT = 1_000_000  # characters kept of one body; the rest is cut
LONGEST_HTML = 2 * LONGEST_TEXT  # characters of HTML read for it
MOST_PARTS = 1_000
_ODD = "\r\x0b\x0c\x00"
# A boundary that was folded inside its quotes, which the standard library does not unfold.
_FOLDED_BOUNDARY = re.compile(rb"""(\bboundary="[^"\r\n]{0,200})\r?\n[ \t]([^"\r\n]{0,200}")""", re.I)


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
        Its body is the best single reading: of alternatives the plain text, else the HTML. A forwarded
        message stands in it below a header of its own. Attachments are never opened.

    Raises
    ------
    ValueError
        If there is neither a header nor a body to read, or the nesting is too deep.
    """
    if not data.strip():
        raise ValueError("the message is empty")
    try:
        # compat32 is several times faster than the default policy and never raises on odd headers.
        mime = _parsed(data)
        header = _headers(mime)
        kind: Kind = "calendar" if any(_invites(part) for part in mime.walk()) else "email"
        text = normalised("\n\n".join(islice(_texts(mime), MOST_PARTS)))
    except RecursionError:
        raise ValueError("its parts are nested too deeply") from None
    if not header and not text.strip():
        raise ValueError("it has neither headers nor text")
    date, quality, offset = parse_date(header.get("date"))
    senders = parse_addresses(header.get("from", "")) or parse_addresses(header.get("sender", ""))
    kept = tuple((name, header[name][:500]) for name in KEPT_HEADERS if name in header)
    text = text[:LONGEST_TEXT]
    # Copies of a message differ in line ends, and by the blank line that ends it in an mbox.
    own_id = next(iter(_message_ids(header.get("message-id", ""))), "")
    return Message(
        message_id=own_id or content_key(re.sub(rb"\r\n?", b"\n", data).strip()),
        date=date,
        date_quality=quality,
        utc_offset=offset,
        sender=senders[0] if senders else None,
        recipients=parse_addresses(header.get("to", ""), header.get("cc", "")),
        subject=decode_words(header.get("subject", ""))[:1000],
        text=text,
        kind=kind,
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
    if found:
        return tuple(found)
    # Old mailers write "Your message of Tuesday" where an identity should stand.
    words = [word.strip("<>") for word in value.split()]
    return tuple(word for word in words if word) if len(words) == 1 or all("@" in word for word in words) else ()


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
    if text.isascii() and not any(odd in text for odd in _ODD):
        return text.strip("\n")  # most mail: looking for single characters is much faster than the patterns
    text = re.sub(r"\r\n?|\u2028|\u2029|\x0b|\x0c|\x85", "\n", text)
    text = re.sub("[\x00\ufeff]", "", text)
    return re.sub("[\ud800-\udfff]", "\ufffd", text).strip("\n")


def _texts(part: MimePart) -> Iterator[str]:
    """Yield what a reader sees of a part, in order."""
    kind = part.get_content_type()
    if not part.is_multipart():
        # A multipart without its boundary is read as the text it is.
        if part.get_content_maintype() in ("text", "multipart") and kind != "text/calendar" and not _attached(part):
            text = _decoded(part)
            yield html_to_text(text[:LONGEST_HTML]) if kind == "text/html" else text
    elif kind == "message/rfc822":
        for inner in _parts(part):
            yield _forward_header(inner)
            yield from _texts(inner)
    elif kind == "multipart/alternative":
        yield from _best(_parts(part))
    else:
        for inner in _parts(part):
            yield from _texts(inner)


def _parsed(data: bytes) -> MimePart:
    if b"boundary" in data.lower():  # the pattern alone would take a tenth of reading
        data = _FOLDED_BOUNDARY.sub(rb"\1 \2", data)
    return email.message_from_bytes(data, policy=email.policy.compat32)


def _parts(part: MimePart) -> list[MimePart]:
    payload = part.get_payload()
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    if part.get_content_type() == "message/rfc822" and encoding in ("base64", "quoted-printable"):
        return [_encoded_message(part, encoding)]
    return [each for each in payload if isinstance(each, MimePart)] if isinstance(payload, list) else []


def _encoded_message(part: MimePart, encoding: str) -> MimePart:
    """Parse a message that some mailers send encoded whole, against RFC 2046."""
    inner = part.get_payload()
    raw = inner[0].as_bytes() if isinstance(inner, list) and inner and isinstance(inner[0], MimePart) else b""
    # What does not decode gives an empty message, or the text as it stands.
    return _parsed(quopri.decodestring(raw) if encoding == "quoted-printable" else binascii.a2b_base64(_whole_base64(raw)))


def _whole_base64(raw: bytes) -> bytes:
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    return letters[: len(letters) // 4 * 4]


def _best(alternatives: list[MimePart]) -> list[str]:
    """Return the plain text where it says something, else the richest that does."""
    plain = [part for part in alternatives if part.get_content_type() == "text/plain"]
    for part in plain + [part for part in reversed(alternatives) if part not in plain]:
        texts = list(islice(_texts(part), MOST_PARTS))
        if any(text.strip() for text in texts):
            return texts
    return []


def _forward_header(mime: MimePart) -> str:
    """Write the lines from which cleaning learns whose words follow."""
    header = _headers(mime)
    fields = (f"{name.title()}: {decode_words(header.get(name, ''))}" for name in ("from", "date", "to", "subject"))
    return "\n".join(["---------- Forwarded message ----------", *fields])


def _invites(part: MimePart) -> bool:
    return part.get_content_type() == "text/calendar" and not _attached(part)


def _attached(part: MimePart) -> bool:
    disposition = str(part.get("content-disposition", "")).lower()
    return disposition.startswith("attachment") or "filename" in disposition


def _decoded(part: MimePart) -> str:
    charset = part.get_param("charset")
    declared = charset[2] if isinstance(charset, tuple) else charset
    # The standard library would decode with any codec that the header names.
    del part["content-type"]
    payload = part.get_payload(decode=True)
    return decode(payload if isinstance(payload, bytes) else b"", str(declared) if declared else None)
