"""Address headers and table cells to parties."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header

from partnersignal.messages import Party
from partnersignal.reading.charsets import decode

_MOST = 2_000  # recipients kept of one message
_LONGEST = 200_000  # characters read of one address header
# What stands between commas, or the semicolons of Outlook exports and tables, outside quotes, comments and
# brackets. (The standard library's getaddresses() differs between patch releases on the same header.)
_PIECE = re.compile(r"""(?:"[^"]{0,500}"|\([^()]{0,200}\)|<[^<>]{0,500}>|[^,;])+""")


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
        try:
            value = "".join(
                decode(part, charset) if isinstance(part, bytes) else part for part, charset in decode_header(value)
            )
        except (HeaderParseError, ValueError):
            pass  # a damaged encoded word stays as it stands
    return re.sub(r"[\x00-\x20\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]+", " ", value).strip()


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
        for piece in _PIECE.findall(value[:_LONGEST])[:_MOST]:
            party = _party(piece)
            if party.name or party.address:
                found.setdefault(party.address or party.name, party)
    return tuple(found.values())


def _party(piece: str) -> Party:
    """Read ``Name <address>``, ``<address>``, ``address`` or ``address (Name)``."""
    head, bracket, rest = piece.rpartition("<")
    if bracket:
        name, address = head, rest.partition(">")[0]
    else:
        address, _, name = piece.partition("(")
        name = name.rpartition(")")[0]
    address = address.strip().strip("<>'\"").lower()
    if "@" not in address or " " in address:
        # A bare name, as address books write it, or "mailto:" forms that hold no address.
        return Party(decode_words(name or piece).strip("'\" "), "")
    return Party(decode_words(name).strip("'\" "), address.removeprefix("mailto:"))
