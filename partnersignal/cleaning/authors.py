"""Who wrote what follows, as the header of a quote names them."""

from __future__ import annotations

import re

from partnersignal.cleaning.lines import address_in
from partnersignal.messages import Party
from partnersignal.phrases import any_of

_NAME = re.compile(r"[^\W\d_a-z][\w.'’-]*(?: (?:[a-z]{2,3} )?[^\W\d_a-z][\w.'’-]*){0,3}")


def party_in(text: str) -> Party:
    """Read the person that an introduction or a field names with an address, or alone.

    Parameters
    ----------
    text : str
        ``Ann Lee <ann@example.com>``, or an introduction that holds it.

    Returns
    -------
    Party
        Without an address where there is none.
    """
    address = address_in(text)
    name = text[: address.start()] if address else text
    name = re.split(r"[<\[(]|mailto:", name)[0]
    if address:
        # In an intro line the name stands after the last comma, the time or the verb.
        name = re.split(rf",|\d{{1,2}}[:.h]\d{{2}}(?:\s?[ap]m)?|\b{any_of('wrote')}\b", name, flags=re.I)[-1]
    return Party(name.strip(" \"'*<,"), address[0].lower() if address else "")


def named_in(text: str) -> Party | None:
    """Find whom an introduction without an address names: what is left beside date, time and verb.

    Parameters
    ----------
    text : str
        ``On 3 May 2024 at 12:04, Ann Lee wrote:``

    Returns
    -------
    Party or None
        None where nothing is left that looks like a name.
    """
    pieces = re.split(rf"[,:;<>()]|\d[\d./:-]*(?:\s?[ap]m\b)?|\b{any_of('wrote')}\b", text, flags=re.I)
    names = [piece.strip(" \"'*") for piece in pieces]
    named = next((name for name in reversed(names) if _NAME.fullmatch(name)), None)
    return Party(named, "") if named else None
