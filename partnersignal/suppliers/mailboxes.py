"""Whose a mailbox is: one person's, by its name, or several people's."""

from __future__ import annotations

import re
import unicodedata

_ROLE = re.compile(
    r"(?:no-?reply|do-?not-?reply|mailer-daemon|postmaster|webmaster|admin|administration|accounts?|accounting|billing|invoices?|"
    r"invoicing|finance|payments?|orders?|sales|info|information|contact|hello|office|team|help|help-?desk|service-?desk|support|"
    r"service|services|customer-?(?:care|service|success|support)|tickets?|it|hr|procurement|purchasing|operations|ops|noc|soc|"
    r"security|press|marketing|news|newsletters?|notifications?|alerts?|status|renewals|reception|enquiries|mail)"
    r"(?:[._+-][a-z0-9._+-]{1,40})?"
)


# "ann.lee@acme.com"
_PERSONAL = re.compile(r"([^\W\d_]{2,30})[._-]([^\W\d_]{2,30})@")


def is_shared_mailbox(address: str) -> bool:
    """Tell a role (support@, billing.uk@) from a person.

    Parameters
    ----------
    address : str
        Lower-case address.

    Returns
    -------
    bool
        By its local part; a person who writes from ``info@`` is missed.
    """
    return _ROLE.fullmatch(address.partition("@")[0]) is not None


def person_of(address: str) -> str | None:
    """Tell whom an address names.

    Parameters
    ----------
    address : str
        Lower-case address.

    Returns
    -------
    str or None
        "ann lee" of ``ann.lee@acme.com``; None where no first and last name can be told.
    """
    name = None if is_shared_mailbox(address) else _PERSONAL.match(address)
    return f"{name[1]} {name[2]}" if name else None


def unaccented(text: str) -> str:
    """Write a text as addresses are written.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Without accents.
    """
    if text.isascii():
        return text
    return "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
