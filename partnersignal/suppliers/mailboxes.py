"""Mailboxes that several people read: no persons."""

from __future__ import annotations

import re

_ROLE = re.compile(
    r"(?:no-?reply|do-?not-?reply|mailer-daemon|postmaster|webmaster|admin|administration|accounts?|accounting|billing|invoices?|"
    r"invoicing|finance|payments?|orders?|sales|info|information|contact|hello|office|team|help|help-?desk|service-?desk|support|"
    r"service|services|customer-?(?:care|service|success|support)|tickets?|it|hr|procurement|purchasing|operations|ops|noc|soc|"
    r"security|press|marketing|news|newsletters?|notifications?|alerts?|status|renewals|reception|enquiries|mail)"
    r"(?:[._+-][a-z0-9._+-]{1,40})?"
)


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
