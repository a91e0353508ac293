"""What a supplier must not learn from its scorecard: who the people are, and anything about other suppliers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from partnersignal.report.text import SENTENCE, shown

# Bounded on both sides, so that a line of a megabyte costs no more than its length.
_ADDRESS = re.compile(r"[^\s@<>()\[\],;]{1,64}@[^\s@<>()\[\],;]{1,255}")
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>]{1,2000}|\b[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,4}\.[A-Za-z]{2,24}\b")
_PHONE = re.compile(r"(?<![\w.,])\+?\d(?:[ ()/.-]{0,2}\d){6,17}(?!\w)")
_PARTY = re.compile(r"([^<>;]{1,200})<[^<>]{0,320}>")
_WORD = re.compile(r"[^\W\d_][\w'’-]{1,40}")
# Words of mailbox names that name nobody.
_ROLES = frozenset(
    ["account", "accounts", "admin", "and", "billing", "care", "customer", "desk", "finance", "for", "help", "info",
     "it", "mail", "manager", "marketing", "news", "newsletter", "no", "of", "office", "operations", "orders", "procurement",
     "reply", "sales", "service", "services", "support", "team", "the", "via"]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mask:
    """Hides people, and says which sentences to withhold.

    Attributes
    ----------
    people : re.Pattern or None
        Names of people.
    others : re.Pattern or None
        Names and domains of other suppliers.
    """

    people: re.Pattern[str] | None
    others: re.Pattern[str] | None

    def withheld(self, text: str) -> bool:
        """Return whether a text names another supplier.

        Parameters
        ----------
        text : str
            A sentence.

        Returns
        -------
        bool
            If so, it must not be shown.
        """
        return self.others is not None and self.others.search(text) is not None

    def hide(self, text: str) -> str:
        """Mask people, addresses, links and telephone numbers.

        Parameters
        ----------
        text : str
            A sentence.

        Returns
        -------
        str
            Fit to be shown.
        """
        # Masked before it is cut: half an address must not stay behind.
        masked = _PHONE.sub("[number]", _LINK.sub("[link]", _ADDRESS.sub("[address]", text[: 4 * SENTENCE])))
        if self.people is not None:
            masked = self.people.sub("[person]", masked)
        return shown(masked)


def make_mask(messages: pd.DataFrame, supplier: str, all_suppliers: Iterable[str], others: Iterable[str]) -> Mask:
    """Learn names from the headers of a run.

    Parameters
    ----------
    messages : pandas.DataFrame
        The run's table.
    supplier : str
        Whose scorecard it is; its own name is kept.
    all_suppliers : iterable of str
        Names of all suppliers.
    others : iterable of str
        Further names and domains of other suppliers.

    Returns
    -------
    Mask
        Names of people who stand in no header are not known to it.
    """
    own = {word.casefold() for word in _WORD.findall(supplier)}
    return Mask(_people(messages, own), _others(messages, supplier, all_suppliers, others, own))


def _people(messages: pd.DataFrame, own: set[str]) -> re.Pattern[str] | None:
    headers = pd.concat([messages["sender"], messages["recipients"]]).dropna().unique()
    names = {name for header in headers for name in _PARTY.findall(header)}
    words = {word for name in names for word in _WORD.findall(name)}
    kept = {word for word in words if word.casefold() not in own | _ROLES and word[0].isupper()}
    # A run of names is one person.
    return re.compile(rf"\b(?:{_alternatives(kept)})(?:[ \t](?:{_alternatives(kept)})){{0,3}}\b") if kept else None


def _others(
    messages: pd.DataFrame, supplier: str, all_suppliers: Iterable[str], others: Iterable[str], own: set[str]
) -> re.Pattern[str] | None:
    names = {name for name in (*all_suppliers, *others) if name and name != supplier}
    # In mail a supplier is often called by its first word.
    firsts = {match.group() for name in names if (match := _WORD.match(name))}
    names |= {first for first in firsts if first.casefold() not in own | _ROLES}
    foreign = messages["supplier"].notna() & (messages["supplier"] != supplier) & (messages["voice"] == "supplier")
    domains = messages.loc[foreign, "sender"].dropna().str.extract(r"@([^>\s@]+)>?$")[0].dropna()
    names |= set(domains)
    own_domains = set(
        messages.loc[(messages["supplier"] == supplier) & (messages["voice"] == "supplier"), "sender"]
        .dropna().str.extract(r"@([^>\s@]+)>?$")[0].dropna()
    )  # fmt: skip
    names -= own_domains
    return re.compile(rf"(?<!\w)(?:{_alternatives(names)})(?!\w)", re.IGNORECASE) if names else None


def _alternatives(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))
