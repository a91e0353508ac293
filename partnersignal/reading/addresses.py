"""Address headers and table cells to parties."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header
from itertools import islice

from partnersignal.messages import Party
from partnersignal.reading.charsets import decode

_MOST = 2_000  # recipients kept of one message
_LONGEST = 200_000  # characters read of one address header
# What stands between commas, or the semicolons of Outlook exports and tables, outside quotes, comments and
# brackets. (The standard library's getaddresses() differs between patch releases on the same header.)
_PIECE = re.compile(r"""(?:"[^"]{0,500}"|\([^()]{0,200}\)|<[^<>]{0,500}>|[^,;])+""")
_ADDRESSED = re.compile(r"[^<>\"@]{1,200}<[^<>]{0,500}@")
_GROUP = re.compile(r"\s*[^\"<>@:]{1,100}:\s*")


def decode_words(value: str) -> str:
    """Decode RFC 2047 encoded words and unfold a header.

    Parameters
    ----------
    value : str
        Raw header value.

    Returns
    -------
    str
        Text on one line, without control characters.
    """
    if "=?" in value:
        with suppress(HeaderParseError, ValueError):  # a damaged encoded word stays as it stands
            value = "".join(
                decode(part, charset) if isinstance(part, bytes) else part for part, charset in decode_header(value)
            )
    return re.sub(
        r"[\x00-\x20\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]+", " ", re.sub("[\ud800-\udfff]", "\ufffd", value)
    ).strip()


def parse_addresses(*values: str) -> tuple[Party, ...]:
    """Read address headers.

    Parameters
    ----------
    *values : str
        Header values or table cells; addresses separated by ``,`` or ``;``.

    Returns
    -------
    tuple of Party
        In order, each address once.
    """
    found: dict[str, Party] = {}
    for value in values:
        for piece in islice(_pieces(value[:_LONGEST]), _MOST):
            party = _party(piece)
            if party.name or party.address:
                found.setdefault(party.address or party.name, party)
    return tuple(found.values())


def _pieces(value: str) -> Iterator[str]:
    """Cut at separators, but keep ``Lee, Ann <address>`` whole, which many programs forget to quote."""
    held = ""
    for match in _PIECE.finditer(value):
        piece = match[0]
        if held and _ADDRESSED.match(piece):
            piece, held = f"{held},{piece}", ""
        elif held:
            yield held
            held = ""
        if value[match.end() : match.end() + 1] == "," and not re.search('[@"<]', piece):
            held = piece
        else:
            yield piece
    if held:
        yield held


def _party(piece: str) -> Party:
    """Read ``Name <address>``, ``<address>``, ``address`` or ``address (Name)``, in a group or not."""
    piece = _GROUP.sub("", piece, count=1) if _GROUP.match(piece) else piece
    head, bracket, rest = piece.rpartition("<")
    if bracket:
        name, address = head, rest.partition(">")[0]
    else:
        address, _, name = piece.partition("(")
        name = name.rpartition(")")[0]
    address = address.strip().strip("<>'\"").lower()
    if "@" not in address or " " in address:
        # A bare name, as address books write it, or "mailto:" forms that hold no address.
        return Party(decode_words(name or piece).strip("'\"<> "), "")
    return Party(decode_words(name).strip("'\" "), address.removeprefix("mailto:"))
